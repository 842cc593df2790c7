package fleet

import (
	"slices"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// An Advisor says by a policy how often those should sample who have a decoder of
// their own. Its methods may be called at the same time.
type Advisor struct {
	policy Policy
	now    func() time.Time

	mu       sync.Mutex
	streams  map[key]advised
	subjects map[signal.Subject]advised
	whose    map[key]owner
}

// advised is why something is looked at more often, and until when.
type advised struct {
	until time.Time
	why   []signal.Kind // each once, in their order
}

// owner is whose a stream is, as last seen.
type owner struct {
	subject signal.Subject
	seen    time.Time
}

// maxAdvised bounds what an Advisor remembers of each sort. Beyond it, what has run out
// goes, and of the rest anything, a tenth at a time.
const maxAdvised = 100_000

// NewAdvisor returns an Advisor that has heard nothing yet.
func NewAdvisor(p Policy, now func() time.Time) *Advisor {
	return &Advisor{
		policy: p, now: now,
		streams: map[key]advised{}, subjects: map[signal.Subject]advised{}, whose: map[key]owner{},
	}
}

// Seen says whose a stream is.
func (a *Advisor) Seen(platform, stream string, subject signal.Subject) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	bound(a.whose, func(o owner) bool { return now.Sub(o.seen) > a.policy.Quiet })
	a.whose[key{platform, stream}] = owner{subject, now}
}

// Signal takes what the river says.
func (a *Advisor) Signal(s signal.Signal) { a.Heard(s, a.now()) }

// Heard takes what was said at a time before.
func (a *Advisor) Heard(s signal.Signal, said time.Time) {
	one, all := a.policy.raises(s)
	named, ok := names(s)
	now := a.now()
	until := said.Add(a.policy.Quiet)
	if !until.After(now) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	over := func(x advised) bool { return !x.until.After(now) }
	if one && ok {
		bound(a.streams, over)
		a.streams[named] = a.streams[named].prolonged(until, now, s.Kind)
	}
	if all {
		bound(a.subjects, over)
		a.subjects[s.Subject] = a.subjects[s.Subject].prolonged(until, now, s.Kind)
	}
}

func (x advised) prolonged(until, now time.Time, why signal.Kind) advised {
	if !x.until.After(now) {
		x.why = nil
	}
	if i, found := slices.BinarySearch(x.why, why); !found {
		x.why = slices.Insert(slices.Clone(x.why), i, why)
	}
	if until.After(x.until) {
		x.until = until
	}
	return x
}

// bound makes room for one more.
func bound[K comparable, V any](m map[K]V, over func(V) bool) {
	if len(m) < maxAdvised {
		return
	}
	for k, v := range m {
		if over(v) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) <= maxAdvised-maxAdvised/10 {
			return
		}
		delete(m, k)
	}
}

// Rate returns how often a stream should be sampled, in frames a second, why more often
// than others, and until when; at the base rate there is no why and no until.
func (a *Advisor) Rate(platform, stream string) (fps float64, until time.Time, why []signal.Kind) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	k := key{platform, stream}
	for _, x := range []advised{a.streams[k], a.subjects[a.whose[k].subject]} {
		if !x.until.After(now) {
			continue
		}
		why = append(why, x.why...)
		if x.until.After(until) {
			until = x.until
		}
	}
	if len(why) == 0 {
		return a.policy.BaseFPS, time.Time{}, nil
	}
	slices.Sort(why)
	return a.policy.RaisedFPS, until.UTC(), slices.Compact(why)
}
