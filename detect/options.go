package detect

import "time"

// Options say how frames are taken and matches told. What is zero has its default.
type Options struct {
	Limits Limits
	// SegmentGap is how long no frame of a stream may match an entry, in event time,
	// before the segment of the stream that matched it has ended: 30 seconds.
	SegmentGap time.Duration
	// StreamShare and ClipShare are the least shares, in percent, of a segment's frames
	// and of a listed video's frames that must match for signal.Clip.Reached: 80 and 0,
	// the defaults published with vPDQ (facebook/ThreatExchange, python-threatexchange,
	// VPDQ_QUERY_MATCH_THRESHOLD_PERCENT and VPDQ_INDEX_MATCH_THRESHOLD_PERCENT). A
	// negative StreamShare asks for none.
	StreamShare, ClipShare float64
	// SkipStreams is for how many streams at a time the memory is spent by which look-ups
	// are skipped, some 2 KB each: 4096. A negative number looks everything up.
	SkipStreams int
}

const (
	defaultGap         = 30 * time.Second
	defaultStreamShare = 80
	defaultSkipStreams = 4096
)

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	if o.SegmentGap <= 0 {
		o.SegmentGap = defaultGap
	}
	switch {
	case o.StreamShare == 0:
		o.StreamShare = defaultStreamShare
	case o.StreamShare < 0:
		o.StreamShare = 0
	}
	o.StreamShare, o.ClipShare = min(o.StreamShare, 100), min(max(o.ClipShare, 0), 100)
	if o.SkipStreams == 0 {
		o.SkipStreams = defaultSkipStreams
	}
	return o
}

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = DefaultLimits().Bytes
	}
	if l.Pixels == 0 {
		l.Pixels = DefaultLimits().Pixels
	}
	return l
}
