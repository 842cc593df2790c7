package engine

import (
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// Lend makes the signals that Process returns hold until its next call alone: then their
// memory is used again. It is for those who write them down at once, and make many.
func (p *Partition) Lend() { p.lent.again = true }

// lent is the memory that signals of one call lie in.
type lent struct {
	again    bool // is used again
	signals  []signal.Signal
	payments []signal.Payment
	times    []time.Time
	words    []string
	pairs    []signal.Pair
	evidence []signal.Evidence
}

// begin takes back what the last call has lent.
func (l *lent) begin() {
	if !l.again {
		*l = lent{}
		return
	}
	clear(l.signals) // what they point to may go
	l.signals = l.signals[:0]
	l.payments, l.times, l.words = l.payments[:0], l.times[:0], l.words[:0]
	l.pairs, l.evidence = l.pairs[:0], l.evidence[:0]
}

// add returns room for one more signal, which is zero, until the next.
func (l *lent) add() *signal.Signal {
	l.signals = append(l.signals, signal.Signal{})
	return &l.signals[len(l.signals)-1]
}

// take returns room for n, which are zero, of a pool or beside it.
func take[T any](pool *[]T, n int) []T {
	from := len(*pool)
	if cap(*pool)-from < n {
		*pool, from = make([]T, 0, max(n, 2*cap(*pool))), 0 // what was lent of the old one stays as it is
	}
	*pool = (*pool)[:from+n]
	out := (*pool)[from : from+n : from+n]
	clear(out)
	return out
}
