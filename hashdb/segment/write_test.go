package segment

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// TestWriteOverBuffers takes more rows than the buffers hold, so that all sections
// are written in parts and moved.
func TestWriteOverBuffers(t *testing.T) {
	const n = 135_000
	if 2*n <= columnBuffer {
		t.Fatal("the smallest section fits its buffer")
	}
	for _, width := range []int{64, 256} {
		rows := plainRows(rand.New(rand.NewPCG(1, uint64(width))), n, width)
		for i := range rows {
			rows[i].List = uint16(i)
			rows[i].Dead = i%5 == 0
			if i%3 == 0 {
				rows[i].Ref = fmt.Sprintf("reference-%d", i)
			}
		}
		s := written(t, Options{Width: width, Tables: true}, rows)
		sameRows(t, s.Rows(), rows)
		for i := 0; i < n; i += 997 {
			if lo, hi := s.Find(rows[i].Code); lo > i || hi <= i {
				t.Fatalf("row %d found at %d to %d", i, lo, hi)
			}
			found := false
			for _, h := range s.Within(rows[i].Code, 0, nil) {
				found = found || int(h.Entry) == i
			}
			if !found {
				t.Fatalf("row %d is not within 0 of itself", i)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	const secret = "secret-reference"
	row := func(first uint64) Row { return Row{Code: index.Code{first}, Ref: secret} }
	long := func(r Row, ref, attrs int) Row {
		r.Ref, r.Attrs = strings.Repeat("r", ref), make([]byte, attrs)
		return r
	}
	for _, c := range []struct {
		name  string
		width int
		rows  []Row
		want  string
	}{
		{"width", 100, nil, "width 100 is not one of 64, 128, 160, 256"},
		{"equal rows", 64, []Row{row(1), row(1)}, "row 2: rows do not ascend"},
		{"descending rows", 64, []Row{row(1), row(2), row(1)}, "row 3: rows do not ascend"},
		{"descending lists", 64, []Row{{List: 2}, {List: 1}}, "row 2: rows do not ascend"},
		{"descending refs", 64, []Row{{Ref: "b"}, {Ref: "a"}}, "row 2: rows do not ascend"},
		{"long ref", 64, []Row{long(row(1), MaxRef+1, 0)}, "row 1: reference has 201 bytes, want at most 200"},
		{"long attributes", 64, []Row{long(row(1), 0, MaxAttrs+1)}, "row 1: attributes have 4097 bytes, want at most 4096"},
		{"65 bits", 64, []Row{{Code: index.Code{0, 1 << 63}}}, "row 1: hash is longer than 64 bits"},
		{"129 bits", 128, []Row{{Code: index.Code{0, 0, 1 << 63}}}, "row 1: hash is longer than 128 bits"},
		{"65 bits and more", 64, []Row{{Code: index.Code{0, 0, 0, 1}}}, "row 1: hash is longer than 64 bits"},
		{"129 bits and more", 128, []Row{{Code: index.Code{0, 0, 0, 1 << 63}}}, "row 1: hash is longer than 128 bits"},
		{"193 bits", 160, []Row{{Code: index.Code{0, 0, 0, 1 << 63}}}, "row 1: hash is longer than 160 bits"},
		{"256 bits", 160, []Row{{Code: index.Code{0, 0, 0, 1}}}, "row 1: hash is longer than 160 bits"},
		{"161 bits", 160, []Row{{Code: index.Code{0, 0, 1 << 31}}}, "row 1: hash is longer than 160 bits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			_, err := Write(path, Options{Width: c.width}, all(c.rows))
			if err == nil || !strings.HasSuffix(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Error("the error repeats the row")
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a file is left: %v", err)
			}
		})
	}
}

func TestWriteEndsWithTheRowsError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	broken := errors.New("broken")
	_, err := Write(path, Options{Width: 64}, func(yield func(Row, error) bool) {
		if yield(Row{}, nil) {
			yield(Row{}, broken)
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}

func TestWriteLeavesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("there"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(path, Options{Width: 64}, all(nil)); !errors.Is(err, os.ErrExist) {
		t.Errorf("error %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "there" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestBlobHasALimit(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	w := newWriter(f, Options{Width: 64})
	w.columns[blob].size = maxBlob - 16
	if err := w.add(&Row{Ref: "a"}); err != nil {
		t.Errorf("the first to the end: %v", err)
	}
	if err := w.add(&Row{Ref: "bcdefg"}); err == nil || !strings.Contains(err.Error(), "more than 32 GiB") {
		t.Errorf("the first beyond: %v", err)
	}
	w.rows = MaxRows
	if err := w.add(&Row{Ref: "c"}); err == nil || !strings.Contains(err.Error(), "at most 16777216") {
		t.Errorf("the first row too many: %v", err)
	}
}
