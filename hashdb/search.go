package hashdb

import (
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/hashdb/index"
	"github.com/vigil-stream/vigil/hashdb/segment"
)

// Search returns what the lists say of each hash, in the order of the hashes and all at
// the same moment. A hash of whose kind there is no list has an empty answer; an unknown
// kind, a radius that the kind does not allow and a source without a list are errors.
//
// A Query's radius takes the place of the lists' own. Without matches nothing is
// allocated but the answers.
func (db *DB) Search(q Query, hashes ...Hash) ([]Answer, error) {
	answers := make([]Answer, len(hashes))
	if err := db.search(q, hashes, answers); err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	return answers, nil
}

// Lookup returns the entries of live lists within their list's own radius of h: the
// Matches of Search.
func (db *DB) Lookup(h Hash) ([]Match, error) {
	var a [1]Answer
	if err := db.search(Query{Radius: OwnRadius}, []Hash{h}, a[:]); err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	return a[0].Matches, nil
}

// Reach returns the widest own radius of the searched lists of a kind, -1 when there
// are none, and the moment as of which that is so: a number that grows with every
// change to what a search finds. While the moment stays the same, so do all answers.
func (db *DB) Reach(k Kind) (radius int, moment uint64, err error) {
	s, err := db.acquire()
	if err != nil {
		return 0, 0, err
	}
	defer s.release()
	if !k.valid() {
		return 0, 0, fmt.Errorf("%v is not a kind of hash", k)
	}
	return s.kinds[k].radius, s.moment, nil
}

func (db *DB) search(q Query, hashes []Hash, answers []Answer) error {
	s, err := db.acquire()
	if err != nil {
		return err
	}
	defer s.release()
	var asked []bool // By the lists' numbers; nil means all.
	if len(q.Sources) > 0 {
		if asked, err = s.lists.of(q.Sources); err != nil {
			return err
		}
	}
	w := db.scratch.Get().(*scratch)
	defer db.scratch.Put(w)
	for i, h := range hashes {
		if !h.Kind.valid() {
			return fmt.Errorf("%v is not a kind of hash", h.Kind)
		}
		if q.Radius != OwnRadius && (q.Radius < 0 || q.Radius > h.Kind.MaxRadius()) {
			return fmt.Errorf("radius %d for %v, want 0 to %d", q.Radius, h.Kind, h.Kind.MaxRadius())
		}
		if err := w.find(s, h, q.Radius, asked); err != nil {
			return err
		}
		if len(w.found) > 0 {
			if answers[i], err = w.answer(s, h, q.Radius); err != nil {
				return err
			}
		}
		w.forget()
	}
	return nil
}

// of returns which lists are of the given sources.
func (ls lists) of(sources []string) ([]bool, error) {
	asked := make([]bool, len(ls))
	for _, source := range sources {
		known := false
		for i, l := range ls {
			if l.Source == source {
				asked[i], known = true, true
			}
		}
		if !known {
			return nil, fmt.Errorf("there is no list of source %.80q", source)
		}
	}
	return asked, nil
}

// scratch is the memory of a look-up.
type scratch struct {
	hits  []index.Hit
	found []found
}

// found is a row within the radius of its list. Its Ref and Attrs may be a segment's.
type found struct {
	segment.Row
	distance int
	age      int // 0 is the newest.
}

// maxScratch is the number of rows of which memory is kept from one look-up to another.
const maxScratch = 1 << 12

// forget lets go of what points into segments.
func (w *scratch) forget() {
	clear(w.found)
	w.found = w.found[:0]
	if cap(w.found) > maxScratch {
		w.found = nil
	}
	if cap(w.hits) > maxScratch {
		w.hits = nil
	}
}

// find collects the rows near h, tombstones and rows that newer ones overrule included.
func (w *scratch) find(s *snapshot, h Hash, radius int, asked []bool) error {
	v := &s.kinds[h.Kind]
	widest := radius
	switch {
	case v.radius < 0:
		return nil
	case radius == OwnRadius && asked == nil:
		widest = v.radius
	case radius == OwnRadius:
		for i, l := range s.lists {
			if asked[i] && l.Kind == h.Kind && l.searched() {
				widest = max(widest, l.Radius)
			}
		}
		if widest == OwnRadius {
			return nil
		}
	}
	code := h.code()
	w.hits = index.Scan(v.codes, code, widest, w.hits[:0])
	for _, hit := range w.hits {
		// Of equal rows of the head the last is the newest.
		if err := w.consider(s, v.rows[hit.Entry], hit.Distance, len(v.rows)-1-int(hit.Entry), radius, asked); err != nil {
			return err
		}
	}
	age := len(v.rows)
	for _, x := range slices.Backward(v.segments) {
		if widest == 0 {
			lo, hi := x.Find(code)
			for i := lo; i < hi; i++ {
				if err := w.consider(s, x.Row(i), 0, age, radius, asked); err != nil {
					return err
				}
			}
		} else {
			w.hits = x.Within(code, widest, w.hits[:0])
			for _, hit := range w.hits {
				if err := w.consider(s, x.Row(int(hit.Entry)), hit.Distance, age, radius, asked); err != nil {
					return err
				}
			}
		}
		age++
	}
	return nil
}

// consider adds a row unless its list rules it out. What does depends on the list and
// the distance only, so that a row and what overrules it are ruled out together.
func (w *scratch) consider(s *snapshot, r segment.Row, distance, age, radius int, asked []bool) error {
	if int(r.List) >= len(s.lists) {
		return fmt.Errorf("a row names list %d of %d: %w", r.List, len(s.lists), ErrDamaged)
	}
	l := s.lists[r.List]
	if !l.searched() || asked != nil && !asked[r.List] || radius == OwnRadius && distance > l.Radius {
		return nil
	}
	w.found = append(w.found, found{r, distance, age})
	return nil
}
