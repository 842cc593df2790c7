package engine

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// TestLentSignalsAreThoseThatAreKept encodes the signals of a partition that uses their
// memory again, and those of one that does not, at once and at the end.
func TestLentSignalsAreThoseThatAreKept(t *testing.T) {
	lends, keeps := newEngine(t, 0).Partition(), newEngine(t, 0).Partition()
	lends.Lend()
	encode := func(s signal.Signal) string {
		data, err := signal.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var kept []signal.Signal
	var at []string
	for _, tr := range traffic(rand.New(rand.NewPCG(3, 4)), 1500, 9, 200*days) {
		lent, err := lends.Process(context.Background(), nil, tr)
		if err != nil {
			t.Fatal(err)
		}
		own, err := keeps.Process(context.Background(), nil, tr)
		if err != nil || len(own) != len(lent) {
			t.Fatal(len(own), len(lent), err)
		}
		for i := range own {
			at = append(at, encode(lent[i]))
		}
		kept = append(kept, own...)
	}
	if len(kept) < 100 {
		t.Fatalf("only %d signals", len(kept))
	}
	for i := range kept {
		if got := encode(kept[i]); got != at[i] {
			t.Fatalf("signal %d:\n%s\n%s", i, got, at[i])
		}
	}
}
