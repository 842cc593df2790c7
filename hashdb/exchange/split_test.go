package exchange

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// TestSplit holds that the parts of a batch, applied in their order, are the batch,
// that only the last has the checkpoint, and that no part is too large.
func TestSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cut := 0
	for range 2000 {
		size := 1 + rng.IntN(6)
		b := hashdb.Batch{Source: "s", Checkpoint: hashdb.Checkpoint{Name: "n", Value: []byte("v")}}
		for i := range rng.IntN(12) {
			e := hashdb.Entry{Ref: fmt.Sprint(rng.IntN(8))}
			e.Hash.Bits[0] = byte(i)
			b.Entries = append(b.Entries, e)
		}
		for _, ref := range rng.Perm(10)[:rng.IntN(10)] {
			b.RetractRefs = append(b.RetractRefs, fmt.Sprint(ref))
		}
		parts := split(b, size)
		if len(parts) > 1 {
			cut++
		}
		var entries []hashdb.Entry
		retracted := map[string]int{}
		for i, p := range parts {
			if last := i == len(parts)-1; (p.Checkpoint.Name != "") != last || p.Source != "s" {
				t.Fatalf("part %d of %d: %+v", i, len(parts), p)
			}
			// An entry and the retraction of what was under its id before stay together.
			if n := len(p.Entries) + len(p.RetractRefs); n > max(size, 2) {
				t.Fatalf("a part of %d, want at most %d", n, size)
			}
			for _, ref := range p.RetractRefs {
				retracted[ref]++
				for _, e := range entries {
					if e.Ref == ref {
						t.Fatalf("%s is retracted after it was listed", ref)
					}
				}
			}
			entries = append(entries, p.Entries...)
		}
		if len(entries) != len(b.Entries) || len(retracted) != len(b.RetractRefs) {
			t.Fatalf("%d entries and %d retractions of %d and %d", len(entries), len(retracted), len(b.Entries), len(b.RetractRefs))
		}
		for i := range entries {
			if entries[i].Hash != b.Entries[i].Hash {
				t.Fatal("the order changed")
			}
		}
		for ref, n := range retracted {
			if n != 1 {
				t.Fatalf("%s is retracted %d times", ref, n)
			}
		}
	}
	if cut < 500 {
		t.Fatalf("only %d batches were cut", cut)
	}
}
