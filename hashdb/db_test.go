package hashdb

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// open opens the lists in a folder.
func open(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func importText(t testing.TB, db *DB, req ImportRequest, text string) ImportResult {
	t.Helper()
	res, err := db.Import(t.Context(), req, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// lines returns n hashes of kind k, one a line, that no other seed gives.
func lines(seed byte, k Kind, n int) string {
	r := seeded(seed)
	var b strings.Builder
	for range n {
		full := randomWords(r).bytes()
		fmt.Fprintf(&b, "%x\n", full[:k.size()])
	}
	return b.String()
}

func TestImportAndLookup(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	near := mustParse(t, KindPDQ, pdqHex)
	at := func(bits ...int) Hash {
		h := near
		for _, bit := range bits {
			h.Bits[bit/8] ^= 1 << (bit % 8)
		}
		return h
	}
	a := importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, near.String()+"\n"+at(1, 2, 3).String()+"\n")
	b := importText(t, db, ImportRequest{Source: "B", Kind: KindPDQ, Radius: 2}, at(1, 2, 3).String())
	importText(t, db, ImportRequest{Source: "a", Kind: KindPHash}, pdqHex[:16])

	want := func(list, version string, h Hash, distance, radius int) Match {
		return Match{list, version, entryID(h.Kind, h.words()), h.Kind, distance, radius}
	}
	for _, test := range []struct {
		name   string
		hash   Hash
		radius int // Negative for each list's own.
		want   []Match
	}{
		{"itself", near, -1, []Match{want("a", a.Version, near, 0, 31), want("a", a.Version, at(1, 2, 3), 3, 31)}},
		{"in both lists", at(1, 2), -1, []Match{
			want("B", b.Version, at(1, 2, 3), 1, 2), want("a", a.Version, at(1, 2, 3), 1, 31), want("a", a.Version, near, 2, 31),
		}},
		{"given radius", at(1, 2), 1, []Match{want("B", b.Version, at(1, 2, 3), 1, 1), want("a", a.Version, at(1, 2, 3), 1, 1)}},
		{"another kind", mustParse(t, KindDHash, pdqHex[:16]), -1, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := db.Lookup(test.hash)
			if test.radius >= 0 {
				got, err = db.LookupWithin(test.hash, test.radius)
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	if got := db.Kinds(); !slices.Equal(got, []Kind{KindPDQ, KindPHash}) {
		t.Errorf("kinds %v, want pdq and phash", got)
	}
	again := open(t, dir)
	if !reflect.DeepEqual(again.Lists(), db.Lists()) || len(db.Lists()) != 3 {
		t.Errorf("lists %+v, opened again %+v, want the same three", db.Lists(), again.Lists())
	}
	if got := db.Lists()[0]; got != (ListInfo{"B", KindPDQ, 1, 2, b.Version}) {
		t.Errorf("first list %+v", got)
	}
	for _, radius := range []int{-1, 257} {
		if _, err := db.LookupWithin(near, radius); err == nil {
			t.Errorf("radius %d gave no error", radius)
		}
	}
	if _, err := db.Lookup(Hash{}); err == nil {
		t.Error("a hash of no kind gave no error")
	}
}

// A list large enough for the index answers as the small ones do.
func TestLookupInLargeList(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hashes"))
	text := lines(7, KindPDQ, scanBelow+1)
	importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, text)
	if _, ok := db.current.Load().lists[0].index.(*eighths); !ok {
		t.Fatal("the list is not indexed")
	}
	for _, line := range strings.Fields(text)[:100] {
		h := mustParse(t, KindPDQ, line)
		h.Bits[5] ^= 0xff
		got, err := db.Lookup(h)
		if err != nil || len(got) != 1 || got[0].Distance != 8 {
			t.Fatalf("got %+v, %v, want one match at distance 8", got, err)
		}
	}
}
