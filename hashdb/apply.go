package hashdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// Apply makes a batch's changes, all or none. When it returns nil they are on disk and
// in look-ups here; other processes have them at their next Refresh. When it returns an
// error, none is in look-ups here; only if the disk failed so that the batch could not
// be taken back either, it may turn up after all.
//
// RetractRefs take effect before Entries, so that a batch may say anew what an id
// stands for. Of entries that name the same the last counts, and the others count as
// Known; so do retracted entries that the list did not have, and entries that differ only
// in how they came here, of which the first way is kept.
func (db *DB) Apply(ctx context.Context, b Batch) (Applied, error) {
	applied, err := db.apply(ctx, b)
	if err != nil {
		return Applied{}, fmt.Errorf("change lists of %.80q: %w", b.Source, err)
	}
	db.relieve(ctx)
	return applied, nil
}

func (db *DB) apply(ctx context.Context, b Batch) (applied Applied, err error) {
	if err := b.check(); err != nil {
		return Applied{}, err
	}
	b.Checkpoint.Value = bytes.Clone(b.Checkpoint.Value)
	var rows [kindSlots][]segment.Row
	for i := range b.Entries {
		e := &b.Entries[i]
		k := e.Hash.Kind
		var before *segment.Row
		if n := len(rows[k]); n > 0 {
			before = &rows[k][n-1]
		}
		rows[k] = append(rows[k], rowOf(e, before))
	}
	refs := make(map[string]struct{}, len(b.RetractRefs))
	for _, r := range b.RetractRefs {
		refs[r] = struct{}{}
	}
	err = db.write(ctx, func() error {
		c := newChanges(b.Source, db.lists, db.options.Now())
		s := db.current.Load()
		f := frame{checkpoint: b.Checkpoint}
		for _, k := range Kinds() {
			changed, err := c.rows(s, db.heads[k], k, rows[k], refs)
			if err != nil {
				return err
			}
			for _, r := range changed {
				f.rows = append(f.rows, kindRow{k, r})
			}
		}
		f.lists, applied = c.done(), c.applied
		return db.commit(f)
	})
	return applied, err
}

// rows returns which of the rows of a kind, in the order in which they were given,
// change anything, after the ids were retracted.
func (c *changes) rows(s *snapshot, h *head, k Kind, given []segment.Row, refs map[string]struct{}) ([]segment.Row, error) {
	number, known := c.number(k)
	view := &s.kinds[k]
	for i := range given {
		given[i].List = number
	}
	all := given
	if known && len(refs) > 0 {
		all = append(under(view, h, number, refs), given...)
	}
	all = newest(all)
	c.applied.Known += len(given)
	changed := all[:0]
	for _, r := range all {
		if !marked(&r) {
			c.applied.Known--
		}
		var old segment.Row
		was := false
		if known {
			old, was = view.get(h, &r)
		}
		if ok, err := c.row(k, &r, old, was); err != nil {
			return nil, err
		} else if ok {
			changed = append(changed, r)
		}
	}
	return changed, nil
}

// commit makes a frame durable and shows it. The caller holds the writer's lock.
func (db *DB) commit(f frame) error {
	if len(f.rows) == 0 && len(f.lists) == 0 && (f.checkpoint.Name == "" || bytes.Equal(db.checkpoints[f.checkpoint.Name], f.checkpoint.Value)) {
		return nil
	}
	next, err := db.lists.after([]frame{f})
	if err != nil {
		return err
	}
	if len(withCheckpoint(db.checkpoints, f.checkpoint)) > maxCheckpoints {
		return fmt.Errorf("more than %d checkpoints", maxCheckpoints)
	}
	if len(f.rows) > db.options.HeadRows {
		return db.seal(&f)
	}
	payload, err := f.encode()
	if err != nil {
		return err
	}
	if len(payload) > maxFrame {
		return db.seal(&f)
	}
	if err := db.journal.append(&db.disk, payload); err != nil {
		return err
	}
	db.extend(next, []frame{f})
	db.show()
	if db.full() {
		// The batch is safe. If sealing fails, the journal goes on growing for a while.
		if err := db.seal(nil); err != nil {
			db.options.Report(fmt.Errorf("seal hash lists: %w", err))
		}
	}
	return nil
}

func (b *Batch) check() error {
	var faults []error
	if !sourceForm.MatchString(b.Source) {
		faults = append(faults, errors.New("the source's name is none"))
	}
	for i := range b.Entries {
		if err := b.Entries[i].Check(); err != nil {
			faults = append(faults, fmt.Errorf("entry %d: %w", i+1, err))
		}
		if len(faults) > maxBad {
			break
		}
	}
	for i, r := range b.RetractRefs {
		if r == "" || len(r) > maxRef {
			faults = append(faults, fmt.Errorf("id %d to retract has %d bytes, want 1 to %d", i+1, len(r), maxRef))
			break
		}
	}
	if n := len(b.Checkpoint.Name); n > maxCheckpointName {
		faults = append(faults, fmt.Errorf("the checkpoint's name has %d bytes, want at most %d", n, maxCheckpointName))
	}
	if n := len(b.Checkpoint.Value); n > maxCheckpointValue {
		faults = append(faults, fmt.Errorf("the checkpoint has %d bytes, want at most %d", n, maxCheckpointValue))
	}
	return errors.Join(faults...)
}

// SetList makes a list as described, or changes what is said of one. It is on disk when
// SetList returns nil.
func (db *DB) SetList(ctx context.Context, l List) error {
	err := l.Check()
	if err == nil {
		err = db.write(ctx, func() error {
			c := newChanges(l.Source, db.lists, db.options.Now())
			if old := db.lists.find(l.ID()); old != nil && old.List == l {
				return nil
			}
			state, err := c.list(l.Kind)
			if err != nil {
				return err
			}
			state.List = l
			return db.commit(frame{lists: c.done()})
		})
	}
	if err != nil {
		return fmt.Errorf("set list %v: %w", l.ID(), err)
	}
	return nil
}
