package service

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
)

// TestContract runs schemathesis, the program that VIGIL_CONTRACT names, against the
// service on loopback. contract.sh sets it.
func TestContract(t *testing.T) {
	program := os.Getenv("VIGIL_CONTRACT")
	if program == "" {
		t.Skip("VIGIL_CONTRACT names no schemathesis")
	}
	key, digest := api.NewKey()
	keys, err := NewKeys(Key{Key: api.Key{Name: "contract", SHA256: digest, PerMinute: 1e9, PerDay: 1e12}, Institution: "DEMODEFFXXX", Columns: columnMap})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	handler, err := New(keys, Options{
		Send: func(_ context.Context, items []payments.Item) error {
			for _, item := range items { // One request at a time.
				kept++
				if _, err := intake.Parse(item.ContentType, item.Data); err != nil {
					return err
				}
			}
			return nil
		},
		Token: token, Columns: readMap,
		Report: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	dir := t.TempDir()
	for to, from := range map[string]string{"statement.csv": "../columns/testdata/statement.csv", "cards.iso8583": "../card/testdata/ascii-2.iso8583"} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "pacs008.xml"), []byte(pacs008), 0o600); err != nil {
		t.Fatal(err)
	}
	hooks, err := filepath.Abs("contract_hooks.py")
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Abs(filepath.Join("..", "..", "api", "apitest", "contract.toml"))
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "--config-file", config, "run", server.URL+"/v1/openapi.yaml")
	run.Dir = dir
	// The key goes by the environment and not by an argument, which every user could see.
	run.Env = append(os.Environ(), "VIGIL_CONTRACT_KEY="+key, "VIGIL_CONTRACT_HOOKS="+hooks, "VIGIL_CONTRACT_TESTDATA="+dir)
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		t.Error(err)
	}
	if kept < 100 {
		t.Errorf("only %d records were kept", kept)
	}
}
