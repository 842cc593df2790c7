package edge

import (
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
)

const (
	// MaxFrame is the most bytes a frame may have.
	MaxFrame = 8 << 20
	// MaxWindow is the longest stretch that one call of Preserve may ask for. It stops a
	// mistaken time from keeping a stream for ever; windows that overlap may add up to more.
	MaxWindow = 24 * time.Hour

	maxText          = 1024 // bytes of a platform, stream, frame id or reason
	maxSegmentBytes  = 64 << 20
	maxSegmentFrames = 4096
	maxSegments      = 1024 // of a ring, that nobody asked for
	maxWindows       = 64   // of a ring
	maxReasons       = 64   // of a window
	maxGaps          = 64   // of a ring
	leastRing        = 4 * MaxFrame
)

// Options say where the rings lie, who can open them and how much they hold.
type Options struct {
	// Dir is the folder of all rings, of one process at a time. It is made if it is not
	// there, and refused if others than its owner may open it.
	Dir string
	// Recipients are the public keys of those who may read what is preserved, at least
	// one; each alone can.
	Recipients []age.Recipient
	// Keep is how much event time a ring holds, 5 minutes if zero.
	Keep time.Duration
	// Segment is the event time of one encrypted file, 10 seconds if zero.
	Segment time.Duration
	// MaxBytes limits what one ring holds that nobody asked to preserve, 256 MiB if zero,
	// at least 32 MiB. The oldest segments go first.
	MaxBytes int64
	// Now tells when a window was asked for, time.Now if nil. Nothing else depends on it.
	Now func() time.Time
}

// checked fills in what is not set, and says all that is wrong at once.
func (o Options) checked() (Options, []string, error) {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if o.Dir == "" {
		bad("Dir is empty, and must name the folder of the rings")
	}
	if o.Keep == 0 {
		o.Keep = 5 * time.Minute
	}
	if o.Segment == 0 {
		o.Segment = min(10*time.Second, o.Keep)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 256 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keep < time.Second || o.Keep > MaxWindow {
		bad("Keep is %v, and must be between 1s and %v", o.Keep, MaxWindow)
	}
	if o.Segment < 100*time.Millisecond || o.Segment > o.Keep {
		bad("Segment is %v, and must be between 100ms and Keep", o.Segment)
	}
	if o.MaxBytes < leastRing {
		bad("MaxBytes is %d, and must be at least %d", o.MaxBytes, leastRing)
	}
	prints, err := fingerprints(o.Recipients)
	if err != nil {
		wrong = append(wrong, err)
	} else if _, err := age.Encrypt(io.Discard, o.Recipients...); err != nil {
		// Some kinds of key do not go together; age tells which.
		bad("Recipients: %w", err)
	}
	if len(wrong) > 0 {
		return o, nil, fmt.Errorf("edge: %w", errors.Join(wrong...))
	}
	return o, prints, nil
}

// segmentBytes is how large a segment may grow.
func (o Options) segmentBytes() int64 { return min(maxSegmentBytes, o.MaxBytes/4) }
