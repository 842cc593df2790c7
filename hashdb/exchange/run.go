package exchange

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// firstRetry is the first pause after a failure; each further one is twice as long,
	// up to the source's interval.
	firstRetry = 15 * time.Second
	// busyRetry is the pause when another process is at it.
	busyRetry = time.Minute
	// spread is the share of an interval by which it varies, so that many sources and
	// many deployments do not ask in step.
	spread = 0.1
)

// Run keeps every source in step until ctx ends, each at its interval since its last
// success, whoever had it. After a failure it tries again at growing intervals, or when
// the owner said; where credentials were refused, only at the interval, since some
// owners lock who insists. It returns when no sync is under way any more.
func (s *Syncer) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, t := range s.sources {
		all.Go(func() { s.follow(ctx, t) })
	}
	all.Wait()
}

func (s *Syncer) follow(ctx context.Context, t *tracked) {
	retry := backoff.NewExponentialBackOff()
	retry.Multiplier = 2
	retry.InitialInterval = min(firstRetry, t.c.Every)
	retry.MaxInterval = t.c.Every
	retry.Reset()
	defer s.plan(t, time.Time{})
	for wait := s.first(t); ; {
		s.plan(t, s.o.Now().Add(wait))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		// Another process may have been at it; what is left of the interval's variation
		// is not waited for.
		if wait = s.first(t); wait > time.Duration(2*spread*float64(t.c.Every)) {
			retry.Reset()
			continue
		}
		_, err := s.sync(ctx, t)
		switch {
		case err == nil:
			retry.Reset()
			wait = vary(t.c.Every)
		case errors.Is(err, ErrBusy):
			wait = vary(min(busyRetry, t.c.Every))
		default:
			wait = pause(err, min(retry.NextBackOff(), t.c.Every), t.c.Every)
		}
	}
}

// first is how long to wait until the interval since the last success has passed.
func (s *Syncer) first(t *tracked) time.Duration {
	p, err := decodeProgress(s.o.Store.Checkpoint(checkpointName(t.c.Source)))
	if err != nil || p.success.IsZero() {
		return 0
	}
	// A success in the future is a clock that was set back.
	return min(max(p.success.Add(t.c.Every).Sub(s.o.Now()), 0), t.c.Every)
}

// pause is how long to wait after a failure.
func pause(err error, retry, every time.Duration) time.Duration {
	var refused *StatusError
	if !errors.As(err, &refused) {
		return retry
	}
	switch refused.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		retry = max(retry, vary(every))
	}
	return max(retry, refused.After)
}

func vary(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + spread*(2*rand.Float64()-1)))
}

func (s *Syncer) plan(t *tracked, next time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = next
}
