package detect

import (
	"context"
	"fmt"
	"runtime"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// MinQuality is the least PDQ quality at which a picture is looked up (the
// threshold published with PDQ, facebook/ThreatExchange); below it a frame is
// seen and matches nothing.
const MinQuality = 50

// An Index answers which list entries are near hashes; a *hashdb.DB is one.
type Index interface {
	// Kinds are those of which any list holds entries, in a fixed order.
	Kinds() []hashdb.Kind
	// Search answers for each hash, nearest first and all as of one moment.
	Search(hashdb.Query, ...hashdb.Hash) ([]hashdb.Answer, error)
	// Reach returns the widest radius of a kind's lists, -1 when there are none, and the
	// moment as of which that is so. While the moment stays, so do all answers.
	Reach(hashdb.Kind) (radius int, moment uint64, err error)
}

// State is the room's view of its partition's store.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
}

// A Detector turns frames into match signals. It is safe for use by several
// goroutines, each with its own State.
type Detector struct {
	index   Index
	options Options
	hashers chan *Hasher
	skip    *skipper
	count   counters
}

// New returns a Detector for the lists of index.
func New(index Index, o Options) *Detector {
	o = o.withDefaults()
	d := &Detector{
		index: index, options: o, skip: newSkipper(o.SkipStreams),
		hashers: make(chan *Hasher, runtime.GOMAXPROCS(0)),
	}
	for range cap(d.hashers) {
		d.hashers <- NewHasher(o.Limits)
	}
	return d
}

// Result is what came of a frame.
type Result struct {
	// Signals became due: how a segment of the stream matches, or matched until it ended.
	Signals []signal.Signal
	// Print is what to keep of the frame to look back at; nil where there is nothing new
	// to see, or too little.
	Print *Print
}

// Frame counts one frame of a stream, looks it up, and returns what is due. A frame whose
// id is among the stream's last maxRecent is dropped. A Rejection leaves the state as it
// was; after any other error, what was set in the state must be dropped.
func (d *Detector) Frame(ctx context.Context, s State, f Frame) (Result, error) {
	f, err := f.check()
	if err != nil {
		return Result{}, fmt.Errorf("frame: %w", err)
	}
	if mediaType(f.ContentType) == EndType {
		return d.over(s, f)
	}
	st, err := loadStream(s, f)
	if err != nil {
		return Result{}, err
	}
	if !st.add(f.ID) {
		d.count.repeats.Add(1)
		return Result{}, nil
	}
	fp, err := d.fingerprint(ctx, f)
	if err != nil {
		return Result{}, fmt.Errorf("frame: %w", err)
	}
	hits, err := d.lookup(st.key, fp.looks)
	if err != nil {
		return Result{}, err
	}
	r := Result{Print: d.look(st, f, &fp)}
	if r.Signals, err = d.close(s, st, f); err != nil {
		return Result{}, err
	}
	for i := range hits {
		due, err := d.match(s, st, f, &fp, &hits[i])
		if err != nil {
			return Result{}, err
		}
		r.Signals = append(r.Signals, due...)
		if r.Print != nil && hits[i].kind == hashdb.KindPDQ && st.follows(hits[i].target) {
			r.Print.Matched = append(r.Print.Matched, MatchedOf(hits[i].list, hits[i].name, hits[i].clip))
		}
	}
	if err := st.save(s); err != nil {
		return Result{}, err
	}
	d.count.frames.Add(1)
	d.count.signals.Add(uint64(len(r.Signals)))
	if len(hits) > 0 {
		d.count.matched.Add(1)
	}
	return r, nil
}

// fingerprint takes the hashes of a frame, from its pixels or as they were sent.
func (d *Detector) fingerprint(ctx context.Context, f Frame) (fingerprint, error) {
	t := mediaType(f.ContentType)
	if t == HashType {
		return readHash(f.Data)
	}
	// A hasher is also the leave to decode: it bounds memory and load however
	// many partitions are worked at once. It goes back even after a panic.
	var h *Hasher
	select {
	case h = <-d.hashers:
	case <-ctx.Done():
		return fingerprint{}, ctx.Err()
	}
	defer func() { d.hashers <- h }()
	return h.picture(t, f.Data, d.index.Kinds())
}

// look counts a frame's picture, and returns its print if it is worth one.
func (d *Detector) look(st *stream, f Frame, fp *fingerprint) *Print {
	if fp.quality < MinQuality {
		d.count.lowQuality.Add(1)
		return nil
	}
	if fp.hasBars {
		d.count.trimmed.Add(1)
	}
	if st.show(fp.base) {
		d.count.held.Add(1)
		return nil
	}
	if fp.base.Kind != hashdb.KindPDQ {
		return nil
	}
	p := &Print{Stream: f.Stream, Platform: f.Platform, Subject: f.Subject, At: f.At, Hashes: []pdq.Hash{fp.base.Bits}}
	if fp.hasBars {
		p.Hashes = append(p.Hashes, fp.trimmed)
	}
	return p
}
