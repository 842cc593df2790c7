package profile

import "slices"

// An Other is what a profile knows of one counterparty.
type Other struct {
	Token Token
	// Transfers counts all that are kept, First and Last are the times of the oldest
	// and the newest of them. Of transfers that are not kept exactly that is known for
	// the 128 counterparties that were last to pay or be paid.
	Transfers   int
	First, Last int64
	Tie         Tie // the closest of all its transfers: one shared name is enough
	// Steady says that it looks like a regular customer or donor: see isSteady.
	Steady bool
	exact  int   // of Transfers, those among the entries
	amount int64 // that all of those have, and their currency; -1: they differ
	money  Currency
	mix    uint64 // the sum of their ids
}

// Mix is a hash of which transfers are kept exactly.
func (o *Other) Mix() uint64 { return o.mix }

// What a regular customer or donor looks like: a tutor's pupil who pays for each
// lesson, a church's member who gives each week. At least steadyTransfers, all of
// one amount, with gaps of at least steadyGap that lie between half and twice
// their median [A].
const (
	steadyTransfers = 4
	steadyGap       = day
)

// other returns the place of a counterparty, which is made where there is none.
func (p *Profile) other(t Token) uint16 {
	free := -1
	for i := range p.others {
		if p.others[i].exact == 0 {
			free = i
		} else if p.others[i].Token == t {
			return uint16(i)
		}
	}
	if free < 0 {
		free = len(p.others)
		p.others = append(p.others, Other{})
	}
	p.others[free] = Other{Token: t}
	return uint16(free)
}

// countNewest adds the newest entry to its counterparty's summary.
func (p *Profile) countNewest(e *Entry) {
	o := &p.others[e.Other]
	if o.exact == 0 {
		p.count(int(e.Other))
		return
	}
	o.exact++
	o.mix += e.ID
	o.Transfers++
	o.Last = e.At
	o.Tie = max(o.Tie, e.Tie)
	if o.amount != e.Amount || o.money != e.Currency {
		o.amount = -1
	}
	o.Steady = o.exact >= steadyTransfers && o.amount >= 0 && p.isSteady(int(e.Other))
}

// count makes a counterparty's summary anew.
func (p *Profile) count(place int) {
	o := Other{Token: p.others[place].Token}
	for i := range p.entries {
		e := &p.entries[i]
		if int(e.Other) != place {
			continue
		}
		if o.exact == 0 {
			o.First, o.amount, o.money = e.At, e.Amount, e.Currency
		}
		o.exact++
		o.mix += e.ID
		o.Last = e.At
		o.Tie = max(o.Tie, e.Tie)
		if o.amount != e.Amount || o.money != e.Currency {
			o.amount = -1
		}
	}
	o.Transfers = o.exact
	if o.exact == 0 {
		p.others[place] = Other{}
		return
	}
	if s := p.sealed.of(o.Token); s != nil {
		o.Transfers += s.transfers
		o.First = s.first
		o.Tie = max(o.Tie, s.tie)
	}
	o.Steady = o.exact >= steadyTransfers && o.amount >= 0 && p.isSteady(place)
	p.others[place] = o
}

// isSteady looks at the transfers with one counterparty that are kept exactly,
// which are all of one amount.
func (p *Profile) isSteady(place int) bool {
	var memory [64]int64
	gaps := memory[:0]
	last := int64(-1)
	for i := range p.entries {
		e := &p.entries[i]
		if int(e.Other) != place {
			continue
		}
		if last >= 0 {
			if e.At-last < steadyGap {
				return false
			}
			gaps = append(gaps, e.At-last)
		}
		last = e.At
	}
	slices.Sort(gaps)
	median := gaps[len(gaps)/2]
	return 2*gaps[0] >= median && gaps[len(gaps)-1] <= 2*median
}
