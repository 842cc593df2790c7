package fleet

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

func numbered(n int) []Spec {
	specs := make([]Spec, n)
	for i := range specs {
		specs[i] = live(fmt.Sprintf("s%03d", i))
	}
	return specs
}

func TestReloadTouchesOnlyWhatChanged(t *testing.T) {
	tokens := func(platform, account string) signal.Subject {
		return signal.Subject(fmt.Sprintf("sub_%032x", len(platform)+len(account)))
	}
	perform(t, Options{Subject: tokens}, nil, func(s *stage) {
		specs := numbered(4)
		specs[0].Subject, specs[0].Account = "", "alice"
		set := func(specs []Spec) {
			t.Helper()
			if err := s.Set(specs); err != nil {
				t.Fatal(err)
			}
		}
		set(specs)
		s.sleep(10 * time.Second)
		set(slices.Clone(specs))
		s.put(specs...)
		s.sleep(10 * time.Second)
		if n := len(s.studio.opened("")); n != 4 {
			t.Errorf("opened %d times, want 4", n)
		}
		if st := s.status("s000"); st.Subject != tokens("demo", "alice") {
			t.Errorf("got %+v", st)
		}
		if s.slots[key{"demo", "s000"}].want.Account != "" {
			t.Error("an account is kept")
		}

		changed := slices.Clone(specs[:3])
		changed[1].Input += "/elsewhere"
		changed = append(changed, live("new"))
		set(changed)
		s.sleep(10 * time.Second)
		s.wantStory("s000", "started")
		s.wantStory("s001", "started", "ended stopped", "started")
		s.wantStory("s002", "started")
		s.wantStory("s003", "started", "ended stopped")
		s.wantStory("new", "started")
		if n := len(s.studio.opened("")); n != 6 {
			t.Errorf("opened %d times, want 6", n)
		}

		stop := specs[2]
		s.put(Spec{Stream: stop.Stream, Platform: stop.Platform, State: Stop})
		s.put(Spec{Stream: "unknown", Platform: "demo", State: Stop})
		s.put(stop) // back before it is gone
		s.sleep(10 * time.Second)
		s.wantStory("s002", "started", "ended stopped", "started")
		set(nil)
		s.sleep(time.Second)
		if n := len(s.Streams()); n != 0 {
			t.Errorf("%d streams are left", n)
		}
		if n := len(s.slots) + len(s.streams) + s.wanted; n != 0 {
			t.Errorf("%d traces of streams are left", n)
		}
	})
}

func TestSetAndPutRefuse(t *testing.T) {
	perform(t, Options{MaxStreams: 3}, nil, func(s *stage) {
		if err := s.Set(numbered(4)); !errors.Is(err, ErrFull) {
			t.Errorf("got %v", err)
		}
		twice := append(numbered(2), numbered(1)...)
		nameless := live("x")
		nameless.Subject, nameless.Account = "", "alice"
		err := s.Set(append(twice, Spec{Stream: "y"}, nameless))
		for _, want := range []string{`stream "s000": is there twice`, `stream "y": platform:`, "nothing to tokenise"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %s", err, want)
			}
		}
		if len(s.Streams()) != 0 {
			t.Error("what was refused is watched")
		}
		s.put(numbered(3)...)
		if err := s.Put(live("more")); !errors.Is(err, ErrFull) {
			t.Errorf("got %v", err)
		}
		changed := live("s001")
		changed.Input += "/elsewhere"
		s.put(changed)
		s.Remove("demo", "s000")
		s.put(live("more"))
		s.sleep(10 * time.Second)
		s.wantStory("more", "started")
		if err := s.Put(live("again")); !errors.Is(err, ErrFull) {
			t.Errorf("got %v", err)
		}
	})
	if _, err := New(Options{}); err == nil {
		t.Error("a fleet without a Sink")
	}
	if _, err := New(Options{Sink: newBook(), Grace: -1, BackoffMin: time.Hour}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("got %v", err)
	}
}

func TestStartsAreSpreadAndALoneOneIsNot(t *testing.T) {
	policy := DefaultPolicy()
	policy.Quiet = time.Minute
	perform(t, Options{Policy: policy}, nil, func(s *stage) {
		s.put(numbered(50)...)
		s.sleep(2100 * time.Millisecond)
		first := s.studio.opened("")[0].Input // any of the fifty
		s.Signal(flag(path.Base(first)))
		s.sleep(time.Millisecond)
		if n := len(s.studio.opened(first)); n != 2 {
			t.Error("a raise waits for those that start")
		}
		s.sleep(30 * time.Second)
		opens := s.studio.opened("")
		opens = slices.DeleteFunc(opens, func(o opening) bool { return o.FPS == 5 })
		if len(opens) != 50 || !opens[0].at.Equal(s.start) {
			t.Fatalf("%d opened", len(opens))
		}
		for i, o := range opens[1:] {
			if step := o.at.Sub(opens[i].at); step != 250*time.Millisecond {
				t.Fatalf("a step of %s", step)
			}
		}
		s.put(live("late"))
		s.sleep(time.Millisecond)
		if n := len(s.studio.opened("")); n != 52 {
			t.Error("a stream that comes alone has to wait")
		}
		// Fifty that go down at once do not do so in one second.
		for i := range 50 {
			s.Signal(flag(fmt.Sprintf("s%03d", i)))
		}
		s.sleep(time.Minute + 5*time.Second)
		if n := len(s.studio.opened("")); n < 101+15 || n > 101+25 {
			t.Errorf("%d opened five seconds after fifty were to be lowered", n-101)
		}
	})
}

func TestFileIsReadOnceAndToItsEnd(t *testing.T) {
	file := func(intake.Options, int) play { return play{length: time.Hour} }
	spec := live("one")
	spec.Input = "clip.mp4"
	perform(t, Options{UntilDone: true}, file, func(s *stage) {})
	perform(t, Options{}, file, func(s *stage) {
		s.put(spec)
		s.sleep(time.Minute)
		s.put(spec)
		s.sleep(time.Minute)
		s.wantStory("one", "started", "ended ended")
		if n := len(s.book.frames("one")); n != 3600 || len(s.studio.opened("")) != 1 {
			t.Errorf("%d frames", n)
		}
		if st := s.status("one"); st.State != StateDone || st.Restarts != 0 {
			t.Errorf("got %+v", st)
		}
		if o := s.studio.opened("")[0]; o.Realtime || o.Loop || o.FullDecode {
			t.Errorf("read with %+v", o.Options)
		}
		if err := s.finish(); err != nil {
			t.Error(err)
		}
	})
}

func TestRunEndsWhereAllIsDone(t *testing.T) {
	script := func(o intake.Options, n int) play {
		if o.Input == "broken.mp4" {
			return play{lasts: -1, err: errFault}
		}
		return play{length: time.Minute, wait: time.Minute}
	}
	for _, broken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f, err := New(Options{Sink: newBook(), Watcher: &studio{script: script, start: time.Now()}, UntilDone: true})
			if err != nil {
				t.Fatal(err)
			}
			one, two := live("one"), live("two")
			one.Input, two.Input = "clip.mp4", "clip.mp4"
			if broken {
				two.Input = "broken.mp4"
			}
			if err := f.Set([]Spec{one, two}); err != nil {
				t.Fatal(err)
			}
			err = f.Run(t.Context())
			if broken != errors.Is(err, errFault) || broken && !strings.Contains(err.Error(), `"two"`) {
				t.Errorf("got %v", err)
			}
			if err := f.Run(t.Context()); err == nil {
				t.Error("ran twice")
			}
			if n := len(f.Streams()); n != 2 {
				t.Errorf("%d streams to tell of", n)
			}
		})
	}
}

// TestALoneStreamEndsTheFleet: one live stream that is to be done at some time.
func TestALoneStreamEndsTheFleet(t *testing.T) {
	for name, c := range map[string]struct {
		script func(intake.Options, int) play
		story  []string
		err    error
		after  time.Duration // at the latest
	}{
		"ended": {func(_ intake.Options, n int) play {
			if n == 2 {
				return play{lasts: time.Minute, reason: intake.ReasonEnded}
			}
			return play{lasts: -1, err: errFault}
		}, []string{"started", "ended ended"}, nil, 2 * time.Minute},
		"came back": {func(_ intake.Options, n int) play {
			if n%5 == 0 && n < 50 {
				return play{lasts: time.Minute, reason: intake.ReasonEnded}
			}
			return play{lasts: -1, err: errFault}
		}, []string{"started", "ended ended"}, nil, time.Hour},
		"unreachable": {func(intake.Options, int) play { return play{lasts: -1, err: errFault} }, nil, errFault, 20 * time.Second},
		"broke": {func(_ intake.Options, n int) play {
			if n == 0 {
				return play{lasts: time.Minute, err: errFault}
			}
			return play{lasts: -1, err: errFault}
		}, []string{"started", "ended failed"}, errFault, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			perform(t, Options{UntilDone: true, Grace: 20 * time.Second}, c.script, func(s *stage) {
				if err := <-s.ended; err != nil { // Nothing was wanted.
					t.Fatal(err)
				}
				f, err := New(s.o)
				if err != nil {
					t.Fatal(err)
				}
				s.Fleet = f
				s.put(live("one"))
				s.start = time.Now()
				err = f.Run(s.Context())
				s.ended <- nil
				if !errors.Is(err, c.err) || (err != nil) != (c.err != nil) {
					t.Errorf("got %v, want %v", err, c.err)
				}
				s.wantStory("one", c.story...)
				if took := time.Since(s.start); took > c.after {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// TestFileGoesOnWhereItWas: a change of rate and a failure in the middle neither lose a
// frame nor give one twice.
func TestFileGoesOnWhereItWas(t *testing.T) {
	perform(t, Options{}, func(o intake.Options, n int) play {
		return play{length: 100 * time.Second}
	}, func(s *stage) {
		broken := &breaking{studio: s.studio, at: map[int]int{0: 10, 1: 17}}
		s.o.Watcher = broken
		broken.raise = func() { s.Signal(flag("one")) }
		spec := live("one")
		spec.Input = "clip.mp4"
		s.put(spec)
		s.sleep(time.Minute)
		s.wantStory("one", "started", "ended ended")
		frames := s.book.frames("one")
		step := time.Second
		for i, f := range frames[1:] {
			if d := f.at.Sub(frames[i].at); d != step {
				if step = 200 * time.Millisecond; d != step {
					t.Fatalf("a step of %s at %s", d, f.at.Sub(frames[0].at))
				}
			}
		}
		if opens := s.studio.opened(""); len(opens) != 3 || opens[1].Seek != 10*time.Second-800*time.Millisecond || opens[2].Seek <= opens[1].Seek {
			t.Errorf("sought to %v", opens)
		}
		if last := frames[len(frames)-1].at.Sub(frames[0].at); last != 99800*time.Millisecond || step == time.Second {
			t.Errorf("the last frame is at %s", last)
		}
	})
}

func TestASinkThatFailsEndsTheFleet(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		s.book.fail = func(f Frame) error {
			if f.Session.Stream == "s001" && f.Index == 30 {
				return errFault
			}
			return nil
		}
		s.put(numbered(3)...)
		s.sleep(time.Minute)
		select {
		case s.err = <-s.ended:
			s.ended = nil
		default:
			t.Fatal("Run goes on")
		}
		if !errors.Is(s.err, errFault) || !strings.Contains(s.err.Error(), `stream "s001": frame 30`) {
			t.Errorf("got %v", s.err)
		}
		s.wantStory("s000", "started", "ended stopped")
		s.wantStory("s001", "started", "ended failed")
	})
}

func TestNoFFmpegEndsTheFleet(t *testing.T) {
	script := func(intake.Options, int) play {
		return play{lasts: -1, err: fmt.Errorf("watch: %w", intake.ErrNoFFmpeg)}
	}
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(time.Second)
		if err := s.finish(); !errors.Is(err, intake.ErrNoFFmpeg) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAHundredStreamsLeaveNothingBehind(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		for range 3 {
			if err := s.Set(numbered(100)); err != nil {
				t.Fatal(err)
			}
			s.sleep(time.Minute)
			if s.studio.now != 100 {
				t.Errorf("%d run", s.studio.now)
			}
			if err := s.Set(nil); err != nil {
				t.Fatal(err)
			}
			s.sleep(time.Second)
			if s.studio.now != 0 || len(s.slots) != 0 {
				t.Errorf("%d run on, and %d places are kept", s.studio.now, len(s.slots))
			}
		}
	})
}
