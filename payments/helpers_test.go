package payments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// now is when the newest of the tests' payments were made.
var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func tokenizer(t testing.TB) *signal.Tokenizer {
	t.Helper()
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// store is a State in memory.
type store map[string][]byte

func (s store) Get(key []byte) ([]byte, error) { return s[string(key)], nil }
func (s store) Set(key, value []byte) error    { s[string(key)] = bytes.Clone(value); return nil }
func (s store) Delete(key []byte) error        { delete(s, string(key)); return nil }

func (s store) dump() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s=%x\n", k, s[k])
	}
	return b.String()
}

// fullTransaction has every field that a pacs.008 carries both ways.
func fullTransaction() Transaction {
	return Transaction{
		Institution: "DEMODEFFXXX", Ref: "REF-1", At: now, Amount: 50_00, Currency: "EUR",
		Debtor: Party{
			Name: "Anton Testmann", Country: "DE", Agent: "DEMODEFFXXX", IBAN: "DE89370400440532013000",
			Mobile: "+49-1700000001",
		},
		Creditor: Party{
			Name: "Maria Muster & Co", Country: "PH", Agent: "Demo Wallet", Account: "12345", Issuer: "demo-live", Proxy: "maria@example.org",
			Phone: "+63-21234567", Email: "muster@example.org",
		},
		Remittance: []string{"school <uniform>", "second line"}, Purpose: "EDUC",
	}
}

// reasons lists the reason of every Rejection in an error, in order, and fails
// where there is anything else.
func reasons(t testing.TB, err error) []string {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, reasons(t, e)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	var rejection *signal.Rejection
	if !errors.As(err, &rejection) || !rejection.Permanent() {
		t.Fatalf("%v is no Rejection", err)
	}
	return []string{rejection.Reason()}
}

// process runs transfers through a profiler over one store, and returns the
// newest revision of every signal.
func process(t testing.TB, s State, transfers []Transfer) map[string]signal.Signal {
	t.Helper()
	p := NewProfiler(DefaultRules())
	latest := make(map[string]signal.Signal)
	for _, tr := range transfers {
		signals, err := p.Process(context.Background(), s, tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, sig := range signals {
			data, err := signal.Encode(sig)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := signal.Decode(data); err != nil {
				t.Fatalf("a signal does not fit its schema: %v\n%s", err, data)
			}
			if sig.Revision <= latest[sig.ID].Revision {
				t.Fatalf("%s: revision %d after %d", sig.Payment.Typology, sig.Revision, latest[sig.ID].Revision)
			}
			latest[sig.ID] = sig
		}
	}
	return latest
}

// A payment is a transaction of the tests' small world: from one person to
// another, abroad unless said otherwise.
type payment struct {
	from, to string
	daysAgo  float64
	amount   string
	text     string
	// fromCountry and toCountry are DE and PH where empty.
	fromCountry, toCountry string
	currency               string // EUR where empty
}

func (p payment) transaction(t testing.TB, n int) Transaction {
	t.Helper()
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	currency := or(p.currency, "EUR")
	amount, err := ParseAmount(p.amount, currency)
	if err != nil {
		t.Fatal(err)
	}
	return Transaction{
		Institution: "DEMODEFFXXX", Ref: fmt.Sprintf("R%d", n), Amount: amount, Currency: currency,
		At:         now.Add(-time.Duration(p.daysAgo * float64(day))).Truncate(time.Second),
		Debtor:     Party{Name: p.from, Country: or(p.fromCountry, "DE"), Agent: "DEMODEFFXXX"},
		Creditor:   Party{Name: p.to, Country: or(p.toCountry, "PH"), Agent: "DEMOPHMMXXX"},
		Remittance: []string{p.text},
	}
}

// transfersOf splits payments, oldest or not, into transfers of one role.
func transfersOf(t testing.TB, role signal.Role, payments []payment) []Transfer {
	t.Helper()
	tok := tokenizer(t)
	var out []Transfer
	for i, p := range payments {
		for _, tr := range p.transaction(t, i).Split(tok) {
			if tr.Role == role {
				out = append(out, tr)
			}
		}
	}
	return out
}
