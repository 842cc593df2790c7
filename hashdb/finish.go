package hashdb

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// finish makes the import's rows part of the lists. What they change is worked out
// while others write; only when these changed the very lists, it is done again while
// they wait.
func (im *importer) finish(ctx context.Context) (ImportResult, error) {
	if im.req.Progress != nil {
		im.req.Progress(im.records)
	}
	im.retractGathered()
	db, done := im.db, false
	if !im.small() {
		s, err := db.acquire()
		if err != nil {
			return ImportResult{}, err
		}
		defer s.release()
		c, files, err := im.build(ctx, s)
		if err != nil {
			return ImportResult{}, err
		}
		if err := db.openAhead(files); err != nil {
			return ImportResult{}, errors.Join(err, db.discard(files))
		}
		err = db.write(ctx, func() error {
			if !db.lists.unchanged(im.req.Source, s.lists) || c.makesLists() && len(db.lists) != len(s.lists) {
				return nil
			}
			done = true
			return im.publish(c, files)
		})
		err = errors.Join(err, db.discard(files))
		if err != nil {
			return ImportResult{}, err
		}
	}
	if !done {
		if err := db.write(ctx, func() error { return im.finishLocked(ctx) }); err != nil {
			return ImportResult{}, err
		}
	}
	if err := db.removeRuns(im.stages); err != nil {
		db.options.Report(fmt.Errorf("tidy up after an import: %w", err))
	}
	return im.res, nil
}

// small reports whether the import fits into the journal.
func (im *importer) small() bool {
	return im.verified == 0 && len(im.gathered) <= im.db.options.HeadRows
}

// finishLocked is finish for who holds the writer's lock.
func (im *importer) finishLocked(ctx context.Context) error {
	db := im.db
	s := db.current.Load()
	if !im.small() {
		c, files, err := im.build(ctx, s)
		if err != nil {
			return err
		}
		if err := im.publish(c, files); err != nil {
			return errors.Join(err, db.discard(files))
		}
		return nil
	}
	c := newChanges(im.req.Source, db.lists, db.options.Now())
	var f frame
	for _, k := range Kinds() {
		if im.entries[k] == 0 && len(im.retracted) == 0 {
			continue
		}
		for r, err := range im.changed(s, c, k) {
			if err != nil {
				return err
			}
			f.rows = append(f.rows, kindRow{k, r})
		}
	}
	if err := im.describe(c); err != nil {
		return err
	}
	f.lists = c.done()
	if err := db.commit(f); err != nil {
		return err
	}
	im.conclude(c)
	if !im.known {
		return nil
	}
	m := db.manifest.clone()
	if err := m.setPending(im.req.Source, im.req.File, nil); err != nil {
		return err
	}
	if err := db.replace(m); err != nil {
		// The entries are safe. The import is left as one without anything to go on with.
		db.options.Report(fmt.Errorf("tidy up after an import: %w", err))
	}
	return nil
}

// build writes what the import changes into segments that are not in the manifest yet.
func (im *importer) build(ctx context.Context, s *snapshot) (c *changes, files []built, err error) {
	c = newChanges(im.req.Source, s.lists, im.db.options.Now())
	defer func() {
		if err != nil {
			err = errors.Join(err, im.db.discard(files))
		}
	}()
	for _, k := range Kinds() {
		if im.entries[k] == 0 && len(im.retracted) == 0 {
			continue
		}
		atMost := im.entries[k] + s.stats.Rows
		b, err := im.db.build(k, until(ctx, im.changed(s, c, k)), atMost)
		if err != nil {
			return nil, files, err
		}
		files = append(files, b...)
	}
	return c, files, im.describe(c)
}

// changed returns the import's rows of a kind that change anything against s, and takes
// them into c.
func (im *importer) changed(s *snapshot, c *changes, k Kind) iter.Seq2[segment.Row, error] {
	return func(yield func(segment.Row, error) bool) {
		if err := im.eachChanged(s, c, k, yield); err != nil {
			yield(segment.Row{}, err)
		}
	}
}

func (im *importer) eachChanged(s *snapshot, c *changes, k Kind, yield func(segment.Row, error) bool) error {
	all, opened, rows, err := im.sources(k)
	if err != nil {
		return err
	}
	defer func() {
		for _, x := range opened {
			x.release(im.db.options.Report)
		}
	}()
	view, number, known := &s.kinds[k], uint16(0), false
	former, stop := func(*segment.Row) (segment.Row, bool, error) { return segment.Row{}, false, nil }, func() {}
	if number, known = c.number(k); known {
		h := headOf(view.rows)
		if len(im.retracted) > 0 {
			gone := newest(under(view, h, number, im.retracted))
			for i := range gone {
				gone[i].List = 0
			}
			all = append(all, each(gone))
			rows += len(gone)
		}
		former, stop = view.former(h, rows)
	}
	defer stop()
	c.applied.Known += im.entries[k]
	for r, err := range segment.Merge(false, all...) {
		if err != nil {
			return err
		}
		if !marked(&r) {
			c.applied.Known--
		}
		r.List = number
		old, was, err := former(&r)
		if err != nil {
			return err
		}
		changes, err := c.row(k, &r, old, was)
		if err != nil {
			return err
		}
		if changes && !yield(r, nil) {
			return nil
		}
	}
	return nil
}

// describe says of the lists what the request says of them.
func (im *importer) describe(c *changes) error {
	for _, k := range Kinds() {
		if im.entries[k] == 0 && im.req.List.Kind != k {
			continue
		}
		l := c.touched[k]
		if l == nil {
			l = c.lists.find(ListID{c.source, k})
		}
		switch {
		case l != nil && im.req.say(l.List) == l.List, l == nil && im.req.List.Kind != k:
			continue
		}
		l, err := c.list(k)
		if err != nil {
			return err
		}
		l.List = im.req.say(l.List)
		if err := l.Check(); err != nil {
			return err
		}
	}
	return nil
}

// publish puts the import's segments and lists into the manifest, and takes the import
// out of those pending. The caller holds the writer's lock.
func (im *importer) publish(c *changes, files []built) error {
	f := &frame{lists: c.done()}
	if len(f.lists) > 0 || len(files) > 0 || im.known {
		var editErr error
		err := im.db.publish(f, files, func(m *manifest) {
			editErr = m.setPending(im.req.Source, im.req.File, nil)
		})
		if err != nil || editErr != nil {
			return errors.Join(err, editErr)
		}
	}
	im.conclude(c)
	return nil
}

// conclude notes what the import did.
func (im *importer) conclude(c *changes) {
	im.res.Applied, im.known = c.applied, false
	for _, info := range im.db.lists.infos() {
		if info.Source == im.req.Source && (im.entries[info.Kind] > 0 || im.req.List.Kind == info.Kind) {
			im.res.Lists = append(im.res.Lists, info)
		}
	}
}

// makesLists reports whether some of the lists are new.
func (c *changes) makesLists() bool {
	for _, l := range c.touched {
		if int(l.Number) >= len(c.lists) {
			return true
		}
	}
	return false
}
