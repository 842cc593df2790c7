package origin

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A fate is what has become of an entry.
type fate byte

const (
	live      fate = iota
	withdrawn      // did not happen
	replaced       // an order whose payment is here
)

// An entry is what is remembered of one payment or order.
type entry struct {
	refs             refs
	ordered          bool
	pair             hash // the id of the payment of an order, or of the order of a payment
	fate             fate
	at, amount       int64
	currency         string
	institution, ref string
	ends             [2]string // subjects, the sender's first
}

// A claim is a withdrawal that has been heard.
type claim struct {
	refs        refs
	institution string
	used        bool // as one that says EndToEndId alone, for the one payment that it may mean
}

// A group holds all that meets under one key.
type group struct {
	day     int64 // when it was last touched, in days of the partition's time
	entries []entry
	claims  []claim
}

// Limits of one group: an EndToEndId that is used more often than this within the days
// that are remembered is a word such as RENT, and only the newest are kept.
const (
	maxEntries = 64
	maxClaims  = 16
)

func (g *group) encode() []byte {
	b := binary.AppendVarint(make([]byte, 0, 64+256*len(g.entries)), g.day)
	b = binary.AppendUvarint(b, uint64(len(g.entries)))
	for _, e := range g.entries {
		b = e.refs.append(b)
		b = append(b, flags(e.ordered, e.pair != hash{}), byte(e.fate))
		if e.pair != (hash{}) {
			b = append(b, e.pair[:]...)
		}
		b = binary.AppendVarint(b, e.at)
		b = binary.AppendVarint(b, e.amount)
		for _, s := range []string{e.currency, e.institution, e.ref, e.ends[0], e.ends[1]} {
			b = appendString(b, s)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(g.claims)))
	for _, c := range g.claims {
		b = c.refs.append(b)
		b = append(b, flags(c.used, false))
		b = appendString(b, c.institution)
	}
	return b
}

func flags(one, two bool) (f byte) {
	if one {
		f |= 1
	}
	if two {
		f |= 2
	}
	return f
}

func decodeGroup(data []byte) (*group, error) {
	g := &group{}
	if data == nil {
		return g, nil
	}
	d := decoder{rest: string(data)}
	g.day = d.varint()
	for n := d.count(); n > 0 && !d.broken; n-- {
		e := entry{refs: d.refs()}
		f := d.byte()
		e.ordered, e.fate = f&1 != 0, fate(d.byte())
		if f&2 != 0 {
			e.pair = d.hash()
		}
		e.at, e.amount = d.varint(), d.varint()
		e.currency, e.institution, e.ref = d.string(), d.string(), d.string()
		e.ends = [2]string{d.string(), d.string()}
		g.entries = append(g.entries, e)
	}
	for n := d.count(); n > 0 && !d.broken; n-- {
		c := claim{refs: d.refs()}
		c.used = d.byte()&1 != 0
		c.institution = d.string()
		g.claims = append(g.claims, c)
	}
	if d.broken || d.rest != "" {
		return nil, fmt.Errorf("payments of one reference: %w", errDamaged)
	}
	return g, nil
}

// count reads how many things follow.
func (d *decoder) count() int {
	n, size := binary.Uvarint([]byte(d.rest[:min(len(d.rest), binary.MaxVarintLen64)]))
	if size <= 0 || n > uint64(len(d.rest)) {
		d.broken = true
		return 0
	}
	d.take(size)
	return int(n)
}

// transfers are the two that take the entry back.
func (e *entry) transfers() [2]payments.Transfer {
	var both [2]payments.Transfer
	for i, role := range []signal.Role{signal.Sender, signal.Recipient} {
		both[i] = payments.Transfer{
			ID: payments.TransferID(e.institution, e.ref, role), Subject: signal.Subject(e.ends[i]), Role: role,
			Other: signal.Subject(e.ends[1-i]), Institution: e.institution, Ref: e.ref, At: time.Unix(e.at, 0).UTC(),
			Amount: e.amount, Currency: e.currency, Withdrawn: true,
		}
	}
	return both
}

// agreement is how far a withdrawal means an entry.
type agreement int

const (
	not  agreement = iota
	weak           // EndToEndId alone
	sure
)

// means compares a withdrawal with an entry: see the package's text.
func (c *claim) means(e *entry) agreement {
	if c.institution != "" && c.institution != e.institution {
		return not
	}
	for _, i := range []int{refUETR, refTx, refEnd} {
		if c.refs[i] != (hash{}) && e.refs[i] != (hash{}) && c.refs[i] != e.refs[i] {
			return not
		}
	}
	same := func(i int) bool { return c.refs[i] != (hash{}) && c.refs[i] == e.refs[i] }
	switch {
	case same(refUETR), same(refTx), same(refInstr), same(refID), same(refEnd) && same(refMsg):
		return sure
	case same(refEnd):
		return weak
	}
	return not
}
