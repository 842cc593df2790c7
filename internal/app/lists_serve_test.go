package app

import (
	"bytes"
	"encoding/json"
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

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// A platform with a key is answered, without one it is not, and what is counted
// names neither hash nor key.
func TestLookupService(t *testing.T) {
	c := DefaultConfig(t.TempDir())
	file := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(file, []byte(oneHash+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, key bytes.Buffer
	if err := ImportHashes(t.Context(), c, ImportOptions{Source: "demo", Files: []string{file}, Out: &out, Err: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if err := NewLookupKey(c, KeyOptions{Name: "platform-a", PerMinute: 1, PerDay: 10, Out: &key}); err != nil {
		t.Fatal(err)
	}
	db, err := c.openLists(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	reg := prometheus.NewRegistry()
	handler, err := c.lookupService(db, reg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	ask := func(key string) (int, http.Header, string) {
		t.Helper()
		body := strings.NewReader(`{"hashes":[{"kind":"pdq","hash":"` + oneHash[:63] + `1"}]}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/lookup", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if key != "" {
			req.Header.Set("Authorization", "Bearer "+key)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, string(answer)
	}
	if status, _, _ := ask(""); status != http.StatusUnauthorized {
		t.Errorf("without a key: status %d, want 401", status)
	}
	status, _, answer := ask(strings.TrimSpace(key.String()))
	if status != http.StatusOK || !strings.Contains(answer, `"distance":1`) || !json.Valid([]byte(answer)) {
		t.Errorf("status %d, answer %s", status, answer)
	}
	if strings.Contains(answer, oneHash) {
		t.Error("the key may not see the list's hash, and did")
	}
	if status, h, _ := ask(strings.TrimSpace(key.String())); status != http.StatusTooManyRequests || h.Get("Retry-After") == "" {
		t.Errorf("over the quota: status %d, Retry-After %q", status, h.Get("Retry-After"))
	}

	syncer, err := newSyncer(Config{Data: t.TempDir(), Exchanges: exchange.SourceConfigs{{
		Source: "drop", Exchange: "folder", Path: t.TempDir(), Every: time.Minute, StaleAfter: time.Hour,
	}}}, db, db, nil)
	if err != nil {
		t.Fatal(err)
	}
	reg.MustRegister(newListMetrics(db.Lists, syncer, func() time.Time { return time.Now().Add(2 * time.Hour) }))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		text.WriteString(f.String() + "\n")
	}
	for _, want := range []string{"vigil_lookup_seconds", "vigil_hash_list_entries", "vigil_hash_exchange_stale", "vigil_hash_exchange_age_seconds", "platform-a"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	for _, secret := range []string{oneHash, strings.TrimSpace(key.String())} {
		if strings.Contains(text.String(), secret) {
			t.Error("metrics hold a hash or a key")
		}
	}
}
