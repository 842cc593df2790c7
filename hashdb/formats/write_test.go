package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// madeUp returns entries of kind k that say all that entries can.
func madeUp(k hashdb.Kind) []hashdb.Entry {
	hash := func(n byte) hashdb.Hash {
		b := make([]byte, k.Bits()/8)
		for i := range b {
			b[i] = n*31 + byte(i)
		}
		h, err := hashdb.NewHash(k, b)
		if err != nil {
			panic(err)
		}
		return h
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return []hashdb.Entry{
		{Hash: hash(1)},
		{Hash: hash(1), Ref: "12", Time: at, Parties: 3, Tags: []string{"category:2", "blue", "a;b|c\\d"}},
		{Hash: hash(2), Ref: `odd "id", <of> é;`, Tags: []string{`\`, `\\|`, `;`}},
		{Hash: hash(3), Ref: "x", Status: hashdb.Disputed, Time: at},
		{Hash: hash(4), Status: hashdb.Retracted},
		{Hash: hash(4), Ref: "y", Status: hashdb.Retracted},
		{Hash: hash(5), Ref: "#0", Parties: 255, Tags: []string{"category:other"}},
	}
}

func sequence(entries []hashdb.Entry, end error) iter.Seq2[hashdb.Entry, error] {
	return func(yield func(hashdb.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
		if end != nil {
			yield(hashdb.Entry{}, end)
		}
	}
}

func listOf(k hashdb.Kind) hashdb.ListInfo {
	return hashdb.ListInfo{List: hashdb.List{Source: "made-up", Kind: k}, Version: "0011223344556677"}
}

// TestRoundTrip reads what was written, and wants what the format promises to keep.
func TestRoundTrip(t *testing.T) {
	for _, c := range []struct {
		f     Format
		kinds []hashdb.Kind
		keep  func(hashdb.Entry) (hashdb.Entry, bool)
	}{
		{CSV, hashdb.Kinds(), func(e hashdb.Entry) (hashdb.Entry, bool) { return e, true }},
		{ThreatExchange, []hashdb.Kind{hashdb.KindPDQ, hashdb.KindMD5, hashdb.KindSHA1, hashdb.KindSHA256}, func(e hashdb.Entry) (hashdb.Entry, bool) {
			e.Parties = 0
			return e, e.Ref != "y" // Which is taken back by its id.
		}},
		{VICS, []hashdb.Kind{hashdb.KindMD5, hashdb.KindSHA1}, func(e hashdb.Entry) (hashdb.Entry, bool) {
			e.Parties = 0
			switch {
			case e.Ref == "12":
				e.Tags = []string{"category:2", "blue", "a b c\\d"}
			case len(e.Tags) == 3:
				e.Tags = []string{`\`, `\\`}
			}
			return e, e.Status == hashdb.Listed
		}},
		{Lines, hashdb.Kinds(), func(e hashdb.Entry) (hashdb.Entry, bool) {
			return hashdb.Entry{Hash: e.Hash}, e.Status == hashdb.Listed && e.Ref != "12" // The same hash again.
		}},
	} {
		for _, k := range c.kinds {
			t.Run(fmt.Sprint(c.f, " ", k), func(t *testing.T) {
				var out bytes.Buffer
				if err := Write(&out, c.f, listOf(k), sequence(madeUp(k), nil)); err != nil {
					t.Fatal(err)
				}
				r, f, err := Open(Auto, bytes.NewReader(out.Bytes()), Options{Kind: k})
				if err != nil || f != c.f {
					t.Fatalf("read as %q: %v\n%s", f, err, out.String())
				}
				records, bad, end := readAll(r)
				if len(bad) > 0 || !errors.Is(end, io.EOF) {
					t.Fatalf("%v, %v\n%s", bad, end, out.String())
				}
				var got, want []hashdb.Entry
				for _, rec := range records {
					if rec.RetractRef != "" && (rec.RetractRef != "y" || c.f != ThreatExchange) {
						t.Errorf("took back %q", rec.RetractRef)
					}
					got = append(got, rec.Entries...)
				}
				for _, e := range madeUp(k) {
					if e, ok := c.keep(e); ok {
						want = append(want, e)
					}
				}
				if len(want) < 3 || !reflect.DeepEqual(got, want) {
					t.Errorf("got\n%+v\nwant\n%+v\nwritten\n%s", got, want, out.String())
				}
			})
		}
	}
}

// TestWriteNothing writes empty lists, which must be whole inputs.
func TestWriteNothing(t *testing.T) {
	for _, f := range Writable() {
		var out bytes.Buffer
		if err := Write(&out, f, listOf(hashdb.KindMD5), sequence(nil, nil)); err != nil {
			t.Fatal(err)
		}
		records, bad, end := readAll(open(t, f, out.String(), Options{}))
		if len(records)+len(bad) > 0 || !errors.Is(end, io.EOF) {
			t.Errorf("%s: %d records, %v, %v", f, len(records), bad, end)
		}
	}
}

// full is a disk with room for so many bytes.
type full int

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > int(*f) {
		n := int(*f)
		*f = 0
		return n, errFull
	}
	*f -= full(len(p))
	return len(p), nil
}

func TestWriteFaults(t *testing.T) {
	many := bytes.Repeat([]byte("x"), 3000)
	entries := make([]hashdb.Entry, len(many))
	for i := range entries {
		entries[i] = madeUp(hashdb.KindMD5)[2]
		entries[i].Hash.Bits[0], entries[i].Hash.Bits[1] = byte(i>>8), byte(i)
	}
	lost := errors.New("the list is gone")
	for _, f := range Writable() {
		for _, room := range []full{0, 10, 70_000} {
			if err := Write(&room, f, listOf(hashdb.KindMD5), sequence(entries, nil)); !errors.Is(err, errFull) {
				t.Errorf("%s to a full disk: %v", f, err)
			}
		}
		err := Write(io.Discard, f, listOf(hashdb.KindMD5), sequence(entries[:2], lost))
		if !errors.Is(err, lost) || !strings.Contains(err.Error(), "after entry 2") {
			t.Errorf("%s of a list that breaks off: %v", f, err)
		}
		err = Write(io.Discard, f, listOf(hashdb.KindMD5), sequence(madeUp(hashdb.KindSHA1), nil))
		if err == nil || !strings.Contains(err.Error(), "sha1 hash in a list of md5") {
			t.Errorf("%s of another kind: %v", f, err)
		}
		bad := madeUp(hashdb.KindMD5)
		bad[1].Parties = -1
		if err := Write(io.Discard, f, listOf(hashdb.KindMD5), sequence(bad, nil)); err == nil || !strings.Contains(err.Error(), "entry 2") {
			t.Errorf("%s of a bad entry: %v", f, err)
		}
	}
	for f, k := range map[Format]hashdb.Kind{VICS: hashdb.KindPDQ, ThreatExchange: hashdb.KindPHash, NCMEC: hashdb.KindMD5, "": hashdb.KindMD5} {
		if err := Write(io.Discard, f, listOf(k), sequence(nil, nil)); err == nil {
			t.Errorf("%q of %v was written", f, k)
		}
	}
}
