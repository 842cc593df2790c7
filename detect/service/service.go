package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

// A Record is one frame, session, flag or score of a platform: one field is set.
type Record struct {
	Frame   *detect.Frame
	Session *detect.SessionRecord
	Flag    *detect.FlagRecord
	Score   *detect.ScoreRecord
}

// Rate advises how often to sample a stream, and why.
type Rate struct {
	FPS   float64  `json:"fps"`   // Frames a second.
	Level string   `json:"level"` // "base" or "raised".
	Why   []string `json:"why"`   // Kinds of signal, those that may be told.
	// Until is when the rate falls back unless there is another reason; zero for never.
	Until time.Time `json:"until,omitzero"`
}

// Options say how the service works. Send and Subject are required, and the zero value
// of every other field stands for what its comment says.
type Options struct {
	// Send keeps records and returns when they are kept for good. It is called with the
	// records of one request, in their order, at the same time by many goroutines, and
	// ends with its context. After an error the client sends all of them again.
	Send func(context.Context, []Record) error
	// Subject makes the token of a platform's account.
	Subject func(platform, account string) signal.Subject
	// HashHere sends the hash record of a picture in its place, so that no pixels go on.
	// Decoding takes up to 16 bytes a pixel for each worker.
	HashHere bool
	// Rate gives the advice for a stream, the base rate where nothing is known of it.
	// Without it there is no advice: 404.
	Rate func(platform, stream string) Rate
	// Ready says why the service can take nothing, for /status; nil is always ready.
	Ready func() error

	Limits     detect.Limits // Of one picture; detect.DefaultLimits.
	MaxRecords int           // In a request of JSON; 1,000.
	MaxBody    int           // Of JSON, in bytes; 4 MiB.
	MaxParts   int           // Pictures in a request; 64.
	MaxUpload  int           // Of a request of pictures, in bytes; 64 MiB.
	// MaxMemory is how many bytes of bodies may be held at once, in all requests, 256 MiB;
	// one key has half of them at most. What is over is refused with 503. JSON takes some
	// four times its size in memory.
	MaxMemory int
	// MaxInFlight is how many requests with a key are served at once, 256, and Workers how
	// many pictures are hashed: the number of processors.
	MaxInFlight, Workers int
	// Timeout bounds the wait for a worker, and Send; 10 s.
	Timeout time.Duration

	Now func() time.Time // time.Now.
	// Observe is told of each request when it has been answered: the route's path, or
	// "other"; the key's name, empty when there was none; the status.
	Observe func(route, key string, status int, took time.Duration)
	// Report is told what went wrong on our side: a Send that failed, a panic, a bad key
	// file.
	Report func(error)
}

// service is the handler that New makes.
type service struct {
	*api.Server[Key]
	Options
	memory budget
	// workers holds as many hashers as may work at once: one is the leave to work.
	workers chan *detect.Hasher
}

type (
	call  = api.Call[Key]
	route = api.Route[Key]
)

// table has the routes. The OpenAPI document has the same ones; a test compares.
func (v *service) table() []route {
	return []route{
		{Method: "POST", Path: "/v1/frames", Handle: v.frames},
		{Method: "POST", Path: "/v1/sessions", Handle: v.sessions},
		{Method: "POST", Path: "/v1/flags", Handle: v.flags},
		{Method: "POST", Path: "/v1/scores", Handle: v.scores},
		{Method: "GET", Path: "/v1/streams/{stream}/rate", Handle: v.rate},
		{Method: "GET", Path: "/v1/openapi.yaml", Open: true, Handle: openAPI},
		{Method: "GET", Path: "/status", Open: true, Handle: v.status},
	}
}

// New returns the handler of the intake. It is one handler for all its paths, to be
// mounted at the root.
func New(keys *Keys, o Options) (http.Handler, error) {
	if keys == nil || o.Send == nil || o.Subject == nil {
		return nil, errors.New("intake service: want keys, Send and Subject")
	}
	if o.Limits == (detect.Limits{}) {
		o.Limits = detect.DefaultLimits()
	}
	if o.Limits.Bytes < 1 || o.Limits.Pixels < 1 {
		return nil, fmt.Errorf("intake service: Limits are %d bytes and %d pixels", o.Limits.Bytes, o.Limits.Pixels)
	}
	for _, d := range []struct {
		name  string
		value *int
		unset int
	}{
		{"MaxRecords", &o.MaxRecords, 1000}, {"MaxBody", &o.MaxBody, 4 << 20}, {"MaxParts", &o.MaxParts, 64},
		{"MaxUpload", &o.MaxUpload, 64 << 20}, {"MaxMemory", &o.MaxMemory, 256 << 20}, {"MaxInFlight", &o.MaxInFlight, 256},
		{"Workers", &o.Workers, runtime.GOMAXPROCS(0)},
	} {
		if *d.value < 0 {
			return nil, fmt.Errorf("intake service: %s is %d", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.unset
		}
	}
	if most := max(o.MaxBody, o.MaxUpload+partRoom, o.Limits.Bytes); o.MaxMemory/2 < most {
		return nil, fmt.Errorf("intake service: MaxMemory is %d, and half of it less than a request may have, %d", o.MaxMemory, most)
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	v := &service{Options: o, memory: budget{most: int64(o.MaxMemory), used: map[string]int64{}}, workers: make(chan *detect.Hasher, o.Workers)}
	for range o.Workers {
		v.workers <- detect.NewHasher(o.Limits)
	}
	v.Server = api.NewServer(keys, api.Options{MaxInFlight: o.MaxInFlight, Now: o.Now, Observe: o.Observe, Report: o.Report}, v.table()...)
	return v, nil
}
