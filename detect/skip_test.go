package detect

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// wander is a stream's hashes: it stands still with flicker, moves slowly or fast, cuts to
// another place and back.
func wander(rng *rand.Rand, n int) []hashdb.Hash {
	path := []hashdb.Hash{randomHash(rng)}
	home := path[0]
	for len(path) < n {
		now := path[len(path)-1]
		switch rng.IntN(6) {
		case 0: // a cut
			path = append(path, randomHash(rng))
		case 1: // back
			path = append(path, flipped(rng, home, rng.IntN(30)))
		case 2: // slow
			for range rng.IntN(30) {
				path = append(path, flipped(rng, path[len(path)-1], rng.IntN(4)))
			}
		case 3: // fast
			for range rng.IntN(10) {
				path = append(path, flipped(rng, path[len(path)-1], rng.IntN(40)))
			}
		default: // a still
			for range rng.IntN(80) {
				path = append(path, flipped(rng, now, rng.IntN(6)))
			}
		}
	}
	return path[:n]
}

// world is a store whose lists change now and then: entries near a stream's path come
// and go, and lists change their standing.
type world struct {
	*hashdb.DB
	t     *testing.T
	rng   *rand.Rand
	path  []hashdb.Hash
	added []hashdb.Entry
}

var sources = []string{"live", "shadow", "innocent", "wide"}

func newWorld(t *testing.T, rng *rand.Rand, path []hashdb.Hash) *world {
	t.Helper()
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{DB: db, t: t, rng: rng, path: path}
	for i, source := range sources {
		l := hashdb.List{Source: source, Kind: hashdb.KindPDQ, Radius: []int{31, 31, 20, 35}[i], State: hashdb.StateLive, Allow: source == "innocent"}
		if source == "shadow" {
			l.State = hashdb.StateShadow
		}
		if err := db.SetList(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		w.change()
	}
	return w
}

// change makes one change, as a rule near the path: half of the entries lie where only a
// wider look-up sees them.
func (w *world) change() {
	w.t.Helper()
	source := sources[w.rng.IntN(len(sources))]
	if w.rng.IntN(3) > 0 {
		source = "live"
	}
	b := hashdb.Batch{Source: source}
	switch {
	case len(w.added) > 4 && w.rng.IntN(3) == 0:
		i := w.rng.IntN(len(w.added))
		e := w.added[i]
		w.added = append(w.added[:i], w.added[i+1:]...)
		b.Source, e.Status = e.Provenance, hashdb.Retracted
		b.Entries = []hashdb.Entry{e}
	default:
		h := flipped(w.rng, w.path[w.rng.IntN(len(w.path))], w.rng.IntN(60))
		e := hashdb.Entry{Hash: h, Provenance: source}
		if w.rng.IntN(8) == 0 {
			e.Status = hashdb.Disputed
		}
		w.added = append(w.added, e)
		b.Entries = []hashdb.Entry{e}
	}
	if _, err := w.Apply(w.t.Context(), b); err != nil {
		w.t.Fatal(err)
	}
}

// TestSkippedLookupsAreExact: what comes of a stream is the same to the byte, whether
// look-ups are skipped or not.
func TestSkippedLookupsAreExact(t *testing.T) {
	var sum Stats
	signals := 0
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		path := wander(rng, 500)
		w := newWorld(t, rng, path)
		skips, full := New(w, Options{SkipStreams: 2}), New(w, Options{SkipStreams: -1})
		a, b := memory{}, memory{}
		for i, h := range path {
			if rng.IntN(60) == 0 {
				w.change()
			}
			r := HashRecord{Kind: "pdq", Hash: h.String(), Quality: 100, Views: []View{
				{View: "rot90", Hash: turnedBy(h, 1).String()}, {View: "trimmed", Hash: turnedBy(h, 2).String()},
				{View: "rot90", Hash: turnedBy(path[i/50*50], 1).String()}, // Another under the same name.
			}}
			data, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			f := frame(i, HashType, data)
			f.At = at.Add(time.Duration(i) * 5 * time.Second)
			// Three streams, of whose two something is remembered.
			f.Stream = fmt.Sprint(i / 100 % 3)
			got, err := skips.Frame(t.Context(), a, f)
			if err != nil {
				t.Fatal(err)
			}
			want, err := full.Frame(t.Context(), b, f)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, frame %d: %+v, want %+v", seed, i, got, want)
			}
			signals += len(got.Signals)
		}
		if a.dump() != b.dump() {
			t.Fatalf("seed %d: the states differ", seed)
		}
		s := skips.Stats()
		sum.Skipped += s.Skipped
		sum.Lookups += s.Lookups
		sum.Proofs += s.Proofs
		sum.Vain += s.Vain
		sum.Matched += s.Matched
		sum.Innocent += s.Innocent
		if full.Stats().Skipped != 0 || full.Stats().Lookups != s.Lookups+s.Skipped {
			t.Errorf("seed %d: %d look-ups without skipping, %d and %d skipped with", seed, full.Stats().Lookups, s.Lookups, s.Skipped)
		}
	}
	if sum.Skipped < 1000 || sum.Proofs < 25 || sum.Vain < 10 || sum.Matched < 50 || sum.Innocent < 5 || signals < 25 {
		t.Errorf("%d signals and %+v show little", signals, sum)
	}
}

// turnedBy stands for a turn: it keeps distances, and its hashes are far from the others.
func turnedBy(h hashdb.Hash, by byte) hashdb.Hash {
	for i := range h.Bits {
		h.Bits[i] ^= 0x3c + by
	}
	return h
}

// restless is an Index that changes under the one who asks.
type restless struct {
	*world
	asked   []look
	answers []string // what a whole look-up would have said at each moment
}

func (r *restless) stir() {
	for range r.rng.IntN(2) * r.rng.IntN(3) {
		r.change()
		r.note()
	}
}

func (r *restless) note() {
	d := New(r.DB, Options{SkipStreams: -1})
	hits, err := d.lookup("", r.asked)
	if err != nil {
		r.t.Fatal(err)
	}
	r.answers = append(r.answers, sayHits(hits))
}

// sayHits leaves the list's version out, which says the moment.
func sayHits(hits []hit) string {
	var b strings.Builder
	for _, h := range hits {
		h.version = ""
		fmt.Fprintf(&b, "%+v\n", h)
	}
	return b.String()
}

func (r *restless) Search(q hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	r.stir()
	defer r.stir()
	return r.DB.Search(q, hashes...)
}

func (r *restless) Reach(k hashdb.Kind) (int, uint64, error) {
	r.stir()
	defer r.stir()
	return r.DB.Reach(k)
}

// TestLookupsAreOfOneMoment: with lists that change while a frame is looked up, the answer
// is what a whole look-up would have said at one of the moments.
func TestLookupsAreOfOneMoment(t *testing.T) {
	skipped := uint64(0)
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 8))
		path := wander(rng, 200)
		r := &restless{world: newWorld(t, rng, path)}
		d := New(r, Options{})
		quiet := New(r.DB, Options{})
		quiet.skip = d.skip // The same memory, gained while nothing changed.
		for i, h := range path {
			r.asked = []look{{plain, h}, {plain + 1, turnedBy(h, 1)}}
			r.answers = nil
			r.note()
			by := d
			if rng.IntN(12) > 0 {
				by = quiet
			}
			hits, err := by.lookup("s", r.asked)
			if err != nil {
				t.Fatal(err)
			}
			ok := false
			for _, a := range r.answers {
				ok = ok || a == sayHits(hits)
			}
			if !ok {
				t.Fatalf("seed %d, frame %d: found %s, which is true of none of %d moments: %q", seed, i, sayHits(hits), len(r.answers), r.answers)
			}
		}
		skipped += quiet.Stats().Skipped + d.Stats().Skipped
	}
	if skipped < 50 {
		t.Errorf("%d skipped show little", skipped)
	}
}

func TestASkipperForgetsTheStreamUsedLongestAgo(t *testing.T) {
	s := newSkipper(2)
	a, b := s.stream("a"), s.stream("b")
	if s.stream("a") != a {
		t.Error("a was forgotten")
	}
	s.stream("c")
	if s.stream("a") != a || s.stream("b") == b || len(s.byKey) != 2 || s.recent.Len() != 2 {
		t.Error("b was to be forgotten")
	}
	if newSkipper(-1).stream("a") != nil {
		t.Error("something is remembered")
	}
}

// gaining is an Index whose list gains entries when it is next searched.
type gaining struct {
	*lists
	gains []entry
}

func (g *gaining) Search(q hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	if len(g.gains) > 0 {
		g.entries, g.gains, g.moment = append(g.entries, g.gains...), nil, g.moment+1
	}
	return g.lists.Search(q, hashes...)
}

// TestWhatWasSkippedIsLookedUpWhenTheListsChanged: one view was near nothing, the other is
// looked up, and by then both are near something.
func TestWhatWasSkippedIsLookedUpWhenTheListsChanged(t *testing.T) {
	far := entry{"demo-list", near(listed, 0, 128), 31}
	index := &gaining{lists: &lists{entries: []entry{far}}}
	d := New(index, Options{})
	one, other := near(listed, 128, 64), near(listed, 192, 64)
	if hits, err := d.lookup("s", []look{{plain, one}}); err != nil || len(hits) != 0 {
		t.Fatalf("%+v, %v", hits, err)
	}
	index.gains = []entry{{"demo-list", one, 31}, {"demo-list", other, 31}}
	hits, err := d.lookup("s", []look{{plain, one}, {plain + 1, other}})
	if err != nil || len(hits) != 2 || d.Stats().Skipped != 0 {
		t.Errorf("%+v, %v, %d skipped", hits, err, d.Stats().Skipped)
	}
}
