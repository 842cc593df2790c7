package hashdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// epoch is the time of tests.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func fixedClock() time.Time { return epoch }

// openTest opens a database, and closes it when the test ends.
func openTest(t testing.TB, dir string, o Options) *DB {
	t.Helper()
	if o.Now == nil {
		o.Now = fixedClock
	}
	if o.Report == nil {
		o.Report = func(err error) { t.Errorf("reported: %v", err) }
	}
	db, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// testDir returns a folder that is not there yet, in memory where there is such: these
// tests wait for the disk thousands of times, and none of them can tell.
func testDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "hashdb-test-")
	if err != nil {
		return filepath.Join(t.TempDir(), "hashes")
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "hashes")
}

// hashN returns hash n of a kind. Hashes of different n are far from each other.
func hashN(k Kind, n uint64) Hash {
	r := rand.New(rand.NewPCG(n, uint64(k)))
	h := Hash{Kind: k}
	for i := 0; i < k.size(); i += 4 {
		binary.BigEndian.PutUint32(h.Bits[i:], r.Uint32())
	}
	return h
}

// near returns h with bits flipped.
func near(h Hash, bits int) Hash {
	step := h.Kind.Bits() / (bits + 1)
	for i := range bits {
		at := (i + 1) * step
		h.Bits[at/8] ^= 0x80 >> (at % 8)
	}
	return h
}

func entryN(k Kind, n uint64, ref string) Entry { return Entry{Hash: hashN(k, n), Ref: ref} }

// fakeReader gives records, and then an error: io.EOF when nil.
type fakeReader struct {
	records []Record
	bad     map[int]error // Before the record of this place.
	end     error
	at      int
	each    func(n int) // Called before each record.
}

func (r *fakeReader) Next() (Record, error) {
	if r.each != nil {
		r.each(r.at)
	}
	if err := r.bad[r.at]; err != nil {
		delete(r.bad, r.at)
		return Record{}, err
	}
	if r.at == len(r.records) {
		if r.end != nil {
			return Record{}, r.end
		}
		return Record{}, io.EOF
	}
	rec := r.records[r.at]
	r.at++
	rec.Number = r.at
	return rec, nil
}

// recordsOf gives each entry a record of its own.
func recordsOf(entries ...Entry) *fakeReader {
	r := new(fakeReader)
	for _, e := range entries {
		r.records = append(r.records, Record{Entries: []Entry{e}})
	}
	return r
}

func mustApply(t testing.TB, db *DB, b Batch) Applied {
	t.Helper()
	a, err := db.Apply(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustImport(t testing.TB, db *DB, req ImportRequest, r RecordReader) ImportResult {
	t.Helper()
	res, err := db.Import(context.Background(), req, r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func mustMerge(t testing.TB, db *DB) int {
	t.Helper()
	for n := 0; ; n++ {
		merged, err := db.Merge(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !merged {
			return n
		}
		if n > 100 {
			t.Fatal("merging does not end")
		}
	}
}

// matches returns the entries that a look-up finds, or fails.
func matches(t testing.TB, db *DB, h Hash) []Match {
	t.Helper()
	ms, err := db.Lookup(h)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func fileNames(t testing.TB, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

var errTest = errors.New("test")

func refN(n int) string { return fmt.Sprintf("ref-%d", n) }
