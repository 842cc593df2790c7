package typology

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
)

// A Band is a range of amounts in minor units, both ends included.
type Band struct{ Min, Max int64 }

func (b Band) has(amount int64) bool { return amount >= b.Min && amount <= b.Max }

// Limits are amounts in one currency, as published for it.
type Limits struct {
	Low    Band   // low value: P01 and most others
	Repeat Band   // repeated: P02
	FanIn  Band   // each of several senders: P05
	Each   Band   // each of several recipients: P04
	Micro  Band   // P15
	Extort Band   // X01: the first payment is below Min, and none above Max
	Round  int64  // an amount is round where it is a multiple of this: P07
	Source string // where the limits are from

	said []saidBand // set by compile
}

// Marks are bits of what limits make of an entry's amount, besides those that
// package profile sums up. They are set when an entry is read, so that a typology
// looks at one byte.
const (
	markRepeat profile.Marks = 1 << (iota + 3)
	markFanIn
	markEach
	markMicro
)

// Marks returns what the limits make of an amount. An engine that asks typologies
// needs them: without marks every typology of amounts abstains.
func (r Rules) Marks() func(*profile.Entry) profile.Marks {
	rules := r.compile()
	return func(e *profile.Entry) (m profile.Marks) {
		l, amount := rules.judge(e)
		if l == nil {
			return 0
		}
		m = profile.Marked
		if l.Micro.has(amount) {
			m |= markMicro
		}
		// A converted amount is hardly ever round, and says nothing by that.
		if l.Round > 0 && amount == e.Amount && amount%l.Round == 0 {
			m |= profile.Round
		}
		if !e.Abroad() {
			return m
		}
		if l.Low.has(amount) {
			m |= profile.Low
		}
		if l.Repeat.has(amount) {
			m |= markRepeat
		}
		if l.FanIn.has(amount) {
			m |= markFanIn
		}
		if l.Each.has(amount) {
			m |= markEach
		}
		return m
	}
}

// judge returns the limits that hold for an entry, and its amount in their
// currency: those of its own currency, else those of the base currency where there
// was a rate; else nil, and the amount cannot be judged.
func (r *Rules) judge(e *profile.Entry) (*Limits, int64) {
	if l := r.limits[e.Currency]; l != nil {
		return l, e.Amount
	}
	if e.Base > 0 {
		return r.limits[r.base], e.Base
	}
	return nil, 0
}

// inBase returns an entry's amount in minor units of the base currency, and false
// where there was no rate.
func (r *Rules) inBase(e *profile.Entry) (int64, bool) {
	if e.Currency == r.base {
		return e.Amount, true
	}
	return e.Base, e.Base > 0
}

// bands says which amounts are meant, by currency: "10 to 100 EUR or 10 to 500 AUD".
func (r *Rules) bands(v *profile.View, counted []int32, band func(*Limits) Band) string {
	var few [4]profile.Currency
	currencies := few[:0]
	for _, i := range counted {
		c := v.Entries[i].Currency
		if r.limits[c] == nil {
			c = r.base
		}
		if !slices.Contains(currencies, c) {
			currencies = append(currencies, c)
		}
	}
	if len(currencies) == 1 {
		return r.limits[currencies[0]].says(band)
	}
	slices.Sort(currencies) // which is by their letters
	said := make([]string, 0, len(few))
	for _, c := range currencies {
		said = append(said, r.limits[c].says(band))
	}
	return strings.Join(said, " or ")
}

// A saidBand is a band as a sentence has it.
type saidBand struct {
	Band
	says string
}

// says returns one of the limits' bands: "10 to 100 EUR".
func (l *Limits) says(band func(*Limits) Band) string {
	b := band(l)
	for i := range l.said {
		if l.said[i].Band == b {
			return l.said[i].says
		}
	}
	return ""
}

// compile prepares what sentences say.
func (l *Limits) compile(code string) {
	for _, b := range [...]Band{l.Low, l.Repeat, l.FanIn, l.Each, l.Micro, l.Extort} {
		l.said = append(l.said, saidBand{b, payments.FormatAmount(b.Min, code, true) + " to " + payments.FormatAmount(b.Max, code, true) + " " + code})
	}
}

// allBands lists a band of every currency, for the docs.
func (r *Rules) allBands(band func(*Limits) Band) string {
	var said []string
	for _, code := range slices.Sorted(maps.Keys(r.Limits)) {
		l := r.Limits[code]
		b := band(&l)
		said = append(said, fmt.Sprintf("%s %s–%s", code, payments.FormatAmount(b.Min, code, true), payments.FormatAmount(b.Max, code, true)))
	}
	return strings.Join(said, ", ")
}
