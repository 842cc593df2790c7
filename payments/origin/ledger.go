package origin

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// State is the ledger's view of its partition's store.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
	Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error
}

// DefaultDays is how long payments are remembered: longer than the day or two in which a
// bank rejects, and than the three banking days in which a transfer of the SEPA scheme is
// returned (EPC125-05), with a weekend and holidays around them [A]. Each day that is
// remembered costs some 0.5 KB of disk for each of its payments.
const DefaultDays = 10

// A Ledger remembers payments. It holds no state itself.
type Ledger struct{ days int64 }

// New returns a ledger that remembers payments for so many days.
func New(days int) *Ledger { return &Ledger{days: int64(days)} }

// A Passed is a transfer as it came.
type Passed struct {
	ID      string
	Subject signal.Subject
	At      time.Time
	Data    []byte // its encoding
}

// A Result is what a record led to. The withdrawn go before the passed.
type Result struct {
	Withdrawn []payments.Transfer
	Passed    []Passed
}

// Process takes a record of the topic. A Rejection says why it is bad; any other error
// is the store's.
func (l *Ledger) Process(ctx context.Context, s State, data []byte) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	n, err := decodeNote(data)
	if err != nil {
		return Result{}, err
	}
	p := &process{State: s, days: l.days, more: drainMore}
	if err := p.begin(n.at); err != nil {
		return Result{}, err
	}
	switch n.kind {
	case 'w':
		err = p.withdraw(n)
	case 'W':
		err = p.withdrawMessage(n)
	default:
		err = p.payment(n)
	}
	if err == nil && p.fresh {
		err = p.end()
	}
	if err != nil {
		return Result{}, err
	}
	return p.result, nil
}

// A process is the work on one record.
type process struct {
	State
	days   int64
	about  about
	fresh  bool // the record was not there before
	more   int  // payments of withdrawn messages to be taken back with it
	result Result
}

// payment remembers a payment or an order and passes it on, unless it is there already,
// is an order whose payment is there, or was withdrawn before it came.
func (p *process) payment(n note) error {
	key, _ := n.refs.key()
	g, err := p.group(key)
	if err != nil {
		return err
	}
	e := entry{
		refs: n.refs, ordered: n.kind == 'o', at: n.at, amount: n.amount, currency: n.currency,
		institution: n.institution, ref: n.ref, ends: [2]string{n.sender, n.recipient},
	}
	for i := range g.entries {
		if other := &g.entries[i]; other.refs[refID] == e.refs[refID] {
			if other.amount != e.amount || other.currency != e.currency || other.ends != e.ends {
				return signal.Reject("reference-reused", "the institution gave the reference of transfer %s to another transfer before",
					payments.TransferID(e.institution, e.ref, signal.Sender))
			}
			return nil
		}
	}
	pair := g.pairOf(&e)
	gone, err := p.claimed(g, &e)
	if err != nil {
		return err
	}
	if pair != nil {
		e.pair, pair.pair = pair.refs[refID], e.refs[refID]
		if gone = gone || pair.fate == withdrawn; gone {
			p.takeBack(pair, withdrawn)
		}
	}
	switch {
	case gone:
		e.fate = withdrawn
	case pair != nil && e.ordered:
		e.fate = replaced
	default:
		if pair != nil {
			p.takeBack(pair, replaced)
		}
		p.pass(n)
	}
	p.fresh = true
	g.entries = append(g.entries, e)
	if over := len(g.entries) - maxEntries; over > 0 {
		g.entries = g.entries[over:]
	}
	if err := p.index(key, &e); err != nil {
		return err
	}
	return p.keep(key, g)
}

func (p *process) pass(n note) {
	for i, role := range []signal.Role{signal.Sender, signal.Recipient} {
		p.result.Passed = append(p.result.Passed, Passed{
			ID: payments.TransferID(n.institution, n.ref, role), Subject: signal.Subject([]string{n.sender, n.recipient}[i]),
			At: time.Unix(n.at, 0).UTC(), Data: []byte(n.transfers[i]),
		})
	}
}

// takeBack withdraws what was passed on of an entry.
func (p *process) takeBack(e *entry, why fate) {
	if e.fate == live {
		for _, t := range e.transfers() {
			p.result.Withdrawn = append(p.result.Withdrawn, t)
		}
	}
	e.fate = why
}

// revoke takes back what a withdrawal means: of an order whose payment is here, that.
func (p *process) revoke(g *group, e *entry) {
	if e.fate != replaced {
		p.takeBack(e, withdrawn)
		return
	}
	for i := range g.entries {
		if other := &g.entries[i]; other.refs[refID] == e.pair {
			p.takeBack(other, withdrawn)
		}
	}
}

// pairOf finds the payment of an order, or the order of a payment: see the package's
// text. Of several it is the nearest in time.
func (g *group) pairOf(e *entry) *entry {
	var best *entry
	for i := range g.entries {
		o := &g.entries[i]
		if o.ordered == e.ordered || o.pair != (hash{}) || o.institution != e.institution {
			continue
		}
		if e.refs[refUETR] != (hash{}) && o.refs[refUETR] != (hash{}) {
			if e.refs[refUETR] != o.refs[refUETR] {
				continue
			}
		} else if e.ends[0] != o.ends[0] || e.ends[1] != o.ends[1] && (e.amount != o.amount || e.currency != o.currency) {
			continue
		}
		if best == nil || apart(o.at, e.at) < apart(best.at, e.at) {
			best = o
		}
	}
	return best
}

func apart(a, b int64) int64 { return max(a-b, b-a) }

// The state: every key begins with a bucket of two bytes, by which it is swept.
//
//	k BUCKET 'g' KEY             a group
//	k BUCKET 'x' REFERENCE       the key of the group that has it, for withdrawals that come everywhere
//	k BUCKET 'm' MESSAGE ID      the same, of each payment of a message
//	k BUCKET 'w' REFERENCE       a withdrawal that came everywhere and waits
//	about                        see sweep.go
//
// Every value begins with the day on which it was last touched, as a varint.
func stateKey(kind byte, h hash, more ...byte) []byte {
	b := append(make([]byte, 0, 40), 'k', h[0], h[1], kind)
	return append(append(b, h[2:]...), more...)
}

func (p *process) group(key hash) (*group, error) {
	data, err := p.Get(stateKey('g', key))
	if err != nil {
		return nil, fmt.Errorf("read payments of one reference: %w", err)
	}
	return decodeGroup(data)
}

func (p *process) keep(key hash, g *group) error {
	g.day = p.about.today
	return p.set(stateKey('g', key), g.encode())
}

func (p *process) set(key, value []byte) error {
	if err := p.Set(key, value); err != nil {
		return fmt.Errorf("remember a payment: %w", err)
	}
	return nil
}

// index lets an entry be found by withdrawals that do not know its key.
func (p *process) index(key hash, e *entry) error {
	value := append(binary.AppendVarint(nil, p.about.today), key[:]...)
	for _, i := range []int{refUETR, refTx, refInstr, refID} {
		better := i == refInstr && (e.refs[refUETR] != (hash{}) || e.refs[refTx] != (hash{}))
		if e.refs[i] == (hash{}) || e.refs[i] == key || better {
			continue
		}
		if err := p.set(stateKey('x', e.refs[i]), value); err != nil {
			return err
		}
	}
	if e.refs[refMsg] == (hash{}) || e.fate == withdrawn {
		return nil
	}
	return p.set(stateKey('m', e.refs[refMsg], e.refs[refID][:]...), value)
}
