package simulate

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
	"github.com/vigil-stream/vigil/signal"
)

// A Topic is where a record belongs.
type Topic string

// The topics.
const (
	Transactions Topic = "transactions"
	Sessions     Topic = "sessions"
	Flags        Topic = "flags"
	Frames       Topic = "frames"
	Scores       Topic = "scores"
)

// A Record is what a partner sends, byte for byte.
type Record struct {
	Topic   Topic
	Arrives time.Time // at the pipeline; a bank's files come hours late
	// ContentType and Data are those of the topic. Of a frame Data is the hash record, and
	// Frame has the attributes beside it.
	ContentType string
	Data        []byte
	Frame       detect.Frame
	// Key is the record's: the stream, or of a transaction its id.
	Key string
	// At is when it happened.
	At time.Time
}

const classifier = "demo-classifier-1"

// item is a record to come.
type item struct {
	arrives int64
	topic   uint8
	index   int32
	ended   bool
}

// Records gives all records of the part in the order in which they arrive.
func (p *Part) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, it := range p.items() {
			r, err := p.render(it)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (p *Part) items() []item {
	t := p.t
	items := make([]item, 0, len(t.pays)+2*len(t.meets)+len(t.flags)+len(t.frames)+len(t.scores))
	for i, x := range t.pays {
		items = append(items, item{arrives: p.arrival(x), topic: 0, index: int32(i)})
	}
	for i, x := range t.meets {
		items = append(items, item{arrives: x.at, topic: 1, index: int32(i)}, item{arrives: x.end, topic: 1, index: int32(i), ended: true})
	}
	for i, x := range t.frames {
		items = append(items, item{arrives: x.at, topic: 2, index: int32(i)})
	}
	for i, x := range t.flags {
		items = append(items, item{arrives: x.at, topic: 3, index: int32(i)})
	}
	for i, x := range t.scores {
		items = append(items, item{arrives: x.at, topic: 4, index: int32(i)})
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.arrives, b.arrives), cmp.Compare(a.topic, b.topic), cmp.Compare(a.index, b.index), boolCompare(a.ended, b.ended))
	})
	return items
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// arrival is when a payment's record comes: at once, or with the next file of its bank.
func (p *Part) arrival(x payment) int64 {
	if every := int64(p.t.k.Bank.BatchHours * float64(hour)); every > 0 && p.w.sendsXML(p.People[x.from].bank()) {
		return (x.at/every + 1) * every
	}
	return x.at
}

// sendsXML reports whether an institution is of those that send pacs.008.
func (w *World) sendsXML(bank string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(bank)) // a hash takes everything
	return float64(h.Sum32()%1000) < 1000*w.o.Knobs.Bank.XML
}

func (p *Part) render(it item) (r Record, err error) {
	r = Record{Arrives: p.w.time(it.arrives), ContentType: payments.ContentJSON}
	switch it.topic {
	case 0:
		tx := p.transaction(it.index)
		r.Topic, r.Key, r.At = Transactions, tx.ID(), tx.At
		if p.w.sendsXML(tx.Institution) {
			var b bytes.Buffer
			err = iso20022.WritePacs008(&b, []payments.Transaction{tx})
			r.Data, r.ContentType = b.Bytes(), payments.ContentXML
		} else {
			r.Data, err = transactionJSON(tx)
		}
	case 1:
		s := p.session(it.index, it.ended)
		r.Topic, r.Key, r.At = Sessions, s.Stream, s.At
		r.Data, err = signal.Marshal(s)
	case 2:
		r.Topic, r.ContentType = Frames, detect.HashType
		r.Frame, r.Data, err = p.frame(it.index)
		r.Key, r.At = r.Frame.Stream, r.Frame.At
	case 3:
		f := p.flag(it.index)
		r.Topic, r.Key, r.At = Flags, f.Stream, f.At
		r.Data, err = signal.Marshal(f)
	case 4:
		s := p.score(it.index)
		r.Topic, r.Key, r.At = Scores, s.Stream, s.At
		r.Data, err = signal.Marshal(s)
	}
	return r, err
}

// transaction is a payment as the sender's bank tells of it.
func (p *Part) transaction(i int32) payments.Transaction {
	x := p.t.pays[i]
	from, to := &p.People[x.from], &p.People[x.to]
	tx := payments.Transaction{
		Institution: from.bank(), Ref: fmt.Sprintf("D%03d-%07d", p.Number, i+1), At: p.w.time(x.at),
		Amount: x.amount, Currency: places[from.place].currency, Purpose: x.purpose,
		Debtor: p.party(from), Creditor: p.party(to),
	}
	if x.text != "" {
		tx.Remittance = []string{x.text}
	}
	return tx
}

func (p *Part) party(who *Person) payments.Party {
	out := payments.Party{Name: who.name(), Country: places[who.place].code, Agent: who.bank()}
	out.Issuer, out.Account = who.paid()
	return out
}

// The form of payments/schema/transaction.json.
type transactionForm struct {
	Institution string    `json:"institution"`
	ID          string    `json:"id"`
	At          time.Time `json:"at"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Debtor      partyForm `json:"debtor"`
	Creditor    partyForm `json:"creditor"`
	Reference   string    `json:"reference,omitempty"`
	Purpose     string    `json:"purpose,omitempty"`
}

type partyForm struct {
	Name    string `json:"name"`
	Account string `json:"account"`
	Issuer  string `json:"issuer,omitempty"`
	Country string `json:"country"`
}

func transactionJSON(t payments.Transaction) ([]byte, error) {
	f := transactionForm{
		Institution: t.Institution, ID: t.Ref, At: t.At, Currency: t.Currency, Purpose: t.Purpose,
		Amount:   fmt.Sprintf("%d.%02d", t.Amount/100, t.Amount%100),
		Debtor:   partyForm{t.Debtor.Name, t.Debtor.Account, t.Debtor.Issuer, t.Debtor.Country},
		Creditor: partyForm{t.Creditor.Name, t.Creditor.Account, t.Creditor.Issuer, t.Creditor.Country},
	}
	if len(t.Remittance) > 0 {
		f.Reference = t.Remittance[0]
	}
	return signal.Marshal(f)
}

func (p *Part) stream(i int32) string { return fmt.Sprintf("s%03d-%07d", p.Number, i+1) }

func (p *Part) subject(who int32) signal.Subject {
	x := &p.People[who]
	return p.w.tok.Subject(platforms[x.platform], x.account())
}

func (p *Part) session(i int32, ended bool) detect.SessionRecord {
	x := p.t.meets[i]
	host := &p.People[x.host]
	s := detect.SessionRecord{
		Stream: p.stream(i), Platform: platforms[host.platform], Subject: p.subject(x.host),
		State: detect.Started, Private: x.private, StartedAt: p.w.time(x.at), At: p.w.time(x.at), Country: places[host.place].code,
	}
	if !ended {
		return s
	}
	// Who watched is known at the end.
	s.State, s.At = detect.Ended, p.w.time(x.end)
	if tells(host.platform, p.t.k.Identity.TellsAudience) {
		s.Audience = int(x.audience)
	}
	if x.private && tells(host.platform, p.t.k.Identity.TellsGuests) {
		for _, g := range x.guests {
			s.Guests = append(s.Guests, p.subject(g))
		}
		slices.Sort(s.Guests)
	}
	return s
}

func (p *Part) frame(i int32) (f detect.Frame, data []byte, err error) {
	x := p.t.frames[i]
	host := p.t.meets[x.meeting].host
	f = detect.Frame{
		ID:     signal.ID("simulated-frame", p.stream(x.meeting), strconv.Itoa(int(i))),
		Stream: p.stream(x.meeting), Platform: platforms[p.People[host].platform], Subject: p.subject(host),
		At: p.w.time(x.at), ContentType: detect.HashType,
	}
	f.Data, err = signal.Marshal(detect.HashRecord{Kind: "pdq", Hash: hex.EncodeToString(x.hash[:]), Quality: 80 + int(x.hash[0])%21})
	return f, f.Data, err
}

func (p *Part) flag(i int32) detect.FlagRecord {
	x := p.t.flags[i]
	host := p.t.meets[x.meeting].host
	return detect.FlagRecord{
		ID: fmt.Sprintf("f%03d-%05d", p.Number, i+1), Stream: p.stream(x.meeting), Platform: platforms[p.People[host].platform],
		Subject: p.subject(host), Reason: x.reason, Source: x.source, At: p.w.time(x.at),
	}
}

func (p *Part) score(i int32) detect.ScoreRecord {
	x := p.t.scores[i]
	host := p.t.meets[x.meeting].host
	return detect.ScoreRecord{
		Stream: p.stream(x.meeting), Platform: platforms[p.People[host].platform], Subject: p.subject(host),
		Classifier: classifier, Value: x.value, At: p.w.time(x.at),
	}
}
