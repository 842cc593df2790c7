package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// What the reference hashes say of the clips, and what of it was sent: by comparing each
// hash with each, without anything of the rooms that look them up.

// plantedRadius is that of the planted video's list.
const plantedRadius = 31

// decoderNoise is how many bits more a frame is away, as a rule, that ffmpeg decoded and
// packed as a JPEG, than by the reference program. That the rate is enough to which this
// leads is shown in detect, of all frames of the clip of which the fewest match.
const decoderNoise = 4

// clips are all that there are, and the hashes of one of them, which is planted.
type clips struct {
	all     []clip
	planted []hashdb.Hash
}

// A clip is a file and, by its reference hashes, how far each frame is from the planted
// video's nearest one.
type clip struct {
	name, file string
	nearest    []int
}

// renditions reads the reference hashes of all clips and plants one.
func renditions(t *testing.T, media, planted string) (all clips) {
	t.Helper()
	hashes := func(file string) (hashes []hashdb.Hash) {
		for line := range strings.Lines(string(referenceHashes(t, file))) {
			hashes = append(hashes, mustHash(t, strings.TrimSpace(line)))
		}
		return hashes
	}
	all.planted = hashes(filepath.Join(media, "vpdq", planted+".txt"))
	files, err := filepath.Glob(filepath.Join(media, "vpdq", "*.txt"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d clips, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		c := clip{name: name, file: filepath.Join(media, "video", name+".mp4")}
		for _, h := range hashes(file) {
			c.nearest = append(c.nearest, nearest(all.planted, h))
		}
		all.all = append(all.all, c)
	}
	return all
}

func nearest(all []hashdb.Hash, h hashdb.Hash) int {
	least := h.Kind.Bits()
	for _, p := range all {
		if d, ok := p.Distance(h); ok {
			least = min(least, d)
		}
	}
	return least
}

// shows reports whether the reference hashes say that the clip shows what is planted.
func (c clip) shows() bool {
	return slices.ContainsFunc(c.nearest, func(bits int) bool { return bits <= plantedRadius })
}

// rate is how often the clip is to be looked at, in frames a second: as seldom as key frames
// come or, where it shows what is planted, so often that once through it a frame is seen
// that matches for certain, whichever is the first. Samples lie a period apart, give or
// take a frame.
func (c clip) rate(t *testing.T) float64 {
	t.Helper()
	const framesPerSecond = 30 // of all these clips
	certain := func(i int) bool {
		return i > 0 && i+1 < len(c.nearest) && max(c.nearest[i-1], c.nearest[i], c.nearest[i+1])+decoderNoise <= plantedRadius
	}
	for _, period := range []int{60, 30, 15, 6} {
		missed := func(phase int) bool {
			for i := phase; i < len(c.nearest); i += period {
				if certain(i) {
					return false
				}
			}
			return true
		}
		if !c.shows() || !anyBelow(period, missed) {
			return framesPerSecond / float64(period)
		}
	}
	t.Fatalf("%s: no rate finds a frame for certain", c.name)
	return 0
}

func anyBelow(n int, is func(int) bool) bool {
	for i := range n {
		if is(i) {
			return true
		}
	}
	return false
}

// listsVideo puts a video of these frames on a source's list, and waits until all are there:
// every frame of every stream is looked up in the whole of it.
func (r *river) listsVideo(source string, frames []hashdb.Hash) {
	r.t.Helper()
	out, err := definitionOutput(hashdb.List{Source: source, Kind: hashdb.KindPDQ, Radius: plantedRadius, State: hashdb.StateLive})
	if err != nil {
		r.t.Fatal(err)
	}
	outs := []stream.Output{out}
	for i, h := range frames {
		if out, err = entryOutput(source, hashdb.Entry{Hash: h, Ref: fmt.Sprintf("planted.mp4#%d/%d", i, len(frames))}); err != nil {
			r.t.Fatal(err)
		}
		outs = append(outs, out)
	}
	if err := r.client.Produce(r.t.Context(), outs...); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, 20*time.Second, "the list has its entries", func() (bool, string) { return r.entries(source) == len(frames), r.all() })
}

// sightings are the frames that were sent, by stream.
type sightings struct {
	planted          []hashdb.Hash
	frames, matching map[string]int
	known            map[string]bool // by the frame's id: one may be sent twice
}

// update takes what was sent since and returns how many frames of each stream match, of
// those of which any does.
func (s *sightings) update(r *river) map[string]int {
	r.t.Helper()
	if s.known == nil {
		s.frames, s.matching, s.known = map[string]int{}, map[string]int{}, map[string]bool{}
	}
	if err := r.client.ReadAll(r.t.Context(), topicFrames, func(m stream.Message) error {
		if s.known[m.ID] || m.ContentType != detect.HashType {
			return nil
		}
		s.known[m.ID] = true
		var record detect.HashRecord
		if err := json.Unmarshal(m.Data, &record); err != nil {
			return err
		}
		s.frames[m.Key]++
		hashes := []string{record.Hash}
		for _, v := range record.Views {
			hashes = append(hashes, v.Hash)
		}
		if record.Quality >= detect.MinQuality && slices.ContainsFunc(hashes, func(h string) bool {
			return nearest(s.planted, mustHash(r.t, h)) <= plantedRadius
		}) {
			s.matching[m.Key]++
		}
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
	return maps.Clone(s.matching)
}

// told returns how many frames of each stream match by what the signals say in the end.
func (r *river) told(list string) map[string]int {
	r.t.Helper()
	newest := map[string]signal.Signal{}
	if err := r.client.ReadAll(r.t.Context(), topicSignals, func(m stream.Message) error {
		s, err := signal.Decode(m.Data)
		if err == nil && s.Match != nil && s.Match.List == list && s.Revision >= newest[s.ID].Revision {
			newest[s.ID] = s
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	told := map[string]int{}
	for _, s := range newest {
		told[s.Match.Stream] += int(s.Match.FramesMatched)
	}
	return told
}
