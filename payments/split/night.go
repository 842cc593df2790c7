package split

import (
	"slices"
	"sync/atomic"
	"time"
	_ "time/tzdata" // for machines that have no time zone database

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/table"
)

// Night is from 23:00 to before 05:00: the hours of FATF, ECPAT and Chainalysis (P06).
const (
	nightFrom = 23
	nightTo   = 5
)

// clocks know what hour it is in a country, where every zone of it agrees.
type clocks struct {
	version   string
	countries [26 * 26]*country
}

// A country has its zones, and what they were when last asked.
type country struct {
	zones []*time.Location
	last  atomic.Pointer[span]
}

// A span is a time in which no zone of a country changes its clocks: from and
// until are Unix seconds, until is not included. Offsets are those of its zones,
// each once, in seconds east of UTC.
type span struct {
	from, until int64
	offsets     []int
}

func newClocks(data []byte) (*clocks, error) {
	t, err := table.Read(data, "country", "zone")
	if err != nil {
		return nil, err
	}
	c := &clocks{version: t.Version}
	for _, row := range t.Rows {
		i := countryIndex(row.Cells[0])
		if i < 0 {
			return nil, row.Errorf("the country must be two capital letters")
		}
		zone, err := time.LoadLocation(row.Cells[1])
		if err != nil || row.Cells[1] == "" || row.Cells[1] == "Local" {
			return nil, row.Errorf("the zone is not in the time zone database")
		}
		if c.countries[i] == nil {
			c.countries[i] = new(country)
		}
		c.countries[i].zones = append(c.countries[i].zones, zone)
	}
	return c, nil
}

func countryIndex(code string) int {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return -1
	}
	return int(code[0]-'A')*26 + int(code[1]-'A')
}

// night says whether it was night in all of a country. Where its zones disagree, or
// the country is not known, neither is the answer; nor at midnight UTC to the second,
// which is how systems write a day without an hour [A].
func (c *clocks) night(code string, at time.Time) payments.Answer {
	i, sec := countryIndex(code), at.Unix()
	if i < 0 || c.countries[i] == nil || sec%86400 == 0 {
		return ""
	}
	s := c.countries[i].at(sec)
	answer := isNight(sec + int64(s.offsets[0]))
	for _, offset := range s.offsets[1:] {
		if isNight(sec+int64(offset)) != answer {
			return ""
		}
	}
	if answer {
		return payments.Yes
	}
	return payments.No
}

// isNight takes the seconds that a clock shows, since its 1970.
func isNight(local int64) bool {
	hour := (local%86400 + 86400) % 86400 / 3600
	return hour >= nightFrom || hour < nightTo
}

// at returns the span of a time. It remembers the last one: most payments are of
// these weeks, and a country changes its clocks twice a year.
func (c *country) at(sec int64) *span {
	if s := c.last.Load(); s != nil && sec >= s.from && sec < s.until {
		return s
	}
	s := &span{from: -1 << 62, until: 1 << 62}
	for _, zone := range c.zones {
		local := time.Unix(sec, 0).In(zone)
		from, until := local.ZoneBounds()
		if !from.IsZero() {
			s.from = max(s.from, from.Unix())
		}
		if !until.IsZero() {
			s.until = min(s.until, until.Unix())
		}
		if _, offset := local.Zone(); !slices.Contains(s.offsets, offset) {
			s.offsets = append(s.offsets, offset)
		}
	}
	c.last.Store(s)
	return s
}
