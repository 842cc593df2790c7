package hashdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func entriesN(k Kind, from, to uint64) (es []Entry) {
	for n := from; n < to; n++ {
		es = append(es, entryN(k, n, refN(int(n))))
	}
	return es
}

var stagedOptions = Options{HeadRows: 8, ImportRows: 10}

func TestImportCounts(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	e := func(n uint64, ref string, s Status) Entry {
		return Entry{Hash: hashN(KindMD5, n), Ref: ref, Status: s}
	}
	for _, test := range []struct {
		name    string
		records []Record
		want    Applied
	}{
		{"nothing", nil, Applied{}},
		{"new ones", []Record{{Entries: []Entry{e(1, "", 0), e(2, "", 0)}}, {Entries: []Entry{e(1, "x", 0)}}}, Applied{Added: 3}},
		{"the same", []Record{{Entries: []Entry{e(2, "", 0), e(1, "", 0)}}}, Applied{Known: 2}},
		{"twice", []Record{{Entries: []Entry{e(3, "", 0)}}, {Entries: []Entry{e(3, "", 0)}}}, Applied{Added: 1, Known: 1}},
		{"disputed", []Record{{Entries: []Entry{e(3, "", Disputed)}}}, Applied{Changed: 1}},
		{"not there", []Record{{Entries: []Entry{e(9, "", Retracted)}}, {RetractRef: "none"}}, Applied{Known: 1}},
		{"the last word", []Record{{Entries: []Entry{e(3, "", Retracted)}}, {Entries: []Entry{e(3, "", 0)}}}, Applied{Changed: 1, Known: 1}},
		{"gone", []Record{{Entries: []Entry{e(3, "", Retracted)}}, {RetractRef: "x"}}, Applied{Retracted: 2}},
		{"listed and taken back by id", []Record{{Entries: []Entry{e(4, "y", 0)}}, {RetractRef: "y"}}, Applied{Known: 1}},
		{"taken back by id and listed", []Record{{RetractRef: "z"}, {Entries: []Entry{e(4, "z", 0)}}}, Applied{Added: 1}},
		{"the id stands for another", []Record{{RetractRef: "z", Entries: []Entry{e(5, "z", 0)}}}, Applied{Added: 1, Retracted: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			res := mustImport(t, db, ImportRequest{Source: "a"}, &fakeReader{records: test.records})
			if res.Applied != test.want {
				t.Errorf("%+v, want %+v", res.Applied, test.want)
			}
		})
	}
	if l := db.Lists(); len(l) != 1 || l[0].Entries != 3 {
		t.Errorf("%+v", l)
	}
}

func TestImportSkipsBadRecords(t *testing.T) {
	db := openTest(t, testDir(t), stagedOptions)
	in := recordsOf(entriesN(KindPDQ, 0, 30)...)
	in.records[7].Entries[0].Parties = -1
	in.records[9].Entries[0].Ref = strings.Repeat("x", 201)
	in.records[11].RetractRef = strings.Repeat("x", 201)
	in.bad = map[int]error{}
	for i := range 22 {
		in.bad[i] = &RecordError{i + 1, errTest}
	}
	var progress []int
	res := mustImport(t, db, ImportRequest{Source: "a", Progress: func(n int) { progress = append(progress, n) }}, in)
	if res.Added != 27 || res.BadCount != 25 || len(res.Bad) != maxBad || res.Bad[0].Number != 1 || !errors.Is(&res.Bad[0], errTest) {
		t.Errorf("%+v", res)
	}
	for _, b := range res.Bad {
		if strings.Contains(b.Error(), strings.Repeat("x", 20)) {
			t.Errorf("the record is repeated: %v", &b)
		}
	}
	if !slices.Equal(progress, []int{0, 52}) {
		t.Errorf("progress %v", progress)
	}
}

func TestImportSaysOfLists(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	both := recordsOf(entryN(KindPDQ, 1, ""), entryN(KindMD5, 1, ""))
	res := mustImport(t, db, ImportRequest{Source: "a", List: List{Radius: 20, Owner: "o", State: StateShadow, Allow: true}}, both)
	want := List{Source: "a", Kind: KindPDQ, Radius: 20, Owner: "o", State: StateShadow, Allow: true}
	exact := want
	exact.Kind, exact.Radius = KindMD5, 0
	if len(res.Lists) != 2 || res.Lists[0].List != want || res.Lists[1].List != exact {
		t.Errorf("%+v", res.Lists)
	}
	before := db.Lists()[0].Version
	both.at = 0
	res = mustImport(t, db, ImportRequest{Source: "a", List: List{Kind: KindPDQ, Radius: 10}}, both)
	if want.Radius = 10; res.Lists[0].List != want || res.Lists[1].List != exact || res.Lists[0].Version == before || res.Known != 2 {
		t.Errorf("%+v", res)
	}
	for _, req := range []ImportRequest{
		{Source: "a/b"}, {Source: ""}, {Source: "a", List: List{Radius: 48}}, {Source: "a", List: List{Radius: -1}},
		{Source: "a", List: List{Kind: KindMD5, Radius: 1}}, {Source: "a", List: List{State: "odd"}},
		{Source: "a", List: List{Kind: 99}}, {Source: "a", File: strings.Repeat("x", 1001)},
	} {
		in := recordsOf()
		in.each = func(int) { t.Errorf("%+v is read", req) }
		if _, err := db.Import(context.Background(), req, in); err == nil {
			t.Errorf("%+v is taken", req)
		}
	}
	// A radius that only some of the kinds allow is found out at the first such hash.
	in := recordsOf(entryN(KindPHash, 1, ""), entryN(KindPHash, 2, ""))
	if _, err := db.Import(context.Background(), ImportRequest{Source: "a", List: List{Radius: 31}}, in); err == nil || in.at != 1 {
		t.Errorf("%v after %d records", err, in.at)
	}
}

// What ends too soon changes nothing and leaves nothing.
func TestTruncatedImportChangesNothing(t *testing.T) {
	db := openTest(t, testDir(t), stagedOptions)
	mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 3)})
	want := dump(t, db)
	for _, n := range []int{0, 5, 10, 35} {
		for _, file := range []string{"", "file"} {
			in := recordsOf(entriesN(KindPDQ, 2, uint64(2+n))...)
			in.end = fmt.Errorf("cut: %w", ErrTruncated)
			_, err := db.Import(context.Background(), ImportRequest{Source: "a", File: file}, in)
			if !errors.Is(err, ErrTruncated) || !strings.Contains(err.Error(), file) {
				t.Errorf("%d of %q: %v", n, file, err)
			}
			if got := dump(t, db); got != want || len(db.Stats().Pending) > 0 {
				t.Errorf("%d of %q: pending %v\n%s", n, file, db.Stats().Pending, got)
			}
		}
	}
	leftovers(t, db)
}

// leftovers fails when a database's folder holds more than belongs there.
func leftovers(t *testing.T, db *DB) {
	t.Helper()
	db.mu.Lock()
	defer db.mu.Unlock()
	keep := db.manifest.files()
	for _, name := range fileNames(t, db.disk.Dir) {
		if keep[name] || slices.Contains([]string{manifestName, lockName, mergeName}, name) {
			continue
		}
		if lives, err := db.disk.lives(name); err != nil || !lives || ownerOf(name) != name {
			t.Errorf("%s is left over, %v", name, err)
		}
	}
}

// An interrupted import goes on with what is the same, however the input has changed,
// in this process or another.
func TestImportGoesOn(t *testing.T) {
	all := entriesN(KindPDQ, 0, 45)
	all = append(all, entriesN(KindSHA1, 0, 10)...)
	interrupt := func(t *testing.T, dir string, after int) {
		db := openTest(t, dir, stagedOptions)
		ctx, cancel := context.WithCancel(context.Background())
		in := recordsOf(all...)
		in.each = func(n int) {
			if n == after {
				cancel()
			}
		}
		in.records = in.records[:after]
		in.end = context.Canceled
		if _, err := db.Import(ctx, ImportRequest{Source: "a", File: "file"}, in); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if len(db.Lists()) > 0 {
			t.Errorf("lists %+v", db.Lists())
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	plain := func(es []Entry) string {
		db := openTest(t, testDir(t), Options{})
		mustImport(t, db, ImportRequest{Source: "a"}, recordsOf(es...))
		return dump(t, db)
	}
	for _, test := range []struct {
		name    string
		after   int
		change  func(es []Entry) []Entry
		o       Options
		resumed int
	}{
		{"before anything is written", 9, nil, stagedOptions, 0},
		{"after one stage", 11, nil, stagedOptions, 10},
		{"after some", 34, nil, stagedOptions, 30},
		{"with smaller stages", 34, nil, Options{HeadRows: 8, ImportRows: 7}, 30},
		{"with larger stages", 34, nil, Options{}, 30},
		{"changed at the end", 34, func(es []Entry) []Entry { es[44].Ref = "new"; return es }, stagedOptions, 30},
		{"changed amid", 34, func(es []Entry) []Entry { es[25].Ref = "new"; return es }, stagedOptions, 20},
		{"changed at the beginning", 34, func(es []Entry) []Entry { es[0].Parties = 2; return es }, stagedOptions, 0},
		{"shorter", 34, func(es []Entry) []Entry { return es[:24] }, stagedOptions, 20},
		{"empty", 34, func(es []Entry) []Entry { return nil }, stagedOptions, 0},
		{"longer", 34, func(es []Entry) []Entry { return append(es, entriesN(KindMD5, 0, 10)...) }, stagedOptions, 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := testDir(t)
			interrupt(t, dir, test.after)
			es := slices.Clone(all)
			if test.change != nil {
				es = test.change(es)
			}
			db := openTest(t, dir, test.o)
			if p := db.Stats().Pending; test.after >= 10 && (len(p) != 1 || p[0] != PendingImport{"a", "file", test.after / 10 * 10}) {
				t.Errorf("pending %+v", p)
			}
			res := mustImport(t, db, ImportRequest{Source: "a", File: "file"}, recordsOf(es...))
			if res.Resumed != test.resumed || res.Added != len(es) {
				t.Errorf("%+v, want %d resumed and %d added", res, test.resumed, len(es))
			}
			if got, want := strip(dump(t, db)), strip(plain(es)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if err := db.Verify(context.Background()); err != nil {
				t.Error(err)
			}
			mustApply(t, db, Batch{Source: "b", Entries: entriesN(KindMD5, 100, 120)})
			if test.o.HeadRows > 0 {
				leftovers(t, db)
			}
		})
	}
	t.Run("dropped", func(t *testing.T) {
		dir := testDir(t)
		interrupt(t, dir, 34)
		db := openTest(t, dir, stagedOptions)
		if err := db.DropImport(context.Background(), "a", "file"); err != nil || len(db.Stats().Pending) > 0 {
			t.Errorf("%v, %+v", err, db.Stats().Pending)
		}
		leftovers(t, db)
		if res := mustImport(t, db, ImportRequest{Source: "a", File: "file"}, recordsOf(all...)); res.Resumed != 0 || res.Added != len(all) {
			t.Errorf("%+v", res)
		}
	})
}

// strip takes out of a dump what depends on the path to a state.
func strip(dump string) string {
	var out []string
	for _, l := range strings.Split(dump, "\n") {
		if i := strings.Index(l, "Changed:"); i >= 0 {
			l = l[:i]
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

// The same import at the same time is refused, here and elsewhere.
func TestImportIsBusy(t *testing.T) {
	dir := testDir(t)
	db, other := openTest(t, dir, stagedOptions), openTest(t, dir, stagedOptions)
	in, tried := recordsOf(entriesN(KindPDQ, 0, 25)...), 0
	in.each = func(n int) {
		if n != 15 {
			return
		}
		for _, db := range []*DB{db, other} {
			tried++
			if _, err := db.Import(context.Background(), ImportRequest{Source: "a", File: "file"}, recordsOf()); !errors.Is(err, ErrBusy) {
				t.Errorf("%v, want busy", err)
			}
			if err := db.DropImport(context.Background(), "a", "file"); !errors.Is(err, ErrBusy) {
				t.Errorf("%v, want busy", err)
			}
			// Others are free.
			mustImport(t, db, ImportRequest{Source: "a", File: fmt.Sprint("file", tried)}, recordsOf(entriesN(KindPDQ, 20, uint64(25+tried*7))...))
		}
	}
	// The list changes meanwhile: what is new is worked out again.
	if res := mustImport(t, db, ImportRequest{Source: "a", File: "file"}, in); res.Added != 20 || res.Known != 5 || tried != 2 {
		t.Errorf("%+v after %d", res.Applied, tried)
	}
	if err := db.Verify(context.Background()); err != nil {
		t.Error(err)
	}
	leftovers(t, db)
}

// A list that another writer changes between working out and publishing.
func TestImportWorksOutAgain(t *testing.T) {
	dir := testDir(t)
	other := openTest(t, dir, stagedOptions)
	o := stagedOptions
	armed, done := false, false
	o.step = func(op, name string) error {
		// The last run is written, and no lock is held: what changes is being worked out.
		if armed && op == "create" && strings.HasPrefix(name, workPrefix) && !done {
			done = true
			mustApply(t, other, Batch{Source: "a", Entries: entriesN(KindPDQ, 20, 30)})
		}
		return nil
	}
	db := openTest(t, dir, o)
	in := recordsOf(entriesN(KindPDQ, 0, 25)...)
	in.each = func(n int) { armed = n == 25 }
	if res := mustImport(t, db, ImportRequest{Source: "a", File: "file"}, in); !done || res.Added != 20 || res.Known != 5 {
		t.Errorf("%v, %+v", done, res.Applied)
	}
	if err := db.Verify(context.Background()); err != nil {
		t.Error(err)
	}
	if n := db.Lists()[0].Entries; n != 30 {
		t.Errorf("%d entries, want 30", n)
	}
	leftovers(t, db)
}

// endless fails the test if it is read to the end.
func TestImportEndsWithItsContext(t *testing.T) {
	db := openTest(t, testDir(t), stagedOptions)
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	err := func() error {
		_, err := db.Import(ctx, ImportRequest{Source: "a"}, readerFunc(func() (Record, error) {
			if n++; n == 3000 {
				cancel()
			}
			if n > 10_000 {
				return Record{}, io.EOF
			}
			return Record{Number: n, Entries: []Entry{entryN(KindMD5, uint64(n%5), "")}}, nil
		}))
		return err
	}()
	if !errors.Is(err, context.Canceled) || n > 5000 {
		t.Errorf("%v after %d", err, n)
	}
	leftovers(t, db)
	if !reflect.DeepEqual(db.Lists(), []ListInfo{}) {
		t.Errorf("%+v", db.Lists())
	}
}

type readerFunc func() (Record, error)

func (f readerFunc) Next() (Record, error) { return f() }
