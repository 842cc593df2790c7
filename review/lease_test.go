package review

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/storetest"
)

// TestOneOfSeveralHasALease: nobody else gets it while it lasts; it is renewed, given up and,
// of one that is gone, taken over.
func TestOneOfSeveralHasALease(t *testing.T) {
	where := storetest.Place(t)
	clock := &hands{at: start}
	open := func() *Store {
		s, err := Open(t.Context(), where, clock.now, DefaultPolicy())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	stores := map[string]*Store{"a": open(), "b": open()}
	try := func(holder string, want bool) {
		t.Helper()
		if got, err := stores[holder].Lease(t.Context(), "pump", holder, 10*time.Second); err != nil || got != want {
			t.Errorf("at %s %s has it: %v, %v", clock.at.Sub(start), holder, got, err)
		}
	}
	try("a", true)
	try("b", false)
	clock.at = clock.at.Add(9 * time.Second)
	try("a", true)
	clock.at = clock.at.Add(9 * time.Second) // it was renewed
	try("b", false)
	clock.at = clock.at.Add(2 * time.Second)
	try("b", true) // a is gone
	try("a", false)
	if err := stores["a"].EndLease(t.Context(), "pump", "a"); err != nil {
		t.Error(err)
	}
	try("a", false) // it was not a's to give up
	if err := stores["b"].EndLease(t.Context(), "pump", "b"); err != nil {
		t.Error(err)
	}
	try("a", true)
	if got, err := stores["b"].Lease(t.Context(), "another", "b", time.Second); err != nil || !got {
		t.Errorf("another lease: %v, %v", got, err)
	}

	// Of many that want it at once one gets it.
	for range 20 {
		clock.at = clock.at.Add(time.Minute)
		var wins atomic.Int32
		var g sync.WaitGroup
		begin := make(chan struct{})
		for i := range 8 {
			g.Go(func() {
				<-begin
				got, err := stores[[]string{"a", "b"}[i%2]].Lease(t.Context(), "pump", fmt.Sprint("c", i), 10*time.Second)
				if err != nil {
					t.Error(err)
				}
				if got {
					wins.Add(1)
				}
			})
		}
		close(begin)
		if g.Wait(); wins.Load() != 1 {
			t.Fatalf("%d of eight have it", wins.Load())
		}
	}
}
