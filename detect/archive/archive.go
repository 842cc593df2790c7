package archive

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// State is the room's view of its partition's store.
type State interface {
	detect.State
	// Scan calls fn with each key that begins with prefix and its value, in ascending
	// order, until fn returns false or an error, which it passes on. Key and value are
	// fn's only during the call, in which it must not change the state.
	Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error
}

// An Index answers which list entries are near hashes; a *hashdb.DB is one.
type Index interface {
	// Search answers for each hash, nearest first and all as of one moment.
	Search(hashdb.Query, ...hashdb.Hash) ([]hashdb.Answer, error)
	// Reach returns the widest own radius of the searched lists of a kind, -1 for none.
	Reach(hashdb.Kind) (radius int, moment uint64, err error)
}

// Options say what is kept and how it is looked through. What is zero is the default.
type Options struct {
	// Days is how long prints are kept, in whole days of event time (UTC) before the day
	// of the partition's newest print: 7.
	Days int
	// Distinct is how many bits a print must differ from the last kept one of its stream
	// to be kept too: more than 4. One that differs by less extends the time of the last.
	Distinct int
	// Gap is how long a stream must show nothing of an entry for a segment to end, and a
	// picture for a kept print to end: 30 s of event time.
	Gap time.Duration
	// Late is how long after a search a print may have been looked up among lists of
	// before: prints of event times up to then that arrive after it are looked up again.
	// 10 minutes, in which every process has what a list gained.
	Late time.Duration
	// StreamShare and ClipShare are the least shares, in percent, of a stream's frames
	// and of a video's that must match for signal.Clip to say Reached: 80 and 0, as
	// python-threatexchange's vpdq extension has them.
	StreamShare, ClipShare float64
	// HarvestDistinct is how many bits the entries that a case yields differ at least: 10.
	HarvestDistinct int
	// Ready says with an error that the lists do not have yet what a search is about;
	// nil is always ready.
	Ready func(Search) error
}

func (o Options) withDefaults() Options {
	if o.Days <= 0 {
		o.Days = 7
	}
	if o.Distinct <= 0 {
		o.Distinct = 4
	}
	if o.Gap <= 0 {
		o.Gap = 30 * time.Second
	}
	if o.Late <= 0 {
		o.Late = 10 * time.Minute
	}
	switch {
	case o.StreamShare < 0:
		o.StreamShare = 0
	case o.StreamShare == 0:
		o.StreamShare = 80
	}
	if o.HarvestDistinct <= 0 {
		o.HarvestDistinct = 10
	}
	return o
}

// Stats count what an Archive did since it was made, over all partitions.
type Stats struct {
	Kept     uint64 // prints kept
	Covered  uint64 // prints like the last kept one, or repeated
	Old      uint64 // prints dropped: older than Options.Days
	Full     uint64 // prints dropped: beyond maxStreamDay of one stream and day
	Searches uint64
	Searched uint64 // kept prints that searches went through
	Asked    uint64 // of these, looked up among the lists
	Found    uint64 // signals given
	Cut      uint64 // segments of which no signal was given: beyond the limits of a search
	// Forgotten counts searches that late prints are no longer held to although their
	// time had not come: beyond maxRecent.
	Forgotten uint64
}

type counters struct {
	kept, covered, old, full, searches, searched, asked, found, cut, forgotten atomic.Uint64
}

// An Archive keeps prints and looks through them. It is safe for use by several
// goroutines, each with its own State.
type Archive struct {
	index   Index
	options Options
	count   counters

	mu      sync.Mutex
	watches map[string]*watch // by what is watched for
}

// New returns an Archive that looks up among the lists of index.
func New(index Index, o Options) *Archive {
	return &Archive{index: index, options: o.withDefaults(), watches: map[string]*watch{}}
}

// Stats returns the counts so far.
func (a *Archive) Stats() Stats {
	c := &a.count
	return Stats{
		Kept: c.kept.Load(), Covered: c.covered.Load(), Old: c.old.Load(), Full: c.full.Load(),
		Searches: c.searches.Load(), Searched: c.searched.Load(), Asked: c.asked.Load(),
		Found: c.found.Load(), Cut: c.cut.Load(), Forgotten: c.forgotten.Load(),
	}
}

// Keep takes a print in. It returns signals where a search before it in the partition
// was about entries that the print matches, and the print may have been looked up when
// the lists had them not yet. A Rejection leaves the state as it was.
func (a *Archive) Keep(ctx context.Context, s State, p detect.Print) ([]signal.Signal, error) {
	k, err := keptOf(p)
	if err != nil {
		return nil, fmt.Errorf("keep print: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	part, err := loadPartition(s)
	if err != nil {
		return nil, err
	}
	signals, err := a.keep(s, part, p, k)
	if err != nil {
		return nil, fmt.Errorf("keep print: %w", err)
	}
	if err := part.sweep(s, a.options.Days); err != nil {
		return nil, err
	}
	return signals, part.save(s)
}

func (a *Archive) keep(s State, part *partition, p detect.Print, k kept) ([]signal.Signal, error) {
	day := dayOf(k.from)
	part.reach(day)
	if day < part.oldest(a.options.Days) {
		a.count.old.Add(1)
		return nil, nil
	}
	if err := part.forget(s); err != nil {
		return nil, err
	}
	st, err := loadStreamDay(s, streamID(p.Platform, p.Stream, p.Subject), day)
	if err != nil {
		return nil, err
	}
	st.names = names{Platform: p.Platform, Stream: p.Stream, Subject: p.Subject}
	if err := a.note(s, st, k.from, p.Matched); err != nil {
		return nil, err
	}
	put, err := st.add(s, k, a.options)
	if err != nil {
		return nil, err
	}
	switch put {
	case repeated:
		a.count.covered.Add(1)
		return nil, nil
	case full:
		a.count.full.Add(1)
		return nil, nil
	case extended:
		a.count.covered.Add(1)
	case added:
		a.count.kept.Add(1)
	}
	if err := st.save(s); err != nil {
		return nil, err
	}
	return a.late(s, part, st, k, put, p.Matched)
}
