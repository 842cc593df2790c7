package engine

import (
	"unsafe"

	"github.com/vigil-stream/vigil/payments/profile"
)

const (
	slotBytes = int64(unsafe.Sizeof(slot{}))
	// hotBytes is what an entry of a decoded profile takes, about.
	hotBytes = int64(unsafe.Sizeof(profile.Entry{})) + 64
	// sweepSlots are looked at for each transfer, so that what is forgotten goes.
	sweepSlots = 2
	// roomSlots are looked at most to make room for one profile.
	roomSlots = 256
)

// A cursor goes round the slots of a table.
type cursor struct{ part, at int }

// next returns the next slot, used or not; nil where a part has none.
func (c *cursor) next(t *table) *slot {
	for c.at >= len(t.parts[c.part].slots) {
		c.part, c.at = (c.part+1)%len(t.parts), 0
		if len(t.parts[c.part].slots) == 0 {
			return nil
		}
	}
	c.at++
	return &t.parts[c.part].slots[c.at-1]
}

// sweep takes out profiles that are forgotten, a few at a time.
func (p *Partition) sweep() {
	for range sweepSlots {
		sl := p.sweepAt.next(&p.table)
		if sl != nil && sl.used && sl.newest < p.clock-forgetDays {
			p.release(sl)
			p.table.remove(sl.key)
		}
	}
}

// release gives up the memory of a profile.
func (p *Partition) release(sl *slot) {
	if sl.hot > 0 {
		p.hot.remove(sl.hot)
	}
	p.slab.drop(sl.mem)
	sl.mem, sl.hot, sl.chained = 0, 0, false
}

// keep puts a profile that was changed into memory.
func (p *Partition) keep(sl *slot, prof *profile.Profile) {
	switch {
	case sl.hot > 0:
		p.hot.resize(sl.hot)
	case prof.Len() > fewEntries:
		p.slab.drop(sl.mem)
		sl.mem = 0
		prof.Own(sl.key.token.Subject()) // the transfer it came with may be gone
		sl.hot = p.hot.add(sl.key, prof)
		p.scratch = &profile.Profile{}
	default:
		p.store(sl, p.data)
	}
	for limit := int(p.e.cacheBytes / 4 / hotBytes); p.hot.entries > limit; {
		k, cold, last := p.hot.coldest()
		if last {
			return
		}
		p.data = cold.Encode(p.data[:0])
		cs := p.table.find(k)
		p.hot.remove(cs.hot)
		cs.hot = 0
		p.store(cs, p.data)
	}
}

// slabBytes is how large the slab may grow, where there is a store.
func (p *Partition) slabBytes() int64 { return p.e.cacheBytes * 3 / 4 }

// store puts a profile's bytes into the slab, if there is room or can be made.
func (p *Partition) store(sl *slot, data []byte) {
	sl.chained = false
	if p.opened && !p.slab.fits(sl.mem, len(data)) && p.slab.bytes >= p.slabBytes() {
		p.slab.drop(sl.mem)
		sl.mem = 0
		for range roomSlots {
			if p.slab.fits(0, len(data)) {
				break
			}
			other := p.roomAt.next(&p.table)
			if other == nil || other.mem == 0 {
				continue
			}
			if other.recent {
				other.recent = false
				continue
			}
			p.slab.drop(other.mem)
			other.mem, other.chained = 0, false
		}
		if !p.slab.fits(0, len(data)) {
			return // it is read from the log next time
		}
	}
	sl.mem = p.slab.put(sl.mem, data)
}

// A hotSet has profiles that stay decoded.
type hotSet struct {
	list    []hotProfile
	free    []int32
	entries int // of all
	used    int // how many profiles
	hand    int
}

type hotProfile struct {
	key     key
	prof    *profile.Profile // nil: free
	entries int
	recent  bool
}

// Places count from 1, so that a slot's 0 is none.

func (h *hotSet) get(place int32) *profile.Profile {
	e := &h.list[place-1]
	e.recent = true
	return e.prof
}

func (h *hotSet) add(k key, prof *profile.Profile) int32 {
	var place int32
	if n := len(h.free); n > 0 {
		place = h.free[n-1]
		h.free = h.free[:n-1]
	} else {
		h.list = append(h.list, hotProfile{})
		place = int32(len(h.list))
	}
	h.list[place-1] = hotProfile{key: k, prof: prof, entries: prof.Weight(), recent: true}
	h.entries += prof.Weight()
	h.used++
	return place
}

func (h *hotSet) resize(place int32) {
	e := &h.list[place-1]
	h.entries += e.prof.Weight() - e.entries
	e.entries = e.prof.Weight()
}

func (h *hotSet) remove(place int32) {
	e := &h.list[place-1]
	h.entries -= e.entries
	h.used--
	*e = hotProfile{}
	h.free = append(h.free, place)
}

// coldest returns one that was not used since it was last asked; last: there is
// only one.
func (h *hotSet) coldest() (k key, prof *profile.Profile, last bool) {
	if h.used <= 1 {
		return key{}, nil, true
	}
	for {
		h.hand = (h.hand + 1) % len(h.list)
		e := &h.list[h.hand]
		if e.prof == nil {
			continue
		}
		if !e.recent {
			return e.key, e.prof, false
		}
		e.recent = false
	}
}
