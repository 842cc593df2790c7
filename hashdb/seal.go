package hashdb

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// built is a segment that is written but not yet in the manifest.
type built struct {
	file string // Its name while under way.
	ref  segmentRef
	open *sealed // Set when it was opened ahead.
}

// openAhead opens segments before it is their turn to get into the manifest, so that
// nobody waits for the lock while a large one is checked. It changes all in place.
func (db *DB) openAhead(all []built) (err error) {
	for i := range all {
		if all[i].open, err = openSealed(&db.disk, all[i].file, all[i].ref); err != nil {
			return err
		}
	}
	return nil
}

// build writes rows, which must ascend, as one segment, or as several when there are
// more than atMost says and one may have. There are none when there are no rows.
func (db *DB) build(k Kind, rows iter.Seq2[segment.Row, error], atMost int) (out []built, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, db.discard(out))
			out = nil
		}
	}()
	parts := func(yield func(iter.Seq2[segment.Row, error]) bool) { yield(rows) }
	if atMost > db.options.segmentRows {
		parts = split(rows, db.options.segmentRows)
	}
	for part := range parts {
		file, err := db.worker.file(&db.disk)
		if err != nil {
			return out, err
		}
		if err := db.disk.Before("create", file); err != nil {
			return out, err
		}
		info, err := segment.Write(db.disk.Path(file), segment.Options{Width: k.Bits(), Kind: uint8(k), Tables: !k.Exact()}, part)
		if err != nil {
			return out, err
		}
		b := built{file: file, ref: segmentRef{Kind: k, Rows: info.Rows, Dead: info.Dead, Bytes: info.Bytes, Sum: info.Sum}}
		if info.Rows == 0 {
			if err := db.discard([]built{b}); err != nil {
				return out, err
			}
			continue
		}
		out = append(out, b)
	}
	return out, nil
}

// split cuts rows into parts of at most n.
func split(rows iter.Seq2[segment.Row, error], n int) iter.Seq[iter.Seq2[segment.Row, error]] {
	return func(yield func(iter.Seq2[segment.Row, error]) bool) {
		next, stop := iter.Pull2(rows)
		defer stop()
		row, err, more := next()
		for more {
			part := func(yield func(segment.Row, error) bool) {
				for i := 0; more && i < n; i++ {
					if !yield(row, err) {
						return
					}
					row, err, more = next()
				}
			}
			if !yield(part) {
				return
			}
		}
	}
}

// discard closes and removes segments that are still under way and will not be used.
func (db *DB) discard(all []built) error {
	var errs []error
	for _, b := range all {
		if b.open != nil {
			b.open.release(db.options.Report)
		}
		if b.file != "" {
			errs = append(errs, db.disk.Remove(b.file))
		}
	}
	return errors.Join(errs...)
}

// enter gives segments of a kind their numbers and names, and returns what the manifest
// says of them. They are not under way any more. The caller holds the writer's lock.
func (db *DB) enter(m *manifest, k Kind, all []built) ([]segmentRef, error) {
	var refs []segmentRef
	for i := range all {
		b := &all[i]
		if b.ref.Kind != k {
			continue
		}
		b.ref.Number = m.number()
		if len(refs) == 0 {
			b.ref.Level = b.ref.Number
		} else {
			b.ref.Level = refs[0].Level
		}
		if err := db.disk.Rename(b.file, segmentName(b.ref.Number)); err != nil {
			return nil, err
		}
		b.file = ""
		refs = append(refs, b.ref)
		if b.open != nil {
			b.open.ref = b.ref
			b.open.uses.Add(1)
			db.ahead[b.ref.Number] = b.open
		}
	}
	return refs, nil
}

// full reports whether the head should be sealed.
func (db *DB) full() bool {
	return db.journal.end > maxJournal || slices.ContainsFunc(db.heads[:], func(h *head) bool {
		return h != nil && len(h.rows) >= db.options.HeadRows
	})
}

// seal writes the head, and what f adds to it, into segments and begins a new journal.
// The caller holds the writer's lock.
func (db *DB) seal(f *frame) error {
	return db.publish(f, nil, nil)
}

// publish makes the head, what f adds to it and then newer segments the content of a
// new manifest, with a new journal. edit, when not nil, changes the manifest further.
// The caller holds the writer's lock.
func (db *DB) publish(f *frame, newer []built, edit func(*manifest)) (err error) {
	m := db.manifest.clone()
	m.Lists = db.lists
	checkpoints := db.checkpoints
	var rows [kindSlots][]segment.Row
	for k, h := range db.heads {
		if h != nil {
			rows[k] = slices.Clip(h.rows)
		}
	}
	if f != nil {
		next, err := m.Lists.after([]frame{*f})
		if err != nil {
			return err
		}
		m.Lists, checkpoints = next, withCheckpoint(checkpoints, f.checkpoint)
		for i := range f.rows {
			k := f.rows[i].kind
			rows[k] = append(rows[k], f.rows[i].Row)
		}
	}
	m.Checkpoints = nil
	for name, value := range checkpoints {
		m.Checkpoints = append(m.Checkpoints, checkpointRecord{name, value})
	}
	var made []built
	defer func() {
		if err != nil {
			err = errors.Join(err, db.discard(made))
		}
	}()
	for _, k := range Kinds() {
		if len(rows[k]) == 0 {
			continue
		}
		all, err := db.build(k, each(newest(rows[k])), len(rows[k]))
		if err != nil {
			return err
		}
		made = append(made, all...)
		refs, err := db.enter(m, k, made)
		if err != nil {
			return err
		}
		m.Segments = append(m.Segments, refs...)
	}
	for _, k := range Kinds() {
		refs, err := db.enter(m, k, newer)
		if err != nil {
			return err
		}
		m.Segments = append(m.Segments, refs...)
	}
	m.Journal = m.number()
	if err := db.disk.Write(journalName(m.Journal), newJournal(m.Journal)); err != nil {
		return err
	}
	if edit != nil {
		edit(m)
	}
	return db.replace(m)
}

// replace makes m the manifest and takes it up. The caller holds the writer's lock.
func (db *DB) replace(m *manifest) error {
	m.Generation++
	b, err := m.encode()
	if err != nil {
		return err
	}
	// What the manifest names must be there before it.
	if err := db.disk.SyncDir(); err != nil {
		return err
	}
	if err := db.disk.Replace(manifestName, b); err != nil {
		return err
	}
	if err := db.load(false); err != nil {
		return fmt.Errorf("it is written, but: %w", err)
	}
	if err := db.disk.clean(db.manifest); err != nil {
		db.options.Report(fmt.Errorf("tidy up hash lists: %w", err))
	}
	return nil
}
