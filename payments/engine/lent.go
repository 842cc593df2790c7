package engine

import "github.com/vigil-stream/vigil/signal"

// lent is the memory that the drafts of one call lie in. The next call uses it again.
type lent struct {
	drafts    []signal.Draft
	times     []int64
	countries []signal.Letters
	pairs     []signal.DraftPair
	sources   []signal.DraftSource
}

// begin takes back what the last call has lent.
func (l *lent) begin() {
	clear(l.drafts) // what they point to may go
	l.drafts = l.drafts[:0]
	l.times, l.countries, l.pairs, l.sources = l.times[:0], l.countries[:0], l.pairs[:0], l.sources[:0]
}

// add returns room for one more draft, which is zero, until the next.
func (l *lent) add() *signal.Draft {
	l.drafts = append(l.drafts, signal.Draft{})
	return &l.drafts[len(l.drafts)-1]
}

// take returns room for n, to be written over, of a pool or beside it.
func take[T any](pool *[]T, n int) []T {
	from := len(*pool)
	if cap(*pool)-from < n {
		*pool, from = make([]T, 0, max(n, 2*cap(*pool))), 0 // what was lent of the old one stays as it is
	}
	*pool = (*pool)[:from+n]
	return (*pool)[from : from+n : from+n]
}
