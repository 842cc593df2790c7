package flood

import (
	"context"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// Options say what a flood is. Zero fields get their defaults, and fields beyond their
// bounds the bound.
type Options struct {
	// Streams is in how many distinct streams an entry may match within Within of event
	// time; default 20, at most 10,000. State and work of a signal grow with it.
	Streams int
	// Within defaults to an hour, at most 400 days.
	Within time.Duration
	// MaxHeld is how many signals of one entry are kept while it is quarantined; default
	// 10,000. A release passes them on at once.
	MaxHeld int
	// Exempt is for how long in event time a released entry is not quarantined again
	// where the verdict does not say; default 7 days, at most ten years.
	Exempt time.Duration
}

const (
	maxStreams = 10_000
	maxWithin  = 400 * 24 * time.Hour
	maxExempt  = 10 * 365 * 24 * time.Hour
)

// A Gate passes on the match signals of list entries, or holds them. It keeps nothing
// but its options and may be used by several goroutines, each with its own State.
type Gate struct{ o Options }

// New returns a Gate.
func New(o Options) *Gate {
	o.Streams = bounded(o.Streams, 20, maxStreams)
	o.Within = bounded(o.Within, time.Hour, maxWithin)
	o.MaxHeld = bounded(o.MaxHeld, 10_000, 1_000_000)
	o.Exempt = bounded(o.Exempt, 7*24*time.Hour, maxExempt)
	return &Gate{o}
}

func bounded[T int | time.Duration](v, standard, most T) T {
	if v <= 0 {
		return standard
	}
	return min(v, most)
}

// EntryKey is the key of everything about one entry of a list: its signals on the topic
// of matches, the verdicts among them, and its quarantine.
func EntryKey(list, entry string) string { return signal.ID("entry", list, entry) }

// Key returns the key of a match signal's record on the topic of matches, empty for
// signals of another kind.
func Key(s signal.Signal) string {
	if s.Match == nil {
		return ""
	}
	return EntryKey(s.Match.List, s.Match.Entry)
}

// A Result is what comes of a record.
type Result struct {
	// Signals go to correlate, with their revisions rewritten.
	Signals []signal.Signal
	// Quarantine is set when it is to be told.
	Quarantine *Quarantine
	// Held says that the signal was held, NotKept that it was to be held and there was no
	// room, and Dropped that its entry is known to be wrong. None is true of a signal
	// that was passed on or is a repeat.
	Held, NotKept, Dropped bool
}

// Match takes one match signal as detect gave it. A Rejection means that it can never
// be taken; any other error is the State's. A revision that is not higher than the one
// known gives nothing.
func (g *Gate) Match(ctx context.Context, s State, in signal.Signal) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if err := check(in); err != nil {
		return Result{}, fmt.Errorf("flood: %w", err)
	}
	e, err := load(s, Key(in))
	if err != nil {
		return Result{}, fmt.Errorf("flood: %w", err)
	}
	in.Start, in.End = in.Start.UTC(), in.End.UTC()
	in = marked(in, false)
	result, err := g.match(e, in)
	if err != nil {
		return Result{}, fmt.Errorf("flood: %w", err)
	}
	return result, nil
}

func (g *Gate) match(e *entry, in signal.Signal) (Result, error) {
	known, err := e.known(in.ID)
	if err != nil {
		return Result{}, err
	}
	if known != nil && in.Revision <= known.Signal.Revision {
		return Result{}, nil
	}
	if in.End.After(e.Newest) {
		e.Newest = in.End
	}
	var result Result
	switch {
	case e.Quarantine.State == Retracted:
		result = g.drop(e, in)
	case e.Quarantine.State == Quarantined:
		result, err = g.hold(e, known, in)
	case in.End.Before(e.ExemptUntil):
		result.Signals = []signal.Signal{passed(in)}
	default:
		result, err = g.count(e, known, in)
	}
	if err != nil {
		return Result{}, err
	}
	return result, e.save()
}

// count passes a signal on while its entry matches in few streams.
func (g *Gate) count(e *entry, before *known, in signal.Signal) (Result, error) {
	seen, err := e.streams()
	if err != nil {
		return Result{}, err
	}
	seen = seen.see(streamOf(in.Match), in.End, g.o.Streams)
	if after, yes := seen.crowded(g.o.Streams, g.o.Within); yes {
		return g.quarantine(e, before, in, after)
	}
	if err := e.write("streams", seen.encode()); err != nil {
		return Result{}, err
	}
	now := known{Stands: true, Signal: in}
	if before != nil {
		err = e.put(signalName(in.ID), now)
	} else {
		err = g.remember(e, seen, now)
	}
	return Result{Signals: []signal.Signal{passed(in)}}, err
}

// remember keeps a signal that was not known, in place of the first when there is no
// room: that one stands for good.
func (g *Gate) remember(e *entry, seen streams, k known) error {
	if err := e.sweep(seen); err != nil {
		return err
	}
	if e.full(g.o.MaxHeld) {
		first, err := e.slot(e.First)
		if err != nil {
			return err
		}
		if err := e.shift(first, false); err != nil {
			return err
		}
	}
	return e.add(k)
}

// quarantine begins with the signal that made it too many streams. It withdraws what
// was passed on after a time.
func (g *Gate) quarantine(e *entry, before *known, in signal.Signal, after time.Time) (Result, error) {
	e.Quarantine = g.opened(in.Match.List, in.Match.Entry, Quarantined, in.End)
	e.Quarantine.HashKind, e.Quarantine.ListVersion = in.Match.HashKind, in.Match.ListVersion
	var out []signal.Signal
	for n := e.First; n < e.Next; n++ {
		k, err := e.slot(n)
		if err != nil {
			return Result{}, err
		}
		if !k.Signal.End.After(after) || k.Signal.ID == in.ID {
			continue // the latter is held below
		}
		if err := g.withdraw(e, k, &out); err != nil {
			return Result{}, err
		}
	}
	result, err := g.hold(e, before, in)
	if err != nil {
		return Result{}, err
	}
	result.Signals = append(out, result.Signals...)
	result.Quarantine = e.told()
	return result, nil
}

// withdraw turns a signal that stands into one that is held.
func (g *Gate) withdraw(e *entry, k *known, out *[]signal.Signal) error {
	k.Stands = false
	if err := e.put(signalName(k.Signal.ID), k); err != nil {
		return err
	}
	e.Quarantine.Withdrawn++
	*out = append(*out, g.withdrawn(k.Signal))
	return e.hold(k)
}

// hold keeps a signal of a quarantined entry. Where an earlier revision of it stands,
// that is withdrawn.
func (g *Gate) hold(e *entry, before *known, in signal.Signal) (Result, error) {
	q := &e.Quarantine
	q.At = later(q.At, in.End)
	now := &known{Signal: in}
	switch {
	case before == nil && e.full(g.o.MaxHeld):
		q.NotKept++
		return e.due(Result{NotKept: true}, q.NotKept), nil
	case before == nil:
		if err := e.add(*now); err != nil {
			return Result{}, err
		}
		if err := e.hold(now); err != nil {
			return Result{}, err
		}
		return e.due(Result{Held: true}, uint64(q.Held)), nil
	case before.Stands:
		var out []signal.Signal
		if err := g.withdraw(e, now, &out); err != nil {
			return Result{}, err
		}
		return e.due(Result{Signals: out, Held: true}, uint64(q.Held)), nil
	default:
		return Result{Held: true}, e.put(signalName(in.ID), now)
	}
}

// drop counts a signal of an entry that is known to be wrong.
func (g *Gate) drop(e *entry, in signal.Signal) Result {
	q := &e.Quarantine
	q.At = later(q.At, in.End)
	q.Dropped++
	return e.due(Result{Dropped: true}, q.Dropped)
}

// due adds the quarantine when a count in it reached a power of two.
func (e *entry) due(r Result, n uint64) Result {
	if n&(n-1) == 0 {
		r.Quarantine = e.told()
	}
	return r
}

// told returns the quarantine as it stands.
func (e *entry) told() *Quarantine {
	q := e.Quarantine
	return &q
}

// opened returns a new quarantine.
func (g *Gate) opened(list, entry, state string, at time.Time) Quarantine {
	return Quarantine{
		List: list, Entry: entry, State: state, Since: at, At: at,
		Limit: g.o.Streams, WithinSeconds: int64(g.o.Within / time.Second),
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
