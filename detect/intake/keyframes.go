package intake

import "time"

const (
	// rareGaps is how many gaps in a row say that the key frames of a live stream
	// are too rare. Of a file the first one does: there, what was passed over can
	// be read again.
	rareGaps = 3
	// secondKey is how long the second key frame of a stream is waited for at
	// least.
	secondKey = 3 * time.Second
)

// keyFrames watches whether key frames come often enough for the rate asked.
type keyFrames struct {
	period time.Duration
	most   int // gaps in a row
	gaps   int
	begun  bool
	next   time.Duration // when the next picture is due
}

// newKeyFrames returns nil where all frames are to be decoded from the start.
func newKeyFrames(o Options) *keyFrames {
	if o.FullDecode || o.FPS > keyFrameFPS || Push(o.Input, o.Listen) {
		return nil
	}
	k := &keyFrames{period: o.period(), most: rareGaps}
	if o.file() {
		k.most, k.begun, k.next = 1, true, o.Seek // a file has to begin where it was sought
	}
	return k
}

// rare takes the time of a key frame. A gap is more than one and a half periods.
func (k *keyFrames) rare(pts time.Duration) bool {
	if k.begun && pts > k.next+k.period/2 {
		k.gaps++
	} else {
		k.gaps = 0
	}
	k.begun, k.next = true, pts+k.period
	return k.gaps >= k.most
}

// wait is how long the second key frame of a live stream may take.
func (k *keyFrames) wait() time.Duration { return max(2*k.period, secondKey) }
