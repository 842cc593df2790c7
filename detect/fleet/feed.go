package fleet

import (
	"context"
	"time"

	"github.com/vigil-stream/vigil/detect/intake"
)

// A feed is one run of the intake. It gives its samples one at a time, each when it is
// asked for, and then its result.
type feed struct {
	fps     float64
	samples chan intake.Sample
	stop    context.CancelFunc
	turning bool      // stopped for one at another rate
	first   time.Time // when its first sample came

	// How its times join those of the feed before.
	joined bool
	shift  time.Duration
}

// closing is the result of a feed.
type closing struct {
	feed *feed
	intake.Result
	err error
}

// A tail is the end of the line of frames that a feed is to go on with.
type tail struct {
	at  time.Time     // event time of the last frame; zero where there is none
	pts time.Duration // the stream's own time of the last picture, of that frame or since
	fps float64       // at which they came
}

const (
	// patience is how long pictures of a new feed that lie before the tail are taken for
	// the same pictures over again, which a playlist and a server that keeps the last
	// group of pictures send at once. After that the two feeds are taken to tell the
	// time differently.
	patience = 500 * time.Millisecond
	// overlap is how far before the tail such pictures may lie. It is a playlist's usual
	// three segments of ten seconds each, twice.
	overlap = time.Minute
)

// run starts a feed; over gets its result when its process is gone.
func run(ctx context.Context, w Watcher, o intake.Options, over chan<- closing) *feed {
	ctx, stop := context.WithCancel(ctx)
	fd := &feed{fps: o.FPS, samples: make(chan intake.Sample), stop: stop}
	go func() {
		result, err := w.Watch(ctx, o, func(s intake.Sample) error {
			select {
			case fd.samples <- s:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		stop()
		over <- closing{fd, result, err}
	}()
	return fd
}

// join returns the event time of a sample in the line of frames that ends with tail, or
// false where its picture is one of that line. It sets joined once the feed has come to
// the end of the line, be it with a picture that was given already. Two feeds of one
// stream share no clock: each ties the stream's own time to the arrival of its first
// picture, and a server may count that time anew for each that calls. With exact both
// read one file, and share all.
func (fd *feed) join(s intake.Sample, tail tail, now time.Time, exact bool) (time.Time, bool) {
	if fd.first.IsZero() {
		fd.first = now
	}
	at := s.At.Add(fd.shift).UTC()
	if tail.at.IsZero() || fd.joined {
		fd.joined = true
		if next := tail.at.Add(time.Millisecond); at.Before(next) && !tail.at.IsZero() {
			at = next
		}
		return at, true
	}
	ahead := at.Sub(tail.at)
	if own := s.PTS - tail.pts; !exact && -overlap < own && own < overlap {
		ahead = own
	}
	// One picture lies within half an interval of itself, whoever gives it.
	half := interval(max(tail.fps, fd.fps)) / 2
	patient := exact || now.Sub(fd.first) < patience
	fd.joined = ahead > -half || !patient
	if ahead < half && (patient || ahead > -half) {
		return time.Time{}, false
	}
	if next := tail.at.Add(half); at.Before(next) {
		fd.shift += next.Sub(at)
		at = next
	}
	return at, true
}

// samplesOf is what to receive from; of no feed, nothing ever comes.
func samplesOf(fd *feed) <-chan intake.Sample {
	if fd == nil {
		return nil
	}
	return fd.samples
}
