package review

import (
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
}
