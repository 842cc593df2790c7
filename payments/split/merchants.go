package split

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/table"
)

// purchases are the kinds that a merchant's row may have.
var purchases = []payments.Purchase{
	payments.BoughtVPN, payments.BoughtCapture, payments.BoughtWiping,
	payments.BoughtAdult, payments.BoughtTravel, payments.BoughtWithdrawal,
}

// merchants know what a purchase was for.
type merchants struct {
	version    string
	byCategory [10_000]payments.Purchase
	// byName has the rows by the first word of their names.
	byName map[string][]merchant
}

type merchant struct {
	name string // as appendPlace writes it
	kind payments.Purchase
}

func newMerchants(data []byte) (*merchants, error) {
	t, err := table.Read(data, "kind", "mcc", "name", "source")
	if err != nil {
		return nil, err
	}
	m := &merchants{version: t.Version, byName: make(map[string][]merchant)}
	for _, row := range t.Rows {
		kind, mcc := payments.Purchase(row.Cells[0]), row.Cells[1]
		name := string(appendPlace(nil, row.Cells[2]))
		switch {
		case !slices.Contains(purchases, kind):
			return nil, row.Errorf("the kind must be one of %v", purchases)
		case row.Cells[3] == "":
			return nil, row.Errorf("has no source")
		case (mcc == "") == (name == ""):
			return nil, row.Errorf("must have a category or a name, and not both")
		case name != "":
			first, _, _ := strings.Cut(name, " ")
			m.byName[first] = append(m.byName[first], merchant{name, kind})
			continue
		}
		low, high, isRange := strings.Cut(mcc, "-")
		if !isRange {
			high = low
		}
		from, to := category(low), category(high)
		if from < 0 || to < from {
			return nil, row.Errorf("the category must be four digits, or a range of them")
		}
		for c := from; c <= to; c++ {
			m.byCategory[c] = kind
		}
	}
	return m, nil
}

// category reads four digits, and returns -1 for anything else.
func category(mcc string) int {
	n, err := strconv.ParseUint(mcc, 10, 16)
	if len(mcc) != 4 || err != nil {
		return -1
	}
	return int(n)
}

// bought looks for the merchant first: it says more than its category.
func (m *merchants) bought(shop payments.Merchant) payments.Purchase {
	if shop.Name != "" {
		var scratch [128]byte
		name := appendPlace(scratch[:0], shop.Name)
		first := name
		if i := slices.Index(name, ' '); i >= 0 {
			first = name[:i]
		}
		for _, known := range m.byName[string(first)] {
			if n := len(known.name); len(name) >= n && string(name[:n]) == known.name && (len(name) == n || name[n] == ' ') {
				return known.kind
			}
		}
	}
	if c := category(shop.MCC); shop.MCC != "" && c >= 0 {
		return m.byCategory[c]
	}
	return ""
}
