package hashdb

import (
	"slices"
	"strings"
	"testing"
)

// TestVersionIsOfTheContent: equal wherever the list is equal, whatever way it came
// about, and pinned, for versions are kept and compared for years.
func TestVersionIsOfTheContent(t *testing.T) {
	version := func(l List, batches ...[]Entry) string {
		db := openTest(t, testDir(t), Options{HeadRows: 2})
		for _, es := range batches {
			mustApply(t, db, Batch{Source: l.Source, Entries: es})
		}
		if l.Kind == 0 {
			l = db.Lists()[0].List
		}
		if err := db.SetList(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		return db.Lists()[0].Version
	}
	a := entriesN(KindPDQ, 0, 4)
	back := slices.Clone(a)
	slices.Reverse(back)
	gone := entryN(KindPDQ, 9, "x")
	taken := gone
	taken.Status = Retracted
	tagged := slices.Clone(a)
	tagged[1].Tags, tagged[2].Parties = []string{"x"}, 3
	l := List{Source: "a", Kind: KindPDQ, Radius: 31, State: StateLive}
	same := version(l, a)
	if want := "dfa1f831b4b5e2b7"; same != want {
		t.Errorf("version %s, was %s: kept versions mean nothing any more", same, want)
	}
	other := l
	other.Source, other.State, other.Owner = "b", StateShadow, "o"
	for name, got := range map[string]string{
		"another order":        version(l, back),
		"one by one":           version(l, a[2:], a[:1], a[1:2]),
		"what came and went":   version(l, a, []Entry{gone}, []Entry{taken}),
		"what matches nothing": version(l, tagged),
		"another owner":        version(other, a),
	} {
		if got != same {
			t.Errorf("%s: version %s, want %s", name, got, same)
		}
	}
	narrow := l
	narrow.Radius = 30
	disp := slices.Clone(a)
	disp[0].Status = Disputed
	id := slices.Clone(a)
	id[0].Ref = "other"
	seen := map[string]string{same: "the list"}
	for name, got := range map[string]string{
		"radius": version(narrow, a), "entries": version(l, a[1:]), "dispute": version(l, disp), "id": version(l, id), "nothing": version(l),
		"another hash": version(l, entriesN(KindPDQ, 1, 5)),
	} {
		if was, twice := seen[got]; twice {
			t.Errorf("%s has the version of %s", name, was)
		}
		seen[got] = name
	}
}

func TestSum(t *testing.T) {
	var s sum
	s.sub(sum{1})
	if s != (sum{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}) {
		t.Errorf("%x", s)
	}
	text, err := s.MarshalText()
	if err != nil || string(text) != strings.Repeat("f", 64) {
		t.Errorf("%s, %v", text, err)
	}
	s.add(sum{2})
	if s != (sum{1}) {
		t.Errorf("%x", s)
	}
	for _, bad := range []string{"", "f", strings.Repeat("f", 63), strings.Repeat("g", 64), strings.Repeat("f", 66)} {
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(uint8(KindPDQ), strings.Repeat("0f", 32))
	f.Add(uint8(KindAHash), "FFFFFFFFFFFFFFFF")
	f.Add(uint8(0), "")
	f.Fuzz(func(t *testing.T, k uint8, text string) {
		h, err := ParseHash(Kind(k), text)
		if err != nil {
			return
		}
		if h.String() != strings.ToLower(text) || bitsOf(h.code()) != h.Bits {
			t.Fatalf("%q reads back as %s", text, h)
		}
	})
}
