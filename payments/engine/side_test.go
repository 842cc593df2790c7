package engine

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// both says all that it sees of both roles of a subject.
type both struct{}

func (both) ID() string      { return "both" }
func (both) Version() string { return "1" }
func (both) TwoSided() bool  { return true }

func (both) Find(v *profile.View) (Finding, bool) {
	if v.Opposite == nil || len(v.Entries) == 0 || len(v.Opposite.Entries) < 2 {
		return Finding{}, false
	}
	if v.Opposite.Opposite != v || v.Opposite.Subject != v.Subject || v.Opposite.Role == v.Role {
		return Finding{Says: "not the other role of the same", Strength: 1, Counted: []int32{0}}, true
	}
	h := fnv.New64a()
	for _, e := range v.Opposite.Entries {
		_, _ = fmt.Fprintln(h, e.ID, e.At, e.Amount, v.Opposite.Of(&e).Transfers)
	}
	return Finding{
		Says: fmt.Sprintf("%x after %d of %d", h.Sum64(), v.Opposite.Newest, len(v.Opposite.Entries)), Strength: 0.5,
		Counted: []int32{int32(len(v.Entries) - 1)},
	}, true
}

func twoSidedEngine(t testing.TB, cacheBytes int64) *Engine {
	t.Helper()
	e, err := New(Config{Typologies: []Typology{everything{"all"}, both{}, everything{"other"}}, CacheBytes: cacheBytes})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// inBothRoles makes each subject send and receive.
func inBothRoles(r *rand.Rand, in []payments.Transfer) []payments.Transfer {
	roles := make(map[string]signal.Role)
	for i := range in {
		if _, known := roles[in[i].ID]; !known {
			roles[in[i].ID] = []signal.Role{signal.Sender, signal.Recipient}[r.IntN(2)]
		}
		in[i].Role = roles[in[i].ID] // a withdrawal has that of what it withdraws
	}
	return in
}

// TestWhatLooksAtBothRolesSaysTheSameInAnyOrder holds the promise of the package for
// typologies that look at both.
func TestWhatLooksAtBothRolesSaysTheSameInAnyOrder(t *testing.T) {
	said := 0
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 2))
		in := inBothRoles(r, traffic(r, 1200, 9, 200*days))
		want := last(t, twoSidedEngine(t, 0).Partition(), nil, in)
		got := last(t, twoSidedEngine(t, 0).Partition(), nil, disturb(r, in))
		for id, w := range want {
			if g := got[id]; !reflect.DeepEqual(g, w) {
				t.Fatalf("seed %d: %s", seed, difference([]signal.Signal{g}, []signal.Signal{w}))
			}
			if w.Payment.Typology == "both" {
				said++
			}
			if w.Payment.Strength == 1 {
				t.Fatal(w.Says)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("seed %d: %d signals, want %d", seed, len(got), len(want))
		}
	}
	if said < 12 {
		t.Errorf("both roles were told of only %d times", said)
	}
}

// TestBothRolesRestoreByteForByte stops, opens, drops and forgets as it goes on.
func TestBothRolesRestoreByteForByte(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	in := disturb(r, inBothRoles(r, traffic(r, 900, 15, 300*days)))
	undisturbed := store{}
	p := twoSidedEngine(t, 0).Partition()
	var want [][]signal.Signal
	two := 0
	for _, tr := range in {
		signals, err := p.Process(context.Background(), undisturbed, tr)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, signals)
		for _, s := range signals {
			if s.Payment.Role != tr.Role && s.Payment.Typology == "both" {
				two++
			}
		}
	}
	if two < 100 {
		t.Fatalf("the other role was told of only %d times", two)
	}
	for _, c := range []struct {
		cache          int64
		reopen, faults int // once in so many transfers; 0: never
	}{{0, 50, 0}, {60_000, 0, 0}, {0, 0, 5}, {60_000, 100, 5}, {1, 0, 0}} {
		s := store{}
		p := twoSidedEngine(t, c.cache).Partition()
		for i, tr := range in {
			if c.reopen > 0 && i%c.reopen == 0 {
				p = twoSidedEngine(t, c.cache).Partition()
			}
			if c.faults > 0 && r.IntN(c.faults) == 0 {
				if _, err := p.Process(context.Background(), maps.Clone(s), tr); err != nil {
					t.Fatal(err)
				}
				p.Drop()
			}
			signals, err := p.Process(context.Background(), s, tr)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(signals, want[i]) {
				t.Fatalf("%+v, transfer %d: %s", c, i, difference(signals, want[i]))
			}
		}
		if s.dump() != undisturbed.dump() {
			t.Fatalf("%+v: the state differs: %d keys, want %d", c, len(s), len(undisturbed))
		}
	}
}
