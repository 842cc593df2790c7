package world

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/payments"
)

// A World is all that happens in the demo.
type World struct {
	// ListName and ListHashes are the demo list: PDQ in hex of rendered pictures.
	ListName   string
	ListHashes []string
	Streams    []Stream
	Flags      []Flag
	Payments   []payments.Transaction // oldest first
}

// A Stream is one live stream, rendered as it is asked for.
type Stream struct {
	ID, Platform, Account, Country string
	Private                        bool
	Start                          time.Time
	Frames                         int // one a second

	scene   scene
	replays []scene // what some of the frames show in place of the scene
}

// A Flag is what a user said of a stream.
type Flag struct {
	ID, Reason string
	Stream     int // index into Streams
	At         time.Time
}

const (
	platform    = "demo"
	listName    = "demo-list"
	listSize    = 5
	frames      = 24
	frameEvery  = time.Second
	quality     = 80
	lowQuality  = 40
	panPerFrame = 6 // pixels
)

// Seeds of scenes: those of the list and those of streams must not overlap.
const (
	listScenes   = 1000
	streamScenes = 2000
)

// New makes the world of a seed. The streams began just before now.
func New(seed uint64, now time.Time) (World, error) {
	now = now.UTC().Truncate(time.Second)
	began := now.Add(-frames * frameEvery)
	w := World{ListName: listName}
	hasher := pdq.New(pdq.Mode512)
	var list []scene
	for i := range uint64(listSize) {
		s := newScene(seed<<16 + listScenes + i)
		h, _, err := hashdb.HashImage(hasher, hashdb.KindPDQ, s.render(0))
		if err != nil {
			return World{}, fmt.Errorf("hash the demo list: %w", err)
		}
		list = append(list, s)
		w.ListHashes = append(w.ListHashes, h.String())
	}
	for i, p := range people() {
		s := Stream{
			ID: fmt.Sprintf("stream-%02d", i+1), Platform: platform, Account: p.account, Country: p.country, Private: p.private,
			Start: began, Frames: frames, scene: newScene(seed<<16 + streamScenes + uint64(i)),
		}
		if p.replays {
			s.replays = list[:2]
		}
		w.Streams = append(w.Streams, s)
		if p.flagged {
			w.Flags = append(w.Flags, Flag{ID: "flag-" + s.ID, Reason: "worried-about-a-child", Stream: i, At: began.Add(10 * time.Second)})
		}
	}
	w.Payments = ledger(rand.New(rand.NewPCG(seed, 0xbac)), began)
	return w, nil
}

// Frame renders frame i as a JPEG.
func (s Stream) Frame(i int) ([]byte, error) {
	if s.Replaying(i) {
		which := (i - s.Frames/4) * len(s.replays) / (s.Frames / 2)
		return encodeJPEG(tampered(s.replays[which].render(0)), lowQuality)
	}
	return encodeJPEG(s.scene.render(float64(i*panPerFrame)), quality)
}

// Replaying reports whether frame i shows a picture of the list: those in the
// middle half of a replaying stream do, a while each.
func (s Stream) Replaying(i int) bool {
	return len(s.replays) > 0 && i >= s.Frames/4 && i < 3*s.Frames/4
}

// At is the time of frame i.
func (s Stream) At(i int) time.Time { return s.Start.Add(time.Duration(i) * frameEvery) }
