package archive

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
)

const (
	// maxPerEntry and maxSignals limit the signals of one search in one partition, of
	// one list entry and in all. What to make of an entry that matches in that many
	// streams is for package flood to say, which holds it long before.
	maxPerEntry = 1000
	maxSignals  = 50_000
	// maxOpen limits the segments that are followed in a stream at once, as package
	// detect does.
	maxOpen = 64
)

// follower goes through the pictures of a stream in the order of their times.
type follower struct {
	names
	stream id
	seen   uint64 // Frames of the day so far.
	open   []*followed
	done   []*segment // Ended, and not told yet.
}

// followed is a segment, and the frames seen since the last that matched.
type followed struct {
	*segment
	unseen uint64
}

// see counts the frames of a picture.
func (f *follower) see(k *kept) {
	f.seen += k.frames
	for _, g := range f.open {
		g.unseen += k.frames
	}
}

// match counts a picture that was seen and matches. It returns false where the stream
// matches too much else.
func (f *follower) match(k *kept, found *find, gap int64) bool {
	at := slices.IndexFunc(f.open, func(g *followed) bool { return g.same(found) })
	if at >= 0 && k.from-f.open[at].End > gap {
		over := f.open[at]
		f.end(func(g *followed) bool { return g == over })
		at = -1
	}
	if at < 0 {
		if len(f.open) == maxOpen {
			f.end(func(g *followed) bool { return k.from-g.End > gap })
		}
		if len(f.open) == maxOpen {
			return false
		}
		at = len(f.open)
		f.open = append(f.open, &followed{newSegment(found, k.from), k.frames})
	}
	g := f.open[at]
	g.count(k, found, 1, f.seen, g.unseen)
	g.unseen = 0
	return true
}

// end ends the segments of which over is true.
func (f *follower) end(over func(*followed) bool) {
	open := f.open
	f.open = nil
	for _, g := range open {
		if over(g) {
			f.done = append(f.done, g.segment)
		} else {
			f.open = append(f.open, g)
		}
	}
}

// finish goes through the stream and day that was read.
func (l *look) finish() error {
	st := l.st
	if st == nil {
		return nil
	}
	for st.day > l.day && len(l.today)+len(l.tomorrow) > 0 {
		l.midnight(l.day + 1)
	}
	l.day, l.st = st.day, nil
	l.searched += uint64(len(l.pictures))
	f := l.today[st.stream]
	delete(l.today, st.stream)
	if f == nil && l.any {
		f = new(follower)
	}
	if f != nil {
		f.stream, f.names, f.seen = st.stream, st.names, 0
		if err := l.follow(f); err != nil {
			return err
		}
		l.evening(f, st)
	}
	l.pictures, l.worth, l.any = l.pictures[:0], l.worth[:0], false
	clear(l.told)
	return nil
}

// follow looks up the pictures of a stream and day.
func (l *look) follow(f *follower) error {
	order := make([]int, len(l.pictures))
	for i := range order {
		order[i] = i
	}
	// Those of one time stay in the order of their arrival.
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(l.pictures[i].from, l.pictures[j].from) })
	gap := l.a.options.Gap.Milliseconds()
	for _, i := range order {
		k := &l.pictures[i]
		f.see(k)
		if !l.worth[i] {
			continue
		}
		if err := l.ctx.Err(); err != nil {
			return err
		}
		finds, err := l.a.lookUp(k, f.stream, l.sought)
		if err != nil {
			return err
		}
		for n := range finds {
			if isTold(l.told[matchID(finds[n].list, finds[n].entry, finds[n].clip)], k.from) {
				continue
			}
			if !f.match(k, &finds[n], gap) {
				l.cut++
			}
		}
	}
	return nil
}

// evening ends the segments of a stream that the next day cannot go on with.
func (l *look) evening(f *follower, st *streamDay) {
	gap, last := l.a.options.Gap.Milliseconds(), int64(st.day)*dayMillis
	for i := range l.pictures {
		last = max(last, l.pictures[i].to)
	}
	l.tell(f, st.stream, false)
	f.end(func(g *followed) bool { return last-g.End > gap })
	l.tell(f, st.stream, false)
	f.end(func(g *followed) bool { return int64(st.day+1)*dayMillis-g.End > gap })
	l.tell(f, st.stream, true)
	if len(f.open) > 0 {
		l.tomorrow[st.stream] = f
	}
}

// midnight begins a day, and ends the segments of streams that had nothing the whole day
// before.
func (l *look) midnight(day int32) {
	streams := slices.SortedFunc(maps.Keys(l.today), func(a, b id) int { return bytes.Compare(a[:], b[:]) })
	for _, stream := range streams {
		f := l.today[stream]
		f.end(func(*followed) bool { return true })
		l.tell(f, stream, true)
	}
	l.today, l.tomorrow, l.day = l.tomorrow, map[id]*follower{}, day
}

// tell makes signals of the segments that ended. Late prints may go on with the last
// ones of a stream.
func (l *look) tell(f *follower, stream id, last bool) {
	for _, g := range f.done {
		what := matchID(g.List, g.Entry, g.Clip)
		if l.perEntry[what] == maxPerEntry || len(l.signals) == maxSignals {
			l.cut++
			continue
		}
		l.perEntry[what]++
		l.signals = append(l.signals, g.signal(f.names, &l.a.options))
		if last {
			l.last = append(l.last, lasting{stream, g})
		}
	}
	f.done = nil
}
