package hashdb

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// changes works out what rows of one source change, against the database as it was when
// the changes were begun: which of them say something new, how the lists stand
// afterwards, and the counts.
type changes struct {
	source  string
	lists   lists
	now     time.Time
	touched map[Kind]*listState // Copies, to be changed.
	applied Applied
}

func newChanges(source string, ls lists, now time.Time) *changes {
	return &changes{source: source, lists: ls, now: now.UTC(), touched: map[Kind]*listState{}}
}

// number returns the number of the source's list of a kind, if there is one.
func (c *changes) number(k Kind) (uint16, bool) {
	if l := c.touched[k]; l != nil {
		return l.Number, true
	}
	if l := c.lists.find(ListID{c.source, k}); l != nil {
		return l.Number, true
	}
	return 0, false
}

// list returns the source's list of a kind to be changed, and makes it if need be.
func (c *changes) list(k Kind) (*listState, error) {
	if l := c.touched[k]; l != nil {
		return l, nil
	}
	var l listState
	if old := c.lists.find(ListID{c.source, k}); old != nil {
		l = *old
	} else {
		l.List = List{Source: c.source, Kind: k, Radius: k.DefaultRadius(), State: StateLive}
		n := len(c.lists)
		for _, t := range c.touched {
			n = max(n, int(t.Number)+1)
		}
		if n >= maxLists {
			return nil, fmt.Errorf("there are %d lists already, and no room for %v", maxLists, l.ID())
		}
		l.Number = uint16(n)
	}
	l.Revision++
	l.Changed = c.now
	c.touched[k] = &l
	return &l, nil
}

// mark is what stands in the Attrs of a tombstone that is there because an id was
// retracted, and not because an entry was given. It never gets into the database.
var mark = []byte{0xff}

func marked(r *segment.Row) bool { return r.Dead && len(r.Attrs) > 0 }

// row takes in a row whose list number is not set yet, and what equal row there was. It
// reports whether the row changes anything, and completes it.
func (c *changes) row(k Kind, r *segment.Row, old segment.Row, was bool) (bool, error) {
	byRef := marked(r)
	if r.Dead {
		r.Attrs = nil
	}
	if r.Dead && !was || !r.Dead && was && sameSaid(r.Attrs, old.Attrs) {
		if !byRef {
			c.applied.Known++
		}
		return false, nil
	}
	l, err := c.list(k)
	if err != nil {
		return false, err
	}
	r.List = l.Number
	if was {
		l.count(k, &old, -1)
	}
	if !r.Dead {
		l.count(k, r, 1)
	}
	switch {
	case r.Dead:
		c.applied.Retracted++
	case was:
		c.applied.Changed++
	default:
		c.applied.Added++
	}
	return true, nil
}

// count adds an entry to a list's numbers, or takes it out with -1.
func (l *listState) count(k Kind, r *segment.Row, n int) {
	disp := disputed(r.Attrs)
	d := digestOf(k, r.Code, r.Ref, disp)
	if l.Entries += n; n > 0 {
		l.Sum.add(d)
	} else {
		l.Sum.sub(d)
	}
	if disp {
		l.Disputed += n
	}
}

// done returns the lists that changed.
func (c *changes) done() []*listState {
	var out []*listState
	for _, l := range c.touched {
		l.seal()
		out = append(out, l)
	}
	return out
}

// rowOf returns the row for an entry, its list not yet set. before, when not nil, is
// the row of before, with which it shares equal attrs.
func rowOf(e *Entry, before *segment.Row) segment.Row {
	r := segment.Row{Code: e.Hash.code(), Ref: e.Ref}
	if e.Status == Retracted {
		r.Dead = true
		return r
	}
	var buf [256]byte
	a := attrsOf(e)
	switch b := a.append(buf[:0]); {
	case len(b) == 0:
	case before != nil && bytes.Equal(b, before.Attrs):
		r.Attrs = before.Attrs
	default:
		r.Attrs = bytes.Clone(b)
	}
	return r
}

// get returns the newest row of a view equal to r, unless it is a tombstone.
func (v *kindView) get(h *head, r *segment.Row) (segment.Row, bool) {
	if x, ok := h.get(r); ok {
		return x, !x.Dead
	}
	for i := len(v.segments) - 1; i >= 0; i-- {
		if x, ok := v.segments[i].get(r); ok {
			return x, !x.Dead
		}
	}
	return segment.Row{}, false
}

// get returns the segment's row equal to r.
func (s *sealed) get(r *segment.Row) (segment.Row, bool) {
	lo, hi := s.Find(r.Code)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		x := s.Row(mid)
		switch c := segment.Compare(&x, r); {
		case c == 0:
			return x, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return segment.Row{}, false
}

// under returns tombstones for the rows of a list that are under one of the ids.
func under[T any](v *kindView, h *head, list uint16, refs map[string]T) []segment.Row {
	var out []segment.Row
	seen := map[rowKey]struct{}{}
	consider := func(r segment.Row) {
		if r.List != list || r.Dead || r.Ref == "" {
			return
		}
		if _, ok := refs[r.Ref]; !ok {
			return
		}
		if _, alive := v.get(h, &r); !alive {
			return
		}
		dead := segment.Row{Code: r.Code, List: list, Ref: strings.Clone(r.Ref), Dead: true, Attrs: mark}
		if _, twice := seen[keyOf(&dead)]; !twice {
			seen[keyOf(&dead)] = struct{}{}
			out = append(out, dead)
		}
	}
	for i := range v.rows {
		consider(v.rows[i])
	}
	for _, s := range v.segments {
		for i := range s.Len() {
			consider(s.Row(i))
		}
	}
	return out
}
