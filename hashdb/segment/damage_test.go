package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// fileOf returns the bytes of a segment, aligned.
func fileOf(t testing.TB, o Options, rows []Row) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	if _, err := Write(path, o, all(rows)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return aligned(b)
}

func aligned(b []byte) []byte {
	c := alignedBytes(len(b))
	copy(c, b)
	return c
}

// reseal corrects all checksums of a changed file, as a forger would.
func reseal(b []byte) []byte {
	if len(b) < page {
		return b
	}
	le := binary.LittleEndian
	for i := range sections {
		s := b[32+24*i:]
		at, end := le.Uint64(s), le.Uint64(s)+uint64(padded(int64(le.Uint64(s[8:])&(1<<40-1))))
		if at <= end && end <= uint64(len(b)) {
			var sum blockSum
			sum.add(b[at:end])
			le.PutUint32(s[16:], sum.sum())
		}
	}
	le.PutUint32(b[headerAt:], crc32.Checksum(b[:headerAt], castagnoli))
	return b
}

// use asks the segment for all that it has; it is for those that it must not panic for.
func use(t testing.TB, s *Segment) {
	t.Helper()
	if err := s.Verify(); err != nil {
		t.Errorf("verified when it was opened, but %v", err)
	}
	var hits []index.Hit
	n := 0
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if lo, hi := s.Find(row.Code); lo > n || hi <= n {
			t.Errorf("row %d is not found", n)
		}
		if n < 10 {
			for _, radius := range []int{0, 31, 47, 256} {
				hits = s.Within(row.Code, radius, hits[:0])
				for _, h := range hits {
					s.Row(int(h.Entry))
				}
				if s.index == nil && len(hits) == 0 {
					t.Errorf("row %d is not near itself", n)
				}
			}
		}
		n++
	}
	if n != s.Len() {
		t.Errorf("%d rows of %d", n, s.Len())
	}
}

// damaged fails the test unless parse says that the section is damaged.
func damaged(t *testing.T, b []byte, section, what string) {
	t.Helper()
	_, err := parse(b)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "damaged "+section) {
		t.Errorf("%s: error %v, want damaged %s", what, err, section)
	}
}

func TestEveryFlippedBitIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	b := fileOf(t, Options{Width: 256, Tables: true}, randomRows(r, index.MinCodes+1000, 256))
	s, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	h := s.header
	flip := func(at int64, section string) {
		bit := byte(1) << r.IntN(8)
		b[at] ^= bit
		damaged(t, b, section, fmt.Sprintf("bit flipped in byte %d", at))
		b[at] ^= bit
	}
	for at := range int64(page) {
		flip(at, "header")
	}
	at := h.layout()
	for i := range sections {
		if h.length[i] == 0 {
			t.Fatalf("there are no %s", sectionNames[i])
		}
		flip(at[i], sectionNames[i])
		flip(at[i+1]-1, sectionNames[i]) // Of the padding, mostly.
		for range 20 {
			flip(at[i]+r.Int64N(at[i+1]-at[i]), sectionNames[i])
		}
	}
	if _, err := parse(b); err != nil {
		t.Error("nothing is flipped any more, but", err)
	}
}

func TestEveryOtherLengthIsSeen(t *testing.T) {
	b := fileOf(t, Options{Width: 160}, randomRows(rand.New(rand.NewPCG(2, 2)), 300, 160))
	path := filepath.Join(t.TempDir(), "s")
	n := 0
	try := func(b []byte) {
		n++
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%d bytes of %d: %v", len(b), len(b), err)
		}
	}
	for l := 0; l < len(b); l += 509 {
		try(b[:l])
	}
	for _, l := range []int{page - 1, page, page + 1, len(b) - page, len(b) - 1} {
		try(b[:l])
	}
	try(append(aligned(b), 0))
	try(append(aligned(b), make([]byte, page)...))
	try(make([]byte, len(b)))
	if n < 20 {
		t.Errorf("%d lengths tried", n)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrDamaged) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrDamaged) {
		t.Errorf("a folder: %v", err)
	}
}

func TestVerifySeesWhatHappensLater(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(3, 3)), 300, 128)
	s := written(t, Options{Width: 128}, rows)
	for _, at := range []int64{20, page + 100} {
		f, err := os.OpenFile(s.path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		old := make([]byte, 1)
		if _, err := f.ReadAt(old, at); err != nil {
			t.Fatal(err)
		}
		for _, b := range []byte{old[0] ^ 4, old[0]} {
			if _, err := f.WriteAt([]byte{b}, at); err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(); errors.Is(err, ErrDamaged) != (b != old[0]) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForgedFilesAreHarmless changes what a file says together with the checksums.
func TestForgedFilesAreHarmless(t *testing.T) {
	le := binary.LittleEndian
	rows := plainRows(rand.New(rand.NewPCG(4, 4)), 100, 160)
	for i := range rows {
		rows[i].Ref = fmt.Sprint(i)
		rows[i].Dead = i%2 == 0
	}
	good := fileOf(t, Options{Width: 160}, rows)
	s, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	at := s.header.layout()
	for _, c := range []struct {
		name, section string
		forge         func(b []byte)
	}{
		{"more rows", "header", func(b []byte) { le.PutUint64(b[16:], 101) }},
		{"fewer rows", "header", func(b []byte) { le.PutUint64(b[16:], 99) }},
		{"2^63 rows", "header", func(b []byte) { le.PutUint64(b[16:], 1<<63) }},
		{"2^63 dead", "header", func(b []byte) { le.PutUint64(b[24:], 1<<63) }},
		{"fewer dead", "header", func(b []byte) { le.PutUint64(b[24:], 49) }},
		{"width 0", "header", func(b []byte) { le.PutUint16(b[14:], 0) }},
		{"width 256", "header", func(b []byte) { le.PutUint16(b[14:], 256) }},
		{"tables", "", func(b []byte) { b[13] = withTables }},
		{"flags", "header", func(b []byte) { b[13] = 2 }},
		{"something in the rest", "header", func(b []byte) { b[2000] = 1 }},
		{"sections elsewhere", "header", func(b []byte) { le.PutUint64(b[32+24:], page) }},
		{"a blob of 2^63 bytes", "header", func(b []byte) { le.PutUint64(b[32+24*blob+8:], 1<<63) }},
		{"a shorter blob", "metas", func(b []byte) { le.PutUint64(b[32+24*blob+8:], 80) }},
		{"a longer blob", "header", func(b []byte) { le.PutUint64(b[32+24*blob+8:], maxBlob) }},
		{"a meta outside", "metas", func(b []byte) { le.PutUint32(b[at[metas]:], 1<<32-1) }},
		{"a meta at the end", "metas", func(b []byte) { le.PutUint32(b[at[metas]:], uint32(s.header.length[blob]/8)) }},
		{"a record too long", "metas", func(b []byte) { le.PutUint16(b[at[blob]+2:], MaxAttrs) }},
		{"a ref too long", "metas", func(b []byte) { b[at[blob]+1] = MaxRef + 1 }},
		{"a row twice", "codes", func(b []byte) {
			copy(b[at[codes]+24:][:24], b[at[codes]:][:24])
			copy(b[at[metas]+4:][:4], b[at[metas]:][:4])
		}},
		{"the greatest row first", "codes", func(b []byte) { le.PutUint64(b[at[codes]:], 1<<64-1) }},
		{"a code of 161 bits", "codes", func(b []byte) { b[at[codes]+16] = 1 }},
		{"a row revived", "header", func(b []byte) { b[at[blob]] = 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := aligned(good)
			c.forge(b)
			damaged(t, reseal(b), c.section, c.name)
		})
	}
	t.Run("a row too great before another chunk", func(t *testing.T) {
		b := fileOf(t, Options{Width: 64}, plainRows(rand.New(rand.NewPCG(4, 4)), 3*rowChunk, 64))
		le.PutUint64(b[page+8*(2*rowChunk-1):], 1<<64-1)
		damaged(t, reseal(b), "codes", "chunks")
	})
	t.Run("another format", func(t *testing.T) {
		b := aligned(good)
		le.PutUint32(b[8:], format+1)
		_, err := parse(reseal(b))
		if err == nil || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "format 2; this program reads format 1") {
			t.Errorf("error %v", err)
		}
	})
}

// TestForgedTablesAreHarmless: they may give wrong answers, but neither a panic nor
// a row that there is not.
func TestForgedTablesAreHarmless(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	good := fileOf(t, Options{Width: 256, Tables: true}, plainRows(r, index.MinCodes, 256))
	s, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	at := s.header.layout()
	refused, opened := 0, 0
	for i := range 18 {
		b := aligned(good)
		section := b[at[tables] : at[tables]+s.header.length[tables]]
		switch i % 3 {
		case 0:
			binary.LittleEndian.PutUint32(section[4*r.IntN(len(section)/4):], r.Uint32())
		case 1: // The ids and siblings, which come after 4 MiB of bounds, wherever these are.
			for range 2000 {
				section[r.IntN(len(section))] = byte(r.Uint32())
			}
		case 2:
			tail := section[len(section)-2*index.MinCodes:]
			for j := range tail {
				tail[j] = 0xff
			}
		}
		s, err := parse(reseal(b))
		if err != nil {
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "tables") {
				t.Fatal(err)
			}
			refused++
			continue
		}
		opened++
		use(t, s)
	}
	t.Logf("%d refused, %d opened", refused, opened)
	if refused == 0 || opened == 0 {
		t.Error("want some refused and some opened")
	}
}

func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, width := range widths {
		f.Add(fileOf(f, Options{Width: width, Tables: true}, randomRows(r, 20, width)), false)
		f.Add(fileOf(f, Options{Width: width}, nil), true)
		f.Add(fileOf(f, Options{Width: width}, randomRows(r, 3, width)), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, forge bool) {
		b = aligned(b)
		if forge {
			reseal(b)
		}
		s, err := parse(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !strings.Contains(err.Error(), "format") {
				t.Error(err)
			}
			return
		}
		use(t, s)
	})
}
