package typology

import (
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Missing counts what of a profile's transfers the typologies cannot judge.
type Missing struct {
	Rates     int // transfers whose amount has neither a limit nor a rate
	Countries int // transfers of which a country is not known
	Names     int // transfers across a border with people whose name or whose own is missing
	Nights    int // transfers of which it is not known whether it was night at the sender's end
}

// Add counts one transfer of a subject in a role: an entry with its marks, and what
// ties its ends.
func (m *Missing) Add(role signal.Role, e *profile.Entry, tie profile.Tie) {
	if e.Marks&profile.Marked == 0 {
		m.Rates++
	}
	if e.Country == 0 || e.OtherCountry == 0 {
		m.Countries++
	}
	if tie == profile.TieUnknown && e.Abroad() && e.Bought == 0 && e.Rail&profile.RailCard == 0 { // no purchase
		m.Names++
	}
	night := e.Night
	if role == signal.Recipient {
		night = e.OtherNight
	}
	if night == profile.Unknown {
		m.Nights++
	}
}

// missing counts what is missing in a view.
func missing(v *profile.View) (m Missing) {
	for i := range v.Entries {
		e := &v.Entries[i]
		m.Add(v.Role, e, v.Of(e).Tie)
	}
	return m
}

// need says which of them a typology needs.
type need uint8

const (
	needAmount need = 1 << iota
	needCountry
	needName
	needNight
)

// leftOut is the end of a sentence that says what could not be judged; mostly
// nothing. It is asked for only where a typology fires.
func leftOut(v *profile.View, needs need) string {
	m := missing(v)
	if m == (Missing{}) {
		return ""
	}
	var said []string
	for _, c := range []struct {
		need need
		n    int
		why  string
	}{
		{needAmount, m.Rates, "an amount that has no limit and no rate"},
		{needCountry, m.Countries, "a country that is not known"},
		{needName, m.Names, "a name that is missing"},
		{needNight, m.Nights, "an hour that is not known"},
	} {
		if needs&c.need != 0 && c.n > 0 {
			said = append(said, fmt.Sprintf("%d for %s", c.n, c.why))
		}
	}
	if said == nil {
		return ""
	}
	return "; transfers left out: " + strings.Join(said, ", ")
}
