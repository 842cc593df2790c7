package fleet

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

// A Watcher takes pictures out of one input until it ends or ctx does, as intake.Watch,
// which is the one used where Options name none.
type Watcher interface {
	Watch(ctx context.Context, o intake.Options, each func(intake.Sample) error) (intake.Result, error)
}

// A Sink takes what the fleet gives, from many goroutines at once but of one stream in
// turn. It tries again by itself: an error it returns ends Run.
type Sink interface {
	Session(ctx context.Context, r detect.SessionRecord) error
	Frame(ctx context.Context, f Frame) error
}

// A Frame is one picture of a session.
type Frame struct {
	// Session is the record with which the session began.
	Session detect.SessionRecord
	// Index counts the frames of the session from 0, through all restarts of its
	// intake; with the session's start it names the frame.
	Index int
	// Sample is the picture. Its At ascends within the session, by a millisecond at
	// least; its Index is that of one run of the intake and names nothing.
	Sample intake.Sample
	FPS    float64 // frames a second that the stream is looked at now
}

// Options say how a fleet works. Sink is needed; all else has a default.
type Options struct {
	Sink   Sink
	Policy Policy // the zero Policy is DefaultPolicy
	// Subject tokenises an account; needed where a Spec names one.
	Subject func(platform, account string) signal.Subject
	Watcher Watcher
	Now     func() time.Time // nil is time.Now
	// Heartbeat is how often a session in which frames come is told; 0 is 30 s.
	Heartbeat time.Duration
	// Grace is how long a session outlives its last intake, waiting for the next one's
	// first frame; 0 is 30 s.
	Grace time.Duration
	// BackoffMin and BackoffMax bound the pause before an intake that failed is started
	// again, give or take a half; it grows by half each time. 0 is 1 s and 1 min.
	BackoffMin, BackoffMax time.Duration
	// StartEvery spreads the starts of intakes; one after a pause starts at once, and so
	// does one that raises a rate. 0 is 250 ms.
	StartEvery time.Duration
	MaxStreams int // 0 is 1,000
	// UntilDone lets Run return once every stream is done: a file at its end, any other
	// when its input ended and gave no frame again within Grace. What fails a few times
	// before its first frame, or again after its session, is given up. Without UntilDone
	// only a file is ever done or given up.
	UntilDone bool
	// Report is told what happens to the streams, for logs and counters. It is called
	// from many goroutines, each of which waits for it. May be nil.
	Report func(Event)
	FFmpeg string    // the program; "" looks for ffmpeg in PATH
	Stderr io.Writer // ffmpeg's messages, a write at a time; may be nil
}

// What an Event tells.
const (
	EventOpened  = "opened"  // an intake gave its first frame, at FPS
	EventClosed  = "closed"  // an intake is over: Reason, Err, Frames, CPU
	EventRaised  = "raised"  // the stream is to be looked at more often, at FPS, for Why
	EventLowered = "lowered" // and less often again
	EventGivenUp = "given up"
)

// An Event is one thing that happened to a stream.
type Event struct {
	Platform, Stream string
	What             string // one of the above
	FPS              float64
	Why              signal.Kind
	Reason           string // of package intake
	Err              error
	Frames           int           // that the intake gave
	CPU              time.Duration // user and system time of its process
	// Restart says that an intake closed which nobody had told to.
	Restart bool
}

// withDefaults fills in what was left out and reports what is wrong.
func (o Options) withDefaults() (Options, error) {
	var wrong []error
	if o.Sink == nil {
		wrong = append(wrong, errors.New("Sink: is needed"))
	}
	if o.Policy.Version == "" {
		o.Policy = DefaultPolicy()
	}
	if err := o.Policy.Check(); err != nil {
		wrong = append(wrong, err)
	}
	if o.Watcher == nil {
		o.Watcher = ffmpeg{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(Event) {}
	}
	for _, one := range []struct {
		name  string
		value *time.Duration
		is    time.Duration
	}{
		{"Heartbeat", &o.Heartbeat, 30 * time.Second},
		{"Grace", &o.Grace, 30 * time.Second},
		{"BackoffMin", &o.BackoffMin, time.Second},
		{"BackoffMax", &o.BackoffMax, time.Minute},
		{"StartEvery", &o.StartEvery, 250 * time.Millisecond},
	} {
		if *one.value == 0 {
			*one.value = one.is
		}
		if *one.value < 0 {
			wrong = append(wrong, errors.New(one.name+": must not be negative"))
		}
	}
	if o.BackoffMax < o.BackoffMin {
		wrong = append(wrong, errors.New("BackoffMax: must not be below BackoffMin"))
	}
	if o.MaxStreams == 0 {
		o.MaxStreams = 1000
	}
	if o.Stderr != nil {
		o.Stderr = &locked{w: o.Stderr}
	}
	return o, errors.Join(wrong...)
}

// ffmpeg is the Watcher of package intake.
type ffmpeg struct{}

func (ffmpeg) Watch(ctx context.Context, o intake.Options, each func(intake.Sample) error) (intake.Result, error) {
	return intake.Watch(ctx, o, each)
}
