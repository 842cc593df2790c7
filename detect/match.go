package detect

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// segment is what is kept about one stretch of a stream that matches one target.
type segment struct {
	id string // of its signal
	target
	version          string // of the list, when the first frame matched
	category         string // as version
	distance, radius int    // of the best, and the limit that held for it
	view             view   // of the best

	frames   uint64 // that matched
	pictures uint64 // of them, those that were not the one before once more
	picture  uint64 // the stream's number of the newest
	// The stream's counts before the segment's first frame and after its newest.
	seenFrom, seenTo, goodFrom, goodTo uint64
	first, last                        time.Time // of the matching frames, event time, UTC
	evidence                           int       // how many frames are named

	told        uint64    // frames, in the signal given last
	toldTo      time.Time // the newest frame of that signal
	toldReached bool      // whether one said that a clip's limits are reached
	clip        clip
}

const segmentVersion = 4 // 1 was JSON, of tracks without an end; 2 did not say toldTo, 3 no category.

func (g *segment) seen() uint64 { return g.seenTo - g.seenFrom }
func (g *segment) good() uint64 { return g.goodTo - g.goodFrom }

// segmentKey is where the state keeps a target's open segment, and what begins with it
// its parts.
func segmentKey(stream string, target [16]byte) string {
	return "match/" + stream + "/" + hex.EncodeToString(target[:])
}

// begin makes the segment that a frame of a stream begins by matching.
func begin(f Frame, st *stream, h *hit) *segment {
	what := "entry"
	if h.clip {
		what = "clip"
	}
	return &segment{
		// With the frame: a clock set back must not begin an ended segment again.
		id: signal.ID("match", f.Platform, f.Stream, string(f.Subject), what, h.list, h.kind.String(), h.name,
			f.At.Format(time.RFC3339Nano), f.ID),
		target: h.target, version: h.version, category: h.category, distance: h.distance, radius: h.radius, view: h.view,
		// This frame is counted in the stream.
		seenFrom: st.seen - 1, goodFrom: st.good - 1,
		first: f.At, last: f.At, toldTo: f.At,
	}
}

// add counts a matching frame and reports whether it showed another picture.
func (g *segment) add(f Frame, st *stream, h *hit) (another bool) {
	g.frames++
	if another = g.picture != st.pictures; another {
		g.picture = st.pictures
		g.pictures++
	}
	if h.distance < g.distance {
		g.distance, g.radius, g.view = h.distance, h.radius, h.view
	}
	// Frames of a stream may come out of order.
	if f.At.Before(g.first) {
		g.first = f.At
	}
	if f.At.After(g.last) {
		g.last = f.At
	}
	g.seenTo, g.goodTo = st.seen, st.good
	return another
}

// encode packs the segment.
func (g *segment) encode() []byte {
	data := append(make([]byte, 0, 192), segmentVersion)
	id, _ := hex.DecodeString(g.id) // An id is hexadecimal.
	data = append(data, id...)
	for _, s := range []string{g.list, g.name, g.version, g.category} {
		data = appendString(data, s)
	}
	flags := uint64(0)
	if g.target.clip {
		flags |= 1
	}
	if g.toldReached {
		flags |= 2
	}
	for _, n := range []uint64{
		uint64(g.kind), flags, uint64(g.distance), uint64(g.radius), uint64(g.view),
		g.frames, g.pictures, g.picture, g.seenFrom, g.seenTo, g.goodFrom, g.goodTo,
		uint64(g.evidence), g.told,
		uint64(g.clip.total), uint64(g.clip.matched), g.clip.chunks,
	} {
		data = binary.AppendUvarint(data, n)
	}
	return appendTime(appendTime(appendTime(data, g.first), g.last), g.toldTo)
}

// decodeSegment unpacks a segment; false means that it is damaged.
func decodeSegment(data []byte) (*segment, bool) {
	const anyCount = 1 << 31
	u := unpacker{data: data}
	version := u.bytes(1)[0]
	if version < 2 || version > segmentVersion {
		return nil, false
	}
	g := &segment{id: hex.EncodeToString(u.bytes(16))}
	g.list, g.name, g.version = u.string(), u.string(), u.string()
	if version >= 4 {
		g.category = u.string()
	}
	g.kind = hashdb.Kind(u.int(255))
	flags := u.int(3)
	g.target.clip, g.toldReached = flags&1 != 0, flags&2 != 0
	g.distance, g.radius, g.view = u.int(256), u.int(256), view(u.int(views-1))
	for _, n := range []*uint64{&g.frames, &g.pictures, &g.picture, &g.seenFrom, &g.seenTo, &g.goodFrom, &g.goodTo} {
		*n = u.uint()
	}
	g.evidence, g.told = u.int(signal.MaxEvidence), u.uint()
	g.clip = clip{total: u.int(anyCount), matched: u.int(maxClipFrames), chunks: u.uint()}
	g.first, g.last = u.time(), u.time()
	if g.toldTo = g.first; version >= 3 {
		g.toldTo = u.time()
	}
	if u.bad || len(u.data) > 0 || g.clip.chunks>>clipChunks != 0 ||
		g.frames < 1 || g.seenTo < g.seenFrom+g.frames || g.goodTo < g.goodFrom {
		return nil, false
	}
	return g, true
}

// signal says what is known of a segment.
func (g *segment) signal(o Options, f Frame, evidence []signal.Evidence) signal.Signal {
	m := &signal.Match{
		Stream: f.Stream, Platform: f.Platform,
		HashKind: g.kind.String(), List: g.list, Category: g.category, ListVersion: g.version, Entry: g.name,
		Distance: g.distance, Radius: g.radius,
		FramesMatched: g.frames, FramesSeen: g.seen(), Pictures: g.pictures, View: g.view.String(),
	}
	matched, below := fmt.Sprintf("entry %s", g.name), ""
	if g.target.clip {
		limits, says := o.clipLimits(g)
		m.Clip, below = &limits, says
		matched = fmt.Sprintf("%d frames of video %s", g.clip.matched, g.name)
		if g.clip.total > 0 {
			matched = fmt.Sprintf("%d of the %d frames of video %s", g.clip.matched, g.clip.total, g.name)
		}
	}
	laid := ""
	if m.View != "" {
		laid = ", laid as " + m.View
	}
	return signal.Signal{
		ID:       g.id,
		Revision: g.frames,
		Kind:     signal.KindMatch,
		Subject:  f.Subject,
		Start:    g.first,
		End:      g.last,
		Says: fmt.Sprintf("%d of %d frames match %s of list %s, best distance %d of %d bits (limit %d%s)%s",
			g.frames, g.seen(), matched, g.list, g.distance, g.kind.Bits(), g.radius, laid, below),
		Match:    m,
		Evidence: evidence,
	}
}

// loadEvidence reads the frames that a segment names.
func loadEvidence(s State, key string) (all []signal.Evidence, err error) {
	data, err := s.Get([]byte(key + "/evidence"))
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: evidence: %w: %w", key, errDamaged, err)
	}
	return all, nil
}

func saveEvidence(s State, key string, all []signal.Evidence) error {
	data, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	if err := s.Set([]byte(key+"/evidence"), data); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	return nil
}
