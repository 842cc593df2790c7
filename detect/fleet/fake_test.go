package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

var errFault = errors.New("made up")

// A play is what one run of a made-up intake does: it waits, gives frames at the rate
// asked, and is over. The zero play gives frames for ever.
type play struct {
	wait   time.Duration // before the first frame
	lasts  time.Duration // frames for so long; 0: until it is stopped
	lead   time.Duration // frames say to be so far ahead of their arrival
	burst  time.Duration // so much of what was before comes at once at the start
	anew   bool          // the stream's own time begins with this run
	reason string        // "" is failed
	err    error
	length time.Duration // of a file
	cpu    time.Duration
}

// A studio is a Watcher of made-up streams.
type studio struct {
	script func(o intake.Options, n int) play // of the nth opening of this input; nil: zero plays

	start time.Time // the live streams' own time is 0
	mu    sync.Mutex
	opens []opening
	count map[string]int
	now   int // runs there are
	most  int
}

type opening struct {
	intake.Options
	at time.Time
}

func (s *studio) Watch(ctx context.Context, o intake.Options, each func(intake.Sample) error) (intake.Result, error) {
	s.mu.Lock()
	if s.count == nil {
		s.count = map[string]int{}
	}
	n := s.count[o.Input]
	s.count[o.Input]++
	s.opens = append(s.opens, opening{o, time.Now()})
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()

	var p play
	if s.script != nil {
		p = s.script(o, n)
	}
	r := intake.Result{Reason: cmp.Or(p.reason, intake.ReasonFailed), CPU: p.cpu}
	stopped := func() (intake.Result, error) {
		r.Reason = intake.ReasonStopped
		return r, nil
	}
	if !pause(ctx, p.wait) {
		return stopped()
	}
	began := time.Now()
	step := interval(o.FPS)
	file := p.length > 0 || o.Loop
	pts := began.Sub(s.start) - p.burst
	if p.anew {
		pts = -p.burst
	}
	if file {
		if pts = o.Seek.Truncate(step); pts < o.Seek {
			pts += step
		}
	}
	var last time.Time
	for first := pts; ; pts += step {
		if p.length > 0 && pts >= p.length && !o.Loop {
			r.Reason = intake.ReasonEnded
			return r, nil
		}
		if !file || o.Loop {
			comes := pts - first - p.burst
			if o.Loop {
				comes = pts - o.Seek
			}
			if !pause(ctx, time.Until(began.Add(comes))) {
				return stopped()
			}
		}
		at := time.Now().Add(p.lead)
		if r.Frames == 0 && p.lead < 0 {
			at = time.Now()
		}
		if at.Before(last) {
			at = last
		}
		if last = at; file {
			at = o.Start.Add(pts)
		}
		if p.lasts > 0 && time.Since(began) >= p.lasts || p.lasts < 0 {
			return r, p.err
		}
		if err := each(intake.Sample{Index: r.Frames, At: at, PTS: pts, JPEG: []byte("x")}); err != nil {
			if ctx.Err() != nil {
				return stopped()
			}
			return r, err
		}
		r.Frames++
	}
}

// pause reports false where ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// opened returns the openings of an input, or of all where it is empty.
func (s *studio) opened(input string) []opening {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []opening
	for _, o := range s.opens {
		if input == "" || o.Input == input {
			out = append(out, o)
		}
	}
	return out
}

// A book is a Sink that writes down what it is told, and holds it to what must be true
// of every stream at any time.
type book struct {
	fail func(Frame) error

	mu     sync.Mutex
	all    map[key][]told
	faults []string
	open   map[key]*detect.SessionRecord
	index  map[key]int
	last   map[key]time.Time // event time of the last word
	tried  map[key]time.Time // of the last frame, one that failed among them
	beat   map[key]time.Time
}

// A told is a record or a frame.
type told struct {
	state, reason string // of a record
	start, at     time.Time
	arrived       time.Time
	index         int
	pts           time.Duration
	fps           float64
	frame         bool
}

func newBook() *book {
	return &book{
		all: map[key][]told{}, open: map[key]*detect.SessionRecord{}, index: map[key]int{},
		last: map[key]time.Time{}, tried: map[key]time.Time{}, beat: map[key]time.Time{},
	}
}

func (b *book) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

func (b *book) Session(ctx context.Context, r detect.SessionRecord) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := key{r.Platform, r.Stream}
	b.all[k] = append(b.all[k], told{state: r.State, reason: r.Reason, start: r.StartedAt, at: r.At, arrived: time.Now()})
	data, err := r.Encode()
	if err != nil {
		b.fault("%s: %v", r.Stream, err)
	} else if _, err := detect.Session(data); err != nil {
		b.fault("%s: %v", r.Stream, err)
	}
	open := b.open[k]
	switch r.State {
	case detect.Started:
		if open != nil {
			b.fault("%s: a session began within another", r.Stream)
		}
		if !r.At.Equal(r.StartedAt) || r.At.Before(b.last[k]) || r.At.Equal(b.last[k]) {
			b.fault("%s: began at %s, after %s", r.Stream, r.At, b.last[k])
		}
		b.open[k], b.index[k], b.beat[k] = &r, 0, r.At
	case detect.Live:
		if open == nil || !open.StartedAt.Equal(r.StartedAt) || !r.At.Equal(b.last[k]) || !r.At.After(b.beat[k]) {
			b.fault("%s: a heartbeat of no session, or at another time than its last frame's", r.Stream)
		}
		b.beat[k] = r.At
	case detect.Ended:
		if open == nil || !open.StartedAt.Equal(r.StartedAt) || !r.At.Equal(b.tried[k]) || b.index[k] == 0 || r.Reason == "" {
			b.fault("%s: an end of no session, or at another time than its last frame's", r.Stream)
		}
		delete(b.open, k)
	}
	return nil
}

func (b *book) Frame(ctx context.Context, f Frame) error {
	k := key{f.Session.Platform, f.Session.Stream}
	b.mu.Lock()
	b.tried[k] = f.Sample.At
	b.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if b.fail != nil {
		if err := b.fail(f); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	open := b.open[k]
	if open == nil || !reflect.DeepEqual(*open, f.Session) {
		b.fault("%s: a frame of no session", f.Session.Stream)
		return nil
	}
	if f.Index != b.index[k] {
		b.fault("%s: frame %d, want %d", f.Session.Stream, f.Index, b.index[k])
	}
	if last := b.last[k]; !f.Sample.At.After(last) && f.Index > 0 || f.Sample.At.Before(f.Session.StartedAt) {
		b.fault("%s: frame %d is at %s, not after %s", f.Session.Stream, f.Index, f.Sample.At, last)
	}
	b.index[k]++
	b.last[k] = f.Sample.At
	b.all[k] = append(b.all[k], told{frame: true, index: f.Index, pts: f.Sample.PTS, start: f.Session.StartedAt, at: f.Sample.At, arrived: time.Now(), fps: f.FPS})
	return nil
}

// frames returns a stream's frames, and records its session records.
func (b *book) frames(stream string) (out []told) { return b.pick(stream, true) }

func (b *book) records(stream string) (out []told) { return b.pick(stream, false) }

func (b *book) pick(stream string, frame bool) (out []told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.all[key{"demo", stream}] {
		if w.frame == frame {
			out = append(out, w)
		}
	}
	return out
}

// story is a stream's records in words.
func (b *book) story(stream string) (out []string) {
	for _, r := range b.records(stream) {
		s := r.state
		if r.reason != "" {
			s += " " + r.reason
		}
		if s != detect.Live {
			out = append(out, s)
		}
	}
	return out
}

// between counts a stream's frames that arrived from, and before to, after start.
func (b *book) between(stream string, start time.Time, from, to time.Duration) (n int) {
	for _, f := range b.frames(stream) {
		if d := f.arrived.Sub(start); d >= from && d < to {
			n++
		}
	}
	return n
}

// A stage is a fleet in a bubble of time, and what there is to look at.
type stage struct {
	*testing.T
	*Fleet
	studio *studio
	book   *book
	start  time.Time
	events []Event
	mu     sync.Mutex
	stop   context.CancelFunc
	ended  chan error
	err    error
}

const subject = signal.Subject("sub_00000000000000000000000000000001")

// live is the spec of a made-up live stream.
func live(stream string) Spec {
	return Spec{Stream: stream, Platform: "demo", Subject: subject, Input: "rtmp://studio.invalid/" + stream}
}

// perform runs a fleet in a bubble. What is told must hold, whatever act does, and
// every goroutine must be gone at the end, or the bubble fails.
func perform(t *testing.T, o Options, script func(intake.Options, int) play, act func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{T: t, studio: &studio{script: script, start: time.Now()}, book: newBook(), start: time.Now(), ended: make(chan error, 1)}
		if o.Sink == nil {
			o.Sink = s.book
		}
		if o.Watcher == nil {
			o.Watcher = s.studio
		}
		o.Report = func(e Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		}
		f, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Fleet = f
		ctx, stop := context.WithCancel(t.Context())
		s.stop = stop
		go func() { s.ended <- f.Run(ctx) }()
		synctest.Wait()
		act(s)
		_ = s.finish()
		s.book.mu.Lock()
		defer s.book.mu.Unlock()
		if len(s.book.open) > 0 {
			t.Errorf("%d sessions were never told ended", len(s.book.open))
		}
		if s.studio.now != 0 {
			t.Errorf("%d intakes run on", s.studio.now)
		}
		for i, text := range s.book.faults {
			if i < 10 {
				t.Error(text)
			}
		}
	})
}

// finish ends Run and returns its error.
func (s *stage) finish() error {
	s.stop()
	if s.ended != nil {
		s.err = <-s.ended
		s.ended = nil
	}
	return s.err
}

func (s *stage) put(specs ...Spec) {
	s.Helper()
	for _, spec := range specs {
		if err := s.Put(spec); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *stage) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (s *stage) told(what string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.What == what {
			n++
		}
	}
	return n
}

func (s *stage) wantStory(stream string, want ...string) {
	s.Helper()
	if got := s.book.story(stream); !slices.Equal(got, want) {
		s.Errorf("the sessions of %s are %q, want %q", stream, got, want)
	}
}

func (s *stage) status(stream string) Status {
	for _, st := range s.Streams() {
		if st.Stream == stream {
			return st
		}
	}
	return Status{}
}

// silence is a studio whose streams hang after a while.
type silence struct {
	*studio
	after time.Duration
}

func (s *silence) Watch(ctx context.Context, o intake.Options, each func(intake.Sample) error) (intake.Result, error) {
	began := time.Now()
	return s.studio.Watch(ctx, o, func(sample intake.Sample) error {
		if time.Since(began) > s.after {
			<-ctx.Done()
			return ctx.Err()
		}
		return each(sample)
	})
}
