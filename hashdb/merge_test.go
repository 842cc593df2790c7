package hashdb

import (
	"context"
	"errors"
	"testing"
)

// fourSegments returns a database with four segments of as many rows each.
func fourSegments(t *testing.T) *DB {
	db := openTest(t, testDir(t), Options{HeadRows: 5})
	for n := range uint64(4) {
		mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 6*n, 6*n+6)})
	}
	if n := db.Stats().Segments; n != 4 {
		t.Fatalf("%d segments, want 4", n)
	}
	return db
}

// What somebody else has merged meanwhile is not merged again, and what was added
// meanwhile stays.
func TestMergeGivesUpQuietly(t *testing.T) {
	db := fourSegments(t)
	ctx := context.Background()
	s, err := db.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	old := s.kinds[KindPDQ].segments
	mustApply(t, db, Batch{Source: "a", Entries: append(entriesN(KindPDQ, 50, 56), Entry{Hash: hashN(KindPDQ, 1), Ref: refN(1), Status: Retracted})})
	if merged, err := db.mergeSegments(ctx, KindPDQ, old[:3], true); !merged || err != nil {
		t.Fatalf("%v, %v", merged, err)
	}
	want := dump(t, db)
	for _, inputs := range [][]*sealed{old, old[1:], old[:2], old[2:]} {
		if merged, err := db.mergeSegments(ctx, KindPDQ, inputs, false); merged || err != nil {
			t.Errorf("%d inputs: %v, %v", len(inputs), merged, err)
		}
	}
	if got := dump(t, db); got != want || db.Lists()[0].Entries != 29 || db.Stats().Segments != 3 {
		t.Errorf("%+v\n%s\nwant\n%s", db.Stats(), got, want)
	}
	if err := db.Verify(ctx); err != nil {
		t.Error(err)
	}
	leftovers(t, db)
}

func TestMergeTakesTurns(t *testing.T) {
	db := fourSegments(t)
	lock, err := db.disk.lockFile(mergeName)
	if err != nil {
		t.Fatal(err)
	}
	if merged, err := db.Merge(context.Background()); merged || err != nil {
		t.Errorf("while another merges: %v, %v", merged, err)
	}
	if err := lock.unlock(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if merged, err := db.Merge(ended); merged || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v, %v", merged, err)
	}
	leftovers(t, db)
	if n := mustMerge(t, db); n == 0 || db.Stats().Segments != 1 {
		t.Errorf("%d merges left %d segments", n, db.Stats().Segments)
	}
}

// However many small batches come, and nobody merges, segments stay few.
func TestSegmentsStayFew(t *testing.T) {
	db := openTest(t, testDir(t), Options{HeadRows: 1})
	for n := range uint64(200) {
		mustApply(t, db, Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, n, "")}})
		if s := db.Stats(); s.Segments > crowded {
			t.Fatalf("%d segments after %d batches", s.Segments, n)
		}
	}
	mustMerge(t, db)
	if s := db.Stats(); s.Segments > 5 || s.Rows != 200 {
		t.Errorf("%+v", s)
	}
	// All tombstones go with what they hide.
	b := Batch{Source: "a"}
	for n := range uint64(200) {
		b.Entries = append(b.Entries, Entry{Hash: hashN(KindPDQ, n), Status: Retracted})
	}
	if a := mustApply(t, db, b); a.Retracted != 200 {
		t.Errorf("%+v", a)
	}
	mustMerge(t, db)
	if s := db.Stats(); s.Segments != 0 || s.Rows != 0 || len(db.Kinds()) != 0 {
		t.Errorf("%+v", s)
	}
}
