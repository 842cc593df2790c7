package simulate

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// TestTiesAreTheTruth: whoever's records name a member of a network is tied to it, nobody
// else is, no guilty person is, and a folder says the same.
func TestTiesAreTheTruth(t *testing.T) {
	w := small(t)
	dir := filepath.Join(t.TempDir(), "world")
	if _, err := w.Write(t.Context(), dir, 2, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Labelled() {
		t.Error("the folder does not say that it tells of ties")
	}
	tied, innocent := 0, 0
	for i := range w.Parts() {
		p := w.Part(i)
		met := func(a, b int32) bool {
			for _, x := range p.t.pays {
				if x.from == a && x.to == b {
					return true
				}
			}
			return slices.ContainsFunc(p.t.meets, func(x session) bool { return x.host == a && slices.Contains(x.guests, b) })
		}
		labels, written := p.Labels(), make(map[string]Label)
		read, err := f.Labels(i)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range read.People {
			written[l.Person] = l
		}
		for who, l := range labels.People {
			if !reflect.DeepEqual(l.Ties, written[l.Person].Ties) {
				t.Fatalf("made %v, written %v", l.Ties, written[l.Person].Ties)
			}
			if l.Group.Guilty() {
				if l.Ties != nil {
					t.Error("somebody guilty is a bystander")
				}
				continue
			}
			if innocent++; innocent%10 != 0 && len(l.Ties) == 0 {
				continue // one in ten of those without ties is looked into
			}
			var want []int
			for other, o := range labels.People {
				if o.Network != 0 && (met(int32(who), int32(other)) || met(int32(other), int32(who))) {
					want = append(want, o.Network)
				}
			}
			slices.Sort(want)
			if want = slices.Compact(want); !slices.Equal(want, l.Ties) {
				t.Fatalf("tied to %v, dealt with %v", l.Ties, want)
			}
			if len(want) > 0 {
				tied++
			}
		}
	}
	if tied < 30 || tied > innocent/2 {
		t.Errorf("%d of %d are tied", tied, innocent)
	}
}
