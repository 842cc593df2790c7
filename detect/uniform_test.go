package detect

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// uniform gives n records of one random PDQ hash each.
type uniform struct {
	rng *rand.Rand
	n   int
}

func (u *uniform) Next() (hashdb.Record, error) {
	if u.n == 0 {
		return hashdb.Record{}, io.EOF
	}
	u.n--
	return hashdb.Record{Number: u.n, Entries: []hashdb.Entry{{Hash: randomHash(u.rng)}}}, nil
}

func randomHash(rng *rand.Rand) hashdb.Hash {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	for i := 0; i < len(h.Bits); i += 8 {
		binary.NativeEndian.PutUint64(h.Bits[i:], rng.Uint64())
	}
	return h
}

// flipped is h with n bits changed.
func flipped(rng *rand.Rand, h hashdb.Hash, n int) hashdb.Hash {
	for _, i := range rng.Perm(h.Kind.Bits())[:n] {
		h.Bits[i/8] ^= 1 << (i % 8)
	}
	return h
}

// uniformDB is a store with a list of n random hashes.
func uniformDB(t testing.TB, n int) *hashdb.DB {
	t.Helper()
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Import(t.Context(), hashdb.ImportRequest{Source: "uniform"}, &uniform{rand.New(rand.NewPCG(1, 1)), n}); err != nil {
		t.Fatal(err)
	}
	return db
}
