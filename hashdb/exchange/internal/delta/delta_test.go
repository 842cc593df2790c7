package delta

import (
	"errors"
	"iter"
	"reflect"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

func entry(n byte, ref string, s hashdb.Status) hashdb.Entry {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	h.Bits[5] = n
	return hashdb.Entry{Hash: h, Ref: ref, Status: s}
}

func TestBuilder(t *testing.T) {
	list := func(es ...hashdb.Entry) hashdb.Record { return hashdb.Record{Entries: es} }
	gone := func(ref string) hashdb.Record { return hashdb.Record{RetractRef: ref} }
	tagged := entry(1, "a", hashdb.Disputed)
	for _, c := range []struct {
		name    string
		records []hashdb.Record
		refused int // The first record that is not taken; -1 for none.
		want    hashdb.Batch
	}{
		{"nothing", nil, -1, hashdb.Batch{}},
		{"in order", []hashdb.Record{list(entry(1, "a", 0), entry(2, "a", 0)), gone("b")}, -1,
			hashdb.Batch{Entries: []hashdb.Entry{entry(1, "a", 0), entry(2, "a", 0)}, RetractRefs: []string{"b"}}},
		{"the last word", []hashdb.Record{list(entry(1, "a", 0)), list(entry(2, "", 0)), list(tagged)}, -1,
			hashdb.Batch{Entries: []hashdb.Entry{tagged, entry(2, "", 0)}}},
		{"one hash, two ids", []hashdb.Record{list(entry(1, "a", 0)), list(entry(1, "b", 0))}, -1,
			hashdb.Batch{Entries: []hashdb.Entry{entry(1, "a", 0), entry(1, "b", 0)}}},
		{"twice retracted", []hashdb.Record{gone("a"), gone("a")}, -1, hashdb.Batch{RetractRefs: []string{"a"}}},
		{"retracted after", []hashdb.Record{list(entry(1, "a", 0)), gone("a")}, 1, hashdb.Batch{Entries: []hashdb.Entry{entry(1, "a", 0)}}},
		{"listed again", []hashdb.Record{gone("a"), list(entry(2, "", 0), entry(1, "a", 0))}, 1, hashdb.Batch{RetractRefs: []string{"a"}}},
		{"nothing known of it", []hashdb.Record{list(entry(1, "", 0)), list()}, -1, hashdb.Batch{Entries: []hashdb.Entry{entry(1, "", 0)}}},
	} {
		var b Builder
		refused := -1
		for i, r := range c.records {
			if !b.Add(r) {
				refused = i
				break
			}
		}
		n := b.Len()
		if got := b.Take(); refused != c.refused || n != len(c.want.Entries)+len(c.want.RetractRefs) || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: record %d refused, %d changes %v, want %d and %v", c.name, refused, n, got, c.refused, c.want)
		}
		if refused >= 0 && !b.Add(c.records[refused]) {
			t.Errorf("%s: the record is refused after the batch was taken", c.name)
		}
	}
}

func known(err error, es ...hashdb.Entry) iter.Seq2[hashdb.Entry, error] {
	return func(yield func(hashdb.Entry, error) bool) {
		for _, e := range es {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(hashdb.Entry{}, err)
		}
	}
}

func TestVanished(t *testing.T) {
	broken := errors.New("broken")
	a, b, c, x := entry(1, "a", 0), entry(1, "b", 0), entry(2, "", 0), entry(3, "", 0)
	x.Tags = []string{"other"}
	var s Seen
	s.Add(hashdb.Record{Entries: []hashdb.Entry{a, c, x}})
	s.Add(hashdb.Record{Entries: []hashdb.Entry{entry(3, "", hashdb.Retracted)}})
	if s.Len() != 2 {
		t.Fatalf("%d seen, want 2", s.Len())
	}
	for _, test := range []struct {
		name  string
		known iter.Seq2[hashdb.Entry, error]
		most  float64
		want  []hashdb.Entry
		err   error
	}{
		{"nothing", known(nil), 0, nil, nil},
		{"all there", known(nil, a, c), 0, nil, nil},
		{"another id", known(nil, a, b, c), 0.5, []hashdb.Entry{entry(1, "b", hashdb.Retracted)}, nil},
		{"taken back", known(nil, a, x), 0.5, []hashdb.Entry{entry(3, "", hashdb.Retracted)}, nil},
		{"gone before", known(nil, a, entry(9, "", hashdb.Retracted)), 0, nil, nil},
		{"too many", known(nil, a, b, x), 0.5, nil, ErrShrunk},
		{"all of it", known(nil, b, x), 1, []hashdb.Entry{entry(1, "b", hashdb.Retracted), entry(3, "", hashdb.Retracted)}, nil},
		{"unreadable", known(broken, a), 1, nil, broken},
	} {
		got, err := s.Vanished(test.known, test.most)
		if !errors.Is(err, test.err) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v, %v, want %v, %v", test.name, got, err, test.want, test.err)
		}
	}
}

func TestWriter(t *testing.T) {
	full := errors.New("full")
	var got []hashdb.Batch
	w := Writer{Apply: func(b hashdb.Batch) error {
		got = append(got, b)
		if len(got) == 4 {
			return full
		}
		return nil
	}}
	for i := range Size + 1 {
		e := entry(0, "", 0)
		e.Hash.Bits[0], e.Hash.Bits[1] = byte(i), byte(i>>8)
		if err := w.Put(hashdb.Record{Entries: []hashdb.Entry{e}}); err != nil {
			t.Fatal(err)
		}
	}
	a := hashdb.Record{Entries: []hashdb.Entry{entry(1, "a", 0)}}
	for _, err := range []error{w.Put(a), w.Put(hashdb.Record{RetractRef: "a"}), w.Flush([]byte("x")), w.Flush(nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 3 || len(got[0].Entries) != Size || len(got[1].Entries) != 2 || len(got[2].RetractRefs) != 1 ||
		got[0].Checkpoint.Value != nil || got[1].Checkpoint.Value != nil || string(got[2].Checkpoint.Value) != "x" {
		t.Fatalf("%d batches, want %d entries, 2, and a retraction with a checkpoint", len(got), Size)
	}
	if err := w.Put(a); err != nil || w.Len() != 1 {
		t.Fatalf("%d pending, %v", w.Len(), err)
	}
	if err := w.Flush(nil); !errors.Is(err, full) {
		t.Errorf("flushing: %v, want what Apply said", err)
	}
}
