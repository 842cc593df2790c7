package archive

import (
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// maxRecent limits the searches that late prints are held to.
	maxRecent = 64
	// maxWatched limits the hashes that are kept in tables for late prints: 20 MB. With
	// more, late prints are looked up without asking these first, which is slower.
	maxWatched = 20_000
	// maxWatches limits how many such tables there are. Partitions see the same searches,
	// but not at the same time.
	maxWatches = 2
)

func recentKey(key id) []byte { return append([]byte{'s'}, key[:]...) }

// remember keeps a search for prints that come late, and returns how many it forgot for
// that.
func (p *partition) remember(s State, q Search, data []byte) (forgotten int, err error) {
	r := recent{at: q.At.UnixMilli(), key: idOf(signal.ID("search", string(data)))}
	if slices.Contains(p.recent, r) {
		return 0, nil
	}
	if err := s.Set(recentKey(r.key), data); err != nil {
		return 0, fmt.Errorf("write search: %w", err)
	}
	p.recent = append(p.recent, r)
	for len(p.recent) > maxRecent {
		if err := p.drop(s, 0); err != nil {
			return 0, err
		}
		forgotten++
	}
	return forgotten, nil
}

func (p *partition) drop(s State, i int) error {
	if err := s.Delete(recentKey(p.recent[i].key)); err != nil {
		return fmt.Errorf("delete search: %w", err)
	}
	p.recent = slices.Delete(p.recent, i, i+1)
	return nil
}

// forget lets go of searches so old that no print comes late to them any more: those of
// the day before yesterday, as the partition's prints have it.
func (p *partition) forget(s State) error {
	for i := len(p.recent) - 1; i >= 0; i-- {
		if int64(dayOf(p.recent[i].at))+1 < int64(p.newest) {
			if err := p.drop(s, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// watch is what late prints are held to.
type watch struct {
	searches []watched
	near     *near // Nil where prints are looked up without asking it.
}

type watched struct {
	until  int64 // Prints of before that are late.
	source string
	hashes map[hashdb.Hash]bool // Nil for the whole list.
}

// sought returns whether some search that a print is late to is about a match.
func (w *watch) sought(at int64) func(*hashdb.Match) bool {
	return func(m *hashdb.Match) bool {
		for i := range w.searches {
			if q := &w.searches[i]; at < q.until && q.source == m.List && (q.hashes == nil || q.hashes[m.Hash]) {
				return true
			}
		}
		return false
	}
}

// watch returns what the partition's late prints are held to.
func (a *Archive) watch(s State, p *partition) (*watch, error) {
	name := make([]byte, 0, len(p.recent)*idSize)
	for _, r := range p.recent {
		name = append(name, r.key[:]...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.watches[string(name)]; w != nil {
		return w, nil
	}
	w := new(watch)
	var hashes []pdq.Hash
	whole := false
	for _, r := range p.recent {
		data, err := s.Get(recentKey(r.key))
		if err != nil {
			return nil, fmt.Errorf("read search: %w", err)
		}
		q, err := DecodeSearch(data)
		if err != nil {
			return nil, fmt.Errorf("read search: %w", errDamaged)
		}
		one := watched{until: q.At.Add(a.options.Late).UnixMilli(), source: q.Source}
		if whole = whole || q.Whole; !q.Whole {
			one.hashes = make(map[hashdb.Hash]bool, len(q.Hashes))
			for _, h := range q.Hashes {
				one.hashes[h] = true
				hashes = append(hashes, h.Bits)
			}
		}
		w.searches = append(w.searches, one)
	}
	if !whole && len(hashes) <= maxWatched {
		w.near = newNear(hashes)
	}
	if len(a.watches) >= maxWatches {
		clear(a.watches)
	}
	a.watches[string(name)] = w
	return w, nil
}

// late holds a print that was just taken in to the searches before it. What is looked up
// is the kept picture that stands for it, so that a search after it finds the same. It
// gives signals
// of a segment whenever the frames that match reach a power of two, the first among them.
func (a *Archive) late(s State, part *partition, st *streamDay, k kept, put put, matched []detect.Matched) ([]signal.Signal, error) {
	k.hashes = st.open[len(st.open)-1].hashes
	if !slices.ContainsFunc(part.recent, func(r recent) bool { return k.from < r.at+a.options.Late.Milliseconds() }) {
		return nil, nil
	}
	w, err := a.watch(s, part)
	if err != nil {
		return nil, err
	}
	if w.near != nil {
		radius, _, err := a.index.Reach(hashdb.KindPDQ)
		if err != nil {
			return nil, fmt.Errorf("look back: %w", err)
		}
		if !w.near.any(&k, radius) {
			return nil, nil
		}
	}
	finds, err := a.lookUp(&k, st.stream, w.sought(k.from))
	if err != nil {
		return nil, err
	}
	finds = slices.DeleteFunc(finds, func(f find) bool {
		return slices.Contains(matched, detect.MatchedOf(f.list, f.entry, f.clip))
	})
	pictures := uint64(0)
	if put == added {
		pictures = 1
	}
	var due []signal.Signal
	for i := range finds {
		g, err := a.goOn(s, st, &k, &finds[i], pictures)
		if err != nil {
			return nil, err
		}
		if g.Matched&(g.Matched-1) == 0 {
			due = append(due, g.signal(st.names, &a.options))
		}
	}
	a.count.found.Add(uint64(len(due)))
	return due, nil
}

// goOn counts a late print in the segment that it goes on with, or begins one.
func (a *Archive) goOn(s State, st *streamDay, k *kept, f *find, pictures uint64) (*segment, error) {
	g, unseen, err := a.before(s, st, k, f)
	if err != nil {
		return nil, err
	}
	if g == nil {
		g, unseen = newSegment(f, k.from), k.frames
	}
	g.count(k, f, pictures, st.seen(), unseen)
	return g, g.save(s, st.stream)
}

// before returns the segment that a print goes on with, nil for none, and the frames
// seen since the last that matched.
func (a *Archive) before(s State, st *streamDay, k *kept, f *find) (*segment, uint64, error) {
	gap := a.options.Gap.Milliseconds()
	within := func(g *segment) bool { return g != nil && g.Start-k.from <= gap && k.from-g.End <= gap }
	g, err := loadSegment(s, st.stream, f, st.day)
	if err != nil {
		return nil, 0, err
	}
	if within(g) {
		return g, st.seen() - min(g.Mark, st.seen()), nil
	}
	day := dayOf(k.from - gap)
	if day == st.day {
		return nil, 0, nil
	}
	if g, err = loadSegment(s, st.stream, f, day); err != nil || !within(g) {
		return nil, 0, err
	}
	yesterday, err := loadStreamDay(s, st.stream, day)
	if err != nil {
		return nil, 0, err
	}
	// It moves to the day of its end.
	if err := s.Delete(g.key(st.stream)); err != nil {
		return nil, 0, fmt.Errorf("delete segment: %w", err)
	}
	return g, yesterday.seen() - min(g.Mark, yesterday.seen()) + st.seen(), nil
}
