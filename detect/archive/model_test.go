package archive

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// model is the room in its plainest form: all pictures in a list, and every search a
// comparison of each with everything.
type model struct {
	o        Options
	pictures []*picture
	newest   int64
	any      bool
}

type picture struct {
	names
	from, to int64
	frames   uint64
	hashes   []pdq.Hash
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func dayStart(ms int64) int64 { return millis(time.UnixMilli(ms).UTC().Truncate(24 * time.Hour)) }

func near4(a, b []pdq.Hash, bits int) bool {
	return len(a) == len(b) && !slices.ContainsFunc([]int{0, 1}[:len(a)], func(i int) bool { return far(a[i], b[i]) > bits })
}

func far(a, b pdq.Hash) int {
	d, _ := pdqHash(a).Distance(pdqHash(b))
	return d
}

func (m *model) keep(p detect.Print) {
	ms := millis(p.At)
	if !m.any || dayStart(ms) > m.newest {
		m.newest, m.any = dayStart(ms), true
	}
	limit := m.newest - int64(m.o.Days)*dayMillis
	m.pictures = slices.DeleteFunc(m.pictures, func(o *picture) bool { return dayStart(o.from) < limit })
	if ms < limit {
		return
	}
	n := names{p.Platform, p.Stream, p.Subject}
	var last *picture
	for _, o := range m.pictures {
		if o.names != n || dayStart(o.from) != dayStart(ms) {
			continue
		}
		if o.from <= ms && ms <= o.to && near4(o.hashes, p.Hashes, m.o.Distinct) {
			return
		}
		last = o
	}
	if last != nil && ms > last.to && ms-last.to <= m.o.Gap.Milliseconds() && near4(last.hashes, p.Hashes, m.o.Distinct) {
		last.to = ms
		last.frames++
		return
	}
	m.pictures = append(m.pictures, &picture{n, ms, ms, 1, p.Hashes})
}

// search returns the signals' main facts, by what they are about.
func (m *model) search(l *lists, q Search) map[string]fact {
	byStream := map[names][]*picture{}
	for _, p := range m.pictures {
		byStream[p.names] = append(byStream[p.names], p)
	}
	out := map[string]fact{}
	for n, all := range byStream {
		slices.SortStableFunc(all, func(a, b *picture) int { return cmp.Compare(a.from, b.from) })
		runs := map[string]*fact{}
		from := map[string]int{}
		for i, p := range all {
			for about, d := range modelMatches(l, q, p) {
				f := runs[about]
				if f == nil || p.from-f.end > m.o.Gap.Milliseconds() {
					f = &fact{names: n, about: about, start: p.from, end: p.to, distance: 256}
					runs[about], from[about] = f, i
				}
				f.end = max(f.end, p.to)
				f.matched += p.frames
				f.pictures++
				f.distance = min(f.distance, d)
				f.seen = 0
				for _, o := range all[from[about] : i+1] {
					f.seen += o.frames
				}
				out[fmt.Sprint(n, about, f.start)] = *f
			}
		}
	}
	return out
}

type fact struct {
	names
	about                   string
	start, end              int64
	matched, seen, pictures uint64
	distance                int
}

// modelMatches returns what a picture matches and how near.
func modelMatches(l *lists, q Search, p *picture) map[string]int {
	out := map[string]int{}
	for _, h := range p.hashes {
		for turn := range pdq.Transform(turns) {
			for _, e := range l.entries {
				d := far(h.Turned(turn), e.hash.Bits)
				switch {
				case d > e.radius || e.shadow:
				case e.allow:
					return nil
				case e.list == q.Source && (q.Whole || slices.Contains(q.Hashes, e.hash)):
					about := []string{e.list + " " + e.hash.Entry()}
					if e.refs != nil {
						about = nil
						for _, ref := range e.refs {
							about = append(about, e.list+" "+ref[:strings.IndexByte(ref, '#')])
						}
					}
					for _, name := range about {
						if was, known := out[name]; !known || d < was {
							out[name] = d
						}
					}
				}
			}
		}
	}
	return out
}

func factsOf(signals []signal.Signal) map[string]fact {
	out := map[string]fact{}
	for _, s := range signals {
		m := s.Match
		f := fact{
			names{m.Platform, m.Stream, s.Subject}, m.List + " " + m.Entry, millis(s.Start), millis(s.End),
			m.FramesMatched, m.FramesSeen, m.Pictures, m.Distance,
		}
		out[fmt.Sprint(f.names, f.about, f.start)] = f
	}
	return out
}

// world makes prints of streams that show scenes, and lists of some of these.
type world struct {
	r      *rand.Rand
	scenes []pdq.Hash
	lists  *lists
}

func newWorld(seed uint64) *world {
	w := &world{r: seeded(seed), lists: &lists{}}
	for range 12 {
		w.scenes = append(w.scenes, randomHash(w.r))
	}
	for i := range 8 {
		h := flipped(w.r, w.scenes[i], w.r.IntN(30)).Turned(pdq.Transform(w.r.IntN(turns)))
		e := entry{list: []string{"gains", "gains", "other"}[i%3], hash: pdqHash(h), radius: 20 + w.r.IntN(20)}
		if w.r.IntN(3) == 0 {
			e.refs = []string{fmt.Sprintf("clip-%d#%d/7", i%2, i)}
		}
		w.lists.entries = append(w.lists.entries, e)
	}
	w.lists.entries = append(w.lists.entries,
		entry{list: "innocent", hash: pdqHash(flipped(w.r, w.scenes[0], 5)), radius: 31, allow: true},
		entry{list: "gains", hash: pdqHash(flipped(w.r, w.scenes[8], 5)), radius: 31, shadow: true})
	return w
}

// prints are of three streams over four days, most in the order of their times.
func (w *world) prints(n int) []detect.Print {
	var out []detect.Print
	for stream := range 3 {
		now, scene := float64(w.r.IntN(40000)), 0
		for range n / 3 {
			switch w.r.IntN(20) {
			case 0:
				now += w.r.Float64() * 60
			case 1:
				now += w.r.Float64() * 30000
			case 3:
				if w.r.IntN(4) == 0 { // To shortly before midnight.
					now += 86400 - math.Mod(now+43200, 86400) - 15
				}
			case 2:
				scene = w.r.IntN(len(w.scenes))
			}
			now += 1
			when := now
			if w.r.IntN(10) == 0 {
				when -= w.r.Float64() * 50
			}
			hashes := []pdq.Hash{flipped(w.r, w.scenes[scene], w.r.IntN(6))}
			if w.r.IntN(8) == 0 {
				hashes = append(hashes, flipped(w.r, w.scenes[w.r.IntN(len(w.scenes))], w.r.IntN(6)))
			}
			out = append(out, printAt(fmt.Sprint("stream-", stream), when, hashes...))
		}
	}
	// The partition has the streams side by side.
	slices.SortStableFunc(out, func(a, b detect.Print) int { return a.At.Truncate(time.Hour).Compare(b.At.Truncate(time.Hour)) })
	return out
}

func TestSearchFindsWhatAModelFinds(t *testing.T) {
	found, worlds, turned, midnights := 0, 0, 0, 0
	for seed := range uint64(6) {
		w := newWorld(seed)
		o := Options{Days: 2}.withDefaults()
		a, s, m := New(w.lists, o), memory{}, &model{o: o}
		prints := w.prints(900)
		keep(t, a, s, prints...)
		for _, p := range prints {
			m.keep(p)
		}
		q := named("gains", at, w.lists.entries)
		for _, q := range []Search{q, {ID: "all", Source: "gains", At: at, Whole: true}, named("other", at, w.lists.entries)} {
			signals := search(t, a, s, q)
			got, want := factsOf(signals), m.search(w.lists, q)
			if len(got) != len(signals) || !reflect.DeepEqual(got, want) {
				for k, f := range want {
					if got[k] != f {
						t.Errorf("want %+v", f)
					}
				}
				for k, f := range got {
					if want[k] != f {
						t.Errorf("got  %+v", f)
					}
				}
				t.Fatalf("world %d: %d signals, want %d", seed, len(signals), len(want))
			}
			again := search(t, a, s, q)
			if !reflect.DeepEqual(again, signals) {
				t.Fatalf("world %d: another answer to the same search", seed)
			}
			found += len(signals)
			for _, sig := range signals {
				if strings.HasSuffix(sig.Match.View, "-derived") {
					turned++
				}
				if dayOf(millis(sig.Start)) != dayOf(millis(sig.End)) {
					midnights++
				}
			}
		}
		worlds++
	}
	t.Logf("%d signals in %d worlds, %d of turned streams, %d over midnight", found, worlds, turned, midnights)
	if worlds != 6 || found < 250 || turned < 150 || midnights == 0 {
		t.Error("the worlds have too little to find")
	}
}

// A search is as good before the last prints as after them: those that come late to it
// are held to it one by one, and the segments are the same.
func TestLatePrintsAreFoundAsASearchFindsThem(t *testing.T) {
	late, merged, full := 0, 0, 0
	for seed := range uint64(6) {
		w := newWorld(seed + 100)
		o := Options{}.withDefaults()
		prints := w.prints(600)
		// In order within each stream: what comes before a segment's beginning is another.
		slices.SortStableFunc(prints, func(a, b detect.Print) int { return a.At.Compare(b.At) })
		q := named("gains", at.Add(1000*time.Hour), w.lists.entries)
		whole := Search{ID: "all", Source: "gains", At: q.At, Whole: true}

		a, s := New(w.lists, o), memory{}
		keep(t, a, s, prints...)
		want := search(t, a, s, q)

		for _, q := range []Search{q, whole} {
			a, s = New(w.lists, o), memory{}
			cut := w.r.IntN(len(prints))
			keep(t, a, s, prints[:cut]...)
			best := map[string]signal.Signal{}
			for _, sig := range search(t, a, s, q) {
				best[sig.ID] = sig
			}
			for _, sig := range keep(t, a, s, prints[cut:]...) {
				if was, known := best[sig.ID]; known && sig.Revision <= was.Revision {
					t.Fatalf("revision %d after %d", sig.Revision, was.Revision)
				} else if known {
					merged++
				}
				best[sig.ID] = sig
				late++
			}
			for _, sig := range want {
				got, known := best[sig.ID]
				// Told at powers of two, so a factor of two behind at most.
				if !known || 2*got.Match.FramesMatched < sig.Match.FramesMatched || !got.Start.Equal(sig.Start) {
					t.Fatalf("world %d, cut at %d: got %+v, want %+v", seed, cut, got, sig)
				}
				if m := *got.Match; m.FramesMatched == sig.Match.FramesMatched {
					full++
					if m.Clip, sig.Match.Clip = nil, nil; !reflect.DeepEqual(m, *sig.Match) || !got.End.Equal(sig.End) {
						t.Fatalf("world %d, cut at %d: got %+v, want %+v", seed, cut, m, *sig.Match)
					}
				}
			}
		}
	}
	t.Logf("%d late signals, %d of them of segments known before, %d whole", late, merged, full)
	if late < 300 || merged < 100 || full < 100 {
		t.Error("too little was late")
	}
}

func TestStateIsAFunctionOfTheRecords(t *testing.T) {
	w := newWorld(9)
	prints := w.prints(600)
	q := named("gains", at.Add(time.Hour), w.lists.entries)
	run := func(a *Archive) (memory, []signal.Signal) {
		s := memory{}
		got := keep(t, a, s, prints[:300]...)
		got = append(got, search(t, a, s, q)...)
		return s, append(got, keep(t, a, s, prints[300:]...)...)
	}
	a := New(w.lists, Options{Days: 2})
	first, got := run(a)
	second, again := run(a) // With tables that another partition made.
	third, _ := run(New(w.lists, Options{Days: 2}))
	if first.dump() != second.dump() || first.dump() != third.dump() || !reflect.DeepEqual(got, again) || len(got) == 0 {
		t.Error("the same records gave another state")
	}
}

var _ Index = (*hashdb.DB)(nil)
