package verify

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
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
	skey, vkey, err := note.GenerateKey(rand.Reader, "example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return keeper{signer, vkey}
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
