package hashdb

import (
	"context"
	"fmt"
)

// Stats says what a DB is made of.
type Stats struct {
	Generation   uint64 // Counts changes of which files there are.
	Segments     int
	Rows         int // In segments, tombstones included.
	Dead         int // Of these, tombstones.
	MappedBytes  int64
	HeadRows     int // Newer than all segments, in memory.
	JournalBytes int64
	Entries      int // Of all lists.
	// BytesPerEntry is what segments and journal take for each entry.
	BytesPerEntry float64
	Pending       []PendingImport
}

// PendingImport is an import of which some is written down, under way or interrupted.
type PendingImport struct {
	Source, File string
	Records      int // How many of its records are written down.
}

// Stats says what the DB is made of at the moment. A DB that was closed has nothing.
func (db *DB) Stats() Stats {
	s, err := db.acquire()
	if err != nil {
		return Stats{}
	}
	defer s.release()
	return s.stats
}

// statsOf computes a snapshot's Stats. The caller holds db.mu.
func (db *DB) statsOf(s *snapshot) Stats {
	st := Stats{Generation: db.manifest.Generation, Segments: len(db.manifest.Segments), JournalBytes: db.journal.end}
	for _, r := range db.manifest.Segments {
		st.Rows += r.Rows
		st.Dead += r.Dead
		st.MappedBytes += r.Bytes
	}
	for k := range s.kinds {
		st.HeadRows += len(s.kinds[k].rows)
	}
	for _, l := range s.lists {
		st.Entries += l.Entries
	}
	if st.Entries > 0 {
		st.BytesPerEntry = float64(st.MappedBytes+st.JournalBytes) / float64(st.Entries)
	}
	for _, p := range db.manifest.Pending {
		x := PendingImport{Source: p.Source, File: p.File}
		if n := len(p.Stages); n > 0 {
			x.Records = p.Stages[n-1].Records
		}
		st.Pending = append(st.Pending, x)
	}
	return st
}

// DropImport forgets an interrupted import, whose file then begins anew. It returns an
// error that wraps ErrBusy when the import is under way.
func (db *DB) DropImport(ctx context.Context, source, file string) error {
	var stages []stage
	err := db.write(ctx, func() error {
		i := db.manifest.find(source, file)
		if i < 0 {
			return nil
		}
		if owner := db.manifest.Pending[i].Owner; owner != "" {
			lives, err := db.disk.lives(owner)
			if err != nil {
				return err
			}
			if lives {
				return ErrBusy
			}
		}
		stages = db.manifest.Pending[i].Stages
		m := db.manifest.clone()
		if err := m.setPending(source, file, nil); err != nil {
			return err
		}
		return db.replace(m)
	})
	if err == nil {
		err = db.removeRuns(stages)
	}
	if err != nil {
		return fmt.Errorf("drop the import of %.200s: %w", file, err)
	}
	return nil
}

// Verify reads every segment and compares it with its checksums, and then counts the
// entries anew and compares each list with its number of entries and its version. It
// returns the first fault, which wraps ErrDamaged.
func (db *DB) Verify(ctx context.Context) error {
	s, err := db.acquire()
	if err == nil {
		err = s.verify(ctx)
		s.release()
	}
	if err != nil {
		return fmt.Errorf("verify hash lists: %w", err)
	}
	return nil
}

func (s *snapshot) verify(ctx context.Context) error {
	counted := make([]listState, len(s.lists))
	for k := range s.kinds {
		v := &s.kinds[k]
		for _, x := range v.segments {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := x.Verify(); err != nil {
				return err
			}
		}
		for r, err := range until(ctx, v.merged(true)) {
			if err != nil {
				return err
			}
			if int(r.List) >= len(counted) || s.lists[r.List].Kind != Kind(k) {
				return fmt.Errorf("a row of %v names list %d of %d: %w", Kind(k), r.List, len(counted), ErrDamaged)
			}
			if _, err := decodeAttrs(r.Attrs); err != nil {
				return fmt.Errorf("list %v: %w: %w", s.lists[r.List].ID(), err, ErrDamaged)
			}
			counted[r.List].count(Kind(k), &r, 1)
		}
	}
	for i, l := range s.lists {
		if c := &counted[i]; c.Entries != l.Entries || c.Disputed != l.Disputed || c.Sum != l.Sum {
			return fmt.Errorf("list %v has %d entries, %d of them disputed, and should have %d and %d, or others than it should: %w",
				l.ID(), c.Entries, c.Disputed, l.Entries, l.Disputed, ErrDamaged)
		}
	}
	return nil
}
