package edge

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/vigil-stream/vigil/internal/folder"
)

// ErrBusy says that another process, or this one, has the folder open.
var ErrBusy = errors.New("the folder of rings is in use")

// Rings are the rings of all streams of one process.
type Rings struct {
	o      Options
	prints []string // fingerprints of o.Recipients
	disk   *folder.Folder
	lock   *flock.Flock
	counts counts

	delivering sync.Mutex // held while files are handed over

	mu     sync.Mutex
	closed bool
	all    []*Ring // open, or with something to deliver; oldest first
}

// Counts count frames since the folder was opened.
type Counts struct {
	Added     int64 // kept, if only for a time
	Dropped   int64 // removed unread: too old, too much, or the session ended
	Preserved int64 // asked for, and in a segment that has ended
	Delivered int64
	Lost      int64 // could not be kept
}

type counts struct{ Added, Dropped, Preserved, Delivered, Lost atomic.Int64 }

// Counts tells what happened to the frames so far.
func (rs *Rings) Counts() Counts {
	c := &rs.counts
	return Counts{
		Added: c.Added.Load(), Dropped: c.Dropped.Load(), Preserved: c.Preserved.Load(),
		Delivered: c.Delivered.Load(), Lost: c.Lost.Load(),
	}
}

// Recipients are the fingerprints of the keys that can read what is preserved.
func (rs *Rings) Recipients() []string { return slices.Clone(rs.prints) }

// Open takes the folder, removes what an earlier process left there unpreserved, and
// keeps what was preserved and not delivered. Files it did not make it leaves alone.
func Open(o Options) (*Rings, error) { return openRings(o, nil) }

func openRings(o Options, step func(op, name string) error) (_ *Rings, err error) {
	o, prints, err := o.checked()
	if err != nil {
		return nil, err
	}
	rs := &Rings{o: o, prints: prints, disk: &folder.Folder{Dir: o.Dir, Of: "kept frames", Temp: tempSuffix, Step: step}}
	if err := rs.disk.Prepare(); err != nil {
		return nil, fmt.Errorf("edge: %w", err)
	}
	rs.lock = flock.New(filepath.Join(o.Dir, "lock"), flock.SetPermissions(0o600))
	if ok, err := rs.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("edge: lock %s: %w", o.Dir, err)
	} else if !ok {
		return nil, fmt.Errorf("edge: %s: %w", o.Dir, ErrBusy)
	}
	if err := rs.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("edge: %w", err), rs.lock.Close())
	}
	return rs, nil
}

// recover reads every record before it removes anything.
func (rs *Rings) recover() error {
	entries, err := os.ReadDir(rs.o.Dir)
	if err != nil {
		return err
	}
	var errs []error
	named := make(map[string]bool)
	for _, e := range entries {
		local, isRecord := strings.CutSuffix(e.Name(), recordSuffix)
		if !isRecord || !ours.MatchString(e.Name()) {
			continue
		}
		ring, err := rs.loadRing(local)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rs.all = append(rs.all, ring)
		named[e.Name()] = true
		for _, s := range ring.held {
			named[ring.file(s.number)] = true
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, e := range entries {
		if ours.MatchString(e.Name()) && !named[e.Name()] {
			errs = append(errs, rs.disk.Remove(e.Name()))
		}
	}
	slices.SortStableFunc(rs.all, func(a, b *Ring) int { return a.session.Started.Compare(b.session.Started) })
	return errors.Join(errs...)
}

// Ring begins the ring of a session. There is one at a time for each.
func (rs *Rings) Ring(platform, stream string, started time.Time) (*Ring, error) {
	s := Session{Platform: platform, Stream: stream, Started: started.UTC().Round(0)}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("edge: ring: %w", err)
	}
	var id [16]byte
	rand.Read(id[:]) // never fails
	r := &Ring{rings: rs, session: s, prints: rs.prints, local: hex.EncodeToString(id[:])}

	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		return nil, fmt.Errorf("edge: ring: %w", ErrClosed)
	}
	for _, other := range rs.all {
		if other.session == s && !other.isClosed() {
			return nil, errors.New("edge: ring: this session has an open ring already")
		}
	}
	rs.all = append(rs.all, r)
	return r, nil
}

func (r *Ring) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

func (rs *Rings) snapshot() []*Ring {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.Clone(rs.all)
}

// settle forgets a closed ring of which nothing is left.
func (rs *Rings) settle(r *Ring) {
	r.mu.Lock()
	left := !r.closed || r.dirty || slices.ContainsFunc(r.held, func(s *segment) bool { return !s.gone })
	r.mu.Unlock()
	if left {
		return
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.all = slices.DeleteFunc(rs.all, func(other *Ring) bool { return other == r })
}

// Close closes every ring and gives up the folder. What is preserved and not delivered
// waits there for the next Open. It waits for a Deliver that is under way.
func (rs *Rings) Close() error {
	rs.delivering.Lock()
	defer rs.delivering.Unlock()
	rs.mu.Lock()
	rs.closed = true
	rs.mu.Unlock()
	var errs []error
	for _, r := range rs.snapshot() {
		errs = append(errs, r.Close())
	}
	return errors.Join(append(errs, rs.lock.Close())...)
}
