package segment

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// key is what makes rows the same.
func key(r *Row) string { return fmt.Sprint(r.Code, r.List, r.Ref) }

// TestMergeIsTheNewest holds merges against a map in which newer rows replace older.
func TestMergeIsTheNewest(t *testing.T) {
	hidden := 0
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 1))
		pool := randomRows(r, 300, 256)
		sources := make([][]Row, r.IntN(9))
		for i := range sources {
			for _, row := range pool {
				if r.IntN(3) > 0 {
					continue
				}
				row.Dead = r.IntN(4) == 0
				row.Attrs = []byte{byte(i)}
				sources[i] = append(sources[i], row)
			}
		}
		model := map[string]Row{}
		var merged []iter.Seq2[Row, error]
		for i, rows := range slices.Backward(sources) {
			for _, row := range rows {
				model[key(&row)] = row
			}
			from := all(rows)
			if i%2 == 0 {
				from = written(t, Options{Width: 256}, rows).Rows()
			}
			merged = append(merged, from)
		}
		slices.Reverse(merged)
		for _, dropDead := range []bool{false, true} {
			want := slices.Collect(maps.Values(model))
			if dropDead {
				want = slices.DeleteFunc(want, func(r Row) bool { return r.Dead })
				hidden += len(model) - len(want)
			}
			slices.SortFunc(want, func(a, b Row) int { return Compare(&a, &b) })
			sameRows(t, Merge(dropDead, merged...), want)
			// A merge is written as any rows are, and may be ranged over again.
			path := filepath.Join(t.TempDir(), "merged")
			if _, err := Write(path, Options{Width: 256}, Merge(dropDead, merged...)); err != nil {
				t.Fatal(err)
			}
			s, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, s.Rows(), want)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if hidden == 0 {
		t.Error("no tombstone hid a row")
	}
}

func TestMergeEndsWithASourcesError(t *testing.T) {
	rows := plainRows(rand.New(rand.NewPCG(1, 2)), 100, 64)
	broken := errors.New("broken")
	failing := func(yield func(Row, error) bool) {
		for _, r := range rows[:50] {
			if !yield(r, nil) {
				return
			}
		}
		yield(Row{}, broken)
	}
	atOnce := func(yield func(Row, error) bool) { yield(Row{}, broken) }
	twice := []Row{rows[0], rows[1], rows[1], rows[2]}
	back := []Row{rows[0], rows[2], rows[1]}
	for name, c := range map[string]struct {
		source iter.Seq2[Row, error]
		want   error
	}{
		"in the middle": {failing, broken}, "at once": {atOnce, broken},
		"the same twice": {all(twice), errOrder}, "backwards": {all(back), errOrder},
	} {
		t.Run(name, func(t *testing.T) {
			var last error
			n := 0
			for _, err := range Merge(false, all(rows[60:]), c.source) {
				if last != nil {
					t.Fatal("it goes on after an error")
				}
				last = err
				n++
			}
			if !errors.Is(last, c.want) {
				t.Errorf("ended with %v after %d rows", last, n)
			}
			if errors.Is(c.want, errOrder) && !strings.Contains(fmt.Sprint(last), "source 2") {
				t.Errorf("%v does not say which source", last)
			}
		})
	}
}

func TestMergeMayBeLeft(t *testing.T) {
	rows := plainRows(rand.New(rand.NewPCG(1, 2)), 100, 64)
	before := runtime.NumGoroutine()
	for range 20 {
		n := 0
		for _, err := range Merge(false, all(rows), all(rows[10:]), all(nil)) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 30 {
				break
			}
		}
		if n != 30 {
			t.Fatal("it ended by itself")
		}
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

func TestMergeDoesNotAllocateForARow(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(3, 4)), 20_000, 256)
	a, b := written(t, Options{Width: 256}, rows), written(t, Options{Width: 256}, rows[5000:])
	dir, n := t.TempDir(), 0
	allocs := testing.AllocsPerRun(2, func() {
		n++
		_, err := Write(filepath.Join(dir, fmt.Sprint(n)), Options{Width: 256}, Merge(false, a.Rows(), b.Rows()))
		if err != nil {
			t.Error(err)
		}
	})
	// The buffers and the recent records, but not the rows.
	if allocs > 3000 {
		t.Errorf("%v allocations for %d rows", allocs, len(rows))
	}
}
