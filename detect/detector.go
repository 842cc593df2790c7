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
	limits  Limits
	hashers chan *pdq.Hasher
}

// New returns a Detector for the lists of index. A limit of zero is the default.
func New(index Index, limits Limits) *Detector {
	if limits.Bytes == 0 {
		limits.Bytes = DefaultLimits().Bytes
	}
	if limits.Pixels == 0 {
		limits.Pixels = DefaultLimits().Pixels
	}
	d := &Detector{index: index, limits: limits, hashers: make(chan *pdq.Hasher, runtime.GOMAXPROCS(0))}
	for range cap(d.hashers) {
		d.hashers <- pdq.New(pdq.Mode512)
	}
	return d
}

// Frame counts one frame of a stream and returns the signals that became due: a
// match each time the number of frames matched reaches a power of two. A frame
// whose id is among the stream's last maxRecent is dropped. A Rejection leaves
// the state as it was.
func (d *Detector) Frame(ctx context.Context, s State, f Frame) ([]signal.Signal, error) {
	f, err := f.check()
	if err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	seen, err := loadStream(s, f)
	if err != nil {
		return nil, err
	}
	if !seen.add(f.ID) {
		return nil, nil
	}
	fp, err := d.fingerprint(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	found, err := d.lookup(fp)
	if err != nil {
		return nil, err
	}
	var due []signal.Signal
	for _, m := range found {
		t, err := seen.track(s, f, fp, m)
		if err != nil {
			return nil, err
		}
		if t != nil && powerOfTwo(t.Frames) {
			due = append(due, t.signal(f, m, seen.frames))
		}
	}
	if err := seen.save(s); err != nil {
		return nil, err
	}
	return due, nil
}

// fingerprint takes the hashes of a frame, from its pixels or as they were sent.
func (d *Detector) fingerprint(ctx context.Context, f Frame) (fingerprint, error) {
	t := mediaType(f.ContentType)
	if t == HashType {
		return readHash(f.Data)
	}
	return d.hashPicture(ctx, t, f.Data, d.index.Kinds())
}

// lookup finds the entries near a frame's hashes, of each kind the maxTracked
// nearest at most: a list that floods must not stop the stream. A picture that is
// known to be innocent by any of its hashes matches nothing. Any failure is an
// error: a frame must not pass for clean because a list could not be read.
func (d *Detector) lookup(fp fingerprint) ([]hashdb.Match, error) {
	if fp.quality < MinQuality {
		return nil, nil
	}
	answers, err := d.index.Search(hashdb.Query{Radius: hashdb.OwnRadius}, fp.hashes...)
	if err != nil {
		return nil, fmt.Errorf("look up hashes: %w", err)
	}
	var all []hashdb.Match
	for _, a := range answers {
		if len(a.Allowed) > 0 {
			return nil, nil
		}
		all = append(all, a.Matches[:min(len(a.Matches), maxTracked)]...)
	}
	return all, nil
}

func powerOfTwo(n uint64) bool { return n > 0 && n&(n-1) == 0 }
