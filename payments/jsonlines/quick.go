package jsonlines

import (
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/internal/quickjson"
)

// quickForm reads a transaction as Encode and most writers of JSON write it. It takes
// nothing that the schema would refuse, and reads the same from what it takes; what it
// does not take (an escape in a string, a field twice, a type other than transaction, a
// fault) is for the schema to read or to refuse.
func quickForm(data []byte) (f form, ok bool) {
	q := quick{Reader: quickjson.New(data, maxQuick)}
	var debtor, creditor, amount, currency bool
	q.Object(func(name string) {
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
			f.Remittance = quickjson.List(&q.Reader, 32, func() string { return q.most(q.UTF8(), 1000) })
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
			q.Check(false) // And what is virtual, which is rare.
		}
	})
	return f, q.Done() && f.Institution != "" && f.ID != "" && f.At != "" && debtor && creditor && amount && currency
}

func (q *quick) party(p *party) {
	seen := q.seen
	q.seen = 0
	q.Object(func(name string) {
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
			q.Check(false)
		}
	})
	q.seen = seen
}

func (q *quick) merchant() *merchant {
	m := &merchant{}
	seen := q.seen
	q.seen = 0
	q.Object(func(name string) {
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
			q.Check(false)
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

// quick reads what transactions are made of.
type quick struct {
	quickjson.Reader
	seen quickjson.Fields // the fields of the object that there were
}

// once notes the object's field of a number: a field twice is for the schema.
func (q *quick) once(field uint) { q.Once(&q.seen, 1<<field) }

// one reads the string of a field of a number.
func (q *quick) one(field uint) string {
	q.once(field)
	return q.UTF8()
}

// most checks that a text has at most so many characters.
func (q *quick) most(text string, most int) string {
	q.Check(len(text) <= most || utf8.RuneCountInString(text) <= most)
	return text
}

// filled is most, of a text that is not empty.
func (q *quick) filled(text string, most int) string {
	q.Check(text != "")
	return q.most(text, most)
}

// ref checks a reference of plain ASCII.
func (q *quick) ref(text string) string {
	for i := range len(text) {
		q.Check(text[i] >= ' ' && text[i] <= '~')
	}
	return q.filled(text, 140)
}

// pattern checks that a text has so many characters, all of a set.
func (q *quick) pattern(text string, least, most int, set string) string {
	q.Check(len(text) >= least && len(text) <= most)
	for i := range len(text) {
		q.Check(strings.IndexByte(set, text[i]) >= 0)
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
	q.Check(false)
	return text
}
