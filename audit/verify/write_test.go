package verify

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A keeper writes logs as the real one does, with the means of tlog alone, and
// also the logs that a dishonest one would write.
type keeper struct {
	signer   note.Signer
	verifier string
}

func newKeeper(t testing.TB) keeper {
	t.Helper()
	var seed [ed25519.SeedSize]byte
	if _, err := rand.Read(seed[:]); err != nil {
		t.Fatal(err)
	}
	return keeperOf(t, seed)
}

// keeperOf is the keeper with a certain key, the same in every process.
func keeperOf(t testing.TB, seed [ed25519.SeedSize]byte) keeper {
	t.Helper()
	const name = "example/log"
	public, ok := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("not an Ed25519 key")
	}
	verifier, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(verifier, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, seed[:]...))
	signer, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + secret)
	if err != nil {
		t.Fatal(err)
	}
	return keeper{signer, verifier}
}

// write writes a log of the given entries to a new folder.
func (k keeper) write(t testing.TB, entries [][]byte) string {
	t.Helper()
	dir := t.TempDir()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for i, data := range entries {
		hashes, err := tlog.StoredHashes(int64(i), data, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	size := int64(len(entries))
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, tilePath(tile), data)
		if tile.L == 0 {
			first := tile.N * tileWidth
			tile.L = -1
			put(t, dir, tilePath(tile), bundleOf(entries[first:first+int64(tile.W)]))
		}
	}
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "checkpoint", []byte(k.sign(t, fmt.Sprintf("%s\n%d\n%s\n", k.signer.Name(), size, root))))
	return dir
}

func (k keeper) sign(t testing.TB, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func bundleOf(entries [][]byte) []byte {
	var data []byte
	for _, e := range entries {
		data = binary.BigEndian.AppendUint16(data, uint16(len(e)))
		data = append(data, e...)
	}
	return data
}

// someEntries makes n different entries.
func someEntries(t testing.TB, n int) [][]byte {
	t.Helper()
	entries := make([][]byte, n)
	for i := range entries {
		var err error
		entries[i], err = Entry{
			Kind:   KindDecision,
			ID:     fmt.Sprintf("decision-%d", i),
			Digest: fmt.Sprintf("%064x", i),
			At:     time.Date(2026, 1, 2, 3, 4, 5, i, time.UTC),
			Refs:   []string{"case-1"},
		}.Encode()
		if err != nil {
			t.Fatal(err)
		}
	}
	return entries
}

func put(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func checkpointOf(t testing.TB, dir string) string {
	t.Helper()
	return string(get(t, dir, "checkpoint"))
}
