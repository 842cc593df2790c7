package service

import (
	"path/filepath"
	"testing"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
)

var _ Searcher = (*hashdb.DB)(nil)

// TestDB serves a database as it is, through listing and retracting.
func TestDB(t *testing.T) {
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "lists"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := newBench(t, db, nil, func(k *Key) { k.Sources = []string{"ncmec", "yet-to-come"} })
	apitest.WantStatus(t, b.lookup(ask(listedPDQ)), 503, "no list is there")
	apply := func(batch hashdb.Batch) {
		t.Helper()
		if _, err := db.Apply(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	apply(hashdb.Batch{Source: "ncmec", Entries: []hashdb.Entry{{Hash: listedPDQ, Ref: "1", Tags: []string{"made-up"}}}})
	apply(hashdb.Batch{Source: "other", Entries: []hashdb.Entry{{Hash: listedPDQ, Ref: "1"}}})
	near := ask(flip(listedPDQ, 31), flip(listedPDQ, 32))
	a := decode[lookupAnswer](t, b.lookup(near))
	if m := a.Results[0].Matches; len(m) != 1 || m[0].List != "ncmec" || m[0].Distance != 31 || m[0].Version != a.Searched[0].Version {
		t.Errorf("%+v", a)
	}
	if len(a.Results[1].Matches) != 0 {
		t.Errorf("beyond the radius: %+v", a.Results[1])
	}
	apply(hashdb.Batch{Source: "ncmec", RetractRefs: []string{"1"}})
	apitest.WantStatus(t, b.lookup(near), 503, "no list is there") // An empty list has no answer.
	apply(hashdb.Batch{Source: "ncmec", Entries: []hashdb.Entry{{Hash: hashOf(hashdb.KindPDQ, 3)}}})
	if a := decode[lookupAnswer](t, b.lookup(near)); len(a.Results[0].Matches) != 0 {
		t.Errorf("retracted: %+v", a)
	}
}
