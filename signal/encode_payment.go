package signal

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// payment writes a payment signal as encoding/json writes it, some ten times
// as fast: payments make more signals than all else. It reports false where it does
// not know how, and what it wrote is to be thrown away.
func (w *writer) payment(b []byte, s *Signal) ([]byte, bool) {
	w.unsure = false
	if s.Payment == nil || s.Session != nil || s.Match != nil || s.Flag != nil || s.Score != nil {
		return b, false
	}
	p := s.Payment
	b = w.text(b, `{"id":`, s.ID)
	b = strconv.AppendUint(append(b, `,"revision":`...), s.Revision, 10)
	b = w.text(b, `,"kind":`, string(s.Kind))
	b = w.text(b, `,"subject":`, string(s.Subject))
	b = w.time(b, `,"start":`, s.Start)
	b = w.time(b, `,"end":`, s.End)
	b = w.text(b, `,"says":`, s.Says)
	b = w.text(b, `,"payment":{"typology":`, p.Typology)
	b = w.text(b, `,"rules":`, p.Rules)
	b = w.text(b, `,"role":`, string(p.Role))
	b = w.number(b, `,"transfers":`, p.Transfers)
	b = w.number(b, `,"counterparties":`, p.Counterparties)
	b = w.number(b, `,"unrelated":`, p.Unrelated)
	b = w.times(b, `,"times":`, p.Times)
	for i, c := range p.Countries {
		if i == 0 {
			b = w.text(b, `,"countries":[`, c)
		} else {
			b = w.text(b, `,`, c)
		}
	}
	if len(p.Countries) > 0 {
		b = append(b, ']')
	}
	if p.Country != "" {
		b = w.text(b, `,"country":`, p.Country)
	}
	b = w.float(b, `,"strength":`, p.Strength)
	if p.Victim {
		b = append(b, `,"victim":true`...)
	}
	for i := range p.Pairs {
		b = w.pair(b, i == 0, &p.Pairs[i])
	}
	if len(p.Pairs) > 0 {
		b = append(b, ']')
	}
	b = append(b, '}')
	for i := range s.Evidence {
		b = w.evidence(b, i == 0, &s.Evidence[i])
	}
	if len(s.Evidence) > 0 {
		b = append(b, ']')
	}
	return append(b, '}'), !w.unsure
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
	unsure bool
	// days are those that were written last: a signal has its times up to three times, and
	// the next one mostly those of the same ninety days.
	days [128]midnight
}

// A midnight is a time in its quotes, of a day by its number since 1970.
type midnight struct {
	day  int64 // and 1; 0: none
	text [22]byte
}

func (w *writer) pair(b []byte, first bool, p *Pair) []byte {
	if first {
		b = w.text(b, `,"pairs":[{"other":`, string(p.Other))
	} else {
		b = w.text(b, `,{"other":`, string(p.Other))
	}
	b = w.number(b, `,"transfers":`, p.Transfers)
	b = w.time(b, `,"first":`, p.First)
	b = w.times(b, `,"times":`, p.Times)
	if p.Related {
		b = append(b, `,"related":true`...)
	}
	b = append(b, '}')
	return b
}

func (w *writer) evidence(b []byte, first bool, e *Evidence) []byte {
	if first {
		b = w.text(b, `,"evidence":[{"what":`, e.What)
	} else {
		b = w.text(b, `,{"what":`, e.What)
	}
	b = w.text(b, `,"holder":`, e.Holder)
	b = w.text(b, `,"ref":`, e.Ref)
	if e.SHA256 != "" {
		b = w.text(b, `,"sha256":`, e.SHA256)
	}
	b = w.time(b, `,"at":`, e.At)
	b = append(b, '}')
	return b
}

func (w *writer) number(b []byte, before string, n int) []byte {
	b = strconv.AppendInt(append(b, before...), int64(n), 10)
	return b
}

// float writes a number in the range that encoding/json writes without an exponent.
func (w *writer) float(b []byte, before string, f float64) []byte {
	if a := math.Abs(f); math.IsNaN(f) || a != 0 && (a < 1e-6 || a >= 1e21) {
		w.unsure = true
	}
	b = append(b, before...)
	// Most are whole hundredths below one.
	if n := int(100*f + 0.5); f > 0 && f < 1 && float64(n)/100 == f {
		if b = append(b, '0', '.', byte('0'+n/10)); n%10 != 0 {
			b = append(b, byte('0'+n%10))
		}
		return b
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// text writes a string that needs no escape.
func (w *writer) text(b []byte, before, s string) []byte {
	b = append(b, before...)
	b = append(b, '"')
	if !plain(s) {
		w.unsure = true // U+2028 is escaped, and what is no UTF-8
		return b
	}
	b = append(b, s...)
	b = append(b, '"')
	return b
}

// plain reports whether all of s is ASCII that is not escaped. It looks at eight bytes at
// once, each in its byte of a word.
func plain[T string | []byte](s T) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	zero := func(x uint64) uint64 { return (x - each) &^ x } // has a high bit where a byte is 0
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (x|(x-' '*each)&^x|zero(x^'"'*each)|zero(x^'\\'*each))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (w *writer) times(b []byte, before string, all []time.Time) []byte {
	b = append(b, before...)
	if all == nil {
		b = append(b, "null"...)
		return b
	}
	b = append(b, '[')
	for i, t := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.time(b, "", t)
	}
	b = append(b, ']')
	return b
}

const daySeconds = 24 * 3600

// time writes a time in UTC and whole seconds. A signal has some hundred of them.
func (w *writer) time(b []byte, before string, t time.Time) []byte {
	if t.Location() != time.UTC || t.Nanosecond() != 0 {
		w.unsure = true
		return b
	}
	return w.seconds(append(b, before...), t.Unix())
}

// stamp writes a time in its quotes.
func (w *writer) stamp(text *[stampSize]byte, at int64) {
	if at <= 0 || at >= 253402300800 { // up to the year 9999
		w.unsure = true
		return
	}
	number, second := at/daySeconds, uint(at%daySeconds)
	d := &w.days[number%int64(len(w.days))]
	if d.day != number+1 {
		d.day = number + 1
		d.text = midnightOf(number)
	}
	hour, minute := second/3600, second/60%60
	second %= 60
	*text = d.text
	text[12], text[13] = tens[hour], ones[hour]
	text[15], text[16] = tens[minute], ones[minute]
	text[18], text[19] = tens[second], ones[second]
}

// The two digits of what is below 60.
const (
	tens = "000000000011111111112222222222333333333344444444445555555555"
	ones = "012345678901234567890123456789012345678901234567890123456789"
)

// midnightOf is the midnight of a day, in quotes, by its number since 1970. Years are taken to
// begin in March, so that a leap day is the last of one (Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms").
func midnightOf(number int64) (text [22]byte) {
	const (
		year     = 365
		fourYear = 4*year + 1
		century  = 25*fourYear - 1
		era      = 4*century + 1 // 400 years
	)
	z := number + 719468 // since the first of March of the year 0
	day := z % era
	y := (day - day/(fourYear-1) + day/century - day/(era-1)) / year
	ofYear := day - (year*y + y/4 - y/100)
	month := (5*ofYear + 2) / 153 // from March
	d := ofYear - (153*month+2)/5 + 1
	y += z / era * 400
	if month += 3; month > 12 {
		month -= 12
		y++
	}
	copy(text[:], `"0000-00-00T00:00:00Z"`)
	put := func(at int, n int64) { text[at], text[at+1] = byte('0'+n/10), byte('0'+n%10) }
	put(1, y/100)
	put(3, y%100)
	put(6, month)
	put(9, d)
	return text
}
