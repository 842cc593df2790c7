package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func encode(t testing.TB, codes []Code) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTables(&b, codes); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Written tables are what Build makes, for any number of goroutines, and Open takes
// them from wherever they lie.
func TestRoundTrip(t *testing.T) {
	r := seeded(10)
	for _, n := range []int{0, 1, 33, 5000, 2*minRun + 1} {
		codes := randomCodes(r, n)
		tables := encode(t, codes)
		if int64(len(tables)) != TablesSize(n) {
			t.Fatalf("%d codes: %d bytes, want %d", n, len(tables), TablesSize(n))
		}
		if !bytes.Equal(tables, Build(codes).tables) {
			t.Fatalf("%d codes: WriteTables and Build differ", n)
		}
		before := runtime.GOMAXPROCS(1)
		alone := encode(t, codes)
		runtime.GOMAXPROCS(before)
		if !bytes.Equal(tables, alone) {
			t.Fatalf("%d codes: one goroutine writes other tables", n)
		}
		for shift := range 2 {
			at := make([]byte, shift+len(tables))[shift:]
			copy(at, tables)
			x, err := Open(at, codes)
			if err != nil {
				t.Fatal(err)
			}
			both(t, x, func(t *testing.T, path string, x *Index) {
				for i := range min(n, 50) {
					q := flipped(r, codes[i], i%32)
					if !slices.Contains(x.Within(q, 31, nil), Hit{uint32(i), i % 32}) {
						t.Errorf("%s, %d codes, code %d not found", path, n, i)
					}
				}
			})
		}
	}
}

// The layout is a file format: these are its bytes.
func TestEncoding(t *testing.T) {
	// Table 0 is by the first half, whose sibling is the second.
	codes := []Code{{0x0002_aaaa << 32}, {0x0001_bbbb << 32}, {0x0002_cccc << 32}}
	table := encode(t, codes)[:layoutOf(3).stride]
	for v, want := range []uint32{0, 0, 1, 3, 3} {
		if got := binary.LittleEndian.Uint32(table[4*v:]); got != want {
			t.Errorf("bound %d is %d, want %d", v, got, want)
		}
	}
	want := []byte{0xbb, 0xbb, 1, 0, 0, 0xaa, 0xaa, 0xcc, 0xcc, 0, 0, 0, 2, 0, 0}
	if got := table[262208:][:len(want)]; !bytes.Equal(got, want) {
		t.Errorf("buckets are %x, want %x", got, want)
	}
	if rest := table[262208+len(want):]; len(rest) != 64-len(want) || !bytes.Equal(rest, make([]byte, len(rest))) {
		t.Errorf("padding is %x", rest)
	}
}

func TestTablesSize(t *testing.T) {
	for n, want := range map[int]int64{0: 16 * 262208, 1: 16 * (262208 + 64), 10_000_000: 16 * (262208 + 50_000_000)} {
		if got := TablesSize(n); got != want {
			t.Errorf("tables of %d codes have %d bytes, want %d", n, got, want)
		}
	}
	if each := float64(TablesSize(10_000_000))/1e7 + 32; each > 116 {
		t.Errorf("%.1f bytes a code at ten million", each)
	}
	// Offsets are 32 bits.
	if size := TablesSize(MaxCodes); size > 1<<32 {
		t.Errorf("tables of %d codes have %d bytes", MaxCodes, size)
	}
}

func TestOpenRefusesDamage(t *testing.T) {
	codes := randomCodes(seeded(11), 300)
	good := encode(t, codes)
	stride := layoutOf(len(codes)).stride
	bound := func(table, v int, to uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[table*stride+4*v:], to)
			return b
		}
	}
	for _, test := range []struct {
		name   string
		damage func([]byte) []byte
		want   string
	}{
		{"none", func(b []byte) []byte { return b }, ""},
		{"empty", func([]byte) []byte { return nil }, "have 0 bytes, want"},
		{"short", func(b []byte) []byte { return b[:len(b)-1] }, "bytes, want"},
		{"long", func(b []byte) []byte { return append(b, 0) }, "bytes, want"},
		{"of others", func([]byte) []byte { return encode(t, codes[:200]) }, "index tables of 300 codes have"},
		{"not from 0", bound(0, 0, 1), "table 0: bound 0 is 1"},
		{"falling", bound(7, 40_000, 0), "table 7: bound 40000 is 0 after"},
		{"beyond the codes", bound(15, halfValues, 301), "table 15: the last bound is 301, want 300"},
		{"too high", bound(3, 100, 1<<31), "table 3: bound 101 is"},
		{"too few", func([]byte) []byte { return make([]byte, len(good)) }, "table 0: the last bound is 0, want 300"},
	} {
		_, err := Open(test.damage(slices.Clone(good)), codes)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

// Ids beyond the codes, which Open does not look for, are passed over.
func TestDamagedIds(t *testing.T) {
	codes := make([]Code, 200) // One bucket a table.
	tables := encode(t, codes)
	l := layoutOf(len(codes))
	for table := range tableCount {
		ids := tables[table*l.stride+l.buckets+siblingSize*len(codes):]
		for i := range 100 {
			copy(ids[idSize*i:], []byte{byte(200 + i), byte(i), byte(i)})
		}
	}
	x, err := Open(tables, codes)
	if err != nil {
		t.Fatal(err)
	}
	both(t, x, func(t *testing.T, path string, x *Index) {
		hits, c := within(new(scratch), x, codes[0], 0, nil)
		if len(hits) != 100 || c.compared != 200 {
			t.Errorf("%s: %d hits, cost %+v", path, len(hits), c)
		}
	})
}

func TestTooManyCodes(t *testing.T) {
	codes := make([]Code, MaxCodes+1) // Memory that nothing touches.
	if err := WriteTables(new(bytes.Buffer), codes); err == nil {
		t.Error("WriteTables took more than MaxCodes")
	}
	if _, err := Open(nil, codes); err == nil {
		t.Error("Open took more than MaxCodes")
	}
	x := Build(codes)
	if x.tables != nil {
		t.Fatal("Build made tables")
	}
	x.codes = randomCodes(seeded(14), 100)
	if hits := x.Within(x.codes[99], 2, nil); len(hits) != 1 || hits[0].Entry != 99 {
		t.Errorf("without tables it found %v", hits)
	}
}

// fullDisk takes some bytes and then no more.
type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return len(p) + d.room, errFull
	}
	return len(p), nil
}

func TestWriteTablesSaysWhatFailed(t *testing.T) {
	codes := randomCodes(seeded(12), 100)
	for table := range tableCount {
		err := WriteTables(&fullDisk{table*layoutOf(100).stride + 5}, codes)
		if want := fmt.Sprintf("write index table %d: ", table); !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// FuzzOpen overwrites tables, whatever the checksum might have said: Open refuses them
// or look-ups give true hits, if not all.
func FuzzOpen(f *testing.F) {
	codes := randomCodes(seeded(13), 200)
	good := encode(f, codes)
	f.Add(uint32(0), []byte{1}, uint8(31))
	f.Add(uint32(layoutOf(200).buckets), bytes.Repeat([]byte{0xff}, 1000), uint8(47))
	f.Add(uint32(layoutOf(200).stride+4*500), []byte{0, 0, 0, 0, 255, 0, 0, 0}, uint8(20))
	tables := slices.Clone(good)
	f.Fuzz(func(t *testing.T, at uint32, with []byte, radius uint8) {
		from := int(at) % len(tables)
		n := copy(tables[from:], with)
		defer copy(tables[from:from+n], good[from:])
		x, err := Open(tables, codes)
		if err != nil {
			return
		}
		r := int(radius) % (MaxRadius + 1)
		q := codes[int(at)%len(codes)]
		for _, wide := range []bool{false, haveWide} {
			x.wide = wide
			for _, hit := range x.Within(q, r, nil) {
				if d := codes[hit.Entry].Distance(q); d != hit.Distance || d > r {
					t.Fatalf("hit %v at distance %d, radius %d", hit, d, r)
				}
			}
		}
	})
}
