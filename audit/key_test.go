package audit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestLoadOrCreateKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "keys")
	signer, verifier, err := LoadOrCreateKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{signerFile: 0o600, verifierFile: 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	s, err := note.NewSigner(signer)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(verifier)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: "text\n"}, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
		t.Fatal(err)
	}

	// The secret alone is the key: the other file is written anew.
	if err := os.Remove(filepath.Join(dir, verifierFile)); err != nil {
		t.Fatal(err)
	}
	again, againVerifier, err := LoadOrCreateKey(dir)
	if err != nil || again != signer || againVerifier != verifier {
		t.Fatalf("loaded another key: %v", err)
	}
	if kept, err := readKey(filepath.Join(dir, verifierFile)); err != nil || kept != verifier {
		t.Fatalf("%s: %q, %v", verifierFile, kept, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Fatalf("left behind: %v, %v", files, err)
	}
}

func TestProcessesThatStartTogetherGetOneKey(t *testing.T) {
	dir := t.TempDir()
	keys := make([]string, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], _, err = LoadOrCreateKey(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, key := range keys {
		if key == "" || key != keys[0] {
			t.Fatal("two keys")
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Fatalf("left behind: %v, %v", files, err)
	}
}

func TestBrokenKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, signerFile)
	for _, broken := range []string{"", "PRIVATE+KEY+x", "not a key"} {
		if err := os.WriteFile(name, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := LoadOrCreateKey(dir); err == nil || !strings.Contains(err.Error(), signerFile) {
			t.Errorf("%q: %v", broken, err)
		}
		if kept, err := os.ReadFile(name); err != nil || string(kept) != broken {
			t.Errorf("%q was replaced by %q, %v", broken, kept, err)
		}
	}
}

func TestVerifierOfMatchesTheMadeOne(t *testing.T) {
	for range 200 { // until some key has a plus in its base64
		signer, verifier, err := NewKey("example/log")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verifierOf(signer); err != nil || got != verifier {
			t.Fatalf("verifierOf() = %q, %v; want %q", got, err, verifier)
		}
	}
}

func TestNewKeyRefusesBadOrigins(t *testing.T) {
	for _, origin := range []string{"", "a b", "a+b", "a\nb"} {
		if _, _, err := NewKey(origin); err == nil {
			t.Errorf("origin %q is taken", origin)
		}
	}
}

func TestLoadVerifierReadsAndMakesNone(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadVerifier(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder gave %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("looking for a key left %v, %v", entries, err)
	}
	_, want, err := LoadOrCreateKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := LoadVerifier(dir); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := os.WriteFile(filepath.Join(dir, verifierFile), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadVerifier(dir); err == nil {
		t.Error("a broken key was read")
	}
}
