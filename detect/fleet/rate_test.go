package fleet

import (
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

func payment(strength float64) signal.Signal {
	now := time.Now().UTC()
	return signal.Signal{ID: "p", Kind: signal.KindPayment, Subject: subject, Start: now, End: now,
		Payment: &signal.Payment{Typology: "P05", Role: signal.Recipient, Strength: strength}}
}

func match(stream string, held bool) signal.Signal {
	now := time.Now().UTC()
	return signal.Signal{ID: "m-" + stream, Kind: signal.KindMatch, Subject: subject, Start: now.Add(-5 * time.Second), End: now,
		Match: &signal.Match{Stream: stream, Platform: "demo", FramesMatched: 1, FramesSeen: 9, Held: held}}
}

func flag(stream string) signal.Signal {
	now := time.Now().UTC()
	return signal.Signal{ID: "f-" + stream, Kind: signal.KindFlag, Subject: subject, Start: now, End: now,
		Flag: &signal.Flag{Stream: stream, Platform: "demo", Reason: "made up"}}
}

// gaps returns the longest and the shortest step between a stream's frames that arrived
// from, and before to, after the start.
func (s *stage) gaps(stream string, from, to time.Duration) (longest, shortest time.Duration) {
	var last time.Time
	for _, f := range s.book.frames(stream) {
		if d := f.arrived.Sub(s.start); d < from || d >= to {
			continue
		}
		if !last.IsZero() {
			step := f.at.Sub(last)
			longest = max(longest, step)
			if shortest == 0 || step < shortest {
				shortest = step
			}
		}
		last = f.at
	}
	return longest, shortest
}

// TestPaymentRaisesTheRunningStreamWithinTwoSeconds: make before break, up and down,
// of sources that agree about the time and of sources that do not.
func TestPaymentRaisesTheRunningStreamWithinTwoSeconds(t *testing.T) {
	policy := DefaultPolicy()
	policy.Quiet = 2 * time.Minute
	const late = 700 * time.Millisecond
	for name, c := range map[string]struct {
		play func(n int) play
		// twice: pictures may come twice, since nothing tells them apart.
		twice bool
		step  time.Duration // the longest in event time
	}{
		"a prompt source": {play: func(int) play { return play{wait: late} }, step: 1700 * time.Millisecond},
		"a playlist that begins with a burst": {
			play: func(int) play { return play{wait: late, burst: 18 * time.Second} }, step: 1700 * time.Millisecond,
		},
		"a server that counts time anew": {
			play: func(int) play { return play{wait: late, anew: true} }, twice: true, step: 1700 * time.Millisecond,
		},
		"a server that counts time anew, after a burst": {
			play: func(int) play { return play{wait: late, burst: 3 * time.Second, anew: true} }, twice: true, step: 1700 * time.Millisecond,
		},
		"the first ahead of the second": {
			play: func(n int) play { return play{wait: late, lead: time.Duration(6-2*n) * time.Second} }, step: 1700 * time.Millisecond,
		},
		"the second ahead of the first": {
			play: func(n int) play { return play{wait: late, lead: time.Duration(3*n-6) * time.Second} }, step: 7 * time.Second,
		},
	} {
		script := func(_ intake.Options, n int) play { return c.play(n) }
		t.Run(name, func(t *testing.T) {
			perform(t, Options{Policy: policy}, script, func(s *stage) {
				s.put(live("one"), live("two"))
				other := live("three")
				other.Subject = "sub_00000000000000000000000000000003"
				s.put(other)
				s.sleep(20300 * time.Millisecond)
				if _, ok := s.Signal(payment(1)); ok {
					t.Error("a payment preserves something")
				}
				s.sleep(30 * time.Second)
				for _, stream := range []string{"one", "two"} {
					if n := s.book.between(stream, s.start, 22300*time.Millisecond, 32300*time.Millisecond); n < 48 || n > 52 {
						t.Errorf("%s: %d frames in the ten seconds that begin 2 s after the signal, want 50", stream, n)
					}
					if st := s.status(stream); !st.Raised || st.FPS != 5 || st.Why != signal.KindPayment || st.Restarts != 0 {
						t.Errorf("got %+v", st)
					}
				}
				if n := s.book.between("three", s.start, 22300*time.Millisecond, 32300*time.Millisecond); n != 10 {
					t.Errorf("another subject's stream gave %d frames in ten seconds", n)
				}
				s.sleep(90 * time.Second)
				down := 20300*time.Millisecond + 2*time.Minute
				s.sleep(time.Minute)
				for _, stream := range []string{"one", "two"} {
					if n := s.book.between(stream, s.start, down+3*time.Second, down+23*time.Second); n < 19 || n > 21 {
						t.Errorf("%s: %d frames in twenty seconds after the quiet time, want 20", stream, n)
					}
					if st := s.status(stream); st.Raised || st.FPS != 1 || st.Why != "" {
						t.Errorf("got %+v", st)
					}
					// Nothing lost, and nothing twice, on either way.
					longest, _ := s.gaps(stream, 8*time.Second, down+23*time.Second)
					if longest > c.step {
						t.Errorf("%s: a step of %s in event time", stream, longest)
					}
					frames := s.book.frames(stream)
					for i, f := range frames[1:] {
						step := f.pts - frames[i].pts
						if !c.twice && (step < 100*time.Millisecond || step > 1700*time.Millisecond) {
							t.Errorf("%s: a step of %s of the stream's own time", stream, step)
						}
						if step := f.arrived.Sub(frames[i].arrived); step > 1700*time.Millisecond {
							t.Errorf("%s: nothing for %s", stream, step)
						}
					}
					if n := len(s.studio.opened("rtmp://studio.invalid/" + stream)); n != 3 {
						t.Errorf("%s: opened %d times, want 3", stream, n)
					}
					s.wantStory(stream, "started")
				}
			})
		})
	}
}

// TestAStreamToComeIsRaisedForWhatItWas: a flag that names no stream concerns the next one
// too, and is what the status and the metrics say.
func TestAStreamToComeIsRaisedForWhatItWas(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		s.Signal(flag(""))
		s.put(live("one"))
		s.sleep(time.Second)
		if st := s.status("one"); !st.Raised || st.Why != signal.KindFlag {
			t.Errorf("got %+v", st)
		}
	})
}

// TestWhatWasSaidBeforeIsHeard: a fleet that is started anew hears what was said while
// another watched, and the quiet time goes from then.
func TestWhatWasSaidBeforeIsHeard(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		now := time.Now()
		s.Heard(flag("one"), now.Add(-9*time.Minute))
		s.Heard(flag("two"), now.Add(-11*time.Minute))
		s.put(live("one"), live("two"), live("three"))
		s.sleep(30 * time.Second)
		for stream, want := range map[string]bool{"one": true, "two": false, "three": false} {
			if st := s.status(stream); st.Raised != want {
				t.Errorf("%s: %+v", stream, st)
			}
		}
		s.sleep(40 * time.Second)
		if st := s.status("one"); st.Raised {
			t.Errorf("raised for longer than the quiet time: %+v", st)
		}
		// An older word, heard later, shortens nothing.
		s.Signal(flag("two"))
		s.Heard(flag("two"), now)
		s.Remove("demo", "two")
		s.sleep(time.Second)
		s.put(live("two"))
		s.sleep(9*time.Minute + 30*time.Second)
		if st := s.status("two"); !st.Raised {
			t.Errorf("an older word shortened the newer: %+v", st)
		}
	})
}

func TestFurtherReasonsProlongARaiseAndDoNotReopen(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		s.put(live("one"), live("two"))
		s.sleep(10 * time.Second)
		for range 100 { // Every revision of a match is a signal.
			s.Signal(match("one", false))
			s.sleep(10 * time.Second)
		}
		if st := s.status("one"); !st.Raised || st.Why != signal.KindMatch {
			t.Errorf("got %+v", st)
		}
		if st := s.status("two"); st.Raised {
			t.Error("a match raised a stream that it does not name")
		}
		if n := len(s.studio.opened("rtmp://studio.invalid/one")); n != 2 {
			t.Errorf("opened %d times", n)
		}
		s.sleep(9*time.Minute + 49*time.Second)
		if !s.status("one").Raised {
			t.Error("lowered before the quiet time is over")
		}
		s.sleep(2 * time.Second)
		if s.status("one").Raised {
			t.Error("raised after the quiet time")
		}
		if s.told(EventRaised) != 1 || s.told(EventLowered) != 1 {
			t.Errorf("raised %d times, lowered %d times", s.told(EventRaised), s.told(EventLowered))
		}
	})
}

func TestWhatRaisesAndWhatDoesNot(t *testing.T) {
	p := DefaultPolicy()
	p.RaiseOn.Match.Frames = 2
	p.RaiseOn.Payment = &PaymentRule{Strength: 0.5, Typologies: []string{"P02", "P05", "P08"}, Roles: []signal.Role{signal.Recipient}}
	broad := p
	broad.RaiseOn.Flag = &FlagRule{Subject: true}
	none := p
	none.RaiseOn = RaiseOn{}
	many := match("one", false)
	many.Match.FramesMatched = 2
	heldMany := match("one", true)
	heldMany.Match.FramesMatched = 2
	p01, sender := payment(1), payment(1)
	p01.Payment.Typology = "P01"
	sender.Payment.Role = signal.Sender
	for name, c := range map[string]struct {
		policy   Policy
		signal   signal.Signal
		one, two bool
	}{
		"too few frames":       {p, match("one", false), false, false},
		"frames enough":        {p, many, true, false},
		"held":                 {p, heldMany, false, false},
		"a match, no rule":     {none, many, false, false},
		"a flag":               {p, flag("one"), true, false},
		"a flag, broadly":      {broad, flag("one"), true, true},
		"a flag of no stream":  {p, flag(""), true, true},
		"of a stream unknown":  {p, flag("none"), false, false},
		"a payment":            {p, payment(0.5), true, true},
		"a weak payment":       {p, payment(0.49), false, false},
		"a withdrawn payment":  {p, payment(0), false, false},
		"a payment, no rule":   {none, payment(1), false, false},
		"another typology":     {p, p01, false, false},
		"the other end":        {p, sender, false, false},
		"a session's own word": {p, signal.Signal{Kind: signal.KindSession, Subject: subject, Session: &signal.Session{Stream: "one", Platform: "demo"}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			perform(t, Options{Policy: c.policy}, nil, func(s *stage) {
				s.put(live("one"), live("two"))
				s.sleep(5 * time.Second)
				s.Signal(c.signal)
				s.sleep(time.Second)
				if one, two := s.status("one").Raised, s.status("two").Raised; one != c.one || two != c.two {
					t.Errorf("raised %v and %v, want %v and %v", one, two, c.one, c.two)
				}
			})
		})
	}
}

func TestStreamThatBeginsAfterItsSubjectWasPaidIsRaised(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		s.Signal(payment(1))
		s.sleep(9 * time.Minute)
		s.put(live("one"))
		s.sleep(10 * time.Second)
		if st := s.status("one"); !st.Raised || st.Why != signal.KindPayment {
			t.Errorf("got %+v", st)
		}
		if n := len(s.studio.opened("")); n != 1 {
			t.Errorf("opened %d times, want once at the raised rate", n)
		}
		s.sleep(time.Minute)
		if s.status("one").Raised {
			t.Error("the quiet time began anew with the stream")
		}
	})
}

func TestPushedStreamIsThinnedAndRaisedWithTheNextFrame(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		spec := live("one")
		spec.Listen = true
		s.put(spec)
		s.sleep(20100 * time.Millisecond)
		if n := len(s.book.frames("one")); n != 21 {
			t.Errorf("%d frames in 20 s, want 21", n)
		}
		if longest, shortest := s.gaps("one", 0, 20*time.Second); longest != time.Second || shortest != time.Second {
			t.Errorf("steps from %s to %s, want even ones", shortest, longest)
		}
		s.Signal(payment(1))
		s.sleep(time.Second)
		if n := len(s.book.frames("one")); n != 26 {
			t.Errorf("%d frames a second after the signal, want 26", n)
		}
		s.sleep(10 * time.Minute)
		before := len(s.book.frames("one"))
		s.sleep(10 * time.Second)
		if n := len(s.book.frames("one")) - before; n != 10 {
			t.Errorf("%d frames in ten seconds after the quiet time", n)
		}
		if n := len(s.studio.opened("")); n != 1 {
			t.Errorf("opened %d times", n)
		}
		for _, f := range s.book.frames("one") {
			if f.fps != 1 && f.fps != 5 {
				t.Fatalf("a frame at %v", f.fps)
			}
		}
	})
}

func TestARateThatCannotBeChangedLeavesTheStreamAsItIs(t *testing.T) {
	// The source bears one viewer: the second is refused for a minute.
	script := func(o intake.Options, n int) play {
		if o.FPS == 5 && n < 6 {
			return play{lasts: -1, err: errFault}
		}
		return play{}
	}
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(10 * time.Second)
		s.Signal(flag("one"))
		s.sleep(2 * time.Minute)
		s.wantStory("one", "started")
		if longest, _ := s.gaps("one", 0, 2*time.Minute); longest > time.Second {
			t.Errorf("%s without a frame", longest)
		}
		if opens := s.studio.opened(""); len(opens) != 7 || opens[6].FPS != 5 {
			t.Errorf("opened %d times", len(opens))
		}
		if n := s.book.between("one", s.start, 100*time.Second, 110*time.Second); n != 50 {
			t.Errorf("%d frames in ten seconds", n)
		}
	})
}

func TestTheStreamEndsWhileItsRateChanges(t *testing.T) {
	script := func(o intake.Options, n int) play {
		if n == 0 {
			return play{lasts: 10500 * time.Millisecond, err: errFault}
		}
		return play{wait: 5 * time.Second}
	}
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(10 * time.Second)
		s.Signal(flag("one"))
		s.sleep(time.Minute)
		s.wantStory("one", "started")
		if n := len(s.studio.opened("")); n != 2 {
			t.Errorf("opened %d times", n)
		}
		// A reason that passes while the next one opens.
		s.sleep(20 * time.Minute)
		if st := s.status("one"); st.FPS != 1 || st.State != StateLive {
			t.Errorf("got %+v", st)
		}
	})
}

func TestARaiseWhileTheStreamOpens(t *testing.T) {
	script := func(intake.Options, int) play { return play{wait: 3 * time.Second} }
	perform(t, Options{}, script, func(s *stage) {
		s.put(live("one"))
		s.sleep(time.Second)
		s.Signal(flag("one"))
		s.sleep(time.Second)
		if n := len(s.studio.opened("")); n != 1 {
			t.Errorf("opened %d times before the first frame", n)
		}
		s.sleep(30 * time.Second)
		if n := s.book.between("one", s.start, 10*time.Second, 20*time.Second); n != 50 {
			t.Errorf("%d frames in ten seconds", n)
		}
	})
}

// TestFeedsThatTellTheTimeDifferentlyJoin: the line of frames goes on evenly behind the
// seam.
func TestFeedsThatTellTheTimeDifferentlyJoin(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	end := tail{at: now.Add(5 * time.Second), pts: time.Hour, fps: 1}
	fd := &feed{fps: 1}
	var got []time.Duration
	for i := range 4 {
		at := now.Add(time.Duration(i) * time.Second)
		if at, ok := fd.join(intake.Sample{At: at, PTS: time.Duration(i) * time.Second}, end, at, false); ok {
			got = append(got, at.Sub(end.at))
			end.at = at
		}
	}
	if want := []time.Duration{500 * time.Millisecond, time.Second, time.Second}; !slices.Equal(got, want) {
		t.Errorf("steps of %v, want %v", got, want)
	}
}

func TestWindowToPreserve(t *testing.T) {
	perform(t, Options{}, nil, func(s *stage) {
		s.put(live("one"))
		s.sleep(time.Minute)
		m := match("one", false)
		w, ok := s.Signal(m)
		want := Window{"demo", "one", m.Start.Add(-time.Minute), m.End.Add(time.Minute),
			Why{Signal: "m-one", Kind: signal.KindMatch, Policy: "p1"}}
		if !ok || w != want {
			t.Errorf("got %+v, want %+v", w, want)
		}
		if _, ok := s.Signal(flag("one")); !ok {
			t.Error("a flag preserves nothing")
		}
		if _, ok := s.Signal(match("one", true)); ok {
			t.Error("a held match preserves")
		}
		if _, ok := s.Signal(match("none", false)); ok {
			t.Error("a stream of no concern here is to be preserved")
		}
		s.Remove("demo", "one")
		s.sleep(10 * time.Minute)
		if _, ok := s.Signal(match("one", false)); !ok {
			t.Error("what a stream taken off showed at last is not preserved")
		}
		s.sleep(6 * time.Minute)
		if _, ok := s.Signal(match("one", false)); ok {
			t.Error("a stream long gone is to be preserved")
		}
	})
}
