package archive

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/golden"
)

func searches() []Search {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	for i := range h.Bits {
		h.Bits[i] = byte(i)
	}
	g := h
	g.Bits[0] = 0xff
	return []Search{
		{ID: "change-1", Source: "partners", At: at, Hashes: []hashdb.Hash{h, g}},
		{ID: "change-2", Source: "partners", At: at.Add(time.Nanosecond), Whole: true},
	}
}

func TestRecordsComeBack(t *testing.T) {
	for i, q := range searches() {
		data, err := q.Encode()
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, []string{"search.json", "search-whole.json"}[i], string(data)+"\n")
		got, err := DecodeSearch(data)
		if err != nil || !reflect.DeepEqual(got, q) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	h := harvestOf(at.In(time.FixedZone("", 7200)), at.Add(time.Hour))
	data, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "harvest.json", string(data)+"\n")
	got, err := DecodeHarvest(data)
	h.Spans[0].From = at
	if err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTheLargestSearchFits(t *testing.T) {
	q := Search{ID: strings.Repeat("é", 256), Source: "s", At: at}
	for range MaxSearch {
		q.Hashes = append(q.Hashes, pdqHash(randomHash(seeded(31))))
	}
	data, err := q.Encode()
	if err != nil || len(data) > 1<<19 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	q.Hashes = append(q.Hashes, q.Hashes[0])
	if _, err := q.Encode(); err == nil {
		t.Error("one more is taken")
	}
}

func TestBadSearchesAreRefused(t *testing.T) {
	good := searches()[0]
	for name, spoil := range map[string]func(*Search){
		"/id":      func(q *Search) { q.ID = "" },
		"/source":  func(q *Search) { q.Source = "no such name" },
		"/hashes":  func(q *Search) { q.Whole = true },
		"hash 1":   func(q *Search) { q.Hashes = []hashdb.Hash{{Kind: hashdb.KindPHash}} },
		"/hashes:": func(q *Search) { q.Hashes = nil },
	} {
		q := good
		spoil(&q)
		_, err := New(&lists{}, Options{}).Search(t.Context(), memory{}, q)
		wantReason(t, err, "schema")
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"not whole":     `{"id":"1","source":"s","at":"2026-03-01T12:00:00Z","hashes":"` + strings.Repeat("A", 48) + `"}`,
		"no base64":     `{"id":"1","source":"s","at":"2026-03-01T12:00:00Z","hashes":"` + strings.Repeat("=", 48) + `"}`,
		"other fields":  `{"id":"1","source":"s","at":"2026-03-01T12:00:00Z","whole":true,"x":1}`,
		"year of zone":  `{"id":"1","source":"s","at":"9999-12-31T23:00:00-02:00","whole":true}`,
		"whole is text": `{"id":"1","source":"s","at":"2026-03-01T12:00:00Z","whole":"true"}`,
	} {
		if _, err := DecodeSearch([]byte(text)); err == nil {
			t.Errorf("%s: taken", name)
		} else {
			wantReason(t, err, "schema")
		}
	}
}

func FuzzDecodeSearch(f *testing.F) {
	for _, q := range searches() {
		data, err := q.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := DecodeSearch(data)
		if err != nil {
			wantRejected(t, err)
			return
		}
		again, err := q.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeSearch(again); err != nil || !reflect.DeepEqual(back, q) {
			t.Fatalf("%+v came back as %+v, %v", q, back, err)
		}
	})
}

func FuzzDecodeHarvest(f *testing.F) {
	data, err := harvestOf(at, at.Add(time.Hour)).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := DecodeHarvest(data)
		if err != nil {
			wantRejected(t, err)
			return
		}
		again, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeHarvest(again); err != nil || !reflect.DeepEqual(back, h) {
			t.Fatalf("%+v came back as %+v, %v", h, back, err)
		}
		if _, err := New(&lists{}, Options{}).Harvest(t.Context(), memory{}, h); err != nil {
			t.Fatal(err)
		}
	})
}

func wantRejected(t *testing.T, err error) {
	t.Helper()
	var p interface{ Permanent() bool }
	for e := err; e != nil; {
		if x, ok := e.(interface{ Permanent() bool }); ok {
			p = x
			break
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	if p == nil || !p.Permanent() {
		t.Fatalf("%v is no Rejection", err)
	}
}

// FuzzState reads chunks, heads and the partition's record as a damaged disk gives them.
func FuzzState(f *testing.F) {
	r := seeded(32)
	day := dayOf(millis(at))
	k := kept{from: millis(at), to: millis(at) + 5000, frames: 6, n: 2}
	k.hashes[0], k.hashes[1] = randomHash(r), randomHash(r)
	f.Add(appendKept(nil, int64(day)*dayMillis, &k))
	h := head{names: names{"p", "s", streamer}, chunks: 3, kept: 90, frames: 99, latest: millis(at)}
	f.Add(h.encode())
	p, s := partition{begun: true, newest: day, swept: day - 7, recent: []recent{{millis(at), id{1}}}}, memory{}
	if err := p.save(s); err != nil {
		f.Fatal(err)
	}
	f.Add(s[string(partitionKey())])
	f.Fuzz(func(t *testing.T, data []byte) {
		if all, err := appendChunk(nil, day, data); err == nil && len(all) > 0 {
			st := streamDay{day: day, open: all}
			back, err := appendChunk(nil, day, st.encode())
			if err != nil || !reflect.DeepEqual(back, all) {
				t.Fatalf("%+v came back as %+v, %v", all, back, err)
			}
		}
		if h, err := decodeHead(data); err == nil {
			if back, err := decodeHead(h.encode()); err != nil || back != h {
				t.Fatalf("%+v came back as %+v, %v", h, back, err)
			}
		}
		s := memory{string(partitionKey()): bytes.Clone(data)}
		if p, err := loadPartition(s); err == nil {
			p.saved = ""
			if err := p.save(s); err != nil {
				t.Fatal(err)
			}
			back, err := loadPartition(s)
			if p.saved, back.saved = "", ""; err != nil || !reflect.DeepEqual(back, p) {
				t.Fatalf("%+v came back as %+v, %v", p, back, err)
			}
		}
		g := new(segment)
		if json.Unmarshal(data, g) == nil {
			g.signal(names{"p", "s", streamer}, &Options{})
		}
	})
}
