package index

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// seeded gives the same random numbers in every run.
func seeded(seed byte) *rand.Rand { return rand.New(rand.NewChaCha8([32]byte{seed})) }

func randomCode(r *rand.Rand) (c Code) {
	for i := range c {
		c[i] = r.Uint64()
	}
	return c
}

func randomCodes(r *rand.Rand, n int) []Code {
	codes := make([]Code, n)
	for i := range codes {
		codes[i] = randomCode(r)
	}
	return codes
}

// flipped returns c with n bits changed.
func flipped(r *rand.Rand, c Code, n int) Code {
	for _, bit := range r.Perm(256)[:n] {
		c[bit/64] ^= 1 << (bit % 64)
	}
	return c
}

// set is codes as they come, or as an index likes them least.
type set struct {
	name  string
	codes []Code
}

func sets(r *rand.Rand, n int) []set {
	make := func(name string, code func(i int) Code) set {
		s := set{name: name}
		for i := range n {
			s.codes = append(s.codes, code(i))
		}
		return s
	}
	shared, centres := randomCode(r), randomCodes(r, 20)
	return []set{
		make("uniform", func(int) Code { return randomCode(r) }),
		make("clustered", func(int) Code { return flipped(r, centres[r.IntN(len(centres))], r.IntN(60)) }),
		make("twelve halves shared", func(int) Code {
			c := shared
			c[3] = r.Uint64()
			return c
		}),
		make("one half shared", func(int) Code {
			c := randomCode(r)
			c[1] = c[1]&^0xffff | shared[1]&0xffff
			return c
		}),
		// Half a table in one bucket, but never more than a scan would read.
		make("some share a half each", func(i int) Code {
			c, t := randomCode(r), i%32
			if t < tableCount {
				c[t/4] &^= 0xffff << halfShift(t)
				c[t/4] |= uint64(shared.half(t)) << halfShift(t)
			}
			return c
		}),
		make("near duplicates", func(int) Code { return flipped(r, shared, r.IntN(3)) }),
		make("all equal", func(int) Code { return shared }),
		make("few bits set", func(int) Code { return flipped(r, Code{}, r.IntN(20)) }),
	}
}

// both calls do with x by the portable path and, where there is one, by the wide.
func both(t *testing.T, x *Index, do func(t *testing.T, path string, x *Index)) {
	t.Helper()
	for _, wide := range []bool{false, true} {
		if wide && !haveWide {
			continue
		}
		y := newIndex(x.tables, x.codes)
		y.wide = wide
		do(t, map[bool]string{false: "scalar", true: "avx512"}[wide], y)
	}
}

// testdata returns the path of a file that lies beside the repo.
func testdata(t testing.TB, path string) string {
	t.Helper()
	dir := os.Getenv("VIGIL_TESTDATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA is not set")
		}
		t.Skip("VIGIL_TESTDATA is not set")
	}
	return filepath.Join(dir, path)
}

// readCodes reads a file with a hash in hexadecimal on each line.
func readCodes(t testing.TB, path string) []Code {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	for _, text := range strings.Fields(string(data)) {
		var c Code
		for i := range c {
			if c[i], err = strconv.ParseUint(text[16*i:16*i+16], 16, 64); err != nil {
				t.Fatal(err)
			}
		}
		codes = append(codes, c)
	}
	return codes
}
