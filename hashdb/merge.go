package hashdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

const (
	// tier is how many times as many rows as all newer ones together a segment has when
	// merging is done. With 4, ten million rows and heads of 8,192 leave at most five
	// segments.
	tier = 4
	// crowded is the number of segments of a kind from which whoever adds another one
	// merges first.
	crowded = 12
)

// Merge does one step of merging, if there is one worth doing: it seals a full head, or
// makes one segment of several. Look-ups go on meanwhile, and so does writing by others.
// When another process is merging, or was faster, there is nothing to do.
func (db *DB) Merge(ctx context.Context) (merged bool, err error) {
	if merged, err = db.merge(ctx); err != nil {
		return false, fmt.Errorf("merge hash lists: %w", err)
	}
	return merged, nil
}

func (db *DB) merge(ctx context.Context) (bool, error) {
	if !db.merging.TryLock() {
		return false, nil
	}
	defer db.merging.Unlock()
	lock, err := db.disk.lockFile(mergeName)
	if errors.Is(err, errLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	merged, err := db.mergeStep(ctx)
	return merged, errors.Join(err, lock.unlock())
}

func (db *DB) mergeStep(ctx context.Context) (bool, error) {
	sealed := false
	if db.headFull() {
		if err := db.write(ctx, func() error {
			if sealed = db.full(); sealed {
				return db.seal(nil)
			}
			return nil
		}); err != nil || sealed {
			return sealed, err
		}
	}
	s, err := db.acquire()
	if err != nil {
		return false, err
	}
	defer s.release()
	for _, k := range Kinds() {
		all := s.kinds[k].segments
		from, to := choose(all)
		if from == to {
			continue
		}
		return db.mergeSegments(ctx, k, all[from:to], from == 0)
	}
	return false, nil
}

// headFull is full without mu.
func (db *DB) headFull() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.journal != nil && db.full()
}

// choose returns which segments, ordered from oldest to newest, to merge: those from
// the first that has not tier times as many rows as all that are newer. Where a quarter
// of all rows are tombstones, or one segment is nothing else, it is all of them.
// Segments of one level count as one.
func choose(all []*sealed) (from, to int) {
	rows, dead := 0, 0
	for _, s := range all {
		rows += s.ref.Rows
		dead += s.ref.Dead
	}
	if dead > 0 && dead >= rows/4 {
		return 0, len(all)
	}
	older := 0
	for i := 0; i < len(all); {
		next := i
		for next < len(all) && all[next].ref.Level == all[i].ref.Level {
			older += all[next].ref.Rows
			next++
		}
		level := 0
		for _, s := range all[i:next] {
			level += s.ref.Rows
		}
		if newer := rows - older; newer > 0 && level < tier*newer {
			return i, len(all)
		}
		i = next
	}
	return 0, 0
}

// mergeSegments puts one level in the place of segments that follow each other.
func (db *DB) mergeSegments(ctx context.Context, k Kind, old []*sealed, oldest bool) (bool, error) {
	rows := 0
	for _, s := range old {
		rows += s.ref.Rows
	}
	all, err := db.build(k, until(ctx, segment.Merge(oldest, levels(old)...)), rows)
	if err != nil {
		return false, err
	}
	if err := db.openAhead(all); err != nil {
		return false, errors.Join(err, db.discard(all))
	}
	done := false
	err = db.write(ctx, func() error {
		m := db.manifest.clone()
		at := slices.IndexFunc(m.Segments, func(r segmentRef) bool { return r.Number == old[0].ref.Number })
		kept := slices.DeleteFunc(slices.Clone(m.Segments), func(r segmentRef) bool {
			return slices.ContainsFunc(old, func(s *sealed) bool { return s.ref.Number == r.Number })
		})
		if len(kept) != len(m.Segments)-len(old) {
			return nil // Somebody else has merged some of them.
		}
		refs, err := db.enter(m, k, all)
		if err != nil {
			return err
		}
		m.Segments = slices.Insert(kept, at, refs...)
		done = true
		return db.replace(m)
	})
	return done && err == nil, errors.Join(err, db.discard(all))
}

// until ends rows with ctx's error when ctx ends.
func until(ctx context.Context, rows iter.Seq2[segment.Row, error]) iter.Seq2[segment.Row, error] {
	return func(yield func(segment.Row, error) bool) {
		n := 0
		for r, err := range rows {
			if n++; err == nil && n%4096 == 1 && ctx.Err() != nil {
				r, err = segment.Row{}, ctx.Err()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// relieve merges when segments pile up because nobody else merges. It is no part of the
// change that caused it.
func (db *DB) relieve(ctx context.Context) {
	for db.piled() {
		merged, err := db.Merge(ctx)
		if err != nil {
			db.options.Report(err)
		}
		if !merged || err != nil {
			return
		}
	}
}

func (db *DB) piled() bool {
	s, err := db.acquire()
	if err != nil {
		return false
	}
	defer s.release()
	return slices.ContainsFunc(s.kinds[:], func(v kindView) bool {
		levels := 0
		for i, x := range v.segments {
			if i == 0 || x.ref.Level != v.segments[i-1].ref.Level {
				levels++
			}
		}
		return levels >= crowded
	})
}
