package engine

import (
	"context"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// often fires on three transfers or more.
type often struct{ version string }

func (often) ID() string        { return "often" }
func (o often) Version() string { return o.version }
func (often) Find(v *profile.View) (Finding, bool) {
	all := v.Pick(func(*profile.Entry) bool { return true })
	return Finding{Counted: all, Says: "often", Strength: 0.5}, len(all) >= 3
}

func aTransfer(n int, at time.Time) payments.Transfer {
	tok, err := signal.NewTokenizer(make([]byte, signal.MinKey))
	if err != nil {
		panic(err)
	}
	splitter, err := split.New(tok, split.Options{})
	if err != nil {
		panic(err)
	}
	ref := string(rune('a' + n))
	return splitter.Split(&payments.Transaction{
		Institution: "BANKDEFF", Ref: ref, At: at, Amount: int64(n + 1), Currency: "EUR",
		Debtor:   payments.Party{Agent: "BANKDEFF", Proxy: "one@example.org"},
		Creditor: payments.Party{Agent: "BANKPHMM", Proxy: ref + "two@example.org"},
	})[0]
}

func TestAWithdrawnTransferTakesBackWhatItMade(t *testing.T) {
	e, err := New(Config{Typologies: []Typology{often{"1"}}})
	if err != nil {
		t.Fatal(err)
	}
	p := e.Partition()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var got []float64
	for n := range 3 {
		signals, err := p.Process(context.Background(), nil, aTransfer(n, now.Add(time.Duration(n)*time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range signals {
			got = append(got, s.Payment.Strength)
		}
	}
	gone := aTransfer(1, now.Add(5*time.Hour))
	gone.Withdrawn = true
	signals, err := p.Process(context.Background(), nil, gone)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range signals {
		got = append(got, s.Payment.Strength)
	}
	if len(got) != 2 || got[0] != 0.5 || got[1] != 0 {
		t.Fatalf("strengths %v, want 0.5 and then 0", got)
	}
}
