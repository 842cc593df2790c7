package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/signal"
)

func TestASegmentIsAsItWasSeen(t *testing.T) {
	r := seeded(21)
	h, bars := randomHash(r), randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	keep(t, a, s,
		printAt("a", 0, flipped(r, h, 20)), printAt("a", 1, flipped(r, h, 12)), printAt("a", 1.5, randomHash(r)),
		printAt("a", 2, randomHash(r), flipped(r, h, 8).Turned(pdq.FlipX)), printAt("a", 40, bars),
		// More than the gap later.
		printAt("a", 32.5+2, h.Turned(pdq.Rotate90)), printAt("a", 70, bars))
	got := search(t, a, s, named("gains", at, l.entries))
	if len(got) != 2 {
		t.Fatalf("%d signals, want those of 2 segments", len(got))
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(got); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "signals.json", b.String())
}

func TestEveryViewIsFoundAndNamed(t *testing.T) {
	r := seeded(22)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	views := 0
	for _, trimmed := range []bool{false, true} {
		for turn := range pdq.Transform(turns) {
			a, s := New(l, Options{}), memory{}
			p := printAt("a", 0, flipped(r, h, 31).Turned(turn.Inverse()))
			want := turn.String() + "-derived"
			if turn == pdq.Original {
				want = ""
			}
			if trimmed {
				p.Hashes = []pdq.Hash{randomHash(r), p.Hashes[0]}
				want = strings.TrimSuffix("trimmed-"+want, "-")
			}
			keep(t, a, s, p)
			got := search(t, a, s, named("gains", at, l.entries))
			if len(got) != 1 || got[0].Match.View != want || got[0].Match.Distance != 31 {
				t.Errorf("%s: got %+v", want, got)
			}
			views++
		}
	}
	if views != 16 {
		t.Errorf("%d views, want 16", views)
	}
}

func TestWhatTheListsDoNotSayIsNotFound(t *testing.T) {
	r := seeded(23)
	h := randomHash(r)
	gained := entry{list: "gains", hash: pdqHash(h), radius: 31}
	for name, c := range map[string]struct {
		entries []entry
		print   pdq.Hash
		want    int
	}{
		"found":              {[]entry{gained}, flipped(r, h, 31), 1},
		"too far":            {[]entry{gained}, flipped(r, h, 32), 0},
		"own radius":         {[]entry{{list: "gains", hash: pdqHash(h), radius: 10}, {list: "other", hash: pdqHash(randomHash(r)), radius: 47}}, flipped(r, h, 11), 0},
		"shadow":             {[]entry{{list: "gains", hash: pdqHash(h), radius: 31, shadow: true}}, h, 0},
		"retracted":          {[]entry{{list: "other", hash: pdqHash(randomHash(r)), radius: 31}}, h, 0},
		"no list at all":     {nil, h, 0},
		"other list":         {[]entry{{list: "other", hash: pdqHash(h), radius: 31}}, h, 0},
		"innocent":           {[]entry{gained, {list: "ok", hash: pdqHash(flipped(r, h, 9)), radius: 31, allow: true}}, h, 0},
		"innocent if turned": {[]entry{gained, {list: "ok", hash: pdqHash(h.Turned(pdq.Rotate90)), radius: 31, allow: true}}, h, 0},
	} {
		l := &lists{entries: c.entries}
		for _, q := range []Search{{ID: "1", Source: "gains", At: at, Hashes: []hashdb.Hash{pdqHash(h)}}, {ID: "1", Source: "gains", At: at, Whole: true}} {
			a, s := New(l, Options{}), memory{}
			keep(t, a, s, printAt("a", 0, c.print))
			if got := search(t, a, s, q); len(got) != c.want {
				t.Errorf("%s, whole %t: %d signals, want %d", name, q.Whole, len(got), c.want)
			}
		}
	}
	// An entry of the list that was there before is not sought by name.
	l := &lists{entries: []entry{gained, {list: "gains", hash: pdqHash(randomHash(r)), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	keep(t, a, s, printAt("a", 0, h))
	if got := search(t, a, s, named("gains", at, l.entries[1:])); len(got) != 0 {
		t.Errorf("%d signals of an entry that was not gained", len(got))
	}
}

func TestAVideoOfAListIsOneMatch(t *testing.T) {
	r := seeded(24)
	l := &lists{}
	var frames []pdq.Hash
	for i := range 10 {
		frames = append(frames, randomHash(r))
		l.entries = append(l.entries, entry{list: "gains", hash: pdqHash(frames[i]), radius: 31, refs: []string{fmt.Sprintf("clip.txt#%d/10", 3*i)}})
	}
	q := named("gains", at, l.entries)
	for name, c := range map[string]struct {
		shown   []int
		between int // Other pictures after each.
		want    signal.Clip
	}{
		"all":       {[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0, signal.Clip{Frames: 10, FramesMatched: 10, StreamShare: 80, ClipShare: 50, Reached: true}},
		"half":      {[]int{0, 1, 2, 3, 4}, 0, signal.Clip{Frames: 10, FramesMatched: 5, StreamShare: 80, ClipShare: 50, Reached: true}},
		"repeated":  {[]int{0, 1, 0, 1, 0, 1}, 0, signal.Clip{Frames: 10, FramesMatched: 2, StreamShare: 80, ClipShare: 50}},
		"scattered": {[]int{0, 1, 2, 3, 4, 5}, 1, signal.Clip{Frames: 10, FramesMatched: 6, StreamShare: 80, ClipShare: 50}},
	} {
		a, s := New(l, Options{ClipShare: 50}), memory{}
		n := 0.0
		for _, f := range c.shown {
			keep(t, a, s, printAt("a", n, flipped(r, frames[f], 10)))
			n++
			for range c.between {
				keep(t, a, s, printAt("a", n, randomHash(r)))
				n++
			}
		}
		got := search(t, a, s, q)
		if len(got) != 1 || got[0].Match.Entry != "clip.txt" || *got[0].Match.Clip != c.want || got[0].Match.FramesMatched != uint64(len(c.shown)) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// An entry that matches everything gives so many signals and no more, and what else
// there is is found.
func TestAFloodIsBounded(t *testing.T) {
	r := seeded(25)
	logo, rare := randomHash(r), randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(logo), radius: 31}, {list: "gains", hash: pdqHash(rare), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	const streams = maxPerEntry + 50
	for i := range streams {
		keep(t, a, s, printAt(fmt.Sprint("stream-", i), 0, logo))
	}
	keep(t, a, s, printAt("stream-7", 1, rare))
	got := search(t, a, s, named("gains", at, l.entries))
	entries := map[string]int{}
	for _, sig := range got {
		entries[sig.Match.Entry]++
	}
	if entries[pdqHash(logo).Entry()] != maxPerEntry || entries[pdqHash(rare).Entry()] != 1 || a.Stats().Cut != 50 {
		t.Errorf("got %v, %+v", entries, a.Stats())
	}

	// So many entries in one stream.
	l = &lists{}
	for range 2 * maxOpen {
		l.entries = append(l.entries, entry{list: "gains", hash: pdqHash(flipped(r, logo, 10)), radius: 31})
	}
	for i := range maxOpen {
		l.entries = append(l.entries, entry{list: "gains", hash: pdqHash(flipped(r, rare, i%20)), radius: 31})
	}
	a, s = New(l, Options{}), memory{}
	keep(t, a, s, printAt("a", 0, logo), printAt("a", 1, rare), printAt("a", 60, rare))
	got = search(t, a, s, named("gains", at, l.entries))
	if second := len(got) - maxOpen; second < 20 || second > maxOpen || a.Stats().Cut == 0 {
		t.Errorf("%d signals and %+v, want the first %d and those of the second segment", len(got), a.Stats(), maxOpen)
	}
}

func TestASearchEndsWithItsContext(t *testing.T) {
	r := seeded(26)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(randomHash(r)), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	keep(t, a, s, printAt("a", 0, randomHash(r)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := s.dump()
	for name, try := range map[string]func() error{
		"search":  func() error { _, err := a.Search(ctx, s, named("gains", at, l.entries)); return err },
		"harvest": func() error { _, err := a.Harvest(ctx, s, harvestOf(at, at)); return err },
		"keep":    func() error { _, err := a.Keep(ctx, s, printAt("a", 1, randomHash(r))); return err },
	} {
		if err := try(); !errors.Is(err, context.Canceled) || s.dump() != before {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheNearestViewCounts(t *testing.T) {
	r := seeded(29)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}, {list: "gains", hash: pdqHash(flipped(r, h, 3)), radius: 31}}}
	a, s := New(l, Options{}), memory{}
	keep(t, a, s, printAt("a", 0, flipped(r, h, 20), flipped(r, h, 5)))
	// Both entries are near, and one was gained.
	got := search(t, a, s, named("gains", at, l.entries[:1]))
	if len(got) != 1 || got[0].Match.Distance != 5 || got[0].Match.View != "trimmed" || got[0].Match.Entry != l.entries[0].hash.Entry() {
		t.Errorf("got %+v", got)
	}
}

func TestASegmentEndsWithTheGap(t *testing.T) {
	r := seeded(30)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	for _, c := range []struct {
		prints []detect.Print
		want   int
		goesOn int // Segments kept for late prints.
	}{
		{[]detect.Print{printAt("a", 0, h), printAt("a", 30, flipped(r, h, 9))}, 1, 1},
		{[]detect.Print{printAt("a", 0, h), printAt("a", 30.001, flipped(r, h, 9))}, 2, 1},
		{[]detect.Print{printAt("a", 0, h), printAt("a", 30, randomHash(r))}, 1, 1},
		{[]detect.Print{printAt("a", 0, h), printAt("a", 30.001, randomHash(r))}, 1, 0},
		{[]detect.Print{printAt("a", 43195, h), printAt("a", 43205, randomHash(r))}, 1, 1},
		{[]detect.Print{printAt("a", 43195, h), printAt("a", 43226, randomHash(r))}, 1, 0},
		{[]detect.Print{printAt("a", 43195, h), printAt("b", 43226, randomHash(r))}, 1, 1},
	} {
		a, s := New(l, Options{}), memory{}
		keep(t, a, s, c.prints...)
		got := search(t, a, s, named("gains", at, l.entries))
		goesOn := 0
		for k := range s {
			if len(k) == headSize+1+idSize {
				goesOn++
			}
		}
		if len(got) != c.want || goesOn != c.goesOn {
			t.Errorf("%d signals, %d of which go on, want %d and %d", len(got), goesOn, c.want, c.goesOn)
		}
	}
}

// A print that is late to one search is not held to another.
// What a search left at a day's beginning counts on from there.
