package service

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestContract runs the schemathesis that VIGIL_CONTRACT names, against the service on
// loopback. contract.sh sets it.
func TestContract(t *testing.T) {
	program := os.Getenv("VIGIL_CONTRACT")
	if program == "" {
		t.Skip("VIGIL_CONTRACT names no schemathesis")
	}
	b := newBench(t)
	b.now = b.now.AddDate(10, 0, 0) // later than any time that is made up
	server := httptest.NewServer(b.Handler)
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
	run.Env = append(os.Environ(), "VIGIL_CONTRACT_KEY="+b.Key, "VIGIL_CONTRACT_HOOKS="+hooks, "VIGIL_CONTRACT_ACTION="+b.asked.ID, "VIGIL_CONTRACT_REQUEST="+b.request.ID)
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		t.Error(err)
	}
	if len(b.sent) < 50 || len(b.reports) > 0 {
		t.Errorf("%d receipts were sent, and %v was told", len(b.sent), b.reports)
	}
}
