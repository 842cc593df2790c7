package app

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/webhook"
)

// A courier delivers actions as webhooks: each platform's by itself, so that one that is down
// holds up no other. What it is to deliver lies in the store, behind what has left for the
// topic actions; a crash between an answer and its note sends the same again.
type courier struct {
	store     *review.Store
	endpoints map[string]webhook.Endpoint
	http      *http.Client
	produce   func(context.Context, ...stream.Output) error
	now       func() time.Time
	log       *zap.Logger
	sent      *prometheus.CounterVec
	took      *prometheus.HistogramVec
}

const courierPoll = 500 * time.Millisecond

func newCourier(c Config, store *review.Store, client *stream.Client, reg prometheus.Registerer, log *zap.Logger) (*courier, error) {
	endpoints, err := webhook.Endpoints(c.Platforms)
	if err != nil {
		return nil, err
	}
	k := &courier{
		store: store, endpoints: endpoints, http: webhook.NewClient(), produce: client.Produce, now: time.Now, log: log,
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vigil_webhooks_total", Help: "Attempts to deliver webhooks to platforms, by how they went.",
		}, []string{"platform", "result"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vigil_webhook_seconds", Help: "Time that platforms took to answer webhooks.", Buckets: prometheus.ExponentialBuckets(0.005, 4, 8),
		}, []string{"platform"}),
	}
	reg.MustRegister(k.sent, k.took)
	return k, nil
}

func (k *courier) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for platform := range k.endpoints {
		g.Go(func() error {
			var breaker webhook.Breaker
			for {
				n, err := k.once(ctx, platform, &breaker)
				wait := courierPoll
				if err != nil && ctx.Err() == nil {
					k.log.Error("webhooks stand still and are tried again", zap.String("platform", platform), zap.Error(err))
					wait = outboxRetry
				} else if n > 0 {
					wait = 0
				}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(wait):
				}
			}
		})
	}
	return g.Wait()
}

// once delivers what a platform is to get now and returns how many attempts it made.
func (k *courier) once(ctx context.Context, platform string, breaker *webhook.Breaker) (n int, err error) {
	if breaker.Open(k.now()) {
		return 0, nil
	}
	limit := 100
	if breaker.Trying() {
		limit = 1
	}
	asked, err := k.ask(ctx, platform, limit, breaker)
	if err != nil || limit == 1 && asked > 0 {
		return asked, err
	}
	n = asked
	list, err := k.store.Deliverable(ctx, platform, limit)
	if err != nil {
		return 0, err
	}
	for _, d := range list {
		if breaker.Open(k.now()) {
			return n, nil
		}
		if err := k.deliver(ctx, platform, d, breaker); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// ask asks a platform about accounts.
func (k *courier) ask(ctx context.Context, platform string, limit int, breaker *webhook.Breaker) (n int, err error) {
	list, err := k.store.AccountsToAsk(ctx, platform, limit)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		if breaker.Open(k.now()) {
			return n, nil
		}
		res := webhook.Ask(ctx, k.http, k.endpoints[platform], r.ID, r.Record, k.now())
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		now := k.now()
		breaker.Went(res.Delivered, now)
		state, result, next := wentAs(res, r.Since, r.Attempts, now)
		k.sent.WithLabelValues(platform, result).Inc()
		if res.Err != nil {
			k.log.Warn("webhook", zap.String("platform", platform), zap.String("request", r.ID), zap.String("result", result), zap.Int("attempt", r.Attempts+1), zap.Error(res.Err))
		}
		if err := k.store.AccountAsked(ctx, r.ID, state, res.Status, next); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// wentAs says what an attempt makes of a webhook that could first be sent at a time.
func wentAs(res webhook.Result, since time.Time, attempts int, now time.Time) (state, result string, next time.Time) {
	switch {
	case res.Delivered:
		return review.DeliveryDelivered, "delivered", now
	case now.Sub(since) >= webhook.GiveUp:
		return review.DeliveryFailed, "given up", now
	}
	return review.DeliveryWaiting, "failed", now.Add(webhook.Backoff(attempts+1, res.After))
}

func (k *courier) deliver(ctx context.Context, platform string, d review.Delivery, breaker *webhook.Breaker) error {
	began := k.now()
	res := webhook.Deliver(ctx, k.http, k.endpoints[platform], d.ActionID, d.Record, began)
	if ctx.Err() != nil {
		return ctx.Err() // stopped, which says nothing of the platform
	}
	now := k.now()
	k.took.WithLabelValues(platform).Observe(now.Sub(began).Seconds())
	breaker.Went(res.Delivered, now)
	state, result, next := wentAs(res, d.Since, d.Attempts, now)
	k.sent.WithLabelValues(platform, result).Inc()
	if res.Err != nil {
		k.log.Warn("webhook", zap.String("platform", platform), zap.String("action", d.ActionID), zap.String("result", result),
			zap.Int("attempt", d.Attempts+1), zap.Error(res.Err))
	}
	if res.Receipt != nil {
		out, err := receiptOutput(platform, *res.Receipt)
		if err == nil {
			err = k.produce(ctx, out)
		}
		if err != nil {
			return err
		}
	}
	return k.store.Attempted(ctx, d.ActionID, state, res.Status, next)
}
