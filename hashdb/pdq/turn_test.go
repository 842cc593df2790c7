package pdq

import (
	"math/rand/v2"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/internal/scene"
)

func randomHash(r *rand.Rand) (h Hash) {
	for i := range h {
		h[i] = byte(r.Uint32())
	}
	return h
}

func TestTurnedMovesBitsAndKeepsDistances(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	turns := 0
	for range 200 {
		a, b := randomHash(r), randomHash(r)
		for turn := range Transform(len(transforms)) {
			turns++
			if back := a.Turned(turn).Turned(turn.Inverse()); back != a {
				t.Fatalf("%v and back by %v is another hash", turn, turn.Inverse())
			}
			if got, want := distance(a.Turned(turn), b.Turned(turn)), distance(a, b); got != want {
				t.Fatalf("%v: %d bits apart, and were %d", turn, got, want)
			}
		}
		if a.Turned(Original) != a {
			t.Fatal("the original is another hash")
		}
	}
	if turns != 1600 {
		t.Errorf("%d turns, want 1600", turns)
	}
}

// Where no coefficient lies between the median and its negative, the derived hashes are
// the ones.
func TestTurnedIsExactAboutAMedianOfZero(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		var c coefficients
		places := r.Perm(kept * kept)
		for n, p := range places {
			v := float32(1 + r.Float64())
			// The 128th in order must be the highest below zero, in every turn: as many
			// above as below whatever signs change.
			if n%2 == 0 {
				v = -v
			}
			c[p/kept][p%kept] = v
		}
		for turn := range Transform(len(transforms)) {
			above := 0
			for _, v := range c.signed(turn) {
				if v > 0 {
					above++
				}
			}
			if d := distance(c.bits(Original).Turned(turn), c.bits(turn)); d > 2*max(above-128, 128-above) {
				t.Errorf("%v: %d bits off with %d coefficients above zero", turn, d, above)
			}
		}
	}
}

func TestTurnedIsNearTheTurnedPicture(t *testing.T) {
	all, _, err := New(Mode512).ImageDihedral(scene.Draw(480, 300))
	if err != nil {
		t.Fatal(err)
	}
	for turn := range Transform(len(all)) {
		for other := range Transform(len(all)) {
			d := distance(all[Original].Turned(turn), all[other])
			if (d <= 16) != (turn == other) {
				t.Errorf("derived %v is %d bits from %v", turn, d, other)
			}
		}
	}
}

// The error on real pictures, whose hashes the reference took.
func TestTurnedBesideTheReference(t *testing.T) {
	compared, total, most := 0, 0, 0
	for _, v := range vectors(t, testdata(t, "image")) {
		for i := range v.dihedral {
			turn := Transform(i)
			d := distance(v.dihedral[Original].Turned(turn), v.dihedral[turn])
			if turn == Original && d != 0 {
				t.Errorf("%s: the original is %d bits off", v.file, d)
			}
			if turn != Original {
				total += d
				compared++
			}
			if most = max(most, d); d > 16 {
				t.Errorf("%s %v: %d bits from the reference, want at most 16", v.file, turn, d)
			}
		}
	}
	if compared < 16*7 {
		t.Errorf("compared %d hashes, want %d", compared, 16*7)
	}
	t.Logf("%d derived hashes, %.1f bits off on average, %d at most", compared, float64(total)/float64(compared), most)
}

func BenchmarkTurned(b *testing.B) {
	h := randomHash(rand.New(rand.NewPCG(5, 6)))
	for b.Loop() {
		for turn := range Transform(len(transforms)) {
			h = h.Turned(turn)
		}
	}
}
