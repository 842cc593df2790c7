package archive

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

func TestOnlyWhatDiffersIsKept(t *testing.T) {
	r := seeded(1)
	h := randomHash(r)
	trimmed := randomHash(r)
	for name, c := range map[string]struct {
		prints []detect.Print
		want   Stats
	}{
		"alike":          {[]detect.Print{printAt("a", 0, h), printAt("a", 1, flipped(r, h, 4))}, Stats{Kept: 1, Covered: 1}},
		"different":      {[]detect.Print{printAt("a", 0, h), printAt("a", 1, flipped(r, h, 5))}, Stats{Kept: 2}},
		"twice":          {[]detect.Print{printAt("a", 0, h), printAt("a", 0, h)}, Stats{Kept: 1, Covered: 1}},
		"late twice":     {[]detect.Print{printAt("a", 0, h), printAt("a", 1, trimmed), printAt("a", 0, h), printAt("a", 1, trimmed)}, Stats{Kept: 2, Covered: 2}},
		"out of order":   {[]detect.Print{printAt("a", 2, h), printAt("a", 1, trimmed), printAt("a", 0, h)}, Stats{Kept: 3}},
		"after a pause":  {[]detect.Print{printAt("a", 0, h), printAt("a", 31, h)}, Stats{Kept: 2}},
		"next day":       {[]detect.Print{printAt("a", 12*3600-1, h), printAt("a", 12*3600, h)}, Stats{Kept: 2}},
		"other streams":  {[]detect.Print{printAt("a", 0, h), printAt("b", 1, h)}, Stats{Kept: 2}},
		"trimmed alike":  {[]detect.Print{printAt("a", 0, h, trimmed), printAt("a", 1, h, flipped(r, trimmed, 4))}, Stats{Kept: 1, Covered: 1}},
		"trimmed other":  {[]detect.Print{printAt("a", 0, h, trimmed), printAt("a", 1, h, flipped(r, trimmed, 5))}, Stats{Kept: 2}},
		"trimmed begins": {[]detect.Print{printAt("a", 0, h), printAt("a", 1, h, trimmed)}, Stats{Kept: 2}},
		"too old":        {[]detect.Print{printAt("a", 0, h), printAt("a", -8*86400, h), printAt("a", -7*86400, h)}, Stats{Kept: 2, Old: 1}},
	} {
		a := New(&lists{}, Options{})
		keep(t, a, memory{}, c.prints...)
		if got := a.Stats(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A batch that comes again as a whole changes nothing.
func TestABatchThatComesAgainIsKnown(t *testing.T) {
	r, a, s := seeded(2), New(&lists{}, Options{}), memory{}
	var batch []detect.Print
	for i := range 220 {
		batch = append(batch, printAt("a", float64(i), randomHash(r)))
	}
	keep(t, a, s, batch...)
	before := s.dump()
	keep(t, a, s, batch...)
	if got := a.Stats(); got.Kept != 220 || got.Covered != 220 || s.dump() != before {
		t.Errorf("%+v", got)
	}
	for k, v := range s {
		if len(v) > maxChunk {
			t.Errorf("%x has %d bytes", k, len(v))
		}
	}
	// So it is when it comes backwards, the newest of which are in chunks that are full.
	slices.Reverse(batch)
	a, s = New(&lists{}, Options{}), memory{}
	keep(t, a, s, batch...)
	keep(t, a, s, batch...)
	if got := a.Stats(); got.Kept != 220 || got.Covered != 220 {
		t.Errorf("backwards: %+v", got)
	}
}

func TestBadPrintsAreRefused(t *testing.T) {
	h := randomHash(seeded(3))
	for name, c := range map[string]struct {
		spoil  func(*detect.Print)
		reason string
	}{
		"stream":     {func(p *detect.Print) { p.Stream = "" }, "missing-attribute"},
		"platform":   {func(p *detect.Print) { p.Platform = "" }, "missing-attribute"},
		"subject":    {func(p *detect.Print) { p.Subject = "" }, "missing-attribute"},
		"time":       {func(p *detect.Print) { p.At = time.Time{} }, "missing-attribute"},
		"not UTF-8":  {func(p *detect.Print) { p.Stream = "\xff" }, "bad-attribute"},
		"long":       {func(p *detect.Print) { p.Stream = strings.Repeat("é", 257) }, "bad-attribute"},
		"year 10000": {func(p *detect.Print) { p.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "bad-attribute"},
		"no hash":    {func(p *detect.Print) { p.Hashes = nil }, "print"},
		"3 hashes":   {func(p *detect.Print) { p.Hashes = []pdq.Hash{h, h, h} }, "print"},
		"good":       {func(p *detect.Print) { p.Stream = strings.Repeat("é", 256) }, ""},
	} {
		p, s := printAt("a", 0, h), memory{}
		c.spoil(&p)
		_, err := New(&lists{}, Options{}).Keep(t.Context(), s, p)
		wantReason(t, err, c.reason)
		if err != nil && (len(s) > 0 || !strings.Contains(err.Error(), "print")) {
			t.Errorf("%s: %v, and %d keys", name, err, len(s))
		}
	}
}

func TestDaysExpire(t *testing.T) {
	r := seeded(4)
	l := &lists{}
	a, s := New(l, Options{Days: 2}), memory{}
	const streams, days = 40, 6
	newest := func(day int) {
		for stream := range streams {
			keep(t, a, s, printAt(fmt.Sprint("stream-", stream), float64(day*86400), randomHash(r)))
		}
	}
	for day := range days {
		newest(day)
	}
	oldest := dayOf(millis(at)) + days - 1 - 2
	l.entries = []entry{{list: "gains", hash: pdqHash(randomHash(r)), radius: 31}}
	search(t, a, s, Search{ID: "1", Source: "gains", At: at, Whole: true})
	if got := a.Stats(); got.Searched != 3*streams {
		t.Errorf("%d prints were searched, want those of 3 days, %d", got.Searched, 3*streams)
	}
	for range 3*256 + 3 { // As many as it takes to delete what is gone.
		keep(t, a, s, printAt("busy", days*86400-86401, randomHash(r)))
	}
	left := map[int32]int{}
	for k := range s {
		if k[0] == printPrefix {
			left[dayOfKey([]byte(k))]++
		}
	}
	for day, keys := range left {
		if day < oldest {
			t.Errorf("%d keys of a day that expired are still there", keys)
		}
	}
	if len(left) < 3 {
		t.Errorf("there are %d days, want 3", len(left))
	}
	// A gap of months is stepped over at once.
	before := a.Stats().Old
	keep(t, a, s, printAt("a", 200*86400, randomHash(r)), printAt("a", 197*86400, randomHash(r)))
	if a.Stats().Old != before+1 {
		t.Error("what is older than the newest day allows was kept")
	}
	for range 5 * 256 {
		keep(t, a, s, printAt("a", 200*86400, randomHash(r)))
	}
	for k := range s {
		if k[0] == printPrefix && dayOfKey([]byte(k)) < dayOf(millis(at))+190 {
			t.Fatal("a day of months ago is still there")
		}
	}
}

// Times before 1970 and the ends of the calendar sort as all others.
func TestDaysSort(t *testing.T) {
	last := ""
	for _, when := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), at, at.Add(24 * time.Hour), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
	} {
		day := dayOf(when.UnixMilli())
		key := string(dayKey(day))
		if key <= last || dayOfKey([]byte(key)) != day {
			t.Errorf("%s: day %d", when, day)
		}
		if begin := time.UnixMilli(int64(day) * dayMillis).UTC(); begin.After(when) || !begin.Add(24*time.Hour).After(when) {
			t.Errorf("%s: day %d begins %s", when, day, begin)
		}
		last = key
	}
}

func TestAStreamIsBounded(t *testing.T) {
	r, a, s := seeded(5), New(&lists{}, Options{}), memory{}
	first := printAt("a", 0, randomHash(r))
	keep(t, a, s, first)
	// As if almost all that may be had been kept.
	st, err := loadStreamDay(s, streamID("demo", "a", streamer), dayOf(millis(at)))
	if err != nil {
		t.Fatal(err)
	}
	st.kept, st.names = maxStreamDay-3, names{"demo", "a", streamer}
	if err := s.Set(st.key, st.head.encode()); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		keep(t, a, s, printAt("a", float64(i+1), randomHash(r)))
	}
	if got := a.Stats(); got.Kept != 3 || got.Full != 3 {
		t.Errorf("%+v", got)
	}
	for k, v := range s {
		if len(v) > maxChunk {
			t.Errorf("%x has %d bytes", k, len(v))
		}
	}
}

// failing is a State of which one operation fails.
type failing struct {
	memory
	get, set, scan error
}

func (f failing) Get(key []byte) ([]byte, error) {
	if f.get != nil {
		return nil, f.get
	}
	return f.memory.Get(key)
}

func (f failing) Set(key, value []byte) error {
	if f.set != nil {
		return f.set
	}
	return f.memory.Set(key, value)
}

func (f failing) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	if f.scan != nil {
		return f.scan
	}
	return f.memory.Scan(prefix, fn)
}

func TestWhatFailsIsRetried(t *testing.T) {
	r := seeded(6)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	q := named("gains", at, l.entries)
	hv := harvestOf(at, at.Add(time.Hour))
	fresh := func() memory {
		s := memory{}
		keep(t, New(l, Options{}), s, printAt("a", 0, h))
		return s
	}
	tried := 0
	check := func(name string, err error) {
		tried++
		var rejection *signal.Rejection
		if !errors.Is(err, os.ErrClosed) || errors.As(err, &rejection) {
			t.Errorf("%s: got %v, want an error to retry", name, err)
		}
	}
	for name, s := range map[string]State{
		"get": failing{fresh(), os.ErrClosed, nil, nil}, "set": failing{fresh(), nil, os.ErrClosed, nil}, "scan": failing{fresh(), nil, nil, os.ErrClosed},
	} {
		_, err := New(l, Options{}).Search(t.Context(), s, q)
		check("search, "+name, err)
		if name != "set" {
			_, err = New(l, Options{}).Harvest(t.Context(), s, hv)
			check("harvest, "+name, err)
		}
		if name != "scan" {
			_, err = New(l, Options{}).Keep(t.Context(), s, printAt("a", 60, h))
			check("keep, "+name, err)
		}
	}
	s := fresh()
	search(t, New(l, Options{}), s, q)
	broken := New(&lists{entries: l.entries, fault: os.ErrClosed}, Options{})
	_, err := broken.Search(t.Context(), s, q)
	check("search, lists", err)
	_, err = broken.Keep(t.Context(), s, printAt("a", 60, h))
	check("late print, lists", err)
	early := New(l, Options{Ready: func(q Search) error { return fmt.Errorf("%s is on its way: %w", q.Source, os.ErrClosed) }})
	_, err = early.Search(t.Context(), s, q)
	check("search, not ready", err)
	if tried != 10 {
		t.Errorf("tried %d faults", tried)
	}
}

func TestDamagedStateIsNoRejection(t *testing.T) {
	r := seeded(7)
	h := randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}}}
	a, good := New(l, Options{}), memory{}
	keep(t, a, good, printAt("a", 0, h))
	search(t, a, good, named("gains", at, l.entries))
	if len(good) != 5 {
		t.Fatalf("%d keys, want those of the partition, a stream, its chunk and match, and the search", len(good))
	}
	for key, value := range good {
		for _, bad := range [][]byte{{}, value[:len(value)-1], append([]byte{9}, value[1:]...)} {
			s := memory{}
			for k, v := range good {
				s[k] = v
			}
			s[key] = bad
			a := New(l, Options{})
			_, err := a.Keep(t.Context(), s, printAt("a", 1, flipped(r, h, 10)))
			if _, serr := a.Search(t.Context(), s, named("gains", at, l.entries)); err == nil {
				err = serr
			}
			var rejection *signal.Rejection
			if !errors.Is(err, errDamaged) || errors.As(err, &rejection) {
				t.Errorf("%x, %d bytes in place of %d: got %v", key, len(bad), len(value), err)
			}
		}
	}
}

func TestDamagedChunks(t *testing.T) {
	const day = 5
	begin := int64(day) * dayMillis
	whole := kept{from: begin, to: begin + dayMillis - 1, frames: 2, n: 1}
	if all, err := appendChunk(nil, day, appendKept(nil, begin, &whole)); err != nil || len(all) != 1 || all[0] != whole {
		t.Errorf("a day's picture: %+v, %v", all, err)
	}
	good := appendKept(nil, begin, &whole)
	for name, data := range map[string][]byte{
		"before the day": appendKept(nil, begin, &kept{from: begin - 1, to: begin, frames: 1, n: 1}),
		"after the day":  appendKept(nil, begin, &kept{from: begin, to: begin + dayMillis, frames: 1, n: 1}),
		"far away":       appendKept(nil, begin, &kept{from: begin + 1<<50, to: begin + 1<<50, frames: 1, n: 1}),
		"too many":       appendKept(nil, begin, &kept{from: begin, to: begin, frames: 1 << 40, n: 1}),
		"no time":        {0xff},
		"no hash":        good[:len(good)-1],
		"half a hash":    append(slices.Clone(good), good[:20]...),
	} {
		if _, err := appendChunk(nil, day, data); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
