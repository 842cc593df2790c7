package stream

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// Scan sees what Get sees, in order, whatever of it is durable, pending or the
// record's own.
func TestScan(t *testing.T) {
	st, err := openStore(t.TempDir(), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	model := map[string]string{}
	key := func() string {
		return []string{"a/", "a/\xff", "a/\xff\xff", "b/", "\xff\xff"}[r.IntN(5)] + fmt.Sprint(r.IntN(20))
	}
	scans := 0
	for round := range 60 {
		c := &changes{store: st}
		for range 10 {
			k, v := key(), fmt.Sprint(round)
			if r.IntN(3) == 0 {
				delete(model, k)
				err = c.Delete([]byte(k))
			} else {
				model[k] = v
				err = c.Set([]byte(k), []byte(v))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, prefix := range []string{"", "a/", "a/\xff", "b", "\xff", "none"} {
			var want, got []string
			for _, k := range slices.Sorted(maps.Keys(model)) {
				if strings.HasPrefix(k, prefix) {
					want = append(want, k+"="+model[k])
				}
			}
			if err := c.Scan([]byte(prefix), func(k, v []byte) (bool, error) {
				got = append(got, string(k)+"="+string(v))
				return true, nil
			}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("round %d, prefix %q: %q, want %q", round, prefix, got, want)
			}
			scans += len(got)
		}
		if err := c.apply(); err != nil {
			t.Fatal(err)
		}
		if round%4 == 0 {
			if err := st.commit(int64(round)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if scans == 0 {
		t.Error("nothing was scanned")
	}
	c := &changes{store: st}
	seen := 0
	errStop := errors.New("stop")
	if err := c.Scan(nil, func(_, _ []byte) (bool, error) { seen++; return false, nil }); err != nil || seen != 1 {
		t.Errorf("%d seen after false, error %v", seen, err)
	}
	if err := c.Scan(nil, func(_, _ []byte) (bool, error) { return true, errStop }); !errors.Is(err, errStop) {
		t.Errorf("error %v, want the function's", err)
	}
	if err := st.close(); err != nil {
		t.Fatal(err)
	}
}
