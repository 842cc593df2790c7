package engine

import (
	"encoding/binary"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// A key names a profile.
type key struct {
	token     profile.Token
	recipient bool
}

func keyOf(subject signal.Subject, role signal.Role) key {
	return key{token: profile.TokenOf(subject), recipient: role == signal.Recipient}
}

func (k key) role() signal.Role {
	if k.recipient {
		return signal.Recipient
	}
	return signal.Sender
}

// A slot is what the table has of one profile: where it lies.
type slot struct {
	key     key
	used    bool
	recent  bool   // used since the cache last looked for room
	chain   uint16 // records since the last that has the whole profile
	based   int32  // the day of the clock when that was written
	newest  int32  // the day of the newest transfer
	seq     uint64 // its newest record in the log
	mem     ref    // its bytes in memory; 0: none
	hot     int32  // its place among the hot ones, from 1; 0: none
	chained bool   // its bytes in memory are those of its records: see chain.go
}

// A table finds slots by key. Tokens are HMACs, so their own bytes are the hash.
// It consists of many small ones, so that none takes long to grow.
type table struct {
	parts [256]part
	n     int
}

type part struct {
	slots []slot // a power of two
	n     int
}

func (k key) hash() uint64 {
	h := binary.LittleEndian.Uint64(k.token[:])
	if k.recipient {
		h = h*0x9e3779b97f4a7c15 + 1
	}
	return h
}

// find returns the slot of a key, or nil. It is valid until the next insert or
// remove.
func (t *table) find(k key) *slot {
	h := k.hash()
	p := &t.parts[h&255]
	if p.n == 0 {
		return nil
	}
	mask := uint64(len(p.slots) - 1)
	for i := h >> 8 & mask; p.slots[i].used; i = (i + 1) & mask {
		if p.slots[i].key == k {
			return &p.slots[i]
		}
	}
	return nil
}

// insert returns the slot of a key that is not there yet.
func (t *table) insert(k key) *slot {
	h := k.hash()
	p := &t.parts[h&255]
	if 4*(p.n+1) > 3*len(p.slots) {
		p.grow()
	}
	p.n++
	t.n++
	s := p.free(h)
	*s = slot{key: k, used: true}
	return s
}

func (p *part) free(h uint64) *slot {
	mask := uint64(len(p.slots) - 1)
	i := h >> 8 & mask
	for p.slots[i].used {
		i = (i + 1) & mask
	}
	return &p.slots[i]
}

func (p *part) grow() {
	old := p.slots
	p.slots = make([]slot, max(8, 2*len(old)))
	for i := range old {
		if old[i].used {
			*p.free(old[i].key.hash()) = old[i]
		}
	}
}

// remove takes a key out, and moves those after it to where they are found.
func (t *table) remove(k key) {
	h := k.hash()
	p := &t.parts[h&255]
	mask := uint64(len(p.slots) - 1)
	i := h >> 8 & mask
	for p.slots[i].key != k || !p.slots[i].used {
		i = (i + 1) & mask
	}
	p.n--
	t.n--
	p.slots[i] = slot{}
	for j := (i + 1) & mask; p.slots[j].used; j = (j + 1) & mask {
		moved := p.slots[j]
		p.slots[j] = slot{}
		*p.free(moved.key.hash()) = moved
	}
}
