package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
)

// TestPaymentsOverHTTP posts payments as an institution would, in four forms, and reads
// what came onto the topic and what the rooms made of it. Posted twice, they are the
// same payments.
func TestPaymentsOverHTTP(t *testing.T) {
	c, client := feedTown(t, "payments")
	statement, err := os.ReadFile("../../payments/columns/testdata/statement.csv")
	if err != nil {
		t.Fatal(err)
	}
	cards, err := os.ReadFile("../../payments/card/testdata/binary-4.iso8583")
	if err != nil {
		t.Fatal(err)
	}
	columnMap, err := os.ReadFile("../../payments/columns/testdata/statement.map.yaml")
	if err == nil {
		err = os.WriteFile(filepath.Join(c.Data, "map.yaml"), columnMap, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var key bytes.Buffer
	k := PaymentKeyOptions{Name: "bank-a", Institution: "DEMODEFFXXX", Columns: "map.yaml", PerMinute: 1000, PerDay: 10_000, Out: &key}
	if err := NewPaymentKey(c, k); err != nil {
		t.Fatal(err)
	}
	if err := NewPaymentKey(c, k); !errors.Is(err, ErrUsage) {
		t.Errorf("a second key of one name: %v", err)
	}
	k.Columns = "nosuch.yaml"
	if err := NewPaymentKey(c, k); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a map that is not there: %v", err)
	}
	reg := prometheus.NewRegistry()
	handler, err := c.paymentsService(client, reg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	post := func(target, kind string, body []byte) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+target, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(key.String()))
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(answer)
	}
	line := `{"institution":"DEMODEFFXXX","id":"J-1","at":"2026-03-31T14:00:00Z","amount":"50.00","currency":"EUR","debtor":{"name":"Anton Testmann"},` +
		`"creditor":{"name":"Maria Muster","account":"12345","issuer":"demo-live","country":"PH"}}`
	forms := []struct {
		target, kind      string
		body              []byte
		accepted, refused int
	}{
		{"/v1/transactions", "application/json", []byte("[" + line + "," + strings.Replace(line, "DEMODEFFXXX", "OTHRDEFFXXX", 1) + "]"), 1, 1},
		{"/v1/transactions", "application/xml", bytes.ReplaceAll(bankFile(t, 3), []byte("R-"), []byte("X-")), 3, 0},
		{"/v1/transactions", "text/csv", statement, 5, 11},
		{"/v1/transactions?as_of=2026-04-01T02:00:00Z", "application/x-iso8583", cards, 10, 7},
	}
	var first []string
	sum := 0
	for round := range 2 {
		for i, f := range forms {
			status, answer := post(f.target, f.kind, f.body)
			var receipt struct{ Accepted, Refused int }
			if err := json.Unmarshal([]byte(answer), &receipt); err != nil || status != http.StatusAccepted || receipt.Accepted != f.accepted || receipt.Refused != f.refused {
				t.Fatalf("%s: %d %s", f.kind, status, answer)
			}
			if round == 0 {
				first = append(first, answer)
				sum += f.accepted
			} else if answer != first[i] {
				t.Errorf("%s: the same again is answered %s, and was %s", f.kind, answer, first[i])
			}
		}
	}
	ids, onTopic := map[string]bool{}, 0
	if err := client.ReadAll(t.Context(), topicTransactions, func(m stream.Message) error {
		onTopic++
		good, err := intake.Parse(m.ContentType, m.Data)
		if err != nil || len(good) != 1 {
			return fmt.Errorf("a record of the topic: %d, %w", len(good), err)
		}
		ids[good[0].ID()] = true
		if bytes.Contains(m.Data, []byte("4111111111111111")) {
			t.Error("a card's number is on the topic")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if onTopic != 2*sum {
		t.Errorf("%d records on the topic, want %d", onTopic, 2*sum)
	}
	eventually(t, time.Minute, "transfers", func() (bool, string) {
		refs := map[string]bool{}
		if err := client.ReadAll(t.Context(), topicTransfers, func(m stream.Message) error {
			tr, err := payments.DecodeTransfer(m.Data)
			refs[tr.Ref] = true
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return refs["J-1"] && refs["R-1"] && refs["123456/TERM0001/609012000002"], fmt.Sprint(refs)
	})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(families); !strings.Contains(text, "bank-a") || strings.Contains(text, "Testmann") || strings.Contains(text, strings.TrimSpace(key.String())) {
		t.Errorf("the metrics are %s", text)
	}
}
