package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	signerFile   = "audit.key" // secret
	verifierFile = "audit.pub" // to be given to whoever may want to check
)

// NewKey makes a key pair for the log named origin, in the form of the package
// note: the signer is secret, the verifier is what others check the log with.
// The origin ends up in every checkpoint and should tell logs apart; it must
// have no space and no plus in it.
func NewKey(origin string) (signer, verifier string, err error) {
	signer, verifier, err = note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", "", fmt.Errorf("make audit key: %w", err)
	}
	if _, err := note.NewSigner(signer); err != nil {
		return "", "", fmt.Errorf("make audit key: origin %q: must be given, without space or plus", origin)
	}
	return signer, verifier, nil
}

// LoadOrCreateKey reads the key pair in the folder dir. If there is none it
// makes one, under a name of its own, and writes it to audit.key, which only
// this user can read, and audit.pub. Processes that start at the same time
// come to the same key. The folder must not be that of the log: the log can be
// given away whole.
func LoadOrCreateKey(dir string) (signer, verifier string, err error) {
	signer, err = readKey(filepath.Join(dir, signerFile))
	if errors.Is(err, fs.ErrNotExist) {
		signer, err = createKey(dir)
	}
	if err != nil {
		return "", "", fmt.Errorf("audit key: %w", err)
	}
	verifier, err = verifierOf(signer)
	if err != nil {
		return "", "", fmt.Errorf("audit key: %s: %w", signerFile, err)
	}
	// Written each time, as a process may have died between the two files.
	name := filepath.Join(dir, verifierFile)
	if kept, err := readKey(name); err == nil && kept == verifier {
		return signer, verifier, nil
	}
	if err := writeFile(name, verifier, 0o644, os.Rename); err != nil {
		return "", "", fmt.Errorf("audit key: %w", err)
	}
	return signer, verifier, nil
}

// LoadVerifier reads the verifier key in the folder dir and makes none: who
// checks a log must not come to a key of their own.
func LoadVerifier(dir string) (string, error) {
	verifier, err := readKey(filepath.Join(dir, verifierFile))
	if err != nil {
		return "", fmt.Errorf("audit key: %w", err)
	}
	if _, err := note.NewVerifier(verifier); err != nil {
		return "", fmt.Errorf("audit key: %s: %w", verifierFile, err)
	}
	return verifier, nil
}

func readKey(name string) (string, error) {
	key, err := os.ReadFile(name)
	return strings.TrimSpace(string(key)), err
}

func createKey(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", err
	}
	signer, _, err := NewKey("vigil-audit-" + hex.EncodeToString(id[:]))
	if err != nil {
		return "", err
	}
	// A link, unlike a rename, fails if somebody else was faster.
	name := filepath.Join(dir, signerFile)
	err = writeFile(name, signer, 0o600, func(from, to string) error {
		if err := os.Link(from, to); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return os.Remove(from)
	})
	if err != nil {
		return "", err
	}
	return readKey(name)
}

// writeFile writes a line to a temporary file, durably, and then has put give
// it its name, so that nobody ever reads half a key.
func writeFile(name, line string, mode fs.FileMode, put func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = put(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	// The name, too, must outlast a power cut: a log whose key is lost is one
	// that nobody can append to again.
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// verifierOf derives the verifier key from the signer key, which the package
// note can read but not take apart: PRIVATE+KEY+name+hash+base64(1, seed).
func verifierOf(signer string) (string, error) {
	s, err := note.NewSigner(signer)
	if err != nil {
		return "", err
	}
	parts := strings.SplitN(signer, "+", 5) // base64 may hold a plus as well
	secret, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(secret) != 1+ed25519.SeedSize {
		return "", errors.New("not an Ed25519 key")
	}
	public, ok := ed25519.NewKeyFromSeed(secret[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errors.New("not an Ed25519 key")
	}
	return note.NewEd25519VerifierKey(s.Name(), public)
}
