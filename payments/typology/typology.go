package typology

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// All returns every typology under the rules, in their order.
func All(r Rules) []engine.Typology {
	r.limits = newLimitTable(r.Limits)
	of := func(id string, find func(*profile.View, *Rules) (engine.Finding, bool)) engine.Typology {
		return typology{id: id, rules: &r, find: find}
	}
	return []engine.Typology{
		of("P01", findLowValue),
		of("P02", findRepetition),
		of("P05", findFanIn),
		of("P07", findRound),
		of("P08", findCover),
	}
}

// A typology is a function with its rules. It is a pure function of the view.
type typology struct {
	id    string
	rules *Rules
	find  func(*profile.View, *Rules) (engine.Finding, bool)
}

func (t typology) ID() string      { return t.id }
func (t typology) Version() string { return t.rules.Version }

func (t typology) Find(v *profile.View) (engine.Finding, bool) { return t.find(v, t.rules) }

// Marks returns what the limits make of an amount, for the totals of profiles.
func (r Rules) Marks() func(*profile.Entry) profile.Marks {
	limits := newLimitTable(r.Limits)
	return func(e *profile.Entry) (m profile.Marks) {
		l := limits.of(e.Currency)
		if l == &none {
			return 0
		}
		m = profile.Marked
		if e.Abroad() && l.Low.has(e.Amount) {
			m |= profile.Low
		}
		if l.Round > 0 && e.Amount%l.Round == 0 {
			m |= profile.Round
		}
		return m
	}
}

// A limitTable finds the limits of a currency without a map.
type limitTable []*Limits

var none Limits

func newLimitTable(limits map[string]Limits) limitTable {
	t := make(limitTable, profile.Currencies)
	for i := range t {
		t[i] = &none
	}
	for code, l := range limits {
		t[profile.CurrencyOf(code)] = &l
	}
	t[0] = &none
	return t
}

func (t limitTable) of(c profile.Currency) *Limits { return t[c] }

// grow is a strength that starts at base and rises by step for each one more, up
// to most; all in hundredths, so that equal sets have equal strengths.
func grow(base, step, most, more int) float64 {
	return float64(min(base+step*more, most)) / 100
}

// bands says which amounts are meant, by currency: "10 to 100 EUR or 10 to 500 AUD".
func bands(v *profile.View, counted []int32, band func(profile.Currency) Band) string {
	var currencies []string
	for _, i := range counted {
		if c := v.Entries[i].Currency.String(); !slices.Contains(currencies, c) {
			currencies = append(currencies, c)
		}
	}
	slices.Sort(currencies)
	said := make([]string, 0, len(currencies))
	for _, c := range currencies {
		b := band(profile.CurrencyOf(c))
		said = append(said, fmt.Sprintf("%s to %s %s", payments.FormatAmount(b.Min, c, true), payments.FormatAmount(b.Max, c, true), c))
	}
	return strings.Join(said, " or ")
}

// between counts the profile's entries in the time of some of them.
func between(v *profile.View, some []int32) int {
	return v.Within(v.Entries[some[0]].At, v.Entries[some[len(some)-1]].At)
}

// many is above every number of transfers of a view, to rank something above it.
const many = 1 << 20

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func days(d time.Duration) int { return int(d / day) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
