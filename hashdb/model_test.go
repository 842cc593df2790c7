package hashdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// model is a database as plain as can be.
type model struct {
	lists   map[ListID]List
	entries map[ListID]map[modelKey]Entry
}

type modelKey struct {
	hash Hash
	ref  string
}

func newModel() *model {
	return &model{map[ListID]List{}, map[ListID]map[modelKey]Entry{}}
}

func (m *model) list(id ListID) map[modelKey]Entry {
	if _, ok := m.lists[id]; !ok {
		m.lists[id] = List{Source: id.Source, Kind: id.Kind, Radius: id.Kind.DefaultRadius(), State: StateLive}
		m.entries[id] = map[modelKey]Entry{}
	}
	return m.entries[id]
}

// canonical is the form in which entries come back.
func canonical(e Entry) Entry {
	e.Tags = slices.Clone(e.Tags)
	slices.Sort(e.Tags)
	e.Tags = slices.Compact(e.Tags)
	if len(e.Tags) == 0 {
		e.Tags = nil
	}
	return e
}

// final makes one change of all that is said of each entry, in order.
type final struct {
	source string
	said   map[ListID]map[modelKey]Entry
	count  int
	byRef  map[ListID]map[modelKey]bool // Retracted by id, in the database of before.
}

func newFinal(source string) *final {
	return &final{source: source, said: map[ListID]map[modelKey]Entry{}, byRef: map[ListID]map[modelKey]bool{}}
}

func (f *final) say(e Entry) {
	id := ListID{f.source, e.Hash.Kind}
	if f.said[id] == nil {
		f.said[id] = map[modelKey]Entry{}
	}
	f.said[id][modelKey{e.Hash, e.Ref}] = canonical(e)
	f.count++
}

func (f *final) retract(m *model, ref string) {
	for id, said := range f.said {
		for k, e := range said {
			if e.Ref == ref {
				e.Status = Retracted
				f.said[id][k] = e
			}
		}
	}
	for id, es := range m.entries {
		if id.Source != f.source {
			continue
		}
		for k := range es {
			if k.ref == ref {
				if f.byRef[id] == nil {
					f.byRef[id] = map[modelKey]bool{}
				}
				f.byRef[id][k] = true
			}
		}
	}
}

func (f *final) apply(m *model) (a Applied) {
	distinct := 0
	for id, keys := range f.byRef {
		for k := range keys {
			if _, said := f.said[id][k]; !said {
				delete(m.entries[id], k)
				a.Retracted++
			}
		}
	}
	for id, said := range f.said {
		for k, e := range said {
			distinct++
			old, was := m.entries[id][k]
			switch {
			case e.Status == Retracted && was:
				delete(m.entries[id], k)
				a.Retracted++
			case e.Status == Retracted, was && sameButProvenance(old, e):
				a.Known++
			default:
				m.list(id)[k] = e
				if was {
					a.Changed++
				} else {
					a.Added++
				}
			}
		}
	}
	a.Known += f.count - distinct
	return a
}

func sameButProvenance(a, b Entry) bool {
	a.Provenance, b.Provenance = "", ""
	return reflect.DeepEqual(a, b)
}

func (m *model) search(q Query, h Hash) (a Answer) {
	for id, es := range m.entries {
		l := m.lists[id]
		if id.Kind != h.Kind || l.State == StateRetired || len(q.Sources) > 0 && !slices.Contains(q.Sources, id.Source) {
			continue
		}
		byHash := map[Hash][]Entry{}
		for k, e := range es {
			byHash[k.hash] = append(byHash[k.hash], e)
		}
		for hash, es := range byHash {
			r := q.Radius
			if r == OwnRadius {
				r = l.Radius
			}
			d, _ := hash.Distance(h)
			if d > r {
				continue
			}
			match := Match{
				List: id.Source, Entry: hash.Entry(), Kind: id.Kind, Distance: d, Radius: r, Hash: hash,
				Owner: l.Owner, Category: l.Category, Severity: l.Severity, Jurisdiction: l.Jurisdiction, State: l.State, Allow: l.Allow,
				Disputed: true, Parties: len(es),
			}
			for _, e := range es {
				match.Disputed = match.Disputed && e.Status == Disputed
				match.Parties = max(match.Parties, e.Parties)
				match.Tags = append(match.Tags, e.Tags...)
				if e.Ref != "" {
					match.Refs = append(match.Refs, e.Ref)
				}
				if e.Time.After(match.Time) {
					match.Time = e.Time
				}
			}
			slices.Sort(match.Refs)
			slices.Sort(match.Tags)
			match.Tags = slices.Compact(match.Tags)
			switch {
			case match.State != StateLive || match.Disputed:
				a.Shadow = append(a.Shadow, match)
			case match.Allow:
				a.Allowed = append(a.Allowed, match)
			default:
				a.Matches = append(a.Matches, match)
			}
		}
	}
	if len(a.Allowed) > 0 {
		a.Matches, a.Vetoed = nil, a.Matches
	}
	for _, ms := range [][]Match{a.Matches, a.Allowed, a.Vetoed, a.Shadow} {
		slices.SortFunc(ms, func(a, b Match) int {
			if a.Distance != b.Distance {
				return a.Distance - b.Distance
			}
			return strings.Compare(a.List+" "+a.Entry, b.List+" "+b.Entry)
		})
	}
	return a
}

var modelKinds = []Kind{KindPDQ, KindPHash, KindMD5, KindSHA1, KindSHA256}

// modelRun plays a random sequence of changes to a database and a model, and compares
// them all along.
type modelRun struct {
	t   *testing.T
	r   *rand.Rand
	dir string
	db  *DB
	m   *model
	o   Options
	ran map[string]int
}

func (x *modelRun) entry() Entry {
	k := modelKinds[x.r.IntN(len(modelKinds))]
	h := hashN(k, x.r.Uint64N(12))
	if x.r.IntN(3) == 0 {
		h = near(h, x.r.IntN(3))
	}
	e := Entry{Hash: h, Status: Status(x.r.IntN(3))}
	if x.r.IntN(2) == 0 {
		e.Ref = refN(x.r.IntN(6))
	}
	if x.r.IntN(2) == 0 {
		e.Time = epoch.Add(time.Duration(x.r.IntN(3)) * time.Hour)
	}
	if x.r.IntN(3) == 0 {
		e.Tags = []string{"b", "a", "b"}[:1+x.r.IntN(3)]
	}
	e.Parties = x.r.IntN(3)
	if x.r.IntN(3) == 0 {
		e.Provenance = []string{"a", "elsewhere"}[x.r.IntN(2)]
	}
	if e.Status == Retracted {
		e = Entry{Hash: e.Hash, Ref: e.Ref, Status: Retracted}
	}
	return e
}

func (x *modelRun) source() string { return []string{"alpha", "Beta", "gamma"}[x.r.IntN(3)] }

func (x *modelRun) apply() {
	b := Batch{Source: x.source()}
	f := newFinal(b.Source)
	for range x.r.IntN(3) {
		ref := refN(x.r.IntN(6))
		b.RetractRefs = append(b.RetractRefs, ref)
		f.retract(x.m, ref)
	}
	n := x.r.IntN(8)
	if x.r.IntN(8) == 0 {
		n = 40
	}
	for range n {
		e := x.entry()
		b.Entries = append(b.Entries, e)
		f.say(e)
	}
	want := f.apply(x.m)
	got, err := x.db.Apply(context.Background(), b)
	if err != nil || got != want {
		x.t.Fatalf("applied %+v, %v, want %+v", got, err, want)
	}
}

func (x *modelRun) doImport() {
	source := x.source()
	f := newFinal(source)
	in := &fakeReader{bad: map[int]error{}}
	for i := range x.r.IntN(60) {
		var rec Record
		if x.r.IntN(6) == 0 {
			rec.RetractRef = refN(x.r.IntN(6))
			f.retract(x.m, rec.RetractRef)
		}
		for range x.r.IntN(3) {
			e := x.entry()
			rec.Entries = append(rec.Entries, e)
			f.say(e)
		}
		if x.r.IntN(10) == 0 {
			in.bad[i] = &RecordError{i, errTest}
		}
		in.records = append(in.records, rec)
	}
	fails := x.r.IntN(8) == 0
	if fails {
		in.end = fmt.Errorf("cut: %w", ErrTruncated)
	}
	bad := len(in.bad)
	for i := range in.bad {
		if i > len(in.records) {
			bad--
		}
	}
	file := ""
	if x.r.IntN(2) == 0 {
		file = "file"
	}
	got, err := x.db.Import(context.Background(), ImportRequest{Source: source, File: file}, in)
	if fails {
		if err == nil {
			x.t.Fatal("a truncated import succeeded")
		}
		return
	}
	want := f.apply(x.m)
	if err != nil || got.Applied != want || got.BadCount != bad {
		x.t.Fatalf("imported %+v with %d bad, %v, want %+v with %d", got.Applied, got.BadCount, err, want, bad)
	}
}

func (x *modelRun) setList() {
	l := List{
		Source: x.source(), Kind: modelKinds[x.r.IntN(len(modelKinds))], Owner: "owner",
		State: []State{StateLive, StateLive, StateShadow, StateQuarantined, StateRetired}[x.r.IntN(5)], Allow: x.r.IntN(5) == 0,
	}
	if m := l.Kind.MaxRadius(); m > 0 {
		l.Radius = x.r.IntN(m + 1)
	}
	x.m.list(l.ID())
	x.m.lists[l.ID()] = l
	if err := x.db.SetList(context.Background(), l); err != nil {
		x.t.Fatal(err)
	}
}

func (x *modelRun) reopen() {
	if err := x.db.Close(); err != nil {
		x.t.Fatal(err)
	}
	x.db = openTest(x.t, x.dir, x.o)
}

func (x *modelRun) compare() {
	t := x.t
	infos := x.db.Lists()
	if len(infos) != len(x.m.lists) {
		t.Fatalf("%d lists, want %d", len(infos), len(x.m.lists))
	}
	for _, info := range infos {
		id := info.ID()
		disputed := 0
		var s sum
		for _, e := range x.m.entries[id] {
			if e.Status == Disputed {
				disputed++
			}
			s.add(digestOf(id.Kind, e.Hash.code(), e.Ref, e.Status == Disputed))
		}
		want := x.m.lists[id]
		if info.List != want || info.Entries != len(x.m.entries[id]) || info.Disputed != disputed || info.Version != s.version(id.Kind, want.Radius, info.Entries) {
			t.Fatalf("list %+v, want %+v with %d entries, %d disputed", info, want, len(x.m.entries[id]), disputed)
		}
		n := 0
		var last Entry
		for e, err := range x.db.Entries(context.Background(), id) {
			if err != nil {
				t.Fatal(err)
			}
			if want := x.m.entries[id][modelKey{e.Hash, e.Ref}]; !reflect.DeepEqual(e, want) {
				t.Fatalf("entry %+v, want %+v", e, want)
			}
			if c := last.Hash.code().Compare(e.Hash.code()); n > 0 && (c > 0 || c == 0 && last.Ref >= e.Ref) {
				t.Fatal("entries do not ascend")
			}
			last = e
			n++
		}
		if n != info.Entries {
			t.Fatalf("%v: %d entries, want %d", id, n, info.Entries)
		}
	}
	for range 12 {
		h := x.entry().Hash
		q := Query{Radius: OwnRadius}
		if x.r.IntN(2) == 0 {
			q.Radius = x.r.IntN(h.Kind.MaxRadius() + 1)
		}
		if x.r.IntN(3) == 0 && len(infos) > 0 {
			q.Sources = []string{infos[x.r.IntN(len(infos))].Source}
		}
		got, err := x.db.Search(q, h)
		if err != nil {
			t.Fatal(err)
		}
		for _, ms := range [][]Match{got[0].Matches, got[0].Allowed, got[0].Vetoed, got[0].Shadow} {
			for i := range ms {
				if len(ms[i].Version) != 16 {
					t.Fatalf("version %q", ms[i].Version)
				}
				ms[i].Version = ""
			}
		}
		if want := x.m.search(q, h); !reflect.DeepEqual(got[0], want) {
			t.Fatalf("query %+v of %v: got %+v, want %+v", q, h.Kind, got[0], want)
		}
		x.ran["matches"] += len(got[0].Matches)
		x.ran["vetoed"] += len(got[0].Vetoed)
		x.ran["shadow"] += len(got[0].Shadow)
		all, err := x.db.Find(h)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for id, es := range x.m.entries {
			for k, e := range es {
				if k.hash == h {
					found++
					if !slices.ContainsFunc(all, func(l Listing) bool { return l.List == id && reflect.DeepEqual(l.Entry, e) }) {
						t.Fatalf("find misses %+v of %v", e, id)
					}
				}
			}
		}
		if found != len(all) {
			t.Fatalf("found %d, want %d", len(all), found)
		}
	}
}

func TestModel(t *testing.T) {
	total := map[string]int{}
	for seed := uint64(0); seed < 8; seed += min(stride, 3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			x := &modelRun{
				t: t, r: rand.New(rand.NewPCG(seed, 1)), dir: testDir(t), m: newModel(), ran: total,
				o: Options{HeadRows: 1 + int(seed)*3, ImportRows: 1 + int(seed)*4, segmentRows: 5 + int(seed)*20},
			}
			x.db = openTest(t, x.dir, x.o)
			for range 90 {
				switch n := x.r.IntN(20); {
				case n < 9:
					x.apply()
				case n < 14:
					x.doImport()
				case n < 16:
					x.setList()
				case n < 18:
					total["merges"] += mustMerge(t, x.db)
				default:
					x.reopen()
				}
				x.compare()
			}
			if err := x.db.Verify(context.Background()); err != nil {
				t.Error(err)
			}
			total["segments"] += x.db.Stats().Segments
		})
	}
	for _, what := range []string{"matches", "vetoed", "shadow", "merges", "segments"} {
		if total[what] < 20 {
			t.Errorf("%d %s: the test compared too little", total[what], what)
		}
	}
}
