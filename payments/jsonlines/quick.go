package jsonlines

import (
	"strings"
	"unicode/utf8"
)

// quickForm reads a transaction as Encode and most writers of JSON write it. It takes
// nothing that the schema would refuse, and reads the same from what it takes; what it
// does not take (an escape in a string, a field twice, a type other than transaction, a
// fault) is for the schema to read or to refuse.
func quickForm(data []byte) (f form, ok bool) {
	if len(data) > maxQuick {
		return f, false
	}
	q := quick{data: string(data)} // Of which the form's strings are parts.
	var debtor, creditor, amount, currency bool
	q.object(func(name string) {
		switch name {
		case "type":
			f.Type = q.text(q.one(1), TypeTransaction)
		case "institution":
			f.Institution = q.ref(q.one(2))
		case "id":
			f.ID = q.ref(q.one(3))
		case "at":
			f.At = q.filled(q.one(4), 40)
		case "amount":
			f.Amount, amount = q.filled(q.one(5), 32), true
		case "currency":
			f.Currency, currency = q.pattern(q.one(6), 3, 3, upper), true
		case "debtor":
			q.once(7)
			q.party(&f.Debtor)
			debtor = true
		case "creditor":
			q.once(8)
			q.party(&f.Creditor)
			creditor = true
		case "reference":
			f.Reference = q.most(q.one(9), 1000)
		case "remittance":
			q.once(10)
			f.Remittance = []string{}
			q.array(32, func() { f.Remittance = append(f.Remittance, q.most(q.string(), 1000)) })
		case "purpose":
			f.Purpose = q.pattern(q.one(11), 1, 4, upper+digits)
		case "rail":
			f.Rail = q.text(q.one(12), "remittance", "bank", "e-wallet", "p2p", "gift-card", "prepaid-card", "platform-token", "virtual-asset", "processor", "card")
		case "funding":
			f.Funding = q.text(q.one(13), "cash", "account", "card", "prepaid")
		case "merchant":
			q.once(14)
			f.Merchant = q.merchant()
		case "paid_out":
			f.PaidOut = q.filled(q.one(15), 40)
		default:
			q.bad = true // And what is virtual, which is rare.
		}
	})
	q.space()
	return f, !q.bad && q.at == len(q.data) && f.Institution != "" && f.ID != "" && f.At != "" && debtor && creditor && amount && currency
}

func (q *quick) party(p *party) {
	seen := q.seen
	q.seen = 0
	q.object(func(name string) {
		switch name {
		case "name":
			p.Name = q.most(q.one(1), 140)
		case "country":
			p.Country = q.pattern(q.one(2), 2, 2, upper)
		case "agent":
			p.Agent = q.most(q.one(3), 140)
		case "proxy":
			p.Proxy = q.most(q.one(4), 2048)
		case "iban":
			p.IBAN = q.most(q.one(5), 2048)
		case "account":
			p.Account = q.most(q.one(6), 2048)
		case "issuer":
			p.Issuer = q.most(q.one(7), 140)
		case "mobile":
			p.Mobile = q.most(q.one(8), 2048)
		case "phone":
			p.Phone = q.most(q.one(9), 2048)
		case "email":
			p.Email = q.most(q.one(10), 2048)
		case "address":
			p.Address = q.most(q.one(11), 500)
		case "town":
			p.Town = q.most(q.one(12), 140)
		default:
			q.bad = true
		}
	})
	q.seen = seen
}

func (q *quick) merchant() *merchant {
	m := &merchant{}
	seen := q.seen
	q.seen = 0
	q.object(func(name string) {
		switch name {
		case "mcc":
			m.MCC = q.pattern(q.one(1), 4, 4, digits)
		case "id":
			m.ID = q.most(q.one(2), 40)
		case "name":
			m.Name = q.most(q.one(3), 140)
		case "town":
			m.Town = q.most(q.one(4), 140)
		default:
			q.bad = true
		}
	})
	q.seen = seen
	return m
}

const (
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// maxQuick is more than a transaction has bytes, but for very long texts.
const maxQuick = 16 << 10

// quick reads JSON of known shape from left to right. What it does not know is bad, and
// stays so.
type quick struct {
	data string
	at   int
	bad  bool
	seen uint32 // The fields of the object that there were, by their bits.
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
	q.space()
	if q.bad || q.at >= len(q.data) || q.data[q.at] != c {
		return false
	}
	q.at++
	return true
}

// object calls field with the name of each field, to read its value.
func (q *quick) object(field func(name string)) {
	q.check(q.next('{'))
	if q.next('}') {
		return
	}
	for first := true; !q.bad; first = false {
		if !first && !q.next(',') {
			q.check(q.next('}'))
			return
		}
		name := q.string()
		q.check(q.next(':'))
		if !q.bad {
			field(name)
		}
	}
}

// array calls element to read each of up to so many values.
func (q *quick) array(most int, element func()) {
	q.check(q.next('['))
	if q.next(']') {
		return
	}
	for n := 0; !q.bad; n++ {
		if n > 0 && !q.next(',') {
			q.check(q.next(']'))
			return
		}
		q.check(n < most)
		if !q.bad {
			element()
		}
	}
}

// once notes the object's field of a number: a field twice is for the schema.
func (q *quick) once(field uint) {
	q.check(q.seen&(1<<field) == 0)
	q.seen |= 1 << field
}

// one reads the string of a field of a number.
func (q *quick) one(field uint) string {
	q.once(field)
	return q.string()
}

// string reads a string of UTF-8 without escapes.
func (q *quick) string() string {
	if !q.next('"') {
		q.bad = true
		return ""
	}
	from, ascii := q.at, true
	for ; q.at < len(q.data); q.at++ {
		switch c := q.data[q.at]; {
		case c == '"':
			text := q.data[from:q.at]
			q.at++
			q.check(ascii || utf8.ValidString(text))
			return text
		case c < ' ' || c == '\\':
			q.bad = true
			return ""
		case c > '~':
			ascii = false
		}
	}
	q.bad = true
	return ""
}

// most checks that a text has at most so many characters.
func (q *quick) most(text string, most int) string {
	q.check(len(text) <= most || utf8.RuneCountInString(text) <= most)
	return text
}

// filled is most, of a text that is not empty.
func (q *quick) filled(text string, most int) string {
	q.check(text != "")
	return q.most(text, most)
}

// ref checks a reference of plain ASCII.
func (q *quick) ref(text string) string {
	for i := range len(text) {
		q.check(text[i] >= ' ' && text[i] <= '~')
	}
	return q.filled(text, 140)
}

// pattern checks that a text has so many characters, all of a set.
func (q *quick) pattern(text string, least, most int, set string) string {
	q.check(len(text) >= least && len(text) <= most)
	for i := range len(text) {
		q.check(strings.IndexByte(set, text[i]) >= 0)
	}
	return text
}

// text checks that a text is one of a few.
func (q *quick) text(text string, of ...string) string {
	for _, t := range of {
		if t == text {
			return text
		}
	}
	q.bad = true
	return text
}
