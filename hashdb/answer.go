package hashdb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// answer makes matches of what was found.
func (w *scratch) answer(s *snapshot, h Hash, radius int) (Answer, error) {
	slices.SortFunc(w.found, func(a, b found) int {
		return cmp.Or(segment.Compare(&a.Row, &b.Row), cmp.Compare(a.age, b.age))
	})
	var a Answer
	for rest := w.found; len(rest) > 0; {
		// Rows of one hash and list, of which there may be several ids, are one match.
		n := 1
		for n < len(rest) && rest[n].Code == rest[0].Code && rest[n].List == rest[0].List {
			n++
		}
		m, any, err := matchOf(s.lists[rest[0].List], rest[:n], h.Kind, radius)
		if err != nil {
			return Answer{}, err
		}
		if any {
			a.add(m)
		}
		rest = rest[n:]
	}
	if len(a.Allowed) > 0 {
		a.Matches, a.Vetoed = nil, a.Matches
	}
	for _, ms := range [][]Match{a.Matches, a.Allowed, a.Vetoed, a.Shadow} {
		slices.SortFunc(ms, func(a, b Match) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.List, b.List), strings.Compare(a.Entry, b.Entry))
		})
	}
	return a, nil
}

// add puts a match where its list and its entry's standing have it.
func (a *Answer) add(m Match) {
	switch {
	case m.State != StateLive || m.Disputed:
		a.Shadow = append(a.Shadow, m)
	case m.Allow:
		a.Allowed = append(a.Allowed, m)
	default:
		a.Matches = append(a.Matches, m)
	}
}

// matchOf makes a match of the rows of one hash in one list, which are ordered by id
// and then from newest to oldest. It returns false when all are gone.
func matchOf(l *listState, rows []found, k Kind, radius int) (m Match, any bool, err error) {
	entries := 0
	for i := range rows {
		r := &rows[i]
		if i > 0 && r.Ref == rows[i-1].Ref || r.Dead {
			continue
		}
		a, err := decodeAttrs(r.Attrs)
		if err != nil {
			return Match{}, false, fmt.Errorf("list %v: %w: %w", l.ID(), err, ErrDamaged)
		}
		if entries == 0 {
			m.Disputed = true
		}
		entries++
		m.Disputed = m.Disputed && a.disputed
		m.Parties = max(m.Parties, int(a.parties))
		m.Tags = append(m.Tags, a.tags...)
		if t := a.when(); t.After(m.Time) {
			m.Time = t
		}
		if r.Ref != "" {
			m.Refs = append(m.Refs, strings.Clone(r.Ref))
		}
	}
	if entries == 0 {
		return Match{}, false, nil
	}
	slices.Sort(m.Tags)
	m.Tags = slices.Compact(m.Tags)
	m.Parties = max(m.Parties, entries)
	code := rows[0].Code
	m.List, m.Version, m.Entry, m.Kind = l.Source, l.version, entryID(k, code), k
	m.Hash = Hash{Kind: k, Bits: bitsOf(code)}
	if m.Distance, m.Radius = rows[0].distance, radius; radius == OwnRadius {
		m.Radius = l.Radius
	}
	m.Owner, m.Category, m.Severity, m.Jurisdiction = l.Owner, l.Category, l.Severity, l.Jurisdiction
	m.State, m.Allow = l.State, l.Allow
	return m, true, nil
}
