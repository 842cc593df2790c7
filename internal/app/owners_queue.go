package app

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// A word is what the owner of a list is to be told of one of its entries.
type word struct {
	list, hashKind, entry string
	verdict               exchange.Verdict
	// told is kept once the owner took the word, or refused it for good. Until then the
	// record from which the word came is read again after a start.
	told hashdb.Checkpoint
}

func (w word) same(other word) bool {
	return w.told.Name == other.told.Name && bytes.Equal(w.told.Value, other.told.Value)
}

// An ownerQueue is what one owner is still to be told, in turn. It lies in memory, since all
// of it lies on a topic too. A word is small and few are said, so it has no bound: one would
// let an owner that is away hold up the others.
type ownerQueue struct {
	mu    sync.Mutex
	words []word
	came  chan struct{}
}

func newOwnerQueue() *ownerQueue { return &ownerQueue{came: make(chan struct{}, 1)} }

// put adds a word, in the place of one that said something else of the same before.
func (q *ownerQueue) put(w word) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.words {
		if q.words[i].told.Name == w.told.Name {
			q.words[i] = w
			return
		}
	}
	q.words = append(q.words, w)
	select {
	case q.came <- struct{}{}:
	default:
	}
}

func (q *ownerQueue) first() (word, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.words) == 0 {
		return word{}, false
	}
	return q.words[0], true
}

// done takes a word out or, where again is set, puts it behind the others, so that one that
// its owner chokes on does not hold up the rest. One that was replaced meanwhile stays.
func (q *ownerQueue) done(w word, again bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.words {
		if q.words[i].told.Name != w.told.Name {
			continue
		}
		if !q.words[i].same(w) {
			return
		}
		q.words = append(q.words[:i:i], q.words[i+1:]...)
		if again {
			q.words = append(q.words, w)
		}
		return
	}
}

func (q *ownerQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.words)
}

// How long an owner that could not be told is left alone: doubling, and about a quarter more
// or less by chance.
const (
	ownerFirst   = 30 * time.Second
	ownerLongest = time.Hour
)

func ownerPause(failures int) time.Duration {
	pause := ownerFirst << min(failures-1, 10)
	return time.Duration(float64(min(pause, ownerLongest)) * (0.75 + rand.Float64()/2))
}

// deliver tells an owner what is in its queue, until ctx ends.
func (o *listOwners) deliver(ctx context.Context, list string, q *ownerQueue) {
	for failures := 0; ctx.Err() == nil; {
		o.waiting.WithLabelValues(list).Set(float64(q.len()))
		w, ok := q.first()
		if !ok {
			select {
			case <-ctx.Done():
			case <-q.came:
			}
			continue
		}
		result, err := o.attempt(ctx, w)
		if ctx.Err() != nil {
			return // the word stays on its topic
		}
		if result != "failed" {
			if _, kept := o.store.Apply(ctx, hashdb.Batch{Source: list, Checkpoint: w.told}); kept != nil {
				result, err = "failed", kept // it is told once more, which changes nothing
			}
		}
		o.sent.WithLabelValues(list, result).Inc()
		q.done(w, result == "failed")
		fields := []zap.Field{zap.String("list", list), zap.String("entry", w.entry), zap.String("result", result), zap.Error(err)}
		switch result {
		case "failed":
			failures++
			pause := ownerPause(failures)
			if after, ok := exchange.RetryAfter(err); ok {
				pause = max(pause, min(after, ownerLongest))
			}
			o.log.Error("the list's owner could not be told and is asked again", append(fields, zap.Int("failures", failures), zap.Duration("in", pause))...)
			o.pause(ctx, pause)
			continue
		case "ok":
			o.log.Info("the list's owner was told", fields...)
		case "no way":
			o.log.Warn("the list's owner takes no feedback: tell them by other means", fields...)
		default:
			o.log.Error("the list's owner will not have it: tell them by other means", fields...)
		}
		failures = 0
	}
}

// attempt sends a word once. The result is "ok", "no way" where the owner takes none,
// "refused" where it is of no use to send it again, or "failed".
func (o *listOwners) attempt(ctx context.Context, w word) (result string, err error) {
	to, err := o.open(w.list)
	if err == nil && to == nil {
		return "no way", nil
	}
	if err == nil {
		err = o.send(ctx, to, w)
		if c, ok := to.(interface{ Close() }); ok {
			c.Close()
		}
	}
	switch {
	case err == nil:
		return "ok", nil
	case exchange.Refused(err):
		return "refused", err
	}
	return "failed", err
}

// send sends feedback on each of the owner's ids of an entry.
func (o *listOwners) send(ctx context.Context, to exchange.Feedbacker, w word) error {
	kind, err := hashdb.ParseKind(w.hashKind)
	if err != nil {
		return fmt.Errorf("the owner %w: %w", exchange.ErrTakesNone, err)
	}
	all, err := exchange.FeedbackFor(ctx, o.db, hashdb.ListID{Source: w.list, Kind: kind}, w.entry, w.verdict, o.reasons[w.list])
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := to.Feedback(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// pauseFor is how pauses are made outside tests.
func pauseFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
