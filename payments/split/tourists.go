package split

import (
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/table"
)

// resorts know where tourists go.
type resorts struct {
	version string
	towns   map[string]bool // by country and town, as appendPlace writes it
	whole   [26 * 26]bool   // countries whose list is meant to have them all
}

func newResorts(data []byte) (*resorts, error) {
	t, err := table.Read(data, "country", "town", "source")
	if err != nil {
		return nil, err
	}
	r := &resorts{version: t.Version, towns: make(map[string]bool)}
	for _, row := range t.Rows {
		code, town := row.Cells[0], string(appendPlace(nil, row.Cells[1]))
		i := countryIndex(code)
		switch {
		case i < 0:
			return nil, row.Errorf("the country must be two capital letters")
		case row.Cells[2] == "":
			return nil, row.Errorf("has no source")
		case row.Cells[1] == "*":
			r.whole[i] = true
		case town == "":
			return nil, row.Errorf("has no town")
		default:
			r.towns[code+town] = true
		}
	}
	return r, nil
}

// tourists answers for a place, the town as appendPlace writes it.
func (r *resorts) tourists(code string, town []byte) payments.Answer {
	i := countryIndex(code)
	if i < 0 || len(town) == 0 {
		return ""
	}
	var scratch [64]byte
	if r.towns[string(append(append(scratch[:0], code...), town...))] {
		return payments.Yes
	}
	if r.whole[i] {
		return payments.No
	}
	return ""
}
