package app

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/review/custody"
)

// localKMS is a service that speaks as AWS's key-management service does, written by
// others.
const localKMS = "github.com/nsmithuk/local-kms@v0.0.0-20260228092603-2a5e92d09ab6"

const kmsKey = "bc436485-5092-42b8-92a3-0aa8b93536dc"

// startKMS starts the service with one key and returns the key's URL.
func startKMS(t *testing.T) string {
	t.Helper()
	if os.Getenv("VIGIL_REAL") != "1" {
		t.Skip("VIGIL_REAL is not 1: no service of keys is fetched")
	}
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", localKMS)
	install.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%s%v", out, err)
	}
	seed := filepath.Join(dir, "seed.yaml")
	text := "Keys:\n  Symmetric:\n    Aes:\n      - Metadata:\n          KeyId: " + kmsKey + "\n        BackingKeys:\n          - 5cdaead27fe7da2de47945d73cd6d79e36494e73802f3cd3869f1d2cb0b5d7a9\n"
	if err := os.WriteFile(seed, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(at)
	run := exec.CommandContext(t.Context(), filepath.Join(dir, "local-kms"))
	run.Env = append(os.Environ(), "PORT="+port, "KMS_SEED_PATH="+seed, "KMS_DATA_PATH="+filepath.Join(dir, "keys"), "KMS_REGION=eu-west-1")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill(); _ = run.Wait() })
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "made-up")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "made-up")
	return fmt.Sprintf("awskms:///%s?region=eu-west-1&endpoint=http://%s", kmsKey, at)
}

// TestKeysAreWrappedByAKeyService wraps a reader's identity and the keys of cases with a key
// of a service, and opens them with it.
func TestKeysAreWrappedByAKeyService(t *testing.T) {
	url := startKMS(t)
	dir := t.TempDir()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "reader.txt")
	if err := os.WriteFile(plain, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	wrapped := filepath.Join(dir, "reader.wrapped")
	if err := WrapIdentity(t.Context(), WrapOptions{Identity: plain, KMS: url, To: wrapped, Out: &out}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(wrapped)
	if err != nil || bytes.Contains(data, []byte(key.String())) || !strings.Contains(out.String(), "1 identities") {
		t.Errorf("%s%v", out.String(), err)
	}
	if got, err := readIdentities(t.Context(), wrapped); err != nil || fmt.Sprint(got[0]) != key.String() {
		t.Errorf("%v", err)
	}
	// What was changed does not open.
	data[len(data)-10] ^= 1
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readIdentities(t.Context(), broken); err == nil {
		t.Error("a changed file opens")
	}

	w, closes, err := openWrapper(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closes() }()
	keys := custody.Folder{Dir: filepath.Join(dir, "keys"), URL: url, Wrapper: w}
	one, err := keys.Make(context.Background(), "case-1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := keys.Open(t.Context(), "case-1"); err != nil || fmt.Sprint(again) != one.String() {
		t.Errorf("%v", err)
	}
	if err := keys.Destroy(t.Context(), "case-1"); err != nil {
		t.Error(err)
	}
}
