package payments

import (
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// maxQuick is more than a transfer has bytes, with all its fields.
const maxQuick = 4 << 10

// quickTransfer reads a transfer as EncodeTransfer and most writers of JSON write
// it. It takes nothing that the schema would refuse, and reads the same from what it
// takes; what it does not take (an escape or a letter beyond ASCII in a string, a
// field twice, a fraction, another zone than Z, a fault) is for the schema to read or
// to refuse, which takes some twenty times as long.
func quickTransfer(data []byte) (t Transfer, ok bool) {
	if len(data) > maxQuick {
		return t, false
	}
	q := quick{data: string(data)} // of which the transfer's strings are parts
	q.check(q.next('{'))
	var seen uint32
	for first := true; !q.bad; first = false {
		if !first && !q.next(',') {
			q.check(q.next('}'))
			break
		}
		name := q.string()
		q.check(q.next(':'))
		if bit := t.quickField(&q, name); seen&bit != 0 || bit == 0 {
			return t, false
		} else {
			seen |= bit
		}
	}
	q.space()
	const required = 1<<9 - 1
	if q.bad || q.at != len(q.data) || seen&required != required {
		return t, false
	}
	return t, true
}

// quickField reads a field's value, and returns a bit of its own; 0: it is not known.
func (t *Transfer) quickField(q *quick, name string) uint32 {
	switch name {
	case "id":
		t.ID = q.hex("")
		return 1 << 0
	case "subject":
		t.Subject = signal.Subject(q.hex("sub_"))
		return 1 << 1
	case "role":
		t.Role = signal.Role(q.oneOf("sender", "recipient"))
		return 1 << 2
	case "other":
		t.Other = signal.Subject(q.hex("sub_"))
		return 1 << 3
	case "institution":
		t.Institution = q.text(140)
		return 1 << 4
	case "ref":
		t.Ref = q.text(140)
		return 1 << 5
	case "at":
		t.At = q.time()
		return 1 << 6
	case "amount":
		t.Amount = q.number(0, MaxAmount)
		return 1 << 7
	case "currency":
		t.Currency = q.capitals(3)
		return 1 << 8
	case "country":
		t.Country = q.capitals(2)
		return 1 << 9
	case "other_country":
		t.OtherCountry = q.capitals(2)
		return 1 << 10
	case "names":
		t.Names = q.list(8, func() string { return q.hex("") })
		return 1 << 11
	case "other_names":
		t.OtherNames = q.list(8, func() string { return q.hex("") })
		return 1 << 12
	case "classes":
		for _, c := range q.list(6, func() string {
			return q.oneOf(string(School), string(Medical), string(Accommodation), string(FamilySupport), string(Education), string(SocialHandle))
		}) {
			q.check(!slices.Contains(t.Classes, Class(c)))
			t.Classes = append(t.Classes, Class(c))
		}
		q.check(len(t.Classes) > 0) // an empty list and none are two things to encoding/json
		return 1 << 13
	case "purpose":
		t.Purpose = q.text(4)
		return 1 << 14
	case "base":
		t.Base = q.number(1, MaxAmount)
		return 1 << 15
	case "rail":
		t.Rail = Rail(q.oneOf(string(RailRemittance), string(RailBank), string(RailWallet), string(RailP2P), string(RailGiftCard),
			string(RailPrepaid), string(RailToken), string(RailVirtual), string(RailProcessor), string(RailCard)))
		return 1 << 16
	case "funding":
		t.Funding = Funding(q.oneOf(string(FundedByCash), string(FundedByAccount), string(FundedByCard), string(FundedByPrepaid)))
		return 1 << 17
	case "night":
		t.Night = q.answer()
		return 1 << 18
	case "other_night":
		t.OtherNight = q.answer()
		return 1 << 19
	case "town":
		t.Town = q.hex("")
		return 1 << 20
	case "other_town":
		t.OtherTown = q.hex("")
		return 1 << 21
	case "one_address":
		t.OneAddress = q.bool()
		return 1 << 22
	case "bought":
		t.Bought = Purchase(q.oneOf(string(BoughtVPN), string(BoughtCapture), string(BoughtWiping), string(BoughtAdult),
			string(BoughtTravel), string(BoughtWithdrawal)))
		return 1 << 23
	case "tourists":
		t.Tourists = q.answer()
		return 1 << 24
	case "paid_out_after":
		t.PaidOutAfter = int(q.number(1, 5256000))
		return 1 << 25
	case "withdrawn":
		t.Withdrawn = q.bool()
		return 1 << 26
	}
	return 0 // exposures among them, which few transfers have
}

// quick reads JSON of known shape from left to right. What it does not know is bad,
// and stays so.
type quick struct {
	data string
	at   int
	bad  bool
}

func (q *quick) check(ok bool) { q.bad = q.bad || !ok }

func (q *quick) space() {
	for q.at < len(q.data) {
		switch q.data[q.at] {
		case ' ', '\t', '\n', '\r':
			q.at++
		default:
			return
		}
	}
}

// next reports whether c comes next, behind white space, and passes over it.
func (q *quick) next(c byte) bool {
	if q.at < len(q.data) && q.data[q.at] == c && !q.bad {
		q.at++
		return true
	}
	q.space()
	if q.bad || q.at >= len(q.data) || q.data[q.at] != c {
		return false
	}
	q.at++
	return true
}

// string reads a string of plain ASCII.
func (q *quick) string() string {
	if !q.next('"') {
		q.bad = true
		return ""
	}
	n := strings.IndexByte(q.data[q.at:], '"')
	if n < 0 {
		q.bad = true
		return ""
	}
	s := q.data[q.at : q.at+n]
	q.at += n + 1
	kinds := byte(0xff)
	for i := range len(s) {
		kinds &= kindOf[s[i]]
	}
	q.check(kinds&isPlain != 0)
	return s
}

// What a byte may be part of.
const (
	isPlain = 1 << iota // a string without escapes, of ASCII
	isHex               // a number in hex, of small letters
)

var kindOf = func() (kinds [256]byte) {
	for c := ' '; c <= '~'; c++ {
		if c != '"' && c != '\\' {
			kinds[c] |= isPlain
		}
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			kinds[c] |= isHex
		}
	}
	return kinds
}()

func (q *quick) text(most int) string {
	s := q.string()
	q.check(s != "" && len(s) <= most)
	return s
}

// hex reads a prefix and 32 hex digits.
func (q *quick) hex(prefix string) string {
	n := len(prefix) + 32
	if !q.next('"') || len(q.data)-q.at <= n || q.data[q.at+n] != '"' {
		q.bad = true
		return ""
	}
	s := q.data[q.at : q.at+n]
	q.at += n + 1
	kinds := byte(isHex)
	for i := len(prefix); i < len(s); i++ {
		kinds &= kindOf[s[i]]
	}
	q.check(kinds != 0 && s[:len(prefix)] == prefix)
	return s
}

func (q *quick) capitals(n int) string {
	s := q.string()
	q.check(len(s) == n)
	for i := range len(s) {
		q.check(s[i] >= 'A' && s[i] <= 'Z')
	}
	return s
}

func (q *quick) oneOf(all ...string) string {
	s := q.string()
	for _, one := range all {
		if s == one {
			return one
		}
	}
	q.bad = true
	return ""
}

func (q *quick) answer() Answer { return Answer(q.oneOf(string(Yes), string(No))) }

func (q *quick) bool() bool {
	q.space()
	for _, word := range []string{"true", "false"} {
		if rest := q.data[q.at:]; len(rest) > len(word) && rest[:len(word)] == word {
			q.at += len(word)
			return word == "true" // what follows is a comma or a brace, or bad
		}
	}
	q.bad = true
	return false
}

// number reads a whole number without a sign.
func (q *quick) number(least, most int64) (n int64) {
	q.space()
	from := q.at
	for q.at < len(q.data) && q.at < from+16 && q.data[q.at] >= '0' && q.data[q.at] <= '9' {
		n = 10*n + int64(q.data[q.at]-'0')
		q.at++
	}
	q.check(q.at > from && (q.data[from] != '0' || q.at == from+1) && n >= least && n <= most)
	// What follows must end it: no digit, no fraction, no exponent.
	q.check(q.at < len(q.data))
	if !q.bad {
		switch q.data[q.at] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
		default:
			q.bad = true
		}
	}
	return n
}

// list reads strings.
func (q *quick) list(most int, one func() string) []string {
	q.check(q.next('['))
	all := make([]string, 0, 3)
	if q.next(']') {
		return all
	}
	for !q.bad && len(all) < most {
		all = append(all, one())
		if !q.next(',') {
			q.check(q.next(']'))
			return all
		}
	}
	q.bad = true
	return nil
}

// time reads 2026-03-31T12:00:00Z.
func (q *quick) time() time.Time {
	s := q.string()
	if len(s) != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z' {
		q.bad = true
		return time.Time{}
	}
	two := func(at int) int {
		a, b := s[at]-'0', s[at+1]-'0'
		q.check(a <= 9 && b <= 9)
		return 10*int(a) + int(b)
	}
	year, month, day := 100*two(0)+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	q.check(month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second < 60)
	if q.bad {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	q.check(t.Day() == day) // or the month has no such day
	return t
}
