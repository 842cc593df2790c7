package archive

import (
	"fmt"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

func TestPrintsThatComeLate(t *testing.T) {
	r := seeded(27)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}, {list: "before", hash: pdqHash(h), radius: 31}}}
	p := func(seconds float64) detect.Print { return printAt("a", seconds, flipped(r, h, 10)) }
	for name, c := range map[string]struct {
		prints []detect.Print // After the search, whose time is 60 s.
		want   []uint64       // The signals' revisions.
	}{
		"of before":          {[]detect.Print{p(10)}, []uint64{1}},
		"within the time":    {[]detect.Print{p(60 + 599)}, []uint64{1}},
		"after it":           {[]detect.Print{p(60 + 600)}, nil},
		"many":               {[]detect.Print{p(1), p(2), p(3), p(4), p(5), p(6), p(7), p(8), p(9)}, []uint64{1, 2, 4, 8}},
		"two segments":       {[]detect.Print{p(1), p(32), p(90), p(93)}, []uint64{1, 1, 1, 2}[:4]},
		"back in time":       {[]detect.Print{p(40), p(20), p(30)}, []uint64{1, 2}},
		"another":            {[]detect.Print{printAt("a", 1, randomHash(r))}, nil},
		"turned":             {[]detect.Print{printAt("a", 1, h.Turned(pdq.FlipY))}, []uint64{1}},
		"twice":              {[]detect.Print{printAt("a", 1, h), printAt("a", 1, h)}, []uint64{1}},
		"over midnight":      {[]detect.Print{p(-86400 + 43199), p(-86400 + 43200), p(-86400 + 43201), p(-86400 + 43202)}, []uint64{1, 2, 4}},
		"a still, as it was": {[]detect.Print{printAt("a", 1, h), printAt("a", 2, h)}, []uint64{1, 2}},
	} {
		a, s := New(l, Options{}), memory{}
		if got := search(t, a, s, named("gains", at.Add(time.Minute), l.entries)); len(got) != 0 {
			t.Fatal("an empty archive found something")
		}
		var got []uint64
		ids := map[string]bool{}
		for _, sig := range keep(t, a, s, c.prints...) {
			got = append(got, sig.Revision)
			ids[sig.ID] = true
			if sig.Match.List != "gains" || sig.Match.FramesSeen < sig.Match.FramesMatched {
				t.Errorf("%s: %+v", name, sig.Match)
			}
		}
		ones := 0
		for _, revision := range got {
			if revision == 1 {
				ones++
			}
		}
		if len(ids) != ones {
			t.Errorf("%s: %d ids of %d segments", name, len(ids), ones)
		}
		going := 0
		for k := range s {
			if len(k) == headSize+1+idSize {
				going++
			}
		}
		if going > 1 {
			t.Errorf("%s: %d segments of one entry and stream may go on", name, going)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: revisions %v, want %v", name, got, c.want)
		}
	}
}

func TestSearchesAreForgotten(t *testing.T) {
	r := seeded(28)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	searches := func() (n int) {
		for k := range s {
			if k[0] == 's' {
				n++
			}
		}
		return n
	}
	for i := range maxRecent + 6 {
		q := named("gains", at, l.entries)
		q.ID = fmt.Sprint("change-", i)
		search(t, a, s, q)
		search(t, a, s, q) // Once is enough.
	}
	if searches() != maxRecent || a.Stats().Forgotten != 6 {
		t.Errorf("%d searches are kept, %+v", searches(), a.Stats())
	}
	keep(t, a, s, printAt("a", 86400, randomHash(r)))
	if searches() != maxRecent {
		t.Errorf("%d searches are kept the day after", searches())
	}
	keep(t, a, s, printAt("a", 2*86400, randomHash(r)))
	if searches() != 0 || len(s[string(partitionKey())]) > 20 {
		t.Errorf("%d searches are kept two days after", searches())
	}
	// Partitions are at different searches, and share few tables.
	for i := range 5 {
		s := memory{}
		q := named("gains", at, l.entries)
		q.ID = fmt.Sprint(i)
		search(t, a, s, q)
		if got := keep(t, a, s, printAt("a", 0, h)); len(got) != 1 || len(a.watches) > maxWatches {
			t.Errorf("%d signals, %d tables", len(got), len(a.watches))
		}
	}
	// So many hashes that no table is made of them.
	q := Search{ID: "many", Source: "gains", At: at}
	for i := range MaxSearch {
		q.Hashes = append(q.Hashes, pdqHash(randomHash(r)))
		q.Hashes[i].Bits[0], q.Hashes[i].Bits[1] = byte(i), byte(i>>8)
	}
	a, s = New(l, Options{}), memory{}
	for i := range 2 {
		q.ID = fmt.Sprint("many-", i)
		search(t, a, s, q)
	}
	search(t, a, s, named("gains", at, l.entries))
	if got := keep(t, a, s, printAt("a", 0, h), printAt("a", 1, randomHash(r))); len(got) != 1 || a.Stats().Asked != 2 {
		t.Errorf("%d signals, %+v", len(got), a.Stats())
	}
}

func TestALatePrintIsHeldToItsSearches(t *testing.T) {
	r := seeded(33)
	h, g := randomHash(r), randomHash(r)
	l := &lists{entries: []entry{{list: "early", hash: pdqHash(h), radius: 31}, {list: "late", hash: pdqHash(g), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	search(t, a, s, named("early", at, l.entries))
	search(t, a, s, named("late", at.Add(time.Hour), l.entries))
	got := keep(t, a, s, printAt("a", 1800, h), printAt("a", 1801, g), printAt("a", 2, h))
	if len(got) != 2 || got[0].Match.List != "late" || got[1].Match.List != "early" {
		t.Errorf("got %+v", got)
	}
}

func TestALatePrintAfterMidnightCountsWhatWasSeen(t *testing.T) {
	r := seeded(34)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	keep(t, a, s, printAt("a", 43190, h), printAt("a", 43195, randomHash(r)), printAt("a", 43200, flipped(r, h, 9)))
	search(t, a, s, named("gains", at.Add(24*time.Hour), l.entries))
	got := keep(t, a, s, printAt("a", 43201, randomHash(r)), printAt("a", 43202, h), printAt("a", 43203, flipped(r, h, 9)))
	if len(got) != 1 || got[0].Match.FramesMatched != 4 || got[0].Match.FramesSeen != 6 {
		t.Errorf("got %+v", got)
	}
}
