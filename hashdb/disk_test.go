package hashdb

import (
	"slices"
	"testing"
)

// TestDurableBeforeNamed: what survives the loss of power cannot be tried here, but the
// order can be seen on which it rests: nothing is acknowledged before it is synced, and
// nothing named in a manifest before it and its name are.
func TestDurableBeforeNamed(t *testing.T) {
	var trace []string
	o := Options{HeadRows: 3, step: func(op, name string) error {
		trace = append(trace, op+" "+name)
		return nil
	}}
	db := openTest(t, testDir(t), o)
	trace = nil
	mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 1)})
	if want := []string{"write journal-1", "sync journal-1"}; !slices.Equal(trace, want) {
		t.Errorf("a batch: %q, want %q", trace, want)
	}
	trace = nil
	mustApply(t, db, Batch{Source: "a", Entries: entriesN(KindPDQ, 1, 5)})
	trace[0] = trace[0][:len("create work-")]
	want := []string{
		// Package segment syncs what it wrote.
		"create work-", "rename segment-2",
		"create journal-3", "write journal-3", "sync journal-3",
		"sync hashes",
		"create manifest.writing", "write manifest.writing", "sync manifest.writing", "rename manifest", "sync hashes",
		"remove journal-1",
	}
	if !slices.Equal(trace, want) {
		t.Errorf("a segment: %q, want %q", trace, want)
	}
}
