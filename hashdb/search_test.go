package hashdb

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestSearchSortsByStanding(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	h := hashN(KindPDQ, 1)
	set := func(source string, state State, allow bool) {
		t.Helper()
		if err := db.SetList(context.Background(), List{Source: source, Kind: KindPDQ, Radius: 31, State: state, Allow: allow, Owner: "of " + source}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []struct {
		source string
		state  State
		allow  bool
	}{{"live", StateLive, false}, {"shadow", StateShadow, false}, {"flood", StateQuarantined, false}, {"old", StateRetired, false}, {"trial-allow", StateShadow, true}} {
		set(s.source, s.state, s.allow)
		mustApply(t, db, Batch{Source: s.source, Entries: []Entry{{Hash: near(h, 3), Ref: "1"}}})
	}
	mustApply(t, db, Batch{Source: "live", Entries: []Entry{
		{Hash: near(h, 2), Ref: "d", Status: Disputed},
		{Hash: near(h, 1), Ref: "e", Status: Disputed}, {Hash: near(h, 1), Ref: "f", Parties: 1, Tags: []string{"z", "a"}}, {Hash: near(h, 1), Tags: []string{"a"}},
	}})
	names := func(ms []Match) string {
		var b strings.Builder
		for _, m := range ms {
			b.WriteString(m.List + ":" + strings.Join(m.Refs, ",") + " ")
			if m.Owner != "of "+m.List {
				t.Errorf("%+v", m)
			}
		}
		return b.String()
	}
	check := func(matches, allowed, vetoed, shadow string) Answer {
		t.Helper()
		as, err := db.Search(Query{Radius: OwnRadius}, h, hashN(KindPDQ, 2))
		if err != nil || len(as) != 2 || len(as[1].Matches)+len(as[1].Shadow) > 0 {
			t.Fatalf("%+v, %v", as, err)
		}
		a := as[0]
		if names(a.Matches) != matches || names(a.Allowed) != allowed || names(a.Vetoed) != vetoed || names(a.Shadow) != shadow {
			t.Errorf("matches %q, allowed %q, vetoed %q, shadow %q", names(a.Matches), names(a.Allowed), names(a.Vetoed), names(a.Shadow))
		}
		return a
	}
	shadow := "live:d flood:1 shadow:1 trial-allow:1 "
	a := check("live:e,f live:1 ", "", "", shadow)
	if m := a.Matches[0]; m.Disputed || m.Parties != 3 || strings.Join(m.Tags, "") != "az" || m.Distance != 1 || m.Radius != 31 || m.Hash != near(h, 1) || m.Entry != m.Hash.Entry() {
		t.Errorf("%+v", m)
	}
	set("trial-allow", StateLive, true)
	check("", "trial-allow:1 ", "live:e,f live:1 ", "live:d flood:1 shadow:1 ")
	set("trial-allow", StateLive, false)
	check("live:e,f live:1 trial-allow:1 ", "", "", "live:d flood:1 shadow:1 ")
	set("trial-allow", StateRetired, true)
	check("live:e,f live:1 ", "", "", "live:d flood:1 shadow:1 ")
	if got := db.Kinds(); len(got) != 1 || got[0] != KindPDQ {
		t.Errorf("kinds %v", got)
	}
}

func TestSearchRefuses(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 2)})
	for _, test := range []struct {
		name string
		q    Query
		h    Hash
	}{
		{"no kind", Query{Radius: OwnRadius}, Hash{}},
		{"an unknown kind", Query{Radius: OwnRadius}, Hash{Kind: 99}},
		{"too wide", Query{Radius: 48}, hashN(KindPDQ, 1)},
		{"below nothing", Query{Radius: -2}, hashN(KindPDQ, 1)},
		{"near a digest", Query{Radius: 1}, hashN(KindMD5, 1)},
		{"no such source", Query{Radius: OwnRadius, Sources: []string{"a", "b"}}, hashN(KindPDQ, 1)},
	} {
		if as, err := db.Search(test.q, test.h); err == nil {
			t.Errorf("%s: %+v", test.name, as)
		}
	}
	if _, err := db.Lookup(Hash{}); err == nil {
		t.Error("a hash of no kind is looked up")
	}
	if _, err := db.Find(Hash{}); err == nil {
		t.Error("a hash of no kind is found")
	}
	for _, err := range db.Entries(context.Background(), ListID{"b", KindPDQ}) {
		if err == nil {
			t.Error("there are entries of a list that is not there")
		}
	}
}

func TestMissesAllocateNothing(t *testing.T) {
	db := openTest(t, testDir(t), Options{HeadRows: 5000})
	mustImport(t, db, ImportRequest{Source: "a"}, newRandomReader(1, 6000))
	mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 20)})
	if s := db.Stats(); s.Segments == 0 || s.HeadRows == 0 {
		t.Fatalf("%+v", s)
	}
	h := hashN(KindPDQ, 1000)
	var err error
	n := testing.AllocsPerRun(100, func() {
		if ms, e := db.Lookup(h); e != nil || len(ms) > 0 {
			err = errors.Join(errTest, e)
		}
	})
	if n > 0 || err != nil {
		t.Errorf("%v allocations, %v", n, err)
	}
}

func TestClosed(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 2)})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, lookup := db.Lookup(hashN(KindPDQ, 1))
	_, apply := db.Apply(ctx, Batch{Source: "a"})
	_, refresh := db.Refresh()
	_, imported := db.Import(ctx, ImportRequest{Source: "a", File: "f"}, recordsOf())
	_, merge := db.Merge(ctx)
	for i, err := range []error{lookup, apply, refresh, imported, merge, db.Verify(ctx)} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(db.Lists()) > 0 || len(db.Kinds()) > 0 || db.Checkpoint("x") != nil || db.Stats().Entries > 0 {
		t.Error("there is something left")
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestBatchIsChecked(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	for _, b := range []Batch{
		{}, {Source: "a/b"}, {Source: "a", Entries: []Entry{{}}}, {Source: "a", RetractRefs: []string{""}},
		{Source: "a", RetractRefs: []string{strings.Repeat("x", 201)}},
		{Source: "a", Entries: []Entry{{Hash: hashN(KindPDQ, 1), Ref: strings.Repeat("x", 201)}}},
		{Source: "a", Checkpoint: Checkpoint{Name: strings.Repeat("x", 101)}},
		{Source: "a", Checkpoint: Checkpoint{Name: "x", Value: make([]byte, 64<<10+1)}},
	} {
		if _, err := db.Apply(context.Background(), b); err == nil || strings.Contains(err.Error(), strings.Repeat("x", 20)) {
			t.Errorf("%.100v: %v", b, err)
		}
	}
	if len(db.Lists()) > 0 {
		t.Error("a list was made")
	}
	// A checkpoint moves alone, and goes.
	for _, want := range []string{"one", "two", ""} {
		mustApply(t, db, Batch{Source: "a", Checkpoint: Checkpoint{"x", []byte(want)}})
		if got := string(db.Checkpoint("x")); got != want {
			t.Errorf("checkpoint %q, want %q", got, want)
		}
	}
}
