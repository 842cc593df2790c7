package stream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitsGrowToALimit(t *testing.T) {
	for attempt, want := range map[int]time.Duration{
		1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 8: 12800 * time.Millisecond, 9: lastWait, 1 << 30: lastWait,
	} {
		if got := waitAfter(attempt, 0); got != want {
			t.Errorf("after attempt %d: %s, want %s", attempt, got, want)
		}
		if got := waitAfter(attempt, 0.999999); got < want/2 || got > want/2+time.Millisecond {
			t.Errorf("after attempt %d with the most jitter: %s, want half of %s", attempt, got, want)
		}
	}
}

func TestForeverEndsOnSuccessOrPermanentErrorOrWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		passing := errors.New("passing")
		attempts := 0
		if err := forever(ctx, func(_ context.Context, attempt int) error {
			if attempts++; attempt != attempts {
				t.Errorf("attempt %d is called %d", attempts, attempt)
			}
			if attempt < 5 {
				return passing
			}
			return nil
		}); err != nil || attempts != 5 {
			t.Errorf("%d attempts, %v; want 5 and success", attempts, err)
		}
		if err := forever(ctx, func(context.Context, int) error { return reject("r", "bad") }); !contains(err, "bad") {
			t.Errorf("got %v, want the permanent error at once", err)
		}
		start, tries := time.Now(), 0
		if err := forever(ctx, func(context.Context, int) error { tries++; return passing }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that of the context", err)
		}
		if d := time.Since(start); tries < int(d/lastWait) || tries > 10+2*int(d/lastWait) {
			t.Errorf("%d attempts in %s", tries, d)
		}
	})
}

func TestProgressTellsWhatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &progress{loop: "l", topic: "in", partition: 2, limit: time.Minute}
		step := func(name string, wantStuck, wantNews, wantHang bool) {
			t.Helper()
			if got := p.news() != nil; got != wantNews {
				t.Errorf("%s: news %v, want %v", name, got, wantNews)
			}
			if got := p.stuck() != nil; got != wantStuck {
				t.Errorf("%s: stuck %v, want %v", name, got, wantStuck)
			}
			if got := p.hangs(time.Hour) != nil; got != wantHang {
				t.Errorf("%s: hangs %v, want %v", name, got, wantHang)
			}
		}
		step("idle", false, false, false)
		p.begin("it waits", 7)
		time.Sleep(40 * time.Second)
		p.begin("it waits", 7) // a retry
		step("within the limit", false, false, false)
		time.Sleep(21 * time.Second)
		step("beyond the limit", true, true, false)
		if err := p.stuck(); !contains(err, "l: in/2: at offset 7 for 1m1s: it waits") {
			t.Errorf("it says %v", err)
		}
		step("told once", true, false, false)
		p.done()
		step("done", false, false, false)
		p.begin("it waits", 8)
		p.call(time.Now())
		time.Sleep(2 * time.Hour)
		step("hanging", true, true, true)
		p.call(time.Time{})
		p.done()
		step("returned", false, false, false)
		p.lose(errLost)
		step("lost", true, false, false)
	})
}

func TestPermanentErrorsAreKnownByWhatTheySay(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		reason string
		is     bool
	}{
		"none":            {nil, "", false},
		"passing":         {errors.New("x"), "", false},
		"ours":            {reject("schema", "x"), "schema", true},
		"wrapped":         {errors.Join(errors.New("y"), reject("schema", "x")), "schema", true},
		"without reason":  {bare{true}, "rejected", true},
		"says it is not":  {bare{false}, "", false},
		"a context's end": {context.Canceled, "", false},
	} {
		if reason, is := permanentReason(c.err); reason != c.reason || is != c.is {
			t.Errorf("%s: got %q, %v; want %q, %v", name, reason, is, c.reason, c.is)
		}
	}
}

type bare struct{ permanent bool }

func (bare) Error() string     { return "bare" }
func (b bare) Permanent() bool { return b.permanent }
