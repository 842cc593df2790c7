package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// ErrFull says that the fleet watches as many streams as it may.
var ErrFull = errors.New("the fleet is full")

// A Fleet watches the streams that are wanted. Its methods may be called at once from
// many goroutines, before Run and while it runs.
type Fleet struct {
	o    Options
	gate *gate

	mu      sync.Mutex
	running context.Context // of Run; nil before it
	quit    context.CancelFunc
	closed  bool  // Run is on its way out, and nothing starts any more
	fatal   error // that ended Run
	slots   map[key]*slot
	wanted  int // of them
	streams map[signal.Subject]map[*slot]bool
	raised  *recent[signal.Subject] // subjects, so that a stream to come is raised too
	named   *recent[key]            // and streams by their names, likewise
	gone    *recent[key]            // streams that were here until a moment ago
	tending sync.WaitGroup
}

// linger is how long the frames of a stream that was taken off may still be asked for:
// a match is told later than it was seen.
const linger = 15 * time.Minute

// maxRecent bounds what is remembered beyond the streams that are wanted.
const maxRecent = 100_000

// New returns a fleet that watches nothing yet.
func New(o Options) (*Fleet, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return &Fleet{
		o:       o,
		gate:    &gate{every: o.StartEvery},
		slots:   map[key]*slot{},
		streams: map[signal.Subject]map[*slot]bool{},
		raised:  newRecent[signal.Subject](maxRecent),
		named:   newRecent[key](maxRecent),
		gone:    newRecent[key](maxRecent),
	}, nil
}

// A slot is the place of one stream. Its goroutine runs one keeper after another, as
// what is wanted of the stream changes, so that no two of them ever overlap.
type slot struct {
	key  key
	poke chan struct{} // the level may have changed

	// Of Fleet.mu:
	want *Spec              // nil: the stream is taken off
	stop context.CancelFunc // ends the present keeper
	done bool               // the present keeper came to an end by itself

	mu     sync.Mutex
	until  time.Time   // until then raised
	why    signal.Kind // by what
	status Status
}

// Set makes specs the whole of what is wanted: streams begin, end, and begin again where
// something about them changed; the others are not touched. After an error nothing has
// changed.
func (f *Fleet) Set(specs []Spec) error {
	var wrong []error
	wanted := map[key]Spec{}
	for _, s := range specs {
		s, err := f.prepare(s)
		switch _, twice := wanted[s.key()]; {
		case err != nil:
			wrong = append(wrong, err)
		case twice:
			wrong = append(wrong, fmt.Errorf("stream %.64q: is there twice", s.Stream))
		case s.State != Stop:
			wanted[s.key()] = s
		}
	}
	if len(wanted) > f.o.MaxStreams {
		wrong = append(wrong, fmt.Errorf("%w: %d streams, and the limit is %d", ErrFull, len(wanted), f.o.MaxStreams))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("fleet: %w", errors.Join(wrong...))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, s := range f.slots {
		if _, ok := wanted[k]; !ok {
			f.change(s, nil)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(wanted), key.compare) {
		f.put(wanted[k])
	}
	return nil
}

// Put adds a stream, changes it, or takes it off where State is Stop. What is as it was
// is not touched. An error that is ErrFull may pass; any other says what is wrong with
// the spec.
func (f *Fleet) Put(spec Spec) error {
	spec, err := f.prepare(spec)
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	if spec.State == Stop {
		f.Remove(spec.Platform, spec.Stream)
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.slots[spec.key()]; (s == nil || s.want == nil) && f.wanted >= f.o.MaxStreams {
		return fmt.Errorf("fleet: %w: the limit is %d streams", ErrFull, f.o.MaxStreams)
	}
	f.put(spec)
	return nil
}

// Remove takes a stream off; one that is not there is no error.
func (f *Fleet) Remove(platform, stream string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.slots[key{platform, stream}]; s != nil {
		f.change(s, nil)
	}
}

// prepare checks a spec and puts a token in place of its account.
func (f *Fleet) prepare(s Spec) (Spec, error) {
	if err := s.Check(); err != nil {
		return s, err
	}
	if s.State == Watch {
		s.State = ""
	}
	if s.Account != "" && s.State != Stop {
		if f.o.Subject == nil {
			return s, fmt.Errorf("stream %.64q: account: there is nothing to tokenise it with", s.Stream)
		}
		s.Subject, s.Account = f.o.Subject(s.Platform, s.Account), ""
	}
	return s, nil
}

func (f *Fleet) put(spec Spec) {
	s := f.slots[spec.key()]
	if s == nil {
		s = &slot{key: spec.key(), poke: make(chan struct{}, 1), stop: func() {}}
		s.status = Status{Platform: spec.Platform, Stream: spec.Stream, State: StateWaiting, Since: f.o.Now().UTC()}
		f.slots[s.key] = s
		f.change(s, &spec)
		f.start(s)
		return
	}
	f.change(s, &spec)
}

// change sets what is wanted of a stream and ends what runs of it, if that is another.
func (f *Fleet) change(s *slot, want *Spec) {
	if want == s.want || (want != nil && s.want != nil && *want == *s.want) {
		return
	}
	now := f.o.Now()
	if s.want != nil {
		f.wanted--
		of := f.streams[s.want.Subject]
		if delete(of, s); len(of) == 0 {
			delete(f.streams, s.want.Subject)
		}
	}
	if want != nil {
		f.wanted++
		if f.streams[want.Subject] == nil {
			f.streams[want.Subject] = map[*slot]bool{}
		}
		f.streams[want.Subject][s] = true
		if r, ok := f.raised.get(want.Subject, now); ok {
			s.raise(r.until, r.why)
		}
		if r, ok := f.named.get(s.key, now); ok {
			s.raise(r.until, r.why)
		}
	} else {
		f.gone.put(s.key, remembered{until: now.Add(linger)}, now)
	}
	s.want, s.done = want, false
	s.stop()
}

func (f *Fleet) start(s *slot) {
	if f.running == nil || f.closed {
		return
	}
	f.tending.Add(1)
	go f.tend(s)
}

// tend runs a slot's keepers until the stream is taken off or the fleet ends.
func (f *Fleet) tend(s *slot) {
	defer f.tending.Done()
	for {
		f.mu.Lock()
		if s.want == nil {
			delete(f.slots, s.key)
		}
		if s.want == nil || f.running.Err() != nil {
			f.finish()
			f.mu.Unlock()
			return
		}
		ctx, stop := context.WithCancel(f.running)
		s.stop = stop
		spec := *s.want
		f.mu.Unlock()

		err := newKeeper(f, s, spec).run(ctx)

		f.mu.Lock()
		if err != nil {
			if f.fatal == nil {
				f.fatal = fmt.Errorf("fleet: stream %.64q: %w", spec.Stream, err)
			}
			f.quit()
		} else if ctx.Err() == nil {
			s.done = true
			f.finish()
		}
		f.mu.Unlock()
		<-ctx.Done()
		stop()
	}
}

// finish ends Run where nothing is left to do and that is wanted.
func (f *Fleet) finish() {
	if !f.o.UntilDone {
		return
	}
	for _, s := range f.slots {
		if !s.done {
			return
		}
	}
	f.quit()
}

// Run watches the streams until ctx ends, a Sink fails or there is no ffmpeg to run;
// with UntilDone also until all are done. When it returns, every session is told ended
// and every intake is gone. The error is nil where ctx ended, what failed otherwise; with
// UntilDone it also names the streams that were given up. It runs once.
func (f *Fleet) Run(ctx context.Context) error {
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	f.mu.Lock()
	if f.running != nil {
		f.mu.Unlock()
		return errors.New("fleet: runs already, or did")
	}
	f.running, f.quit = ctx, quit
	for _, k := range slices.SortedFunc(maps.Keys(f.slots), key.compare) {
		if s := f.slots[k]; s.want == nil {
			delete(f.slots, k)
		} else {
			f.start(s)
		}
	}
	f.finish()
	f.mu.Unlock()

	<-ctx.Done()
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.tending.Wait()

	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fatal != nil || !f.o.UntilDone {
		return f.fatal
	}
	var failed []error
	for _, k := range slices.SortedFunc(maps.Keys(f.slots), key.compare) {
		if st := f.slots[k].shown(); st.State == StateFailed {
			failed = append(failed, fmt.Errorf("fleet: stream %.64q: %w", st.Stream, st.Err))
		}
	}
	return errors.Join(failed...)
}

// locked lets many write to one writer.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
