package hashdb

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/vigil-stream/vigil/hashdb/index"
	"github.com/vigil-stream/vigil/hashdb/segment"
)

// ErrClosed is returned by a DB that was closed.
var ErrClosed = errors.New("the hash lists are closed")

// kindSlots is the length of an array indexed by Kind.
const kindSlots = len(kinds) + 1

// snapshot is the database at one moment. It never changes, so that look-ups go on
// undisturbed while another takes its place. Who uses one holds a reference; with the
// last one its segments go.
type snapshot struct {
	refs        atomic.Int64
	lists       lists
	kinds       [kindSlots]kindView
	present     []Kind // Of which a searched list has entries.
	checkpoints map[string][]byte
	stats       Stats
	report      func(error)
	moment      uint64 // Of the DB's snapshots in their order, from 1.
}

// kindView is what a snapshot has of one kind.
type kindView struct {
	segments []*sealed    // From oldest to newest.
	codes    []index.Code // Of the head's rows,
	rows     []segment.Row
	radius   int // The widest of the lists that are searched, -1 when there is none.
}

// sealed is an open segment and how many snapshots use it, the DB's own use included.
type sealed struct {
	*segment.Segment
	ref  segmentRef
	uses atomic.Int64
}

// openSealed opens a segment and compares it with what the manifest says of it.
func openSealed(d *disk, file string, ref segmentRef) (*sealed, error) {
	if err := d.Private(file); err != nil {
		return nil, err
	}
	s, err := segment.Open(d.Path(file))
	if err != nil {
		return nil, err
	}
	if i := s.Info(); s.Kind() != uint8(ref.Kind) || s.Width() != ref.Kind.Bits() || i.Rows != ref.Rows || i.Dead != ref.Dead || i.Bytes != ref.Bytes || i.Sum != ref.Sum {
		return nil, errors.Join(fmt.Errorf("%s: it is not the segment that the manifest names: %w", d.Path(file), ErrDamaged), s.Close())
	}
	x := &sealed{Segment: s, ref: ref}
	x.uses.Store(1)
	return x, nil
}

// release gives a use up; the last one unmaps.
func (s *sealed) release(report func(error)) {
	if s.uses.Add(-1) == 0 {
		if err := s.Close(); err != nil {
			report(err)
		}
	}
}

// acquire returns the present snapshot. Its user must release it.
func (db *DB) acquire() (*snapshot, error) {
	for {
		s := db.current.Load()
		if s == nil {
			return nil, ErrClosed
		}
		// One that nobody holds any more is being taken apart: there is a newer one.
		for n := s.refs.Load(); n > 0; n = s.refs.Load() {
			if s.refs.CompareAndSwap(n, n+1) {
				return s, nil
			}
		}
	}
}

func (s *snapshot) release() {
	if s.refs.Add(-1) > 0 {
		return
	}
	for k := range s.kinds {
		for _, x := range s.kinds[k].segments {
			x.release(s.report)
		}
	}
}

// show makes a snapshot of the DB's state the present one. The caller holds db.mu.
func (db *DB) show() {
	s := &snapshot{lists: db.lists, checkpoints: db.checkpoints, report: db.options.Report, moment: 1}
	if old := db.current.Load(); old != nil {
		s.moment = old.moment + 1
	}
	s.refs.Store(1)
	for k := range s.kinds {
		s.kinds[k].radius = -1
		if h := db.heads[k]; h != nil {
			s.kinds[k].codes, s.kinds[k].rows = h.codes, h.rows
		}
	}
	for _, ref := range db.manifest.Segments {
		x := db.open[ref.Number]
		x.uses.Add(1)
		s.kinds[ref.Kind].segments = append(s.kinds[ref.Kind].segments, x)
	}
	for _, l := range s.lists {
		if v := &s.kinds[l.Kind]; l.searched() && v.radius < l.Radius {
			v.radius = l.Radius
		}
	}
	for _, k := range Kinds() {
		if s.kinds[k].radius >= 0 {
			s.present = append(s.present, k)
		}
	}
	s.stats = db.statsOf(s)
	if old := db.current.Swap(s); old != nil {
		old.release()
	}
}
