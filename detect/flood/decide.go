package flood

import (
	"context"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// Verdict takes a person's word on an entry, see the package's documentation. The same
// verdict again gives nothing; one that is not later than the last on the entry is a
// Rejection, so that it does not go unseen.
func (g *Gate) Verdict(ctx context.Context, s State, v Verdict) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	v.At = v.At.UTC()
	if !inRange(v.At) {
		return Result{}, fmt.Errorf("flood: %w", signal.Reject("verdict-time", "/at: must be between 1970 and 2199"))
	}
	e, err := load(s, v.Key())
	if err != nil {
		return Result{}, fmt.Errorf("flood: %w", err)
	}
	if last := e.LastVerdict; last != nil && !v.At.After(last.At) {
		if *last == v {
			return Result{}, nil
		}
		return Result{}, fmt.Errorf("flood: %w", signal.Reject("verdict-late", "/at: is not after that of the last verdict on the entry"))
	}
	result, err := g.decide(e, v)
	if err != nil {
		return Result{}, fmt.Errorf("flood: %w", err)
	}
	return result, nil
}

func (g *Gate) decide(e *entry, v Verdict) (Result, error) {
	q := &e.Quarantine
	if q.State != Quarantined { // nothing is held: the verdict begins its own record
		was := *q
		*q = g.opened(v.List, v.Entry, "", v.At)
		q.HashKind, q.ListVersion, q.Dropped = was.HashKind, was.ListVersion, was.Dropped
	}
	var out []signal.Signal
	err := e.clear(func(k known) {
		switch {
		case v.Release && !k.Stands:
			out = append(out, released(k.Signal))
		case !v.Release && k.Stands:
			q.Withdrawn++
			out = append(out, g.withdrawn(k.Signal))
		}
	})
	if err != nil {
		return Result{}, err
	}
	e.LastVerdict = &v
	e.ExemptUntil = time.Time{}
	q.State, q.At = Retracted, v.At
	if v.Release {
		q.State = Released
		e.ExemptUntil = later(e.Newest, v.At).Add(g.exempt(v))
	}
	q.Decision = &Decision{Release: v.Release, ExemptUntil: e.ExemptUntil, By: v.By, Reason: v.Reason, At: v.At}
	return Result{Signals: out, Quarantine: e.told()}, e.save()
}

// exempt returns for how long a release exempts its entry.
func (g *Gate) exempt(v Verdict) time.Duration {
	if v.ExemptSeconds <= 0 {
		return g.o.Exempt
	}
	return time.Duration(min(v.ExemptSeconds, int64(maxExempt/time.Second))) * time.Second
}
