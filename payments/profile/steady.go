package profile

import "slices"

// What a regular customer or donor looks like: a tutor's pupil who pays for each
// lesson, a church's member who gives each week. At least steadyTransfers, all of
// one amount, with gaps of at least steadyGap that lie between half and twice
// their median [A].
const (
	steadyTransfers = 4
	steadyGap       = day
)

// isSteady looks at the transfers with one counterparty that are kept exactly.
func (p *Profile) isSteady(o int) bool {
	var gaps [mostExact]int64
	n := 0
	var last *Entry
	for i := range p.entries {
		e := &p.entries[i]
		if int(e.Other) != o {
			continue
		}
		if last != nil {
			if e.Amount != last.Amount || e.Currency != last.Currency || e.At-last.At < steadyGap {
				return false
			}
			gaps[n] = e.At - last.At
			n++
		}
		last = e
	}
	if n+1 < steadyTransfers {
		return false
	}
	slices.Sort(gaps[:n])
	median := gaps[n/2]
	return 2*gaps[0] >= median && gaps[n-1] <= 2*median
}
