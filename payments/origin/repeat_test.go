package origin

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/vigil-stream/vigil/payments"
)

// TestRepeatsLeaveNoTrace holds that the whole state, with what a partition says of
// itself, is a function of the records that came, however often each came.
func TestRepeatsLeaveNoTrace(t *testing.T) {
	swept, waits := 0, uint64(0)
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 5))
		ledger, once, often := New(10), store{}, store{}
		var lately [][]byte
		do := func(s store, data []byte) (Result, error) { return ledger.Process(context.Background(), s, data) }
		for i := range 2000 {
			day := i / 100
			ref := fmt.Sprintf("R-%d", i-r.IntN(200))
			var data []byte
			if r.IntN(8) > 0 {
				record := paid(fmt.Sprintf("R-%d", i), func(p *payments.Transaction) {
					p.At, p.References.Message = now.AddDate(0, 0, day), fmt.Sprintf("M-%d", i/100)
					p.References.EndToEnd = []string{"NOTPROVIDED", p.Ref}[r.IntN(2)]
				})
				_, data, _ = OfTransaction(record.Transaction, ends(record.Transaction))
			} else {
				w := rejected([]payments.References{{UETR: "U-" + ref}, {Transaction: ref}, {EndToEnd: ref}, {Message: fmt.Sprintf("M-%d", i/100)}}[r.IntN(4)],
					func(w *payments.Withdrawal) { w.At, w.Whole = now.AddDate(0, 0, day), w.References.Message != "" })
				_, data, _ = OfWithdrawal(w.Withdrawal)
			}
			want, err := do(once, data)
			got, gotErr := do(often, data)
			if reason(err) != reason(gotErr) || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, record %d: %+v, %v; want %+v, %v", seed, i, got, gotErr, want, err)
			}
			if err != nil {
				continue
			}
			if lately = append(lately, data); len(lately) > 100 {
				lately = lately[1:]
			}
			for r.IntN(3) == 0 {
				again, err := do(often, lately[r.IntN(len(lately))])
				if err != nil || len(again.Passed)+len(again.Withdrawn) > 0 {
					t.Fatalf("seed %d: what came again leads to %+v, %v", seed, again, err)
				}
			}
		}
		if !reflect.DeepEqual(once, often) {
			for key, value := range once {
				if string(often[key]) != string(value) {
					t.Errorf("seed %d: %q is %x, want %x", seed, key, often[key], value)
					break
				}
			}
			t.Fatalf("seed %d: the state of %d keys differs from that of %d", seed, len(often), len(once))
		}
		p := &process{State: once}
		if err := p.begin(0); err != nil {
			t.Fatal(err)
		}
		swept, waits = swept+int(p.about.bucket), waits+p.about.waits
	}
	if swept < 50 || waits < 20 {
		t.Errorf("%d buckets were swept, %d withdrawals wait", swept, waits)
	}
}
