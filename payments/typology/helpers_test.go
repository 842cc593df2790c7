package typology

import (
	"context"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// now is when the newest of the tests' payments were made.
var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// minorOf reads an amount of a currency with two decimals.
func minorOf(text string) (int64, error) {
	f, err := strconv.ParseFloat(text, 64)
	return int64(math.Round(f * 100)), err
}

// planted is what the public indicators describe: small round payments from
// unrelated people abroad, some again and again, with references of all kinds.
func planted() []payment {
	texts := []string{"school uniform", "medicine", "room rent", "tuition", "family support", "@handle"}
	var out []payment
	for i, name := range []string{"Anton Testmann", "Bram Voorbeeld", "Cody Madeup", "Declan Nobody", "Eero Esimerkki", "Frieder Niemand"} {
		for n := range 1 + i%3*2 {
			out = append(out, payment{
				from: name, to: "Maria Muster", daysAgo: float64(27-4*i) + 1.3*float64(n), amount: fmt.Sprint(20 + 10*(i+n)%60), text: texts[(i+n)%len(texts)],
			})
		}
	}
	return out
}

// firing drops signals of strength 0, which say the same as none.
func firing(latest map[string]signal.Signal) map[string]signal.Signal {
	latest = maps.Clone(latest)
	maps.DeleteFunc(latest, func(_ string, s signal.Signal) bool { return s.Payment.Strength == 0 })
	return latest
}

// process runs transfers through the typologies, and returns the
// newest revision of every signal.
func process(t testing.TB, transfers []payments.Transfer) map[string]signal.Signal {
	t.Helper()
	e, err := engine.New(engine.Config{Typologies: All(DefaultRules()), Marks: DefaultRules().Marks()})
	if err != nil {
		t.Fatal(err)
	}
	p := e.Partition()
	latest := make(map[string]signal.Signal)
	for _, tr := range transfers {
		signals, err := p.Process(context.Background(), nil, tr)
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
	// more sets what has no field here.
	more func(*payments.Transaction)
}

func (p payment) transaction(t testing.TB, n int) payments.Transaction {
	t.Helper()
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	currency := or(p.currency, "EUR")
	amount, err := minorOf(p.amount)
	if err != nil {
		t.Fatal(err)
	}
	tx := payments.Transaction{
		Institution: "DEMODEFFXXX", Ref: fmt.Sprintf("R%d", n), Amount: amount, Currency: currency,
		At:         now.Add(-time.Duration(p.daysAgo * float64(day))).Truncate(time.Second),
		Debtor:     payments.Party{Name: p.from, Country: or(p.fromCountry, "DE"), Agent: "DEMODEFFXXX"},
		Creditor:   payments.Party{Name: p.to, Country: or(p.toCountry, "PH"), Agent: "DEMOPHMMXXX"},
		Remittance: []string{p.text},
	}
	if p.more != nil {
		p.more(&tx)
	}
	return tx
}

// splitters are made once: they read the zones of the world.
var plain, withRates = sync.OnceValues(func() (*split.Splitter, error) { return newSplitter(nil) }),
	sync.OnceValues(func() (*split.Splitter, error) { return newSplitter(pounds{}) })

func newSplitter(r split.Rates) (*split.Splitter, error) {
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		return nil, err
	}
	return split.New(tok, split.Options{Rates: r})
}

// pounds are rates by which one GBP is one EUR; there are no others.
type pounds struct{}

func (pounds) Base(minor int64, currency string, _ time.Time) (int64, bool) {
	return minor, currency == "GBP"
}

// transfersOf splits payments, oldest or not, into transfers of one role.
func transfersOf(t testing.TB, role signal.Role, all []payment) []payments.Transfer {
	t.Helper()
	return splitBy(t, plain, role, all)
}

func splitBy(t testing.TB, by func() (*split.Splitter, error), role signal.Role, all []payment) []payments.Transfer {
	t.Helper()
	splitter, err := by()
	if err != nil {
		t.Fatal(err)
	}
	var out []payments.Transfer
	for i, p := range all {
		tx := p.transaction(t, i)
		for _, tr := range splitter.Split(&tx) {
			if tr.Role == role {
				out = append(out, tr)
			}
		}
	}
	return out
}
