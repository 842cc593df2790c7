package hashdb

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// maxLists bounds the lists of a database. Retired lists count.
const maxLists = 4096

// listState is a list as it stands. It never changes: a change makes another one.
type listState struct {
	Number uint16 `json:"number"` // Its place among all lists, and its name in rows.
	List
	Entries  int       `json:"entries"`
	Disputed int       `json:"disputed,omitempty"`
	Sum      sum       `json:"sum"`
	Changed  time.Time `json:"changed"`
	// Revision counts the changes, also those that leave the version as it is.
	Revision uint64 `json:"revision"`

	version string
}

// check reports what is wrong with a state that was read, and completes it.
func (l *listState) check() error {
	if err := l.Check(); err != nil {
		return err
	}
	if l.Entries < 0 || l.Disputed < 0 || l.Disputed > l.Entries {
		return fmt.Errorf("list %v has %d entries, and %d of them disputed", l.ID(), l.Entries, l.Disputed)
	}
	l.seal()
	return nil
}

// seal computes what follows from the rest.
func (l *listState) seal() { l.version = l.Sum.version(l.Kind, l.Radius, l.Entries) }

func (l *listState) info() ListInfo {
	return ListInfo{List: l.List, Entries: l.Entries, Disputed: l.Disputed, Version: l.version, Changed: l.Changed}
}

// searched reports whether look-ups take the list into account.
func (l *listState) searched() bool { return l.State != StateRetired && l.Entries > 0 }

// lists are all lists in the order of their numbers.
type lists []*listState

func (ls lists) find(id ListID) *listState {
	for _, l := range ls {
		if l.ID() == id {
			return l
		}
	}
	return nil
}

// with returns the lists with the given states in place of those of before. ls is
// left as it is.
func (ls lists) with(changed []*listState) (lists, error) {
	next := slices.Clone(ls)
	slices.SortFunc(changed, func(a, b *listState) int { return cmp.Compare(a.Number, b.Number) })
	for _, l := range changed {
		switch n := int(l.Number); {
		case n == len(next) && n < maxLists && next.find(l.ID()) == nil:
			next = append(next, l)
		case n < len(next) && next[n].ID() == l.ID():
			next[n] = l
		default:
			return nil, fmt.Errorf("list %v cannot have number %d among %d", l.ID(), n, len(next))
		}
	}
	return next, nil
}

// infos describes the lists, by source and kind.
func (ls lists) infos() []ListInfo {
	infos := make([]ListInfo, len(ls))
	for i, l := range ls {
		infos[i] = l.info()
	}
	slices.SortFunc(infos, func(a, b ListInfo) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Kind, b.Kind))
	})
	return infos
}

// equal reports whether the lists of a source have not changed between two states.
func (ls lists) unchanged(source string, since lists) bool {
	for i, l := range ls {
		if l.Source == source && (i >= len(since) || l != since[i] && l.Revision != since[i].Revision) {
			return false
		}
	}
	return true
}
