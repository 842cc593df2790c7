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
	field := -1
	for first := true; !q.bad; first = false {
		if !first && !q.next(',') {
			q.check(q.next('}'))
			break
		}
		field = q.field(field + 1)
		if field < 0 || seen&(1<<field) != 0 {
			return t, false
		}
		seen |= 1 << field
		t.quickField(&q, field)
	}
	q.space()
	const required = 1<<9 - 1
	if q.bad || q.at != len(q.data) || seen&required != required {
		return t, false
	}
	return t, true
}

// The fields that are read quickly, in the order in which EncodeTransfer writes them.
// Exposures are not among them: few transfers have any.
const (
	fieldId = iota
	fieldSubject
	fieldRole
	fieldOther
	fieldInstitution
	fieldRef
	fieldAt
	fieldAmount
	fieldCurrency
	fieldCountry
	fieldOtherCountry
	fieldNames
	fieldOtherNames
	fieldClasses
	fieldPurpose
	fieldBase
	fieldRail
	fieldFunding
	fieldNight
	fieldOtherNight
	fieldTown
	fieldOtherTown
	fieldOneAddress
	fieldBought
	fieldTourists
	fieldPaidOutAfter
	fieldAccount
	fieldWithdrawn
)

// fieldLeads are how they begin.
var fieldLeads = [...]string{
	`"id":`,
	`"subject":`,
	`"role":`,
	`"other":`,
	`"institution":`,
	`"ref":`,
	`"at":`,
	`"amount":`,
	`"currency":`,
	`"country":`,
	`"other_country":`,
	`"names":`,
	`"other_names":`,
	`"classes":`,
	`"purpose":`,
	`"base":`,
	`"rail":`,
	`"funding":`,
	`"night":`,
	`"other_night":`,
	`"town":`,
	`"other_town":`,
	`"one_address":`,
	`"bought":`,
	`"tourists":`,
	`"paid_out_after":`,
	`"account":`,
	`"withdrawn":`,
}

// field reads the name of a field, which is mostly one from a place on, and returns its
// place; -1: it is not known.
func (q *quick) field(from int) int {
	rest := q.data[q.at:]
	for i := from; i < len(fieldLeads); i++ {
		if strings.HasPrefix(rest, fieldLeads[i]) {
			q.at += len(fieldLeads[i])
			return i
		}
	}
	name := q.string()
	q.check(q.next(':'))
	return slices.IndexFunc(fieldLeads[:], func(lead string) bool { return lead[1:len(lead)-2] == name })
}

// quickField reads a field's value.
func (t *Transfer) quickField(q *quick, field int) {
	switch field {
	case fieldId:
		t.ID = q.hex("")
	case fieldSubject:
		t.Subject = signal.Subject(q.hex("sub_"))
	case fieldRole:
		t.Role = signal.Role(q.oneOf("sender", "recipient"))
	case fieldOther:
		t.Other = signal.Subject(q.hex("sub_"))
	case fieldInstitution:
		t.Institution = q.text(140)
	case fieldRef:
		t.Ref = q.text(140)
	case fieldAt:
		t.At = q.time()
	case fieldAmount:
		t.Amount = q.number(0, MaxAmount)
	case fieldCurrency:
		t.Currency = q.capitals(3)
	case fieldCountry:
		t.Country = q.capitals(2)
	case fieldOtherCountry:
		t.OtherCountry = q.capitals(2)
	case fieldNames:
		t.Names = q.list(8, func() string { return q.hex("") })
	case fieldOtherNames:
		t.OtherNames = q.list(8, func() string { return q.hex("") })
	case fieldClasses:
		for _, c := range q.list(6, func() string {
			return q.oneOf(string(School), string(Medical), string(Accommodation), string(FamilySupport), string(Education), string(SocialHandle))
		}) {
			q.check(!slices.Contains(t.Classes, Class(c)))
			t.Classes = append(t.Classes, Class(c))
		}
		q.check(len(t.Classes) > 0) // an empty list and none are two things to encoding/json
	case fieldPurpose:
		t.Purpose = q.text(4)
	case fieldBase:
		t.Base = q.number(1, MaxAmount)
	case fieldRail:
		t.Rail = Rail(q.oneOf(string(RailRemittance), string(RailBank), string(RailWallet), string(RailP2P), string(RailGiftCard),
			string(RailPrepaid), string(RailToken), string(RailVirtual), string(RailProcessor), string(RailCard)))
	case fieldFunding:
		t.Funding = Funding(q.oneOf(string(FundedByCash), string(FundedByAccount), string(FundedByCard), string(FundedByPrepaid)))
	case fieldNight:
		t.Night = q.answer()
	case fieldOtherNight:
		t.OtherNight = q.answer()
	case fieldTown:
		t.Town = q.hex("")
	case fieldOtherTown:
		t.OtherTown = q.hex("")
	case fieldOneAddress:
		t.OneAddress = q.bool()
	case fieldBought:
		t.Bought = Purchase(q.oneOf(string(BoughtVPN), string(BoughtCapture), string(BoughtWiping), string(BoughtAdult),
			string(BoughtTravel), string(BoughtWithdrawal)))
	case fieldTourists:
		t.Tourists = q.answer()
	case fieldPaidOutAfter:
		t.PaidOutAfter = int(q.number(1, 5256000))
	case fieldAccount:
		t.Account = q.hex("")
	case fieldWithdrawn:
		t.Withdrawn = q.bool()
	}
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
	plain := true
	for i := range len(s) {
		plain = plain && isPlain[s[i]]
	}
	q.check(plain)
	return s
}

// isPlain says of which bytes a string of ASCII without escapes consists.
var isPlain = func() (plain [256]bool) {
	for c := ' '; c <= '~'; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// hexWord reports whether eight bytes are digits of hex, in small letters: all at once,
// each in its byte of a word.
func hexWord(s string) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	low := w &^ high
	digit := (low + (0x80-'0')*each) &^ (low + (0x80-'9'-1)*each)
	letter := (low + (0x80-'a')*each) &^ (low + (0x80-'f'-1)*each)
	return (digit|letter)&^w&high == high
}

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
	digits := s[len(prefix):]
	q.check(hexWord(digits[:8]) && hexWord(digits[8:16]) && hexWord(digits[16:24]) && hexWord(digits[24:32]))
	q.check(s[:len(prefix)] == prefix)
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
