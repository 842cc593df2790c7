package segment

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/index"
)

func mappings(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), path)
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestOpeningLeaksNothing(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	rows := randomRows(rand.New(rand.NewPCG(1, 1)), 100, 256)
	if _, err := Write(good, Options{Width: 256}, all(rows)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1]++
	if err := os.WriteFile(bad, b, 0o600); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	for i := range 1000 {
		s, err := Open(good)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 && mappings(t, good) != 1 {
			t.Errorf("%d mappings of an open segment", mappings(t, good))
		}
		if _, err := Open(bad); err == nil {
			t.Fatal("a damaged file was opened")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := mappings(t, dir); n != 0 {
		t.Errorf("%d mappings are left", n)
	}
	if now := descriptors(t); now != before {
		t.Errorf("%d file descriptors, %d before", now, before)
	}
}

// TestManyReadAtATime is for the race detector. The file is gone meanwhile.
func TestManyReadAtATime(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(2, 2)), index.MinCodes+100, 256)
	s := written(t, Options{Width: 256, Tables: true}, rows)
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := g; i < len(rows); i += 41 {
				if lo, hi := s.Find(rows[i].Code); lo > i || hi <= i {
					t.Errorf("row %d is not found", i)
				}
				if len(s.Within(rows[i].Code, 31, nil)) == 0 {
					t.Errorf("row %d is not near itself", i)
				}
			}
			if err := s.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
