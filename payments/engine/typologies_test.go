package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// TestTypologiesSayTheSameOfDisturbedInput asks those that are shipped: what they find
// must be of the transfers alone, and not of the order in which they came.
func TestTypologiesSayTheSameOfDisturbedInput(t *testing.T) {
	rules := typology.DefaultRules()
	r := rand.New(rand.NewPCG(9, 9))
	fired := make(map[string]bool)
	for round := range 12 {
		in := suspicious(r, 250)
		want := latest(t, rules, in)
		for _, s := range want {
			fired[s.Payment.Typology] = true
		}
		again := slices.Concat(in, in[:len(in)/10])
		for i := range again { // late by up to 36 hours
			j := i + r.IntN(min(8, len(again)-i))
			if d := again[j].At.Sub(again[i].At); d < 36*time.Hour && d > -36*time.Hour || i >= len(in) {
				again[i], again[j] = again[j], again[i]
			}
		}
		if got := latest(t, rules, again); !reflect.DeepEqual(got, want) {
			for id, w := range want {
				if !reflect.DeepEqual(got[id], w) {
					t.Errorf("round %d: %s differs:\n%+v %+v\n%+v %+v", round, w.Payment.Typology, got[id], got[id].Payment, w, w.Payment)
				}
			}
			t.Fatalf("round %d: %d signals, want %d", round, len(got), len(want))
		}
	}
	if len(fired) < 8 {
		t.Errorf("only %v fired", slices.Sorted(maps.Keys(fired)))
	}
}

func latest(t *testing.T, rules typology.Rules, in []payments.Transfer) map[string]signal.Signal {
	t.Helper()
	e, err := engine.New(engine.Config{Typologies: typology.All(rules), Marks: rules.Marks()})
	if err != nil {
		t.Fatal(err)
	}
	p := e.Partition()
	out := make(map[string]signal.Signal)
	for _, tr := range in {
		signals, err := p.Process(t.Context(), nil, tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range signals {
			s.Revision = 0
			out[s.ID] = s
		}
	}
	maps.DeleteFunc(out, func(_ string, s signal.Signal) bool { return s.Payment.Strength == 0 })
	return out
}

// suspicious makes transfers of a few subjects that have something of everything.
func suspicious(r *rand.Rand, n int) []payments.Transfer {
	at := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	var out []payments.Transfer
	for i := range n {
		at = at.Add(time.Duration(r.IntN(20)) * time.Hour / 2)
		tr := payments.Transfer{
			ID: signal.ID("t", fmt.Sprint(i, r.Uint64())), Subject: signal.Subject("sub_" + signal.ID("s", fmt.Sprint(r.IntN(3)))),
			Role: []signal.Role{signal.Sender, signal.Recipient}[r.IntN(2)], Other: signal.Subject("sub_" + signal.ID("o", fmt.Sprint(r.IntN(9)))),
			Institution: "BANKDEFF", Ref: fmt.Sprint("R", i), At: at, Amount: int64(20+10*r.IntN(15)) * 100, Currency: "EUR",
			Country: "DE", OtherCountry: pick("PH", "PH", "PH", "DE"), Names: []string{"a"}, OtherNames: []string{pick("b", "b", "b", "a")},
			Rail: payments.Rail(pick("remittance", "e-wallet", "virtual-asset", "gift-card")), Night: payments.Answer(pick("yes", "no")),
			OtherNight: payments.Answer(pick("yes", "no")), OtherTown: signal.ID("town", pick("1", "2")), Funding: payments.Funding(pick("cash", "prepaid")),
			Classes: []payments.Class{payments.Class(pick("school", "medical", "social-handle"))}, PaidOutAfter: 60,
		}
		tr.Base = tr.Amount
		if r.IntN(4) == 0 {
			tr.Bought, tr.Tourists, tr.Exposures = payments.Purchase(pick("vpn", "screen-capture", "travel")), payments.No, []string{"mixer:direct"}
		}
		out = append(out, tr)
	}
	return out
}
