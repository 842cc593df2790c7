package service

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
)

// TestContract runs schemathesis, the program that VIGIL_CONTRACT names, against the
// service on loopback. contract.sh sets it.
func TestContract(t *testing.T) {
	program := os.Getenv("VIGIL_CONTRACT")
	if program == "" {
		t.Skip("VIGIL_CONTRACT names no schemathesis")
	}
	key, digest := api.NewKey()
	keys, err := NewKeys(Key{Key: api.Key{Name: "contract", SHA256: digest, PerMinute: 1e9, PerDay: 1e12}, Platform: "here"})
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	handler, err := New(keys, Options{
		Send: func(_ context.Context, records []Record) error {
			for _, r := range records { // One request at a time.
				kind := "event"
				if r.Frame != nil {
					kind = r.Frame.ContentType
				}
				kept[kind]++
				if err := encodable(r); err != nil && kind != detect.PNG {
					return err
				}
			}
			return nil
		},
		Subject: tokens(t).Subject,
		Rate: func(string, string) Rate {
			return Rate{FPS: 5, Level: "raised", Why: []string{"flag"}, Until: time.Now()}
		},
		Report: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	hooks, err := filepath.Abs("contract_hooks.py")
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Abs(filepath.Join("..", "..", "api", "apitest", "contract.toml"))
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "--config-file", config, "run", server.URL+"/v1/openapi.yaml")
	run.Dir = t.TempDir()
	// The key goes by the environment and not by an argument, which every user could see.
	run.Env = append(os.Environ(), "VIGIL_CONTRACT_KEY="+key, "VIGIL_CONTRACT_HOOKS="+hooks)
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		t.Error(err)
	}
	for _, kind := range []string{"event", detect.PNG, detect.HashType} {
		if kept[kind] < 20 {
			t.Errorf("of %s only %d were kept", kind, kept[kind])
		}
	}
}
