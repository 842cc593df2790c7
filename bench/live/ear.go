package main

import (
	"context"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
)

// heard is what arrived of one stream.
type heard struct {
	frames int
	bytes  int64
	// lag is how far the newest frame's event time was behind its arrival. A looped
	// file's event time begins with its session, so that its first frame's is the time
	// that starting took; it grows where decoding does not keep up.
	lag time.Duration
}

// An ear counts the frames that arrive, stream by stream.
type ear struct {
	mu  sync.Mutex
	all map[string]heard
}

// hear listens to the frames of a client until ctx ends, and then closes done.
func hear(ctx context.Context, c *stream.Client) (e *ear, done <-chan error) {
	e = &ear{all: map[string]heard{}}
	ended := make(chan error, 1)
	go func() {
		ended <- c.Follow(ctx, "frames", func(m stream.Message) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			h := e.all[m.Ext["stream"]]
			h.frames++
			h.bytes += int64(len(m.Data))
			h.lag = time.Since(m.Time)
			e.all[m.Ext["stream"]] = h
			return nil
		})
	}()
	return e, ended
}

// now returns what has arrived so far.
func (e *ear) now() map[string]heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make(map[string]heard, len(e.all))
	for name, h := range e.all {
		all[name] = h
	}
	return all
}
