package hashdb

import (
	"errors"
	"fmt"
	"io/fs"
)

// Refresh takes up what other processes have changed and reports whether there was
// anything. When there was not, it reads a line of the manifest and asks for the size
// of the journal. Look-ups go on meanwhile, in the lists of before.
//
// On an error the lists of before stay in use: a folder that is gone for a moment must
// not look like an empty one.
func (db *DB) Refresh() (changed bool, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.current.Load() == nil {
		return false, fmt.Errorf("refresh hash lists: %w", ErrClosed)
	}
	if changed, err = db.refresh(); err != nil {
		return false, fmt.Errorf("refresh hash lists: %w", err)
	}
	return changed, nil
}

// refresh is Refresh for who holds mu.
func (db *DB) refresh() (changed bool, err error) {
	line, err := headline(&db.disk)
	if err != nil {
		return false, err
	}
	if line != db.line {
		return true, db.load(false)
	}
	grown, err := db.journal.grown()
	if err != nil || !grown {
		return false, err
	}
	frames, err := db.journal.read()
	if err == nil {
		if len(frames) == 0 {
			return false, nil
		}
		err = db.take(frames)
	}
	if errors.Is(err, ErrDamaged) {
		// A writer may have cut off what it could not finish while it was read here.
		return true, db.load(true)
	}
	return true, err
}

// maxLoads bounds how often the manifest is read again because segments that it named
// were gone when they were to be opened.
const maxLoads = 100

// load reads the manifest, opens what is new in it, and shows the result. With again,
// the journal is read from the beginning even if it is the same.
func (db *DB) load(again bool) error {
	for range maxLoads {
		m, line, err := readManifest(&db.disk)
		if err != nil {
			return err
		}
		err = db.adopt(m, line, again)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Whoever replaced the manifest meanwhile has removed the file.
		if now, lineErr := headline(&db.disk); lineErr != nil {
			return lineErr
		} else if now == line {
			return fmt.Errorf("%w: the manifest names it: %w", err, ErrDamaged)
		}
	}
	return errors.New("the lists change faster than they can be opened")
}

// adopt makes a manifest the DB's state, or leaves everything as it was.
func (db *DB) adopt(m *manifest, line string, again bool) (err error) {
	var opened []*sealed
	defer func() {
		if err != nil {
			for _, x := range opened {
				x.release(db.options.Report)
			}
		}
	}()
	open := make(map[uint64]*sealed, len(m.Segments))
	for _, ref := range m.Segments {
		x := db.open[ref.Number]
		if ahead := db.ahead[ref.Number]; x == nil && ahead != nil {
			x = ahead
			x.uses.Add(1)
			opened = append(opened, x)
		}
		if x == nil {
			if x, err = openSealed(&db.disk, segmentName(ref.Number), ref); err != nil {
				return err
			}
			opened = append(opened, x)
		}
		open[ref.Number] = x
	}
	if db.journal != nil && db.journal.number == m.Journal && !again {
		frames, err := db.journal.read()
		var next lists
		if err == nil {
			next, err = db.lists.after(frames)
		}
		if errors.Is(err, ErrDamaged) {
			return db.adopt(m, line, true)
		}
		if err != nil {
			return err
		}
		db.extend(next, frames)
	} else {
		j, err := openJournal(&db.disk, m.Journal)
		if err != nil {
			return err
		}
		frames, err := j.read()
		if err != nil {
			return errors.Join(err, j.file.Close())
		}
		next, err := m.Lists.after(frames)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", j.file.Name(), err), j.file.Close())
		}
		if db.journal != nil {
			if err := db.journal.file.Close(); err != nil {
				db.options.Report(err)
			}
		}
		db.journal, db.heads, db.checkpoints = j, [kindSlots]*head{}, map[string][]byte{}
		for _, c := range m.Checkpoints {
			db.checkpoints[c.Name] = c.Value
		}
		db.extend(next, frames)
	}
	old := db.open
	db.manifest, db.line, db.open = m, line, open
	db.show()
	for n, x := range old {
		if open[n] == nil {
			x.release(db.options.Report)
		}
	}
	return nil
}

// take adds frames to the state and shows it.
func (db *DB) take(frames []frame) error {
	next, err := db.lists.after(frames)
	if err != nil {
		return err
	}
	db.extend(next, frames)
	db.show()
	return nil
}

// after returns the lists as they stand after frames, which it checks.
func (ls lists) after(frames []frame) (lists, error) {
	var err error
	for i := range frames {
		if len(frames[i].lists) > 0 {
			if ls, err = ls.with(frames[i].lists); err != nil {
				return nil, fmt.Errorf("%w: %w", err, ErrDamaged)
			}
		}
		for j := range frames[i].rows {
			if r := &frames[i].rows[j]; int(r.List) >= len(ls) || ls[r.List].Kind != r.kind {
				return nil, fmt.Errorf("a row of no list: %w", ErrDamaged)
			}
		}
	}
	return ls, nil
}

// extend adds frames that were checked to the heads. Their lists are next.
func (db *DB) extend(next lists, frames []frame) {
	db.lists = next
	for i := range frames {
		f := &frames[i]
		db.checkpoints = withCheckpoint(db.checkpoints, f.checkpoint)
		for j := range f.rows {
			r := &f.rows[j]
			if db.heads[r.kind] == nil {
				db.heads[r.kind] = new(head)
			}
			db.heads[r.kind].add(r.Row)
		}
	}
}
