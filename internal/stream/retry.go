package stream

import (
	"context"
	"math/rand/v2"
	"time"
)

// Waits between attempts: they double from the first to the last, and each is
// shortened by up to a half at random, so that many partitions stopped by one
// fault do not come back in step.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 15 * time.Second
)

// waitAfter returns how long to wait after a failed attempt, counted from 1;
// jitter is in [0, 1).
func waitAfter(attempt int, jitter float64) time.Duration {
	d := firstWait
	for range attempt - 1 {
		if d *= 2; d >= lastWait {
			d = lastWait
			break
		}
	}
	return d - time.Duration(jitter*float64(d)/2)
}

// pause waits for d or until ctx ends, and then returns ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forever calls try until it returns nil or a permanent error, with a growing
// wait in between, or until ctx ends. Attempts count from 1.
func forever(ctx context.Context, try func(ctx context.Context, attempt int) error) error {
	for attempt := 1; ; attempt++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := try(ctx, attempt)
		if err == nil {
			return nil
		}
		if _, is := permanentReason(err); is {
			return err
		}
		if err := pause(ctx, waitAfter(attempt, rand.Float64())); err != nil {
			return err
		}
	}
}
