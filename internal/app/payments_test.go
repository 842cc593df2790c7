package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

func TestPaymentTablesAreReadOrRefused(t *testing.T) {
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig(t.TempDir())
	s, err := c.splitter(tok, nil)
	if err != nil || !strings.Contains(s.Versions(), "merchants sample-2026-11") {
		t.Fatalf("%v, %v", s, err)
	}
	c.PaymentTables = filepath.Join(c.Data, "tables")
	if _, err := c.splitter(tok, nil); err == nil || !strings.HasPrefix(err.Error(), "payment_tables: ") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := os.MkdirAll(c.PaymentTables, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.PaymentTables, "merchants.csv")
	for text, want := range map[string]string{
		"version,ours-7\nkind,mcc,name,source\nvpn,,demo tunnel,ours\n": "",
		"version,ours-7\nkind,mcc,name,source\nspies,,demo,ours\n":      "payment_tables: merchants.csv: line 3: the kind must be one of",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := c.splitter(tok, nil)
		switch {
		case want == "" && (err != nil || s.Versions() != "zones tzdb-2025b, merchants ours-7, tourists sample-2026-11"):
			t.Errorf("%v, %v", s, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want %s", err, want)
		}
	}
}
