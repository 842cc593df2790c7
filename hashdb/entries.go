package hashdb

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// Entries returns the entries of a list, listed and disputed, ordered by hash and id.
// They are those of the moment at which the range begins, whatever happens meanwhile.
// An error is the last that is returned; a list that is not there is one.
func (db *DB) Entries(ctx context.Context, id ListID) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := db.entries(ctx, id, yield); err != nil {
			yield(Entry{}, fmt.Errorf("entries of %v: %w", id, err))
		}
	}
}

func (db *DB) entries(ctx context.Context, id ListID, yield func(Entry, error) bool) error {
	s, err := db.acquire()
	if err != nil {
		return err
	}
	defer s.release()
	l := s.lists.find(id)
	if l == nil {
		return errNoList
	}
	for r, err := range until(ctx, s.kinds[id.Kind].merged(true)) {
		if err != nil {
			return err
		}
		if r.List != l.Number {
			continue
		}
		e, err := entryOf(id.Kind, &r)
		if err != nil {
			return err
		}
		if !yield(e, nil) {
			return nil
		}
	}
	return nil
}

var errNoList = fmt.Errorf("there is no such list")

// entryOf returns what a row says. It keeps nothing of the row.
func entryOf(k Kind, r *segment.Row) (Entry, error) {
	a, err := decodeAttrs(r.Attrs)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	e := Entry{
		Hash: Hash{Kind: k, Bits: bitsOf(r.Code)}, Ref: strings.Clone(r.Ref),
		Time: a.when(), Parties: int(a.parties), Tags: a.tags, Provenance: a.provenance,
	}
	if a.disputed {
		e.Status = Disputed
	}
	return e, nil
}

// Listing is an entry and the list that it is in.
type Listing struct {
	List  ListID
	Entry Entry
}

// Find returns the entries of exactly this hash in lists of every state, ordered by list
// and id.
func (db *DB) Find(h Hash) ([]Listing, error) {
	all, err := db.find(h)
	if err != nil {
		return nil, fmt.Errorf("find entries: %w", err)
	}
	return all, nil
}

func (db *DB) find(h Hash) ([]Listing, error) {
	s, err := db.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release()
	if !h.Kind.valid() {
		return nil, fmt.Errorf("%v is not a kind of hash", h.Kind)
	}
	v, code := &s.kinds[h.Kind], h.code()
	var rows []segment.Row // From oldest to newest.
	for _, x := range v.segments {
		lo, hi := x.Find(code)
		for i := lo; i < hi; i++ {
			rows = append(rows, x.Row(i))
		}
	}
	for i := range v.rows {
		if v.codes[i] == code {
			rows = append(rows, v.rows[i])
		}
	}
	var all []Listing
	for _, r := range newest(rows) {
		if r.Dead {
			continue
		}
		if int(r.List) >= len(s.lists) {
			return nil, fmt.Errorf("a row names list %d of %d: %w", r.List, len(s.lists), ErrDamaged)
		}
		e, err := entryOf(h.Kind, &r)
		if err != nil {
			return nil, err
		}
		all = append(all, Listing{s.lists[r.List].ID(), e})
	}
	slices.SortStableFunc(all, func(a, b Listing) int { return strings.Compare(a.List.Source, b.List.Source) })
	return all, nil
}
