package flood

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// TestAThousandCasesAreNeverOpened: an entry that matches in 5,000 streams within a
// minute leaves none standing, whatever the order, and a release gives them all back.
func TestAThousandCasesAreNeverOpened(t *testing.T) {
	const floods, limit = 5000, 20
	for _, shuffled := range []bool{false, true} {
		r := newRoom(t, Options{})
		var in []signal.Signal
		for i := range floods {
			at := time.Duration(i) * time.Minute / floods
			in = append(in, match(i, 1, at))
			if i%3 == 0 {
				in = append(in, match(i, 2, at+time.Second))
			}
			if i%7 == 0 {
				in = append(in, segment(i, 1, 1, at+2*time.Second))
			}
		}
		if shuffled {
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		}
		unheld := map[string]bool{}
		for _, s := range in {
			for _, out := range r.match(s).Signals {
				if !out.Match.Held {
					unheld[out.Match.Stream] = true
				}
			}
			if n := r.receive.stands(); len(r.told) > 0 && n > 0 {
				t.Fatalf("%d signals stand though the entry is quarantined", n)
			}
		}
		if len(unheld) != limit {
			t.Errorf("%d streams were passed on, want %d", len(unheld), limit)
		}
		if n := r.receive.stands(); n != 0 {
			t.Errorf("%d signals stand", n)
		}
		first := r.told[0]
		if first.State != Quarantined || first.Streams != limit+1 || first.Limit != limit || first.HashKind != "pdq" || first.ListVersion != "v1" {
			t.Errorf("the first record is %+v", first)
		}
		if n := len(r.told); n > 12 {
			t.Errorf("the operator was told %d times", n)
		}
		signals := floods + (floods+6)/7
		if q := r.last(); q.Held < signals/2 || q.Held > signals || q.NotKept != 0 {
			t.Errorf("the last record counts %d of %d held", q.Held, signals)
		}

		r.verdict(verdict(true, time.Hour))
		if n := r.receive.stands(); n != signals {
			t.Errorf("%d of %d signals stand after the release", n, signals)
		}
		if q := r.last(); q.State != Released || q.Held != signals || q.Streams != floods {
			t.Errorf("the release says %d signals of %d streams", q.Held, q.Streams)
		}
		for i := range floods {
			want := uint64(1)
			if i%3 == 0 {
				want = 2
			}
			if got := r.receive[match(i, 1, 0).ID].Match.FramesMatched; got != want {
				t.Fatalf("stream %d was given back with revision %d, want %d", i, got, want)
			}
		}
		if len(r.state) != 1 {
			t.Errorf("%d keys are left, want the head alone", len(r.state))
		}
	}
}

func TestFewStreamsPass(t *testing.T) {
	r := newRoom(t, Options{Streams: 3})
	for n := range 50 { // of three streams, with many segments and repeats
		for stream := range 3 {
			s := segment(stream, n, 1, time.Duration(n)*time.Minute)
			if out := r.match(s); len(out.Signals) != 1 || out.Held || out.Signals[0].Revision != 4 || out.Signals[0].Match.Held {
				t.Fatalf("got %+v", out)
			}
			if out := r.match(s); len(out.Signals) != 0 || out.Held || out.Quarantine != nil {
				t.Fatalf("a repeat gives %+v", out)
			}
		}
	}
	if len(r.told) != 0 {
		t.Errorf("told %+v", r.told)
	}
}

func TestTheWindowIsOfEventTime(t *testing.T) {
	for name, test := range map[string]struct {
		at   []time.Duration // of one stream each
		want bool            // a quarantine
	}{
		"within":              {[]time.Duration{0, 20 * time.Minute, 40 * time.Minute, time.Hour - 1}, true},
		"one just out":        {[]time.Duration{0, 20 * time.Minute, 40 * time.Minute, time.Hour}, false},
		"one between":         {[]time.Duration{0, time.Hour, 40 * time.Minute, 20 * time.Minute}, false},
		"slowly, without end": {[]time.Duration{0, 20 * time.Minute, 40 * time.Minute, 60 * time.Minute, 80 * time.Minute, 100 * time.Minute}, false},
		"in reverse":          {[]time.Duration{time.Hour - 1, 40 * time.Minute, 20 * time.Minute, 0}, true},
		"late, in the past":   {[]time.Duration{72 * time.Hour, 0, 1, 2, 3}, true},
		"a clock ahead":       {[]time.Duration{24 * time.Hour, 0, 25 * time.Hour, 1, 24*time.Hour + 1, 2, 25*time.Hour + 1, 3}, true},
	} {
		r := newRoom(t, Options{Streams: 3})
		for i, at := range test.at {
			r.match(match(i, 1, at))
		}
		if got := len(r.told) > 0; got != test.want {
			t.Errorf("%s: quarantined is %t", name, got)
		}
	}
}

func TestWhatWasPassedBeforeTheWindowStandsUntilItGoesOn(t *testing.T) {
	r := newRoom(t, Options{Streams: 2})
	r.match(match(1, 1, 0))
	r.match(match(2, 1, 0))
	for i := 10; i < 13; i++ {
		r.match(match(i, 1, 5*time.Hour))
	}
	if r.last().State != Quarantined || r.last().Withdrawn != 2 || r.receive.stands() != 2 {
		t.Fatalf("%d stand, and %+v", r.receive.stands(), r.last())
	}
	out := r.match(match(1, 2, 6*time.Hour)) // goes on
	if len(out.Signals) != 1 || out.Signals[0].Revision != 9 || !out.Signals[0].Match.Held || !out.Held {
		t.Fatalf("got %+v", out)
	}
	if r.receive.stands() != 1 {
		t.Errorf("%d stand", r.receive.stands())
	}
	r.verdict(verdict(false, 7*time.Hour)) // now the last is withdrawn as well
	if r.receive.stands() != 0 || r.last().Withdrawn != 4 || len(r.state) != 1 {
		t.Errorf("%d stand, %d keys, and %+v", r.receive.stands(), len(r.state), r.last())
	}
}

// TestALowerLimitHolds: what stands when the limit is lowered is withdrawn once.
func TestALowerLimitHolds(t *testing.T) {
	r := newRoom(t, Options{Streams: 5})
	for i := range 3 {
		r.match(match(i, 1, 0))
	}
	r.gate = New(Options{Streams: 2})
	out := r.match(match(0, 2, 0))
	if q := r.last(); len(out.Signals) != 3 || q.Held != 3 || q.Withdrawn != 3 || q.Streams != 3 || r.receive.stands() != 0 {
		t.Errorf("%d signals, %d stand, and %+v", len(out.Signals), r.receive.stands(), q)
	}
}

func TestRevisionsAreOrdered(t *testing.T) {
	r := newRoom(t, Options{Streams: 1})
	pass := r.match(match(1, 5, 0)).Signals[0]
	held := r.match(match(2, 1, 0)).Signals[0]
	readable(t, pass)
	readable(t, held)
	again := r.match(match(1, 4, 0)) // overtaken
	back := r.verdict(verdict(true, time.Minute)).Signals
	if pass.Revision != 20 || held.Revision != 21 || len(again.Signals) != 0 || len(back) != 2 || back[0].Revision != 22 || back[1].Revision != 6 {
		t.Errorf("revisions %d, %d, %+v", pass.Revision, held.Revision, back)
	}
	if held.ID != pass.ID || back[0].ID != pass.ID || !held.Match.Held || back[0].Match.Held {
		t.Errorf("withdrawn %+v, given back %+v", held, back[0])
	}
	if held.Says == pass.Says || back[0].Says != pass.Says {
		t.Errorf("says %q, %q, %q", pass.Says, held.Says, back[0].Says)
	}
	if next := r.match(match(1, 6, 0)).Signals; len(next) != 1 || next[0].Revision != 24 {
		t.Errorf("the next is %+v", next)
	}
}

func TestALongSentenceStays(t *testing.T) {
	r := newRoom(t, Options{Streams: 1})
	s := match(1, 1, 0)
	s.Says = strings.Repeat("ü", maxSays)
	r.match(s)
	out := r.match(match(2, 1, 0)).Signals
	if len(out) != 1 || out[0].Says != s.Says {
		t.Fatalf("got %+v", out)
	}
	readable(t, out[0])
}

func TestThereIsALimitToWhatIsHeld(t *testing.T) {
	r := newRoom(t, Options{Streams: 2, MaxHeld: 5})
	notKept := 0
	for i := range 20 {
		if r.match(match(i, 1, 0)).NotKept {
			notKept++
		}
	}
	if notKept != 15 || r.last().NotKept != 8 || r.last().Held != 5 { // told at a power of two
		t.Errorf("%d not kept, and %+v", notKept, r.last())
	}
	out := r.verdict(verdict(true, time.Minute))
	if q := r.last(); len(out.Signals) != 5 || q.NotKept != 15 || q.Held != 5 || q.Streams != 5 {
		t.Errorf("%d given back, and %+v", len(out.Signals), r.last())
	}
	if out := r.match(match(19, 2, time.Minute)); len(out.Signals) != 1 || out.Signals[0].Match.Held {
		t.Errorf("a stream that goes on after the release gives %+v", out)
	}
}

func TestWhatCannotBeTaken(t *testing.T) {
	for reason, change := range map[string]func(*signal.Signal){
		"signal-kind":     func(s *signal.Signal) { s.Match = nil },
		"signal-id":       func(s *signal.Signal) { s.ID = "x" },
		"signal-revision": func(s *signal.Signal) { s.Revision = maxRevision + 1 },
		"signal-time":     func(s *signal.Signal) { s.End = s.End.AddDate(300, 0, 0) },
	} {
		s, state := match(1, 1, 0), memory{}
		change(&s)
		_, err := New(Options{}).Match(t.Context(), state, s)
		wantReason(t, err, reason)
		if len(state) != 0 {
			t.Errorf("%s: the state was changed", reason)
		}
	}
	var s signal.Signal
	if Key(s) != "" || Key(match(1, 1, 0)) != verdict(true, 0).Key() {
		t.Error("the key of a match is not that of a verdict on its entry")
	}
	s = match(1, maxRevision, 0)
	if got := newRoom(t, Options{}).match(s).Signals[0].Revision; got != 4*maxRevision || got+3 > 1<<53 || maxRevision > math.MaxUint64/4 {
		t.Errorf("revision %d", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := New(Options{}).Match(ctx, memory{}, s); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheSignalIsNotChanged(t *testing.T) {
	r := newRoom(t, Options{Streams: 1})
	one, other := match(1, 1, 0), match(2, 1, 0)
	one.Match.Held = true // nobody before the gate may say so
	if out := r.match(one).Signals; len(out) != 1 || out[0].Match.Held {
		t.Errorf("got %+v", out)
	}
	r.match(other)
	if !one.Match.Held || other.Match.Held || one.Revision != 1 || other.Revision != 1 {
		t.Error("the caller's signal was changed")
	}
}

func BenchmarkMatch(b *testing.B) {
	for name, held := range map[string]bool{"passed": false, "held": true} {
		b.Run(name, func(b *testing.B) {
			r := newRoom(b, Options{})
			if held {
				for i := range 21 {
					r.match(match(i, 1, 0))
				}
			}
			n := uint64(1)
			for b.Loop() {
				n++
				if _, err := r.gate.Match(b.Context(), r.state, match(int(n)%20, n, time.Second)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
