package archive

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const streamer signal.Subject = "sub_00000000000000000000000000000001"

// memory is a State in a map that scans its keys in order.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) { return bytes.Clone(m[string(key)]), nil }
func (m memory) Set(key, value []byte) error    { m[string(key)] = bytes.Clone(value); return nil }
func (m memory) Delete(key []byte) error        { delete(m, string(key)); return nil }
func (m memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !strings.HasPrefix(k, string(prefix)) {
			continue
		}
		if more, err := fn([]byte(k), m[k]); err != nil || !more {
			return err
		}
	}
	return nil
}

// dump is the whole state as text, to compare.
func (m memory) dump() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%x %x\n", k, m[k])
	}
	return b.String()
}

// prints returns how many keys and bytes are kept of streams.
func (m memory) prints() (keys, size int) {
	for k, v := range m {
		if k[0] == printPrefix {
			keys++
			size += len(k) + len(v)
		}
	}
	return keys, size
}

// entry is a hash on a list of the test.
type entry struct {
	list   string
	hash   hashdb.Hash
	radius int
	refs   []string
	allow  bool
	shadow bool
}

// lists is an Index that scans.
type lists struct {
	entries []entry
	fault   error
}

func (l *lists) Reach(hashdb.Kind) (int, uint64, error) {
	radius := -1
	for _, e := range l.entries {
		radius = max(radius, e.radius)
	}
	return radius, 1, l.fault
}

func (l *lists) Search(_ hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	if l.fault != nil {
		return nil, l.fault
	}
	answers := make([]hashdb.Answer, len(hashes))
	for n, h := range hashes {
		a := &answers[n]
		for _, e := range l.entries {
			d, ok := h.Distance(e.hash)
			if !ok || d > e.radius {
				continue
			}
			m := hashdb.Match{
				List: e.list, Version: "v1", Entry: e.hash.Entry(), Kind: h.Kind, Hash: e.hash,
				Distance: d, Radius: e.radius, Refs: e.refs, State: hashdb.StateLive, Allow: e.allow,
			}
			switch {
			case e.shadow:
				a.Shadow = append(a.Shadow, m)
			case e.allow:
				a.Allowed = append(a.Allowed, m)
			default:
				a.Matches = append(a.Matches, m)
			}
		}
	}
	return answers, nil
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func randomHash(r *rand.Rand) (h pdq.Hash) {
	for i := range h {
		h[i] = byte(r.Uint32())
	}
	return h
}

// flipped returns h with n bits changed.
func flipped(r *rand.Rand, h pdq.Hash, n int) pdq.Hash {
	for _, bit := range r.Perm(256)[:n] {
		h[bit/8] ^= 1 << (bit % 8)
	}
	return h
}

func pdqHash(h pdq.Hash) hashdb.Hash { return hashdb.Hash{Kind: hashdb.KindPDQ, Bits: h} }

// printAt is a print of a stream so many seconds after the beginning.
func printAt(stream string, seconds float64, hashes ...pdq.Hash) detect.Print {
	return detect.Print{
		Stream: stream, Platform: "demo", Subject: streamer,
		At: at.Add(time.Duration(seconds * float64(time.Second))), Hashes: hashes,
	}
}

func keep(t testing.TB, a *Archive, s State, prints ...detect.Print) []signal.Signal {
	t.Helper()
	var all []signal.Signal
	for _, p := range prints {
		got, err := a.Keep(t.Context(), s, p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got...)
	}
	wantSound(t, all)
	return all
}

func search(t testing.TB, a *Archive, s State, q Search) []signal.Signal {
	t.Helper()
	got, err := a.Search(t.Context(), s, q)
	if err != nil {
		t.Fatal(err)
	}
	wantSound(t, got)
	return got
}

// named is a search for the entries of a list.
func named(source string, at time.Time, entries []entry) Search {
	q := Search{ID: "change-1", Source: source, At: at}
	for _, e := range entries {
		if e.list == source {
			q.Hashes = append(q.Hashes, e.hash)
		}
	}
	return q
}

// wantSound checks that downstream can read the signals.
func wantSound(t testing.TB, signals []signal.Signal) {
	t.Helper()
	for _, s := range signals {
		data, err := signal.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signal.Decode(data); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
	}
}

// wantReason checks that err is a Rejection with a reason, "" for none.
func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	var r *signal.Rejection
	switch {
	case reason == "" && err != nil:
		t.Errorf("refused: %v", err)
	case reason != "" && (!errors.As(err, &r) || r.Reason() != reason):
		t.Errorf("got %v, want the reason %q", err, reason)
	}
}
