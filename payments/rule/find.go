package rule

import (
	"sync"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// A scene is what a rule looks at, and memory that it may use meanwhile.
type scene struct {
	view   *profile.View
	newest *profile.Entry
	from   int64 // when the window begins

	picks  []int32
	groups groups
	count  []int32
	keys   []uint64
	tally  []int32
	whole  []float64
}

// scenes keep memory between calls, so that a silent rule allocates nothing.
var scenes = sync.Pool{New: func() any { return new(scene) }}

// Find looks at a profile. It implements [engine.Typology].
func (c *Compiled) Find(v *profile.View) (engine.Finding, bool) {
	if !c.roles[roleIndex(v.Role)] || len(v.Entries) < c.Needs {
		return engine.Finding{}, false
	}
	newest := len(v.Entries) - 1
	if newest < 0 || c.exempt != nil && c.exempt[profile.TokenOf(v.Subject)] {
		return engine.Finding{}, false
	}
	s := scenes.Get().(*scene)
	f, ok := c.find(s, v, &v.Entries[newest])
	s.view, s.newest = nil, nil
	scenes.Put(s)
	return f, ok
}

func (c *Compiled) find(s *scene, v *profile.View, newest *profile.Entry) (engine.Finding, bool) {
	s.view, s.newest = v, newest
	if c.newest != nil && !c.newest(s, newest) {
		return engine.Finding{}, false
	}
	first := 0
	s.from = v.Newest - profile.Kept
	if c.Window.Last > 0 {
		s.from = v.Newest - c.Window.Last
		first = after(v.Entries, s.from)
	}
	s.pick(c, first)
	if len(s.picks) < c.Needs {
		return engine.Finding{}, false
	}
	if c.key == nil {
		r := c.weigh(s, s.picks)
		if r.band == nil {
			return engine.Finding{}, false
		}
		return c.finding(v, r), true
	}
	var best result
	s.groups.split(s.picks, func(i int32) uint64 { return c.key(&v.Entries[i]) })
	for g := range s.groups.sizes {
		picks := s.groups.of(g)
		if len(picks) < c.Needs {
			continue
		}
		if r := c.weigh(s, picks); r.band != nil && r.above(v, best) {
			best = r
		}
	}
	if best.band == nil {
		return engine.Finding{}, false
	}
	return c.finding(v, best), true
}

// after returns the place of the first entry at or after a time.
func after(entries []profile.Entry, from int64) int {
	lo, hi := 0, len(entries)
	for lo < hi {
		if mid := (lo + hi) / 2; entries[mid].At < from {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// pick takes the entries that count, ascending.
func (s *scene) pick(c *Compiled, first int) {
	s.picks = s.picks[:0]
	entries := s.view.Entries
	if c.Window.Transfers > 0 {
		first = s.newestOf(c)
	}
	keep, only := c.keep, c.only
	for i := first; i < len(entries); i++ {
		e := &entries[i]
		if (only == 0 || e.Currency == only) && (keep == nil || keep(s, e)) {
			s.picks = append(s.picks, int32(i))
		}
	}
}

// newestOf returns the place from which on the newest Window.Transfers lie that are
// not left out. With groups each has its own newest: see weigh.
func (s *scene) newestOf(c *Compiled) int {
	if c.key != nil {
		return 0
	}
	entries := s.view.Entries
	n, i := 0, len(entries)
	for i > 0 && n < c.Window.Transfers {
		i--
		if c.share == nil || c.share(s, &entries[i]) {
			n++
		}
	}
	return i
}

// A result is what a group came to.
type result struct {
	picks []int32
	value float64
	band  *Band
}

// above orders results so that the same set of transfers has the same best.
func (r result) above(v *profile.View, o result) bool {
	if o.band == nil {
		return true
	}
	if r.band.Strength != o.band.Strength {
		return r.band.Strength > o.band.Strength
	}
	if r.value != o.value {
		return r.value > o.value
	}
	a, b := &v.Entries[r.picks[len(r.picks)-1]], &v.Entries[o.picks[len(o.picks)-1]]
	if a.At != b.At {
		return a.At > b.At
	}
	return a.ID > b.ID
}

// weigh measures one group.
func (c *Compiled) weigh(s *scene, picks []int32) result {
	if n := c.Window.Transfers; n > 0 && c.key != nil {
		picks = picks[max(0, len(picks)-n):]
	}
	if c.Window.Within > 0 {
		picks = c.stretch(s, picks)
	}
	if len(picks) < c.Needs {
		return result{}
	}
	if c.TwoSided() {
		picks = picks[len(picks)-1:] // it is of the newest alone
	}
	value, known := c.measure(s, c, picks)
	if !known {
		return result{}
	}
	for i := len(c.Bands) - 1; i >= 0; i-- {
		if c.Bands[i].has(value) {
			return result{picks, value, &c.Bands[i]}
		}
	}
	return result{}
}

// groups are picks by what they have in common.
type groups struct {
	keys  []uint64
	sizes []int32
	ids   []int32
	order []int32
	ends  []int32
}

// split sorts picks into groups, each ascending. A key of 0 is not known, and in
// no group.
func (g *groups) split(picks []int32, key func(int32) uint64) {
	g.keys, g.sizes, g.ids = g.keys[:0], g.sizes[:0], g.ids[:0]
	for _, p := range picks {
		k, id := key(p), int32(-1)
		if k != 0 {
			for i := len(g.keys) - 1; i >= 0; i-- {
				if g.keys[i] == k {
					id = int32(i)
					break
				}
			}
			if id < 0 {
				id = int32(len(g.keys))
				g.keys, g.sizes = append(g.keys, k), append(g.sizes, 0)
			}
			g.sizes[id]++
		}
		g.ids = append(g.ids, id)
	}
	g.ends, g.order = g.ends[:0], g.order[:0]
	at := int32(0)
	for _, n := range g.sizes {
		g.ends = append(g.ends, at)
		at += n
	}
	for range at {
		g.order = append(g.order, 0)
	}
	for i, id := range g.ids {
		if id >= 0 {
			g.order[g.ends[id]] = picks[i]
			g.ends[id]++
		}
	}
}

func (g *groups) of(i int) []int32 { return g.order[g.ends[i]-g.sizes[i] : g.ends[i]] }

// A groupKey is what an entry's group is, or 0.
type groupKey func(e *profile.Entry) uint64

func keyOf(g Group) groupKey {
	switch g {
	case ByCounterparty:
		return func(e *profile.Entry) uint64 { return uint64(e.Other) + 1 }
	case ByCountry:
		return func(e *profile.Entry) uint64 { return uint64(e.OtherCountry) }
	case ByTown:
		return func(e *profile.Entry) uint64 { return e.OtherTown }
	case ByCurrency:
		return func(e *profile.Entry) uint64 { return uint64(e.Currency) }
	case ByRail:
		return func(e *profile.Entry) uint64 { return uint64(e.Rail) }
	}
	return nil
}
