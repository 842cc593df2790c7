package origin

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// withdraw takes back what one withdrawal means, and keeps it for what comes later.
func (p *process) withdraw(n note) error {
	c := claim{refs: n.refs, institution: n.institution}
	if key, ok := n.refs.key(); ok {
		g, err := p.group(key)
		if err != nil {
			return err
		}
		known := slices.IndexFunc(g.claims, func(o claim) bool { return o.refs == c.refs && o.institution == c.institution })
		if known >= 0 {
			return nil // told again
		}
		if err := p.apply(g, &c); err != nil {
			return err
		}
		p.fresh = true
		g.claims = append(g.claims, c)
		if over := len(g.claims) - maxClaims; over > 0 {
			g.claims = g.claims[over:]
		}
		return p.keep(key, g)
	}
	// It came to every partition, and the payment may be in any, under any key.
	if known, err := p.waiting(&c, refUETR, refTx, refInstr, refID); err != nil || known {
		return err
	}
	p.fresh = true
	seen := make(map[hash]bool)
	for _, i := range []int{refUETR, refTx, refInstr, refID} {
		if c.refs[i] == (hash{}) {
			continue
		}
		keys := []hash{c.refs[i]} // a payment without EndToEndId
		found, err := p.pointed(stateKey('x', c.refs[i]))
		if err != nil {
			return err
		}
		if found != (hash{}) {
			keys = append(keys, found)
		}
		for _, key := range keys {
			if seen[key] {
				continue
			}
			seen[key] = true
			g, err := p.group(key)
			if err != nil {
				return err
			}
			if len(g.entries) == 0 {
				continue
			}
			if err := p.apply(g, &c); err != nil {
				return err
			}
			if err := p.keep(key, g); err != nil {
				return err
			}
		}
		if err := p.wait(c.refs[i], &c); err != nil {
			return err
		}
	}
	return nil
}

// apply withdraws the entries that a claim means.
func (p *process) apply(g *group, c *claim) error {
	var perhaps []*entry
	found := false
	for i := range g.entries {
		e := &g.entries[i]
		switch c.means(e) {
		case sure:
			found = true
			p.revoke(g, e)
		case weak:
			if e.fate == live {
				perhaps = append(perhaps, e)
			}
		}
	}
	switch {
	case found:
	case len(perhaps) == 1:
		p.takeBack(perhaps[0], withdrawn)
		c.used = true
	case len(perhaps) > 1:
		return signal.Reject("withdrawal-ambiguous", "EndToEndId alone is given, and %d payments have it", len(perhaps))
	}
	return nil
}

// claimed tells whether a new entry was withdrawn before it came.
func (p *process) claimed(g *group, e *entry) (bool, error) {
	for i := range g.claims {
		c := &g.claims[i]
		switch c.means(e) {
		case sure:
			return true, nil
		case weak:
			if !c.used {
				c.used = true
				return true, nil
			}
		}
	}
	if p.about.waits == 0 {
		return false, nil
	}
	for _, i := range []int{refUETR, refTx, refInstr, refID, refMsg} {
		if e.refs[i] == (hash{}) {
			continue
		}
		c, known, err := p.waits(e.refs[i])
		if err != nil {
			return false, err
		}
		if !known {
			continue
		}
		if i == refMsg || c.means(e) == sure {
			return true, nil
		}
	}
	return false, nil
}

// waiting reports whether a withdrawal waits already under all of its references.
func (p *process) waiting(c *claim, under ...int) (bool, error) {
	for _, i := range under {
		if c.refs[i] == (hash{}) {
			continue
		}
		o, known, err := p.waits(c.refs[i])
		if err != nil || !known || o.refs != c.refs || o.institution != c.institution {
			return false, err
		}
	}
	return true, nil
}

// waits returns the withdrawal that waits under a reference.
func (p *process) waits(h hash) (c claim, known bool, err error) {
	data, err := p.Get(stateKey('w', h))
	if err != nil {
		return c, false, fmt.Errorf("read withdrawals: %w", err)
	}
	if data == nil {
		return c, false, nil
	}
	d := decoder{rest: string(data)}
	d.varint()
	c = claim{refs: d.refs()}
	c.institution = d.string()
	if d.broken {
		return c, false, fmt.Errorf("a withdrawal: %w", errDamaged)
	}
	return c, true, nil
}

// wait keeps a withdrawal that came everywhere under one of its references.
func (p *process) wait(h hash, c *claim) error {
	_, known, err := p.waits(h)
	if err != nil {
		return err
	}
	if !known {
		p.about.waits++
	}
	b := binary.AppendVarint(nil, p.about.today)
	b = c.refs.append(b)
	return p.set(stateKey('w', h), appendString(b, c.institution))
}

// pointed returns the key that an index entry holds, or none.
func (p *process) pointed(at []byte) (key hash, err error) {
	data, err := p.Get(at)
	if err != nil {
		return key, fmt.Errorf("read references: %w", err)
	}
	if data == nil {
		return key, nil
	}
	d := decoder{rest: string(data)}
	d.varint()
	key = d.hash()
	if d.broken || d.rest != "" {
		return key, fmt.Errorf("a reference: %w", errDamaged)
	}
	return key, nil
}

// withdrawMessage takes back all payments of a message. A message may have a million: what
// one record does not do, the next ones do.
func (p *process) withdrawMessage(n note) error {
	msg := n.refs[refMsg]
	if msg == (hash{}) {
		return signal.Reject("origin", "the record names no message")
	}
	c := claim{refs: n.refs, institution: n.institution}
	if known, err := p.waiting(&c, refMsg); err != nil || known {
		return err
	}
	if err := p.wait(msg, &c); err != nil {
		return err
	}
	p.about.pending = append(p.about.pending, msg)
	p.fresh, p.more = true, drainFirst
	return nil
}

// How many payments of a withdrawn message are taken back with its own record, and with
// each one that follows.
const (
	drainFirst = 5000
	drainMore  = 500
)

// drain takes back up to n payments of the messages that are withdrawn whole.
func (p *process) drain(n int) error {
	for n > 0 && len(p.about.pending) > 0 {
		msg := p.about.pending[0]
		type found struct {
			at  []byte
			key hash
			id  hash
		}
		var all []found
		prefix := stateKey('m', msg)
		err := p.Scan(prefix, func(key, value []byte) (bool, error) {
			d := decoder{rest: string(value)}
			d.varint()
			f := found{at: append([]byte{}, key...), key: d.hash()}
			copy(f.id[:], key[len(prefix):])
			if d.broken {
				return false, fmt.Errorf("a reference: %w", errDamaged)
			}
			all = append(all, f)
			return len(all) < n, nil
		})
		if err != nil {
			return fmt.Errorf("read payments of a message: %w", err)
		}
		for _, f := range all {
			g, err := p.group(f.key)
			if err != nil {
				return err
			}
			for i := range g.entries {
				if e := &g.entries[i]; e.refs[refID] == f.id && e.refs[refMsg] == msg {
					p.revoke(g, e)
				}
			}
			if err := p.keep(f.key, g); err != nil {
				return err
			}
			if err := p.Delete(f.at); err != nil {
				return fmt.Errorf("forget a reference: %w", err)
			}
		}
		if n -= len(all); n > 0 {
			p.about.pending = p.about.pending[1:]
		}
	}
	return nil
}
