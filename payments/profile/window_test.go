package profile

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMostIsBestOfTheNumber holds the quick search to the one that counts everything.
func TestMostIsBestOfTheNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	several := 0
	for range 2000 {
		v := &View{Others: make([]Other, 3)}
		var picked []int32
		at := int64(0)
		for i := range r.IntN(20) {
			at += r.Int64N(5) // often none, so that several are at once
			v.Entries = append(v.Entries, Entry{At: at, Other: uint16(r.IntN(3))})
			if r.IntN(3) > 0 {
				picked = append(picked, int32(i))
			}
		}
		width := r.Int64N(12)
		s := v.Best(picked, width, Span.Transfers)
		if got, want := v.Most(picked, width), picked[s.From:s.To]; !slices.Equal(got, want) {
			t.Fatalf("of %v within %d: %v, must be %v", v.Entries, width, got, want)
		}
		if s.To < len(picked) {
			several++
		}
	}
	if several < 100 {
		t.Errorf("only %d did not end with the last", several)
	}
}

// TestPickMarkedIsPick holds it, and AtMost, to a look at each entry.
func TestPickMarkedIsPick(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		p := New("sub_", "sender", func(*Entry) Marks { return Marks(r.Uint32()) })
		for i := range r.IntN(300) {
			if _, _, err := p.Add(Entry{ID: uint64(i), At: int64(1000 + i), Amount: r.Int64N(3)}, Token{1}); err != nil {
				t.Fatal(err)
			}
		}
		v := p.View(&View{}, -1)
		marks := Marks(r.Uint32() & r.Uint32())
		free := func(e *Entry) bool { return e.Amount == 0 }
		all := v.Pick(func(e *Entry) bool { return e.Marks&marks == marks })
		some := v.Pick(func(e *Entry) bool { return e.Marks&marks == marks && free(e) })
		if got := v.PickMarked(marks, nil); !slices.Equal(got, all) {
			t.Fatalf("with %b: %v, must be %v", marks, got, all)
		}
		if got := v.PickMarked(marks, free); !slices.Equal(got, some) {
			t.Fatalf("with %b and free: %v, must be %v", marks, got, some)
		}
		for i := range 8 {
			with := v.Pick(func(e *Entry) bool { return e.Marks>>i&1 != 0 })
			if got := v.AtMost(1 << i); got != len(with) {
				t.Fatalf("mark %d: at most %d, must be %d", i, got, len(with))
			}
			for j := range i {
				if got, want := v.AtMost(1<<i|1<<j), min(v.AtMost(1<<i), v.AtMost(1<<j)); got != want {
					t.Fatalf("marks %d and %d: at most %d, must be %d", i, j, got, want)
				}
			}
		}
		if got := v.AtMost(0); got != len(v.Entries) {
			t.Fatalf("without a mark: at most %d of %d", got, len(v.Entries))
		}
	}
}
