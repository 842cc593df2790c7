package signal

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendPayment writes a payment signal as encoding/json writes it, some ten times
// as fast: payments make more signals than all else. It reports false where it does
// not know how, and what it wrote is to be thrown away.
func appendPayment(b []byte, s *Signal) ([]byte, bool) {
	if s.Payment == nil || s.Session != nil || s.Match != nil || s.Flag != nil || s.Score != nil {
		return b, false
	}
	p := s.Payment
	w := writer{b: b}
	w.text(`{"id":`, s.ID)
	w.b = strconv.AppendUint(append(w.b, `,"revision":`...), s.Revision, 10)
	w.text(`,"kind":`, string(s.Kind))
	w.text(`,"subject":`, string(s.Subject))
	w.time(`,"start":`, s.Start)
	w.time(`,"end":`, s.End)
	w.text(`,"says":`, s.Says)
	w.text(`,"payment":{"typology":`, p.Typology)
	w.text(`,"rules":`, p.Rules)
	w.text(`,"role":`, string(p.Role))
	w.number(`,"transfers":`, p.Transfers)
	w.number(`,"counterparties":`, p.Counterparties)
	w.number(`,"unrelated":`, p.Unrelated)
	w.times(`,"times":`, p.Times)
	for i, c := range p.Countries {
		if i == 0 {
			w.text(`,"countries":[`, c)
		} else {
			w.text(`,`, c)
		}
	}
	if len(p.Countries) > 0 {
		w.b = append(w.b, ']')
	}
	if p.Country != "" {
		w.text(`,"country":`, p.Country)
	}
	w.float(`,"strength":`, p.Strength)
	for i := range p.Pairs {
		w.pair(i == 0, &p.Pairs[i])
	}
	if len(p.Pairs) > 0 {
		w.b = append(w.b, ']')
	}
	w.b = append(w.b, '}')
	for i := range s.Evidence {
		w.evidence(i == 0, &s.Evidence[i])
	}
	if len(s.Evidence) > 0 {
		w.b = append(w.b, ']')
	}
	return append(w.b, '}'), !w.unsure
}

// sizeOf is about how many bytes a payment signal takes.
func sizeOf(s *Signal) int {
	const when, pair = 23, 140
	n := 640 + len(s.Says)
	if p := s.Payment; p != nil {
		n += when*len(p.Times) + 5*len(p.Countries)
		for i := range p.Pairs {
			n += pair + when*len(p.Pairs[i].Times)
		}
	}
	for i := range s.Evidence {
		n += 90 + len(s.Evidence[i].Holder) + len(s.Evidence[i].Ref)
	}
	return n
}

// A writer appends JSON. unsure says that encoding/json may write it otherwise.
type writer struct {
	b      []byte
	unsure bool
	days   [32]day
}

func (w *writer) pair(first bool, p *Pair) {
	if first {
		w.text(`,"pairs":[{"other":`, string(p.Other))
	} else {
		w.text(`,{"other":`, string(p.Other))
	}
	w.number(`,"transfers":`, p.Transfers)
	w.time(`,"first":`, p.First)
	w.times(`,"times":`, p.Times)
	if p.Related {
		w.b = append(w.b, `,"related":true`...)
	}
	w.b = append(w.b, '}')
}

func (w *writer) evidence(first bool, e *Evidence) {
	if first {
		w.text(`,"evidence":[{"what":`, e.What)
	} else {
		w.text(`,{"what":`, e.What)
	}
	w.text(`,"holder":`, e.Holder)
	w.text(`,"ref":`, e.Ref)
	if e.SHA256 != "" {
		w.text(`,"sha256":`, e.SHA256)
	}
	w.time(`,"at":`, e.At)
	w.b = append(w.b, '}')
}

func (w *writer) number(before string, n int) {
	w.b = strconv.AppendInt(append(w.b, before...), int64(n), 10)
}

// float writes a number in the range that encoding/json writes without an exponent.
func (w *writer) float(before string, f float64) {
	if a := math.Abs(f); math.IsNaN(f) || a != 0 && (a < 1e-6 || a >= 1e21) {
		w.unsure = true
	}
	w.b = strconv.AppendFloat(append(w.b, before...), f, 'f', -1, 64)
}

// text writes a string that needs no escape.
func (w *writer) text(before, s string) {
	w.b = append(w.b, before...)
	w.b = append(w.b, '"')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			w.unsure = true // U+2028 is escaped, and what is no UTF-8
			return
		}
	}
	w.b = append(w.b, s...)
	w.b = append(w.b, '"')
}

func (w *writer) times(before string, all []time.Time) {
	w.b = append(w.b, before...)
	if all == nil {
		w.b = append(w.b, "null"...)
		return
	}
	w.b = append(w.b, '[')
	for i, t := range all {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.time("", t)
	}
	w.b = append(w.b, ']')
}

// A day is how the times of one day begin: a signal has many times, of few days.
type day struct {
	number int64 // since 1970
	text   [11]byte
}

// time writes a time in UTC and whole seconds.
func (w *writer) time(before string, t time.Time) {
	const daySeconds = 24 * 3600
	at := t.Unix()
	if t.Location() != time.UTC || t.Nanosecond() != 0 || at <= 0 || at >= 253402300800 { // up to the year 9999
		w.unsure = true
		return
	}
	number, second := at/daySeconds, int(at%daySeconds)
	d := &w.days[number%int64(len(w.days))]
	if d.number != number {
		d.number = number
		t.AppendFormat(d.text[:0], "2006-01-02T")
	}
	two := func(n int) (byte, byte) { return byte('0' + n/10), byte('0' + n%10) }
	h1, h2 := two(second / 3600)
	m1, m2 := two(second / 60 % 60)
	s1, s2 := two(second % 60)
	w.b = append(append(w.b, before...), '"')
	w.b = append(w.b, d.text[:]...)
	w.b = append(w.b, h1, h2, ':', m1, m2, ':', s1, s2, 'Z', '"')
}
