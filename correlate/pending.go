package correlate

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// A Writer changes the state.
type Writer interface {
	Set(key, value []byte) error // copies both
	Delete(key []byte) error
}

// pending is what a Partition took in and its State does not have yet: the newest value of
// each key of a signal or an entry, and the subjects whose heads are to be written. So what
// several signals change is written once.
type pending struct {
	place  map[longKey]int // of writes
	writes []write
	dirty  map[token]*standing
}

// A longKey is the key of an entry or of its signal.
type longKey [34]byte

// A write is a value for a key; nil deletes the key.
type write struct {
	key   longKey
	value []byte
}

func newPending() *pending {
	return &pending{place: map[longKey]int{}, dirty: map[token]*standing{}}
}

// put takes a value, which must not change any more.
func (p *pending) put(key longKey, value []byte) {
	if i, there := p.place[key]; there {
		p.writes[i].value = value
		return
	}
	p.place[key] = len(p.writes)
	p.writes = append(p.writes, write{key, value})
}

// get returns the value of a key that is to be written.
func (p *pending) get(key longKey) (value []byte, there bool) {
	i, there := p.place[key]
	if !there {
		return nil, false
	}
	return p.writes[i].value, true
}

// settle writes everything, in the order of the keys within entries and within heads, in
// which a store takes it fastest, and forgets it.
func (p *pending) settle(to Writer) error {
	slices.SortFunc(p.writes, func(a, b write) int { return bytes.Compare(a.key[:], b.key[:]) })
	for i := range p.writes {
		w := &p.writes[i]
		if w.value == nil {
			if err := to.Delete(w.key[:]); err != nil {
				return fmt.Errorf("correlate: delete from state: %w", err)
			}
		} else if err := to.Set(w.key[:], w.value); err != nil {
			return fmt.Errorf("correlate: write state: %w", err)
		}
	}
	ids := make([]token, 0, len(p.dirty))
	for id := range p.dirty {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b token) int { return bytes.Compare(a[:], b[:]) })
	var head []byte
	for _, id := range ids {
		h := p.dirty[id]
		head = appendHead(head[:0], h.set, h.published > 0)
		if err := to.Set(headKey(id), head); err != nil {
			return fmt.Errorf("correlate: write state: %w", err)
		}
		if h.published > 0 {
			if err := to.Set(publishedKey(id), binary.BigEndian.AppendUint64(nil, h.published)); err != nil {
				return fmt.Errorf("correlate: write state: %w", err)
			}
		}
	}
	clear(p.writes) // what they point to may go
	p.writes = p.writes[:0]
	clear(p.place)
	clear(p.dirty)
	return nil
}

// save notes what a change made of the set's entries and signals. was tells whether the
// small entries lay in the head before it.
func (p *pending) save(id token, have *set, c change, e *entry, raw []byte, was bool) {
	if c.stored && raw != nil {
		p.put(keyOf(id, partSignal, e), raw)
	}
	for i := range c.dropped {
		d := &c.dropped[i]
		p.put(keyOf(id, partSignal, d), nil)
		if !d.small() || !was {
			p.put(keyOf(id, partEntry, d), nil)
		}
	}
	is := have.inHead()
	if c.stored {
		switch {
		case !e.small() || !is:
			p.put(keyOf(id, partEntry, e), appendEntry(make([]byte, 0, e.size), e))
		case c.replaced != nil && (!c.replaced.small() || !was):
			p.put(keyOf(id, partEntry, e), nil) // it has become small, or lies in the head now
		}
	}
	if was == is {
		return
	}
	// All small ones move out of the head, or back into it.
	for i := range have.entries {
		k := &have.entries[i]
		switch {
		case !k.small() || c.stored && k.compare(e) == 0:
		case was:
			p.put(keyOf(id, partEntry, k), appendEntry(make([]byte, 0, k.size), k))
		default:
			p.put(keyOf(id, partEntry, k), nil)
		}
	}
}
