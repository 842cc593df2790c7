package hashdb

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAttrs(t *testing.T) {
	full := Entry{
		Time: time.Unix(1<<32-1, 0).UTC(), Parties: 255, Status: Disputed,
		Provenance: strings.Repeat("p", maxRef),
	}
	for i := range maxTags {
		full.Tags = append(full.Tags, strings.Repeat(string(rune('a'+i)), maxTag))
	}
	for _, test := range []struct {
		name  string
		entry Entry
		size  int
	}{
		{"nothing", Entry{}, 0},
		{"disputed", Entry{Status: Disputed}, 1},
		{"the first second", Entry{Time: time.Unix(1, 0).UTC()}, 2},
		{"parties", Entry{Parties: 7}, 2},
		{"a tag", Entry{Tags: []string{"x"}}, 4},
		{"provenance", Entry{Provenance: "file"}, 6},
		{"everything", full, 1 + 5 + 1 + 1 + maxTags*(1+maxTag) + 1 + maxRef},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := func() error { e := test.entry; e.Hash.Kind = KindPDQ; return e.Check() }(); err != nil {
				t.Fatal(err)
			}
			a := attrsOf(&test.entry)
			b := a.append(nil)
			if len(b) != test.size || disputed(b) != (test.entry.Status == Disputed) {
				t.Errorf("%d bytes %x, want %d", len(b), b, test.size)
			}
			got, err := decodeAttrs(b)
			if err != nil || !reflect.DeepEqual(got, a) {
				t.Errorf("got %+v, %v, want %+v", got, err, a)
			}
			e := Entry{Time: got.when(), Parties: int(got.parties), Tags: got.tags, Provenance: got.provenance, Status: test.entry.Status}
			if !reflect.DeepEqual(e, test.entry) {
				t.Errorf("got %+v, want %+v", e, test.entry)
			}
			for n := range len(b) {
				if _, err := decodeAttrs(b[:n]); err == nil && n > 0 {
					t.Errorf("cut at %d of %d is taken", n, len(b))
				}
			}
		})
	}
}

func TestSameSaid(t *testing.T) {
	encode := func(e Entry) []byte {
		a := attrsOf(&e)
		return a.append(nil)
	}
	when := time.Unix(100, 0)
	for _, test := range []struct {
		a, b Entry
		same bool
	}{
		{Entry{}, Entry{}, true},
		{Entry{Provenance: "x"}, Entry{}, true},
		{Entry{Provenance: "x"}, Entry{Provenance: "long"}, true},
		{Entry{Provenance: "x", Time: when, Tags: []string{"b", "a"}, Parties: 3}, Entry{Time: when, Tags: []string{"a", "b", "b"}, Parties: 3}, true},
		{Entry{Provenance: "x", Time: when}, Entry{Provenance: "x"}, false},
		{Entry{Parties: 1}, Entry{Provenance: "\x01"}, false},
		{Entry{Status: Disputed}, Entry{}, false},
		{Entry{Status: Disputed, Provenance: "x"}, Entry{}, false},
		{Entry{Tags: []string{"a"}}, Entry{Tags: []string{"b"}, Provenance: "x"}, false},
	} {
		if got := sameSaid(encode(test.a), encode(test.b)); got != test.same {
			t.Errorf("%+v and %+v: %v", test.a, test.b, got)
		}
		if got := sameSaid(encode(test.b), encode(test.a)); got != test.same {
			t.Errorf("%+v and %+v: %v", test.b, test.a, got)
		}
	}
}

// FuzzAttrs: what can be read is written the same again.
func FuzzAttrs(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{attrDisputed})
	f.Add([]byte{attrAll, 100, 3, 2, 1, 'a', 1, 'b', 2, 'x', 'y'})
	f.Add([]byte{attrTime, 0x80, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		withoutProvenance(b)
		a, err := decodeAttrs(b)
		if err != nil {
			return
		}
		if got := a.append(nil); string(got) != string(b) {
			t.Errorf("%x became %x", b, got)
		}
		if a.provenance = ""; !sameSaid(a.append(nil), b) {
			t.Errorf("%x differs without its provenance", b)
		}
	})
}
