package verify

import (
	"errors"
	"testing"
)

// TestFromReadsTheEntriesBehindAnIndex, over the ends of bundles, each once and in order.
func TestFromReadsTheEntriesBehindAnIndex(t *testing.T) {
	const size = 600
	k := newKeeper(t)
	dir := k.write(t, someEntries(t, size))
	for _, from := range []uint64{0, 1, 255, 256, 257, 511, 599, 600, 10_000} {
		at := from
		err := From(t.Context(), dir, k.verifier, from, func(index uint64, e Entry) error {
			if index != at || e.Validate() != nil {
				t.Fatalf("from %d: entry %d, want %d", from, index, at)
			}
			at++
			return nil
		})
		if want := max(from, size); err != nil || at != want {
			t.Errorf("from %d: up to %d, %v", from, at, err)
		}
	}
	stop := errors.New("stop")
	if err := From(t.Context(), dir, k.verifier, 0, func(uint64, Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the reader's error is %v", err)
	}
	if err := From(t.Context(), newKeeper(t).write(t, someEntries(t, 1)), k.verifier, 0, func(uint64, Entry) error { return nil }); err == nil {
		t.Error("a log of another key is read")
	}
}
