package engine

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// TestDraftsAreWrittenAsTheirSignals encodes the drafts of one partition, whose memory is
// used again, and the signals of another.
func TestDraftsAreWrittenAsTheirSignals(t *testing.T) {
	lends, keeps := newEngine(t, 0).Partition(), newEngine(t, 0).Partition()
	var enc signal.Encoder
	n := 0
	for _, tr := range traffic(rand.New(rand.NewPCG(3, 4)), 1500, 9, 200*days) {
		drafts, err := lends.Drafts(context.Background(), nil, &tr)
		if err != nil {
			t.Fatal(err)
		}
		signals, err := keeps.Process(context.Background(), nil, tr)
		if err != nil || len(signals) != len(drafts) {
			t.Fatal(len(signals), len(drafts), err)
		}
		for i := range drafts {
			n++
			got, err := enc.AppendDraft(nil, &drafts[i])
			if err != nil {
				t.Fatal(err)
			}
			want, err := signal.Encode(signals[i])
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Fatalf("signal %d:\n%s\n%s", n, got, want)
			}
		}
	}
	if n < 100 {
		t.Fatalf("only %d signals", n)
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
		if _, err := borrows.Drafts(context.Background(), borrowed, lent); err != nil {
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
