package archive

import (
	"context"
	"fmt"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// Search looks through what the partition keeps for what a list gained, and remembers
// the search for prints that come late. It returns a match signal for every segment of a
// stream that matches; the same search, on the same prints and lists, the same signals.
//
// It takes some microseconds a kept print, and for a Whole search the time of all eight
// look-ups of it; a context that ends stops it with its error.
func (a *Archive) Search(ctx context.Context, s State, q Search) ([]signal.Signal, error) {
	data, err := q.Encode()
	if err != nil {
		return nil, fmt.Errorf("look back: %w", signal.Reject("schema", "%w", err))
	}
	if a.options.Ready != nil {
		if err := a.options.Ready(q); err != nil {
			return nil, fmt.Errorf("look back: %w", err)
		}
	}
	part, err := loadPartition(s)
	if err != nil {
		return nil, err
	}
	l, err := a.newLook(ctx, q, part.oldest(a.options.Days))
	if err != nil {
		return nil, err
	}
	if l != nil {
		if err := l.through(s); err != nil {
			return nil, fmt.Errorf("look back: %w", err)
		}
	}
	forgotten, err := part.remember(s, q, data)
	if err != nil {
		return nil, err
	}
	if err := part.save(s); err != nil {
		return nil, err
	}
	a.count.forgotten.Add(uint64(forgotten))
	a.count.searches.Add(1)
	if l == nil {
		return nil, nil
	}
	a.count.searched.Add(l.searched)
	a.count.found.Add(uint64(len(l.signals)))
	a.count.cut.Add(l.cut)
	return l.signals, nil
}

// look is one look through a partition: day by day, and in each stream by stream.
type look struct {
	a      *Archive
	ctx    context.Context
	oldest int32
	near   *near // Nil where everything is looked up.
	radius int
	sought func(*hashdb.Match) bool

	st       *streamDay // What is being read.
	pictures []kept
	worth    []bool // Which of them are worth a look-up.
	any      bool
	told     map[id][]span // When what was told live.

	// today are the streams whose segments reached the end of the day before, and
	// tomorrow those whose segments reach the end of this one.
	day             int32
	today, tomorrow map[id]*follower

	signals  []signal.Signal
	perEntry map[id]int
	last     []lasting
	searched uint64
	cut      uint64
}

// lasting is a segment that late prints may go on with.
type lasting struct {
	stream id
	*segment
}

// newLook prepares a search; nil when no list has anything that could be found.
func (a *Archive) newLook(ctx context.Context, q Search, oldest int32) (*look, error) {
	radius, _, err := a.index.Reach(hashdb.KindPDQ)
	if err != nil {
		return nil, fmt.Errorf("look back: %w", err)
	}
	if radius < 0 {
		return nil, nil
	}
	l := &look{
		a: a, ctx: ctx, oldest: oldest, radius: radius, day: oldest,
		today: map[id]*follower{}, tomorrow: map[id]*follower{}, perEntry: map[id]int{}, told: map[id][]span{},
	}
	if q.Whole {
		l.sought = func(m *hashdb.Match) bool { return m.List == q.Source }
		return l, nil
	}
	hashes := make([]pdq.Hash, len(q.Hashes))
	gained := make(map[hashdb.Hash]bool, len(q.Hashes))
	for i, h := range q.Hashes {
		hashes[i], gained[h] = h.Bits, true
	}
	l.near = newNear(hashes)
	l.sought = func(m *hashdb.Match) bool { return m.List == q.Source && gained[m.Hash] }
	return l, nil
}

// through reads all that is kept, and keeps the segments that may go on.
func (l *look) through(s State) error {
	if err := s.Scan([]byte{printPrefix}, l.read); err != nil {
		return err
	}
	if err := l.finish(); err != nil {
		return err
	}
	l.midnight(l.day + 1)
	l.midnight(l.day + 1)
	for _, g := range l.last {
		if err := g.save(s, g.stream); err != nil {
			return err
		}
	}
	return nil
}

// read takes one key of the state.
func (l *look) read(key, value []byte) (bool, error) {
	if len(key) < headSize {
		return false, fmt.Errorf("a key of %d bytes: %w", len(key), errDamaged)
	}
	day, stream := dayOfKey(key), id(key[dayKeySize:headSize])
	if day < l.oldest {
		return true, nil
	}
	switch {
	case len(key) == headSize:
		if err := l.finish(); err != nil {
			return false, err
		}
		h, err := decodeHead(value)
		if err != nil {
			return false, err
		}
		l.st = &streamDay{head: h, stream: stream, day: day}
		return true, l.ctx.Err()
	case key[headSize] == chunkPart:
		if l.st == nil || l.st.day != day || l.st.stream != stream || len(l.pictures) > 2*maxStreamDay {
			return false, fmt.Errorf("prints of a stream: %w", errDamaged)
		}
		return true, l.chunk(value)
	case key[headSize] == toldPart && len(key) == headSize+1+idSize && l.st != nil && l.st.day == day && l.st.stream == stream:
		told, err := decodeTold(day, value)
		if err != nil {
			return false, err
		}
		l.told[id(key[headSize+1:])] = told
	}
	return true, nil
}

// chunk takes in pictures of the stream and day that is being read.
func (l *look) chunk(data []byte) (err error) {
	from := len(l.pictures)
	if l.pictures, err = appendChunk(l.pictures, l.st.day, data); err != nil {
		return err
	}
	for i := from; i < len(l.pictures); i++ {
		worth := l.near == nil || l.near.any(&l.pictures[i], l.radius)
		l.worth = append(l.worth, worth)
		l.any = l.any || worth
	}
	return nil
}
