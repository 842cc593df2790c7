package hashdb

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// encode returns the list as a file's content.
func encode(t testing.TB, l *list) ([]byte, seal) {
	t.Helper()
	var b bytes.Buffer
	s, err := l.writeTo(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), s
}

func smallList(t testing.TB) *list {
	t.Helper()
	a := mustParse(t, KindPDQ, "00"+pdqHex[2:]).words()
	return &list{source: "Demo.list-1", kind: KindPDQ, radius: 31, hashes: []words{a, mustParse(t, KindPDQ, pdqHex).words()}}
}

// The format is what another version of the program must be able to read.
func TestListFileGolden(t *testing.T) {
	golden := filepath.Join("testdata", "demo.pdq.hashes")
	got, s := encode(t, smallList(t))
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the file differs from %s", golden)
	}
	l, again, err := readList(bytes.NewReader(want), int64(len(want)))
	if err != nil {
		t.Fatal(err)
	}
	if l.source != "Demo.list-1" || l.kind != KindPDQ || l.radius != 31 || !slices.Equal(l.hashes, smallList(t).hashes) || again != s {
		t.Errorf("read back as %+v, %+v", l, again)
	}
}

func TestListFileOf64Bits(t *testing.T) {
	l := &list{source: "s", kind: KindDHash, radius: 8, hashes: []words{{1}, {1 << 63}}}
	data, s := encode(t, l)
	back, again, err := readList(bytes.NewReader(data), int64(len(data)))
	if err != nil || again != s || !slices.Equal(back.hashes, l.hashes) {
		t.Errorf("read back as %+v, %+v, %v", back, again, err)
	}
}

func TestVersionIsOfTheContent(t *testing.T) {
	version := func(change func(*list)) string {
		l := smallList(t)
		change(l)
		_, s := encode(t, l)
		return s.version
	}
	same := version(func(*list) {})
	if got := version(func(l *list) { l.source = "other" }); got != same {
		t.Error("the source is part of the version")
	}
	for name, change := range map[string]func(*list){
		"radius":  func(l *list) { l.radius = 30 },
		"entries": func(l *list) { l.hashes = l.hashes[:1] },
		"bit":     func(l *list) { l.hashes[1][3] ^= 1 },
	} {
		if version(change) == same {
			t.Errorf("%s is no part of the version", name)
		}
	}
}

// No byte of a file can change, and none be missing or too many, without notice.
func TestDamageIsFound(t *testing.T) {
	data, _ := encode(t, smallList(t))
	tried := 0
	for i := range data {
		for _, flip := range []byte{1, 0x80} {
			bad := bytes.Clone(data)
			bad[i] ^= flip
			_, _, err := readList(bytes.NewReader(bad), int64(len(bad)))
			if err == nil {
				t.Fatalf("byte %d changed by %#x was not noticed", i, flip)
			}
			if i != len(listMagic) && !errors.Is(err, ErrDamaged) {
				t.Errorf("byte %d: %v is not ErrDamaged", i, err)
			}
			tried++
		}
		if _, _, err := readList(bytes.NewReader(data[:i]), int64(i)); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v, want ErrDamaged", i, err)
		}
	}
	if _, _, err := readList(bytes.NewReader(append(data, 0)), int64(len(data)+1)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte too many: %v, want ErrDamaged", err)
	}
	if tried < 200 {
		t.Errorf("tried %d changes, want 200", tried)
	}
	data[len(listMagic)] = 2
	if _, _, err := readList(bytes.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), "format 2") {
		t.Errorf("a later format: %v, want an error that names it", err)
	}
}

// A valid checksum does not excuse entries out of order: whoever wrote the file is
// not this program.
func TestEntriesMustAscend(t *testing.T) {
	l := smallList(t)
	l.hashes = []words{l.hashes[1], l.hashes[0]}
	data, _ := encode(t, l)
	if _, _, err := readList(bytes.NewReader(data), int64(len(data))); !errors.Is(err, ErrDamaged) {
		t.Errorf("descending: %v, want ErrDamaged", err)
	}
	l.hashes[1] = l.hashes[0]
	data, _ = encode(t, l)
	if _, _, err := readList(bytes.NewReader(data), int64(len(data))); !errors.Is(err, ErrDamaged) {
		t.Errorf("twice the same: %v, want ErrDamaged", err)
	}
}

// errReader fails as a disk does.
type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestReadFailureIsNotDamage(t *testing.T) {
	broken := errors.New("disk is gone")
	_, _, err := readList(errReader{broken}, 100)
	if !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
		t.Errorf("error %v, want the disk's and not ErrDamaged", err)
	}
}

func FuzzReadList(f *testing.F) {
	data, _ := encode(f, smallList(f))
	f.Add(data)
	f.Add(data[:20])
	empty, _ := encode(f, &list{source: "s", kind: KindPHash, radius: 1})
	f.Add(empty)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, sealed := range []bool{false, true} {
			if sealed {
				data = reseal(data)
			}
			l, s, err := readList(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				continue
			}
			again, seal := encode(t, l)
			if !bytes.Equal(again, data) || seal != s {
				t.Fatal("an accepted file is written back otherwise")
			}
		}
	})
}

// reseal gives data the checksum that its content asks for, so that fuzzing gets
// past it.
func reseal(data []byte) []byte {
	in := bytes.NewReader(data)
	l, entries, err := readHeader(in)
	if err != nil || in.Len() != entries*l.kind.size()+checksumSize {
		return data
	}
	head := data[:len(data)-in.Len()]
	body := data[len(head) : len(data)-checksumSize]
	content := l.contentHash()
	content.Write(body)
	sum := sha256.Sum256(append(bytes.Clone(head), content.Sum(nil)...))
	return append(bytes.Clone(data[:len(data)-checksumSize]), sum[:]...)
}
