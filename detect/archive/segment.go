package archive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

// maxClipFrames limits how many frames of a video one segment remembers to have
// matched: five minutes of every frame. Further ones are not counted.
const maxClipFrames = 10_000

// segment is a part of a stream that matches one list entry, or one video of a list,
// without a gap. It is kept as JSON where late prints may go on with it.
type segment struct {
	List     string `json:"list"`
	Version  string `json:"version"` // Of the list, when the first picture matched.
	Entry    string `json:"entry"`
	Clip     bool   `json:"clip,omitempty"`
	Total    int    `json:"total,omitempty"`    // The video's frames.
	Frames   []int  `json:"frames,omitempty"`   // Of these, those that matched; ascending.
	Category string `json:"category,omitempty"` // Of the list.
	Anchor   int64  `json:"anchor"`             // When it began, as it was first known: it names the segment.
	Start    int64  `json:"start"`
	End      int64  `json:"end"`
	Matched  uint64 `json:"matched"`
	Pictures uint64 `json:"pictures"`
	Seen     uint64 `json:"seen"` // Frames from the first to the last that matched.
	// Mark is how many frames of the day were seen when the last one matched.
	Mark     uint64  `json:"mark"`
	Distance int     `json:"distance"`
	Radius   int     `json:"radius"`
	View     string  `json:"view,omitempty"`
	Times    []int64 `json:"times"` // Of the first pictures that matched.
}

// newSegment begins a segment. It counts nothing yet.
func newSegment(f *find, at int64) *segment {
	return &segment{
		List: f.list, Version: f.version, Category: f.category, Entry: f.entry, Clip: f.clip,
		Anchor: at, Start: at, End: at, Distance: f.distance, Radius: f.radius, View: f.view,
	}
}

// same reports whether a find is about what the segment is about.
func (g *segment) same(f *find) bool {
	return g.List == f.list && g.Entry == f.entry && g.Clip == f.clip
}

// count adds a picture that matches. seen is how many frames of the day there were with
// it, and unseen how many since the last that matched, with it.
func (g *segment) count(k *kept, f *find, pictures, seen, unseen uint64) {
	g.Start, g.End = min(g.Start, k.from), max(g.End, k.to)
	g.Matched += k.frames
	g.Pictures = max(g.Pictures+pictures, 1)
	g.Seen = max(g.Seen+unseen, g.Matched)
	g.Mark = seen
	if f.distance < g.Distance {
		g.Distance, g.Radius, g.View = f.distance, f.radius, f.view
	}
	g.Total = max(g.Total, f.total)
	for _, frame := range f.frames {
		if at, known := slices.BinarySearch(g.Frames, frame); !known && len(g.Frames) < maxClipFrames {
			g.Frames = slices.Insert(g.Frames, at, frame)
		}
	}
	if len(g.Times) < signal.MaxEvidence {
		g.Times = append(g.Times, k.from)
	}
}

// signal says what is known of a segment. The same segment, found again by another
// search, is the same signal.
func (g *segment) signal(n names, o *Options) signal.Signal {
	m := &signal.Match{
		Stream: n.Stream, Platform: n.Platform, HashKind: "pdq",
		List: g.List, Category: g.Category, ListVersion: g.Version, Entry: g.Entry, Distance: g.Distance, Radius: g.Radius,
		FramesMatched: g.Matched, FramesSeen: g.Seen, Pictures: g.Pictures, View: g.View,
	}
	s := signal.Signal{
		ID:       g.id(n),
		Revision: g.Matched,
		Kind:     signal.KindMatch,
		Subject:  n.Subject,
		Start:    timeOf(g.Start),
		End:      timeOf(g.End),
		Match:    m,
	}
	what := "entry"
	if g.Clip {
		what = "video"
		m.Clip = g.clip(o)
	}
	says := fmt.Sprintf("looking back: %d of %d kept frames match %s %s of list %s, best distance %d of 256 bits (limit %d)",
		g.Matched, g.Seen, what, g.Entry, g.List, g.Distance, g.Radius)
	if turn, derived := strings.CutSuffix(g.View, "-derived"); derived {
		says += ", laid as " + turn + ", which was derived from the kept hash"
	} else if g.View != "" {
		says += ", laid as " + g.View
	}
	if c := m.Clip; c != nil {
		says += fmt.Sprintf("; %d of the video's frames are there", c.FramesMatched)
		if !c.Reached {
			says += ", too few by the limits set"
		}
	}
	s.Says = says
	for _, at := range g.Times {
		s.Evidence = append(s.Evidence, signal.Evidence{What: "frame", Holder: n.Platform, Ref: n.Stream, At: timeOf(at)})
	}
	return s
}

func (g *segment) id(n names) string {
	return signal.ID("look-back", n.Platform, n.Stream, string(n.Subject), g.List, g.Entry, timeOf(g.Anchor).Format(time.RFC3339Nano))
}

// clip says how much of a video was found. Where the list does not tell how long it is,
// no share of it can be reached but none.
func (g *segment) clip(o *Options) *signal.Clip {
	share := 0.0
	if g.Total > 0 {
		share = 100 * float64(len(g.Frames)) / float64(g.Total)
	}
	return &signal.Clip{
		Frames: g.Total, FramesMatched: len(g.Frames), StreamShare: o.StreamShare, ClipShare: o.ClipShare,
		Reached: 100*float64(g.Matched) >= o.StreamShare*float64(g.Seen) && share >= o.ClipShare,
	}
}

// matchID names what a segment is about, in the key of what is kept of it.
func matchID(list, entry string, clip bool) id { return id(detect.MatchedOf(list, entry, clip)) }

func matchKey(day int32, stream, match id) []byte {
	return append(append(headKey(day, stream), matchPart), match[:]...)
}

func (g *segment) key(stream id) []byte {
	return matchKey(dayOf(g.End), stream, matchID(g.List, g.Entry, g.Clip))
}

// save keeps the segment for late prints.
func (g *segment) save(s State, stream id) error {
	data, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("encode segment: %w", err)
	}
	if err := s.Set(g.key(stream), data); err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	return nil
}

// loadSegment returns what is kept of a find's last segment at the end of a day, nil for
// nothing.
func loadSegment(s State, stream id, f *find, day int32) (*segment, error) {
	data, err := s.Get(matchKey(day, stream, matchID(f.list, f.entry, f.clip)))
	if err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	if data == nil {
		return nil, nil
	}
	g := new(segment)
	if err := json.Unmarshal(data, g); err != nil {
		return nil, fmt.Errorf("read segment: %w: %w", errDamaged, err)
	}
	return g, nil
}
