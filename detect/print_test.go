package detect

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// TestAPrintSaysWhatMatched: as signals name it, and not beyond what is told of a stream.
func TestAPrintSaysWhatMatched(t *testing.T) {
	index, hashes := video(t, "v.txt", 3)
	index.entries = append(index.entries, entry{"plain-list", hashes[1], 31})
	d, s := New(index, Options{}), memory{}
	for i, h := range []hashdb.Hash{randomHash(rand.New(rand.NewPCG(9, 9))), hashes[1], hashes[2]} {
		r, err := d.Frame(t.Context(), s, hashFrame(t, i, h))
		if err != nil || r.Print == nil {
			t.Fatal(r, err)
		}
		var want []Matched
		for _, told := range r.Signals {
			want = append(want, MatchedOf(told.Match.List, told.Match.Entry, told.Match.Clip != nil))
		}
		got := slices.Clone(r.Print.Matched)
		slices.SortFunc(got, func(a, b Matched) int { return bytes.Compare(a[:], b[:]) })
		slices.SortFunc(want, func(a, b Matched) int { return bytes.Compare(a[:], b[:]) })
		if !reflect.DeepEqual(got, want) || len(want) != []int{0, 2, 1}[i] {
			t.Errorf("frame %d: matched %x, want %x", i, got, want)
		}
	}
}

func TestPrintsAreReadAsTheyWereWritten(t *testing.T) {
	a, b := pdq.Hash{1}, pdq.Hash{2}
	for _, p := range []Print{
		{Hashes: []pdq.Hash{a}},
		{Hashes: []pdq.Hash{a, b}},
		{Hashes: []pdq.Hash{a}, Matched: []Matched{{7}}},
		{Hashes: []pdq.Hash{a, b}, Matched: []Matched{{7}, {8}}},
		{Hashes: []pdq.Hash{a}, Matched: make([]Matched, maxTracked)},
	} {
		got, err := DecodePrint(p.Encode())
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v is read as %+v, %v", p, got, err)
		}
	}
	hash := make([]byte, len(a))
	for name, bad := range map[string][]byte{
		"nothing":          nil,
		"version alone":    {printVersion},
		"another version":  append([]byte{3}, hash...),
		"half a hash":      append([]byte{printVersion}, hash[:16]...),
		"and a half":       append([]byte{printVersion}, make([]byte, 48)...),
		"three":            append([]byte{printVersion}, make([]byte, 96)...),
		"no count":         {printVersionMatched},
		"none":             append([]byte{printVersionMatched, 0}, hash...),
		"fewer than told":  append([]byte{printVersionMatched, 2}, hash...),
		"more than two":    append([]byte{printVersionMatched, 3}, make([]byte, 96)...),
		"half a name":      append([]byte{printVersionMatched, 1}, make([]byte, 40)...),
		"too many matched": Print{Hashes: []pdq.Hash{a}, Matched: make([]Matched, maxTracked+1)}.Encode(),
	} {
		if got, err := DecodePrint(bad); !rejected(err) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func rejected(err error) bool {
	var r *signal.Rejection
	return errors.As(err, &r) && r.Reason() == "print"
}

func FuzzPrint(f *testing.F) {
	f.Add(Print{Hashes: make([]pdq.Hash, 2)}.Encode())
	f.Add(Print{Hashes: make([]pdq.Hash, 1), Matched: make([]Matched, 3)}.Encode())
	f.Add([]byte{printVersionMatched, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := DecodePrint(data)
		if err != nil && !rejected(err) {
			t.Fatalf("not a Rejection: %v", err)
		}
		if err == nil && len(p.Matched) > 0 && !bytes.Equal(p.Encode(), data) {
			t.Fatalf("%x is written again as %x", data, p.Encode())
		}
	})
}
