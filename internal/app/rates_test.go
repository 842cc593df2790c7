package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func TestTransfersHaveTheBaseAmountOrSayThatThereIsNone(t *testing.T) {
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig(t.TempDir())
	c.Rates = filepath.Join(c.Data, "rates.csv")
	if _, err := c.newRates(prometheus.NewRegistry()); err == nil {
		t.Error("a file that is not there was read")
	}
	if err := os.WriteFile(c.Rates, []byte("date,currency,rate\n2026-03-30,PHP,70\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := c.newRates(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.splitter(tok, r)
	if err != nil {
		t.Fatal(err)
	}
	tx := payments.Transaction{Institution: "I", Ref: "R", At: time.Date(2026, 3, 31, 1, 0, 0, 0, time.UTC), Amount: 700_00, Currency: "PHP"}
	for _, at := range []struct {
		currency string
		days     int
		want     int64
	}{{"PHP", 0, 10_00}, {"EUR", 0, 700_00}, {"USD", 0, 0}, {"PHP", 30, 0}} {
		one := tx
		one.Currency, one.At = at.currency, tx.At.AddDate(0, 0, at.days)
		for _, tr := range s.Split(&one) {
			if tr.Base != at.want {
				t.Errorf("%s %s: base %d, want %d", at.currency, tr.Role, tr.Base, at.want)
			}
		}
	}
	var m dto.Metric
	if err := r.without.WithLabelValues("USD").Write(&m); err != nil || m.GetCounter().GetValue() != 1 {
		t.Errorf("%v payments without a rate were counted, %v", m.GetCounter().GetValue(), err)
	}
}
