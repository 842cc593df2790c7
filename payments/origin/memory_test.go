package origin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// TestMemoryIsAState holds that a ledger says the same with it as with a store, for as
// long as it remembers.
func TestMemoryIsAState(t *testing.T) {
	taken, refused := 0, 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		ledger, memory, other := New(30), NewMemory(30), store{}
		for i := range 400 {
			day := i / 15
			var record payments.Record
			message := fmt.Sprintf("M-%d", r.IntN(8)+day/4*8)
			if ref := fmt.Sprintf("R-%d", r.IntN(300)); r.IntN(4) > 0 {
				record = paid(ref, func(p *payments.Transaction) {
					p.At = now.AddDate(0, 0, day)
					p.References.Message = message
					p.References.EndToEnd = []string{"NOTPROVIDED", "RENT", ref}[r.IntN(3)]
				})
			} else {
				record = rejected([]payments.References{
					{UETR: "U-" + ref}, {Transaction: ref}, {EndToEnd: "RENT"}, {Message: message}, {EndToEnd: ref, Transaction: ref},
				}[r.IntN(5)], func(w *payments.Withdrawal) {
					w.At, w.Whole = now.AddDate(0, 0, day), w.References.Message != ""
				})
			}
			var data []byte
			if record.Withdrawal != nil {
				_, data, _ = OfWithdrawal(record.Withdrawal)
			} else {
				_, data, _ = OfTransaction(record.Transaction, ends(record.Transaction))
			}
			got, err := ledger.Process(context.Background(), memory, data)
			want, wantErr := ledger.Process(context.Background(), other, data)
			if reason(err) != reason(wantErr) || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, record %d: %+v, %v; want %+v, %v", seed, i, got, err, want, wantErr)
			}
			taken += len(got.Withdrawn)
			if rejection := new(signal.Rejection); errors.As(err, &rejection) {
				refused++
			}
		}
	}
	if taken < 200 || refused < 20 {
		t.Errorf("only %d are taken back and %d refused", taken, refused)
	}
}

// TestMemoryForgets holds that it does not grow for ever, and keeps what it must.
func TestMemoryForgets(t *testing.T) {
	ledger, memory := New(30), NewMemory(30)
	most := 0
	for day := range 400 {
		for i := range 3 {
			record := paid(fmt.Sprintf("R-%d-%d", day, i), func(p *payments.Transaction) {
				p.At, p.References.EndToEnd = now.AddDate(0, 0, day), p.Ref
			})
			_, data, err := OfTransaction(record.Transaction, ends(record.Transaction))
			if err == nil {
				_, err = ledger.Process(context.Background(), memory, data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		n := len(memory.young.of) + len(memory.old.of)
		for _, k := range []kept{memory.young, memory.old} {
			for _, m := range k.messages {
				n += len(m)
			}
		}
		most = max(most, n)
		if day < 30 {
			continue
		}
		w := rejected(payments.References{Transaction: fmt.Sprintf("R-%d-0", day-29)}, func(w *payments.Withdrawal) { w.At = now.AddDate(0, 0, day) })
		_, data, _ := OfWithdrawal(w.Withdrawal)
		if result, err := ledger.Process(context.Background(), memory, data); err != nil || len(result.Withdrawn) != 2 {
			t.Fatalf("day %d: a payment of 29 days ago is not taken back: %+v, %v", day, result, err)
		}
	}
	if most > 61*3*6 {
		t.Errorf("up to %d are kept of 400 days of 3 payments", most)
	}
}
