package signal

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// A Draft is a payment signal in numbers and in others' memory, for rooms that write down
// at once what they find: payments make more signals than all else. Times are in seconds
// since 1970. It holds as long as who made it says.
type Draft struct {
	ID          string
	Revision    uint64
	Subject     Subject
	Start, End  int64
	Says        string
	Typology    string
	Rules       string
	Role        Role
	Transfers   int
	Unrelated   int
	Strength    float64
	Victim      bool
	Country     Letters
	Countries   []Letters
	Times       []int64
	Others      int // Payment.Counterparties
	Pairs       []DraftPair
	Transaction []DraftSource // its evidence
}

// Letters are those of a country; zero: it is not known.
type Letters [2]byte

func (l Letters) string() string {
	if l == (Letters{}) {
		return ""
	}
	return string(l[:])
}

// A DraftPair is a Pair.
type DraftPair struct {
	Other     [16]byte // the subject's digits
	Transfers int
	First     int64
	Times     []int64
	Related   bool
}

// A DraftSource is where a transaction can be found.
type DraftSource struct {
	Holder, Ref []byte
	At          int64
}

// Signal returns the signal, in memory of its own.
func (d *Draft) Signal() Signal {
	p := &Payment{
		Typology: d.Typology, Rules: d.Rules, Role: d.Role, Transfers: d.Transfers, Counterparties: d.Others, Unrelated: d.Unrelated,
		Times: utcAll(d.Times), Country: d.Country.string(), Strength: d.Strength, Victim: d.Victim,
	}
	for _, c := range d.Countries {
		p.Countries = append(p.Countries, c.string())
	}
	for i := range d.Pairs {
		o := &d.Pairs[i]
		p.Pairs = append(p.Pairs, Pair{
			Other: Subject("sub_" + hex.EncodeToString(o.Other[:])), Transfers: o.Transfers, First: utc(o.First), Times: utcAll(o.Times), Related: o.Related,
		})
	}
	s := Signal{ID: d.ID, Revision: d.Revision, Kind: KindPayment, Subject: d.Subject, Start: utc(d.Start), End: utc(d.End), Says: d.Says, Payment: p}
	for i := range d.Transaction {
		e := &d.Transaction[i]
		s.Evidence = append(s.Evidence, Evidence{What: "transaction", Holder: string(e.Holder), Ref: string(e.Ref), At: utc(e.At)})
	}
	return s
}

func utc(at int64) time.Time { return time.Unix(at, 0).UTC() }

func utcAll(all []int64) []time.Time {
	out := make([]time.Time, len(all))
	for i, at := range all {
		out[i] = utc(at)
	}
	return out
}

// AppendDraft appends what Append does of the draft's signal.
func (e *Encoder) AppendDraft(b []byte, d *Draft) ([]byte, error) {
	if data, ok := e.w.draft(b, d); ok {
		return data, nil
	}
	s := d.Signal()
	return e.Append(b, &s)
}

// draft writes a draft as payment writes its signal.
func (w *writer) draft(b []byte, d *Draft) ([]byte, bool) {
	w.unsure = false
	b = w.text(b, `{"id":`, d.ID)
	b = strconv.AppendUint(append(b, `,"revision":`...), d.Revision, 10)
	b = w.text(b, `,"kind":"payment","subject":`, string(d.Subject))
	b = w.seconds(append(b, `,"start":`...), d.Start)
	b = w.seconds(append(b, `,"end":`...), d.End)
	b = w.text(b, `,"says":`, d.Says)
	b = w.text(b, `,"payment":{"typology":`, d.Typology)
	b = w.text(b, `,"rules":`, d.Rules)
	b = w.text(b, `,"role":`, string(d.Role))
	b = w.number(b, `,"transfers":`, d.Transfers)
	b = w.number(b, `,"counterparties":`, d.Others)
	b = w.number(b, `,"unrelated":`, d.Unrelated)
	b = w.allSeconds(append(b, `,"times":`...), d.Times)
	for i := range d.Countries {
		before := `,"`
		if i == 0 {
			before = `,"countries":["`
		}
		b = append(append(append(b, before...), d.Countries[i][:]...), '"')
	}
	if len(d.Countries) > 0 {
		b = append(b, ']')
	}
	if d.Country != (Letters{}) {
		b = append(append(append(b, `,"country":"`...), d.Country[:]...), '"')
	}
	b = w.float(b, `,"strength":`, d.Strength)
	if d.Victim {
		b = append(b, `,"victim":true`...)
	}
	for i := range d.Pairs {
		p := &d.Pairs[i]
		before := `,{"other":"sub_`
		if i == 0 {
			before = `,"pairs":[{"other":"sub_`
		}
		b = hex.AppendEncode(append(b, before...), p.Other[:])
		b = w.number(b, `","transfers":`, p.Transfers)
		b = w.seconds(append(b, `,"first":`...), p.First)
		b = w.allSeconds(append(b, `,"times":`...), p.Times)
		if p.Related {
			b = append(b, `,"related":true`...)
		}
		b = append(b, '}')
	}
	if len(d.Pairs) > 0 {
		b = append(b, ']')
	}
	b = append(b, '}')
	for i := range d.Transaction {
		e := &d.Transaction[i]
		before := `,{"what":"transaction","holder":"`
		if i == 0 {
			before = `,"evidence":[{"what":"transaction","holder":"`
		}
		w.unsure = w.unsure || !plain(e.Holder) || !plain(e.Ref)
		b = append(append(append(b, before...), e.Holder...), `","ref":"`...)
		b = append(append(b, e.Ref...), `","at":`...)
		b = append(w.seconds(b, e.At), '}')
	}
	if len(d.Transaction) > 0 {
		b = append(b, ']')
	}
	return append(b, '}'), !w.unsure
}

// stampSize is what a time takes, in its quotes.
const stampSize = len(midnight{}.text)

func (w *writer) seconds(b []byte, at int64) []byte {
	n := len(b)
	b = slices.Grow(b, stampSize)[:n+stampSize]
	w.stamp((*[stampSize]byte)(b[n:]), at)
	return b
}

func (w *writer) allSeconds(b []byte, all []int64) []byte {
	if len(all) == 0 {
		return append(b, "[]"...)
	}
	b = append(b, '[')
	const each = stampSize + 1
	n := len(b)
	b = slices.Grow(b, each*len(all))[:n+each*len(all)]
	for _, at := range all {
		text := (*[each]byte)(b[n:])
		w.stamp((*[stampSize]byte)(text[:]), at)
		text[stampSize] = ','
		n += each
	}
	b[n-1] = ']'
	return b
}
