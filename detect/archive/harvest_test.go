package archive

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
)

func harvestOf(from, to time.Time) Harvest {
	return Harvest{
		Case: "0123abcd", Stream: "a", Platform: "demo", Subject: streamer, Source: "confirmed",
		Spans: []Span{{from, to}}, At: at.Add(90 * time.Minute).Add(123 * time.Millisecond),
	}
}

func harvest(t testing.TB, a *Archive, s State, h Harvest) []hashdb.Entry {
	t.Helper()
	got, err := a.Harvest(t.Context(), s, h)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAHarvestIsTheDifferentPicturesOfTheSpans(t *testing.T) {
	r, a, s := seeded(11), New(&lists{}, Options{}), memory{}
	one, two, three := randomHash(r), randomHash(r), randomHash(r)
	other := printAt("a", 5, randomHash(r))
	other.Platform = "elsewhere"
	keep(t, a, s,
		printAt("a", -10, randomHash(r)), // before
		printAt("a", 0, one), printAt("a", 1, flipped(r, one, 9)), printAt("a", 2, flipped(r, one, 10)),
		printAt("a", 3, two, three), // with bars
		other, printAt("b", 4, randomHash(r)),
		printAt("a", 10, randomHash(r)), printAt("a", 86400, randomHash(r)), // after
	)
	got := harvest(t, a, s, harvestOf(at, at.Add(5*time.Second)))
	want := []hashdb.Hash{pdqHash(one), {}, pdqHash(two), pdqHash(three)}
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i, e := range got {
		if want[i] != (hashdb.Hash{}) && e.Hash != want[i] {
			t.Errorf("entry %d is of another picture", i)
		}
		if e.Ref != fmt.Sprintf("case/0123abcd#%d/4", i) || e.Provenance != "case/0123abcd" ||
			len(e.Tags) != 2 || e.Tags[0] != "confirmed" || e.Tags[1] != got[0].Tags[1] || !e.Time.Equal(at.Add(90*time.Minute)) || e.Check() != nil {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	if got := harvest(t, a, s, harvestOf(at.Add(3*time.Second), at.Add(3*time.Second))); len(got) != 2 {
		t.Errorf("%d entries of one moment, want 2", len(got))
	}
	// Two spans, of which one reaches over midnight; and none that has anything.
	h := harvestOf(at.Add(8*time.Second), at.Add(12*time.Second))
	h.Spans = append(h.Spans, Span{at.Add(11 * time.Hour), at.Add(25 * time.Hour)})
	if got := harvest(t, a, s, h); len(got) != 2 {
		t.Errorf("%d entries of two spans, want 2", len(got))
	}
	if got := harvest(t, a, s, harvestOf(at.Add(time.Hour), at.Add(2*time.Hour))); len(got) != 0 {
		t.Errorf("%d entries of nothing", len(got))
	}
	if got := harvest(t, New(&lists{}, Options{}), memory{}, h); len(got) != 0 {
		t.Errorf("%d entries of an empty archive", len(got))
	}
	// A picture that stood is in every span that it reaches into.
	still, pause := randomHash(r), 100.0
	keep(t, a, s, printAt("a", pause, still), printAt("a", pause+20, still))
	if got := harvest(t, a, s, harvestOf(at.Add(110*time.Second), at.Add(111*time.Second))); len(got) != 1 || got[0].Hash != pdqHash(still) {
		t.Errorf("%d entries of a picture that stood", len(got))
	}
}

func TestAHarvestIsBoundedAndEvenOverTime(t *testing.T) {
	r, a, s := seeded(12), New(&lists{}, Options{}), memory{}
	var prints []detect.Print
	for i := range 3 * MaxHarvest {
		prints = append(prints, printAt("a", float64(i), randomHash(r)))
	}
	keep(t, a, s, prints...)
	h := harvestOf(at, at.Add(24*time.Hour))
	got := harvest(t, a, s, h)
	if len(got) != MaxHarvest || got[1].Hash != pdqHash(prints[3].Hashes[0]) || got[MaxHarvest-1].Hash != pdqHash(prints[3*MaxHarvest-3].Hashes[0]) {
		t.Errorf("%d entries, want every third of 1,500", len(got))
	}
	if again := harvest(t, a, s, h); !reflect.DeepEqual(got, again) {
		t.Error("another harvest of the same")
	}
}

func TestBadHarvestsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Harvest){
		"/case":       func(h *Harvest) { h.Case = "a b" },
		"/case ":      func(h *Harvest) { h.Case = strings.Repeat("a", 129) },
		"/stream":     func(h *Harvest) { h.Stream = "" },
		"/platform":   func(h *Harvest) { h.Platform = strings.Repeat("a", 257) },
		"/subject":    func(h *Harvest) { h.Subject = "somebody" },
		"/spans":      func(h *Harvest) { h.Spans = nil },
		"/spans ":     func(h *Harvest) { h.Spans = make([]Span, 1001) },
		"/spans/0/to": func(h *Harvest) { h.Spans[0].To = h.Spans[0].From.Add(-1) },
		"/source":     func(h *Harvest) { h.Source = "-" },
	} {
		h := harvestOf(at, at.Add(time.Hour))
		spoil(&h)
		_, err := New(&lists{}, Options{}).Harvest(t.Context(), memory{}, h)
		wantReason(t, err, "schema")
		if _, eerr := h.Encode(); err == nil || eerr == nil || !strings.Contains(err.Error(), strings.TrimSpace(name)+":") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
