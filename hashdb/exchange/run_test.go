package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/model"
)

// TestRun follows a source whose outcomes are given and compares when it was asked.
func TestRun(t *testing.T) {
	down := errors.New("down")
	type wait struct{ least, most time.Duration }
	vary := wait{9 * time.Minute, 11 * time.Minute}
	for _, test := range []struct {
		name     string
		outcomes []error // Of each sync.
		waits    []wait  // After each.
	}{
		{"good", []error{nil, nil, nil}, []wait{vary, vary, vary}},
		{"down", []error{down, down, down, down, down, down, down, down, nil, down},
			[]wait{
				{7 * time.Second, 23 * time.Second}, {15 * time.Second, 45 * time.Second}, {30 * time.Second, 90 * time.Second},
				{60 * time.Second, 180 * time.Second}, {2 * time.Minute, 6 * time.Minute}, {4 * time.Minute, 10 * time.Minute},
				{5 * time.Minute, 10 * time.Minute}, {5 * time.Minute, 10 * time.Minute}, vary, {7 * time.Second, 23 * time.Second},
			}},
		{"asks to wait", []error{&exchange.StatusError{Code: 429, After: time.Hour}}, []wait{{time.Hour, time.Hour}}},
		{"wrapped", []error{fmt.Errorf("x: %w", &exchange.StatusError{Code: 503, After: time.Hour})}, []wait{{time.Hour, time.Hour}}},
		{"refused", []error{&exchange.StatusError{Code: 401}, &exchange.StatusError{Code: 403}}, []wait{vary, vary}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				source := &scripted{}
				var asked []time.Time
				source.begun = func() {
					source.fail = nil
					if n := len(asked); n < len(test.outcomes) {
						source.fail = test.outcomes[n]
					}
					asked = append(asked, time.Now())
				}
				var done int
				s := syncer(t, configs("a"), exchange.SyncerOptions{Store: &model.Store{}, Open: always(source), Locks: dir, Now: time.Now,
					Done: func(exchange.Outcome) { done++ }})
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
				defer cancel()
				start := time.Now()
				s.Run(ctx)
				if time.Since(start) != 3*time.Hour {
					t.Errorf("Run ended after %s", time.Since(start))
				}
				if len(asked) <= len(test.waits) || done != len(asked) || !asked[0].Equal(start) {
					t.Fatalf("asked %d times at %v, told of %d", len(asked), asked, done)
				}
				for i, w := range test.waits {
					// The variation of an interval may be cut, and times of success have whole seconds.
					if d := asked[i+1].Sub(asked[i]); d < w.least || d > w.most {
						t.Errorf("after sync %d it waited %s, want %s to %s", i+1, d, w.least, w.most)
					}
				}
			})
		})
	}
}

// TestRunGoesOn holds that a new process waits for what is left of the interval, and
// that what another process did counts.
func TestRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := &model.Store{}
		var asked atomic.Int32
		source := &scripted{begun: func() { asked.Add(1) }}
		o := exchange.SyncerOptions{Store: store, Open: always(source), Locks: dir, Now: time.Now}
		other := syncer(t, configs("a"), o)
		if _, err := other.Sync(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Minute)
		s := syncer(t, configs("a"), o)
		ctx, cancel := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { s.Run(ctx) })
		synctest.Wait()
		if next := s.Status()[0].Next; time.Until(next).Round(time.Second) != 6*time.Minute {
			t.Errorf("next in %s", time.Until(next))
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if _, err := other.Sync(t.Context(), "a"); err != nil { // Just before.
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times, want no more than the other process did", n)
		}
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if n := asked.Load(); n != 3 {
			t.Errorf("asked %d times", n)
		}
		cancel()
		run.Wait()
		if !s.Status()[0].Next.IsZero() {
			t.Error("a next sync is planned after the end")
		}
	})
}

// TestRunStops holds that a stop ends a sync under way at once.
func TestRunStops(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		open := func(exchange.SourceConfig, func(error)) (exchange.Source, error) { return hanging{}, nil }
		s := syncer(t, configs("a", "b", "c"), exchange.SyncerOptions{Store: &model.Store{}, Open: open, Locks: dir, Now: time.Now})
		var run sync.WaitGroup
		run.Go(func() { s.Run(ctx) })
		synctest.Wait()
		for _, st := range s.Status() {
			if !st.Running {
				t.Errorf("%s does not run", st.Source)
			}
		}
		start := time.Now()
		cancel()
		run.Wait()
		if d := time.Since(start); d > 0 {
			t.Errorf("it took %s to stop", d)
		}
		for _, st := range s.Status() {
			if st.Running || st.Err != nil {
				t.Errorf("got %+v", st)
			}
		}
	})
}

// hanging is an owner that never answers.
type hanging struct{}

func (hanging) Sync(ctx context.Context, _ []byte, _ func(hashdb.Batch) error) error {
	<-ctx.Done()
	return ctx.Err()
}
