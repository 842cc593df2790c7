package hashdb

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// DB is the lists of one folder, indexed in memory. Any number of goroutines may
// use it, and any number of processes the folder.
type DB struct {
	folder  folder
	loading sync.Mutex // Held by whoever replaces current.
	current atomic.Pointer[snapshot]
}

// snapshot is the lists at one moment, ordered by file name. It never changes, so
// look-ups go on undisturbed while another takes its place.
type snapshot struct{ lists []*loadedList }

// loadedList is a list with what look-ups need.
type loadedList struct {
	list
	seal
	index index
}

// Open loads the lists in dir, which it makes with mode 0700 if it is not there.
// It refuses a folder or list file to which others have access, and a list file
// that is damaged, with an error that names it and wraps ErrDamaged.
func Open(dir string) (*DB, error) {
	db := &DB{folder: folder(dir)}
	if err := db.folder.open(); err != nil {
		return nil, fmt.Errorf("open hash lists: %w", err)
	}
	db.current.Store(new(snapshot))
	if _, err := db.Refresh(); err != nil {
		return nil, fmt.Errorf("open hash lists: %w", err)
	}
	return db, nil
}

// Refresh takes up what other processes have imported and reports whether there was
// anything. It reads the end of each list's file, and only lists that changed whole.
// Look-ups go on meanwhile, in the lists of before.
//
// On an error, also that a list has vanished, the lists of before stay in use: a
// folder that is gone for a moment must not look like an empty one. A list that was
// removed on purpose is gone when the process starts anew.
func (db *DB) Refresh() (changed bool, err error) {
	db.loading.Lock()
	defer db.loading.Unlock()
	old := db.current.Load()
	next, changed, err := db.load(old)
	if err != nil {
		return false, err
	}
	for _, l := range old.lists {
		if next.find(l.source, l.kind) == nil {
			return false, fmt.Errorf("%s has vanished from %s", fileName(l.source, l.kind), db.folder)
		}
	}
	if changed {
		db.current.Store(next)
	}
	return changed, nil
}

// load returns the folder's lists, those of old where they are unchanged.
func (db *DB) load(old *snapshot) (next *snapshot, changed bool, err error) {
	names, err := db.folder.names()
	if err != nil {
		return nil, false, err
	}
	known := make(map[string]*loadedList, len(old.lists))
	for _, l := range old.lists {
		known[fileName(l.source, l.kind)] = l
	}
	next = new(snapshot)
	for _, name := range names {
		l := known[name]
		if l != nil {
			sum, err := db.folder.checksum(name)
			if err != nil {
				return nil, false, err
			}
			if sum == l.checksum {
				next.lists = append(next.lists, l)
				continue
			}
		}
		read, s, err := db.folder.read(name)
		if err != nil {
			return nil, false, err
		}
		changed = true
		next.lists = append(next.lists, &loadedList{*read, s, newIndex(read.kind, read.hashes)})
	}
	return next, changed, nil
}

func (s *snapshot) find(source string, k Kind) *loadedList {
	for _, l := range s.lists {
		if l.source == source && l.kind == k {
			return l
		}
	}
	return nil
}

// Lookup returns the entries within their list's own radius of h, nearest first,
// then by list and entry. An entry in several lists is a match for each.
func (db *DB) Lookup(h Hash) ([]Match, error) {
	return db.lookup(h, func(l *loadedList) int { return l.radius })
}

// LookupWithin is Lookup with one radius for all lists, 0 to the kind's bits. Wide
// ones may return very many matches.
func (db *DB) LookupWithin(h Hash, radius int) ([]Match, error) {
	if radius < 0 || radius > h.Kind.Bits() {
		return nil, fmt.Errorf("radius %d for %v, want 0 to %d", radius, h.Kind, h.Kind.Bits())
	}
	return db.lookup(h, func(*loadedList) int { return radius })
}

func (db *DB) lookup(h Hash, radius func(*loadedList) int) ([]Match, error) {
	if h.Kind.Bits() == 0 {
		return nil, fmt.Errorf("look up: %v is not a kind of hash", h.Kind)
	}
	var matches []Match
	var hits []hit
	for _, l := range db.current.Load().lists {
		if l.kind != h.Kind {
			continue
		}
		r := radius(l)
		hits = l.index.within(h.words(), r, hits[:0])
		for _, hit := range hits {
			matches = append(matches, Match{
				List: l.source, Version: l.version, Entry: entryID(l.kind, l.hashes[hit.entry]),
				Kind: l.kind, Distance: hit.distance, Radius: r,
			})
		}
	}
	slices.SortFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.List, b.List), cmp.Compare(a.Entry, b.Entry))
	})
	return matches, nil
}

// Kinds returns the kinds of hash of which some list has an entry, in the order of
// the constants. Hashes of other kinds need not be computed.
func (db *DB) Kinds() []Kind {
	var present []Kind
	for _, k := range Kinds() {
		if slices.ContainsFunc(db.current.Load().lists, func(l *loadedList) bool {
			return l.kind == k && len(l.hashes) > 0
		}) {
			present = append(present, k)
		}
	}
	return present
}

// Lists describes the lists, by source and kind.
func (db *DB) Lists() []ListInfo {
	var infos []ListInfo
	for _, l := range db.current.Load().lists {
		infos = append(infos, ListInfo{
			List:    List{Source: l.source, Kind: l.kind, Radius: l.radius, State: StateLive},
			Entries: len(l.hashes), Version: l.version,
		})
	}
	slices.SortFunc(infos, func(a, b ListInfo) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Kind, b.Kind))
	})
	return infos
}
