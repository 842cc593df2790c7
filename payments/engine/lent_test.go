package engine

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
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

// TestNothingOfALentTransferIsKept gives one partition transfers that lie in memory which is
// written over after each, and another one their own.
func TestNothingOfALentTransferIsKept(t *testing.T) {
	borrows, owns := newEngine(t, 0).Partition(), newEngine(t, 0).Partition()
	borrowed, owned := store{}, store{}
	var d payments.Decoder
	var memory []byte
	for _, tr := range traffic(rand.New(rand.NewPCG(5, 6)), 3000, 20, 90*days) {
		for _, names := range [][]string{tr.Names, tr.OtherNames} {
			for i := range names {
				names[i] = signal.ID("name", names[i]) // a token, as the schema wants it
			}
		}
		tr.ID = payments.TransferID(tr.Institution, tr.Ref, tr.Role)
		data, err := payments.EncodeTransfer(tr)
		if err != nil {
			t.Fatal(err)
		}
		memory = append(memory[:0], data...)
		lent, err := d.Decode(memory)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := borrows.Process(context.Background(), borrowed, *lent); err != nil {
			t.Fatal(err)
		}
		for i := range memory {
			memory[i] = 'x'
		}
		if _, err := owns.Process(context.Background(), owned, tr); err != nil {
			t.Fatal(err)
		}
	}
	if borrowed.dump() != owned.dump() {
		t.Error("the states differ")
	}
	if owns.hot.used == 0 {
		t.Error("no profile is kept decoded")
	}
	for i := range borrows.hot.list {
		prof, subject := borrows.hot.list[i].prof, borrows.hot.list[i].key.token.Subject()
		if prof == nil {
			continue
		}
		var v profile.View
		if got := prof.View(&v, -1).Subject; got != subject {
			t.Fatalf("subject %s is %s", subject, got)
		}
	}
}
