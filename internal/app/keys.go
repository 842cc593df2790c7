package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

// tokenizer reads the deployment key, and makes one where there is none yet.
// Every process of a deployment must hold the same key, or nothing joins.
func tokenizer(file string) (*signal.Tokenizer, error) {
	key, err := readKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = createKey(file)
	}
	if err != nil {
		return nil, err
	}
	return signal.NewTokenizer(key)
}

func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("deployment key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("deployment key %s can be read by others (mode %v): chmod 600 it", file, info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("deployment key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < signal.MinKey {
		return nil, fmt.Errorf("deployment key %s: want at least %d hex digits", file, 2*signal.MinKey)
	}
	return key, nil
}

// createKey makes a key where there is none.
func createKey(file string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("deployment key: %w", err)
	}
	key := make([]byte, signal.MinKey)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("deployment key: %w", err)
	}
	if _, err := madeOnce(file, hex.EncodeToString(key)); err != nil {
		return nil, fmt.Errorf("deployment key: %w", err)
	}
	return readKey(file)
}

// madeOnce makes a file with a line of text, readable to its owner alone, where it is not
// there, and returns the line that it has. The text is written beside its place and linked
// there: of two processes that start together one text wins, and neither reads half of one.
func madeOnce(file, text string) (string, error) {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = tmp.WriteString(text + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Link(tmp.Name(), file)
	}
	if gone := os.Remove(tmp.Name()); gone != nil || err != nil && !errors.Is(err, fs.ErrExist) {
		return "", errors.Join(err, gone)
	}
	data, err := os.ReadFile(file)
	return strings.TrimSpace(string(data)), err
}
