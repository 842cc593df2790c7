package split

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// now is when the tests' payments were made: evening in Germany, night in the Philippines.
var now = time.Date(2026, 3, 31, 17, 0, 1, 0, time.UTC)

func tokenizer(t testing.TB) *signal.Tokenizer {
	t.Helper()
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func splitter(t testing.TB, o Options) *Splitter {
	t.Helper()
	s, err := New(tokenizer(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// full has every field that a transfer is made of.
func full() payments.Transaction {
	return payments.Transaction{
		Institution: "DEMODEFFXXX", Ref: "REF-1", At: now, Amount: 50_00, Currency: "EUR",
		Debtor: payments.Party{
			Name: "Anton Testmann", Country: "DE", Agent: "DEMODEFFXXX", IBAN: "DE89370400440532013000",
			Mobile: "+49-1700000001", Address: "Musterweg 1", Town: "Demostadt",
		},
		Creditor: payments.Party{
			Name: "Maria Muster & Co", Country: "PH", Agent: "Demo Wallet", Account: "12345", Issuer: "demo-live", Proxy: "maria@example.org",
			Phone: "+63-21234567", Email: "muster@example.org", Address: "2 Sample Street", Town: "El Nido",
		},
		Remittance: []string{"school <uniform>", "second line"}, Purpose: "EDUC",
		Rail: payments.RailRemittance, Funding: payments.FundedByCash, PaidOut: now.Add(90 * time.Minute),
		Merchant: payments.Merchant{MCC: "4722", ID: "TERM4711", Name: "Demo Travels", Town: "Sampletown"},
		Virtual: &payments.Virtual{Asset: "BTC", TxHash: "deadbeef", Provider: "Chainlooker", Exposures: []payments.Exposure{
			{Of: signal.Recipient, Category: "mixer", Direct: true}, {Of: signal.Sender, Category: "instant-exchanger"},
		}},
	}
}

// double is a table of rates: one EUR is two of the base, and nothing else is known.
type double struct{}

func (double) Base(minor int64, currency string, _ time.Time) (int64, bool) {
	return 2 * minor, currency == "EUR"
}

// files is a folder in memory.
type files map[string]string

func (f files) Open(name string) (fs.File, error) {
	m := fstest.MapFS{}
	for name, text := range f {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m.Open(name)
}

func ptr(t payments.Transaction) *payments.Transaction { return &t }
