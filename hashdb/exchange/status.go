package exchange

import (
	"context"
	"errors"
	"time"
)

// Status is how a source fares.
type Status struct {
	Source, Exchange string
	// Success is when the lists were last in step with their owner, by whatever
	// process; zero when never.
	Success time.Time
	// Attempt is when the last sync of this process ended; zero when none did.
	Attempt time.Time
	// Err is why that sync failed, nil when it did not.
	Err error
	// Bad counts what that sync left out, and BadErrors are the first of it.
	Bad       int
	BadErrors []error
	Running   bool      // A sync is under way in this process.
	Next      time.Time // When Run tries again; zero when it does not run.
	Entries   int       // Of all lists of the source.
	// Stale says that the last success, or the first attempt when there was none, is
	// longer ago than the configuration allows.
	Stale bool
}

// Status returns how each source fares, in the configuration's order.
func (s *Syncer) Status() []Status {
	now := s.o.Now()
	entries := map[string]int{}
	for _, l := range s.o.Store.Lists() {
		entries[l.Source] += l.Entries
	}
	all := make([]Status, len(s.sources))
	for i, t := range s.sources {
		st := Status{Source: t.c.Source, Exchange: t.c.Exchange, Entries: entries[t.c.Source]}
		// What cannot be read is no success.
		p, _ := decodeProgress(s.o.Store.Checkpoint(checkpointName(t.c.Source)))
		since := s.started
		switch {
		case !p.success.IsZero():
			st.Success, since = p.success, p.success
		case !p.since.IsZero():
			since = p.since
		}
		st.Stale = now.Sub(since) > t.c.StaleAfter
		t.mu.Lock()
		st.Attempt, st.Err, st.Bad, st.BadErrors = t.last.End, t.last.Err, t.last.Bad, t.last.BadErrors
		st.Running, st.Next = t.runs, t.next
		t.mu.Unlock()
		if errors.Is(st.Err, context.Canceled) {
			st.Err = nil // Stopped, which is nobody's fault.
		}
		all[i] = st
	}
	return all
}

// Stale returns the sources whose lists have not been in step for too long: somebody
// should be told.
func (s *Syncer) Stale() []Status {
	var stale []Status
	for _, st := range s.Status() {
		if st.Stale {
			stale = append(stale, st)
		}
	}
	return stale
}
