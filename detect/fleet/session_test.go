package fleet

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/intake"
)

func TestSessionBeginsWithItsFirstFrameAndIsToldToGoOn(t *testing.T) {
	script := func(intake.Options, int) play { return play{wait: 3 * time.Second, cpu: time.Second} }
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(2 * time.Second)
		if n := len(s.book.records("one")); n != 0 {
			t.Fatalf("%d records before the first frame", n)
		}
		if st := s.status("one"); st.State != StateOpening || st.Frames != 0 {
			t.Errorf("got %+v", st)
		}
		s.sleep(100*time.Second - time.Millisecond)
		records := s.book.records("one")
		if len(records) != 4 {
			t.Fatalf("%d records after 99 s of frames, want the start and three heartbeats", len(records))
		}
		for i, r := range records {
			want := detect.Live
			if i == 0 {
				want = detect.Started
			}
			if r.state != want || !r.start.Equal(s.start.Add(3*time.Second)) || r.arrived.Sub(r.at) > time.Second {
				t.Errorf("record %d: %+v", i, r)
			}
		}
		if st := s.status("one"); st.State != StateLive || st.Frames != 99 || st.FPS != 1 || st.Raised || !st.Session.Equal(s.start.Add(3*time.Second)) {
			t.Errorf("got %+v", st)
		}
		s.Remove("demo", "one")
		s.sleep(time.Second)
		s.wantStory("one", "started", "ended stopped")
		if len(s.Streams()) != 0 {
			t.Error("a stream that was taken off is still there")
		}
	})
}

func TestSessionOutlivesAnIntakeThatComesBackInTime(t *testing.T) {
	// Runs last 20 s; the first two pauses are within the grace, the source is then
	// away for two minutes.
	script := func(o intake.Options, n int) play {
		switch {
		case n < 2:
			return play{lasts: 20 * time.Second, err: errFault}
		case n == 2:
			return play{lasts: 20 * time.Second, reason: intake.ReasonStalled, err: errFault}
		case n < 5:
			return play{wait: time.Minute, lasts: -1, err: errFault}
		}
		return play{}
	}
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(70 * time.Second)
		s.wantStory("one", "started")
		if st := s.status("one"); st.Restarts != 3 || !errors.Is(st.Err, errFault) || st.State == StateLive {
			t.Errorf("got %+v", st)
		}
		s.sleep(40 * time.Second)
		s.wantStory("one", "started", "ended stalled")
		s.sleep(5 * time.Minute)
		s.wantStory("one", "started", "ended stalled", "started")
		if st := s.status("one"); st.Restarts != 5 || st.Err != nil || st.State != StateLive {
			t.Errorf("got %+v", st)
		}
	})
}

func TestWhatNeverGaveAFrameWasNoSession(t *testing.T) {
	script := func(intake.Options, int) play { return play{lasts: -1, err: errFault} }
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(time.Hour)
		if n := len(s.book.records("one")); n != 0 {
			t.Errorf("%d records", n)
		}
		// A pause grows to a minute and varies by half: some sixty in an hour.
		if n := len(s.studio.opened("")); n < 40 || n > 130 {
			t.Errorf("opened %d times in an hour", n)
		}
		opens := s.studio.opened("")
		for i, o := range opens[1:] {
			if pause := o.at.Sub(opens[i].at); pause < 500*time.Millisecond || pause > 90*time.Second+time.Second {
				t.Errorf("a pause of %s", pause)
			}
		}
	})
}

func TestBackoffStartsAnewAfterSteadyFrames(t *testing.T) {
	var steadily atomic.Bool
	script := func(_ intake.Options, n int) play {
		if steadily.Load() {
			return play{lasts: time.Minute, err: errFault}
		}
		return play{lasts: -1, err: errFault}
	}
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(30 * time.Minute)
		steadily.Store(true)
		s.sleep(30 * time.Minute)
		opens := s.studio.opened("")
		last := opens[len(opens)-5:]
		for i, o := range last[1:] {
			if pause := o.at.Sub(last[i].at) - time.Minute; pause > 2*time.Second {
				t.Errorf("a pause of %s after a minute of frames", pause)
			}
		}
	})
}

func TestListenerListensAgainAtOnce(t *testing.T) {
	script := func(intake.Options, int) play {
		return play{wait: 5 * time.Second, lasts: time.Minute, reason: intake.ReasonEnded}
	}
	perform(t, Options{}, script, func(s *stage) {
		spec := live("one")
		spec.Listen = true
		s.put(spec)
		s.sleep(10 * time.Minute)
		opens := s.studio.opened("")
		if len(opens) != 10 {
			t.Errorf("opened %d times in ten minutes", len(opens))
		}
		for i, o := range opens {
			if want := s.start.Add(time.Duration(i) * 65 * time.Second); !o.at.Equal(want) {
				t.Errorf("listens %s too late", o.at.Sub(want))
			}
			if !o.FullDecode || o.FPS != 5 || !o.Listen {
				t.Errorf("listens with %+v", o.Options)
			}
		}
		s.wantStory("one", "started") // each sender within the grace
	})
}

func TestHeartbeatStopsWhereFramesDo(t *testing.T) {
	// Frames for 40 s, and then nothing for as long as the intake bears it.
	script := func(_ intake.Options, n int) play { return play{} }
	perform(t, Options{Grace: time.Hour}, script, func(s *stage) {
		silent := &silence{studio: s.studio, after: 40 * time.Second}
		s.o.Watcher = silent
		s.put(live("one"))
		s.sleep(10 * time.Minute)
		if n := len(s.book.records("one")); n != 3 { // start, 30 s, 60 s
			t.Errorf("%d records", n)
		}
	})
}

// TestASessionEndsBehindAFrameThatWasCutOff: it may have been sent, and what it begins or
// prolongs ends with the session.
func TestASessionEndsBehindAFrameThatWasCutOff(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		var cut time.Time
		s.book.fail = func(f Frame) error {
			if f.Index < 5 {
				return nil
			}
			cut = f.Sample.At
			s.stop()
			return context.Canceled
		}
		s.put(live("one"))
		s.sleep(10 * time.Second)
		s.wantStory("one", "started", "ended stopped")
		records := s.book.records("one")
		if end := records[len(records)-1]; cut.IsZero() || !end.at.Equal(cut) {
			t.Errorf("the session ended at %s, and a frame of %s was being sent", end.at, cut)
		}
	})
}
