package profile

import (
	"bytes"
	"slices"
)

const (
	// maxSealedOthers limits the counterparties that are known by name beyond the entries.
	maxSealedOthers = 128
	// slotDays is the length of the stretches of time that have sketches of their own.
	slotDays = 5
	// maxSlotCountries limits the countries that one of them names.
	maxSlotCountries = 64
)

// sealed sums up what is no longer kept exactly. Transfers are sealed in the order
// of their time and id, and none joins later: so all of it is a function of them,
// whatever the order in which they came.
type sealed struct {
	at      int64 // time and id of the last one; nothing at or below them is taken
	id      uint64
	days    []daySum // by day
	slots   []slot   // by number
	others  []sealedOther
	changed []Token // counterparties whose summary changed since Profile looked
}

// A daySum sums up the sealed transfers of one day, UTC.
type daySum struct {
	day                                                            int64
	transfers, base, noBase, low, round, night, otherNight, abroad int64
}

// A slot has the sketches of slotDays days.
type slot struct {
	number    int64
	others    hll // tokens
	unrelated hll // tokens of those that share neither name nor address
	amounts   quantiles
	gaps      quantiles // to the next transfer, seconds
	countries []Country // sorted
}

// A sealedOther sums up the sealed transfers of one counterparty.
type sealedOther struct {
	token       Token
	transfers   int
	first, last int64
	tie         Tie
}

func (s *sealed) empty() bool { return s.at == 0 }

// covers reports whether a time and id are of what is sealed.
func (s *sealed) covers(at int64, id uint64) bool {
	return s.at != 0 && (at < s.at || at == s.at && id <= s.id)
}

func (s *sealed) add(e *Entry, token Token, gap int64) {
	s.at, s.id = e.At, e.ID
	number := e.At / day
	if n := len(s.days); n == 0 || s.days[n-1].day != number {
		s.days = append(s.days, daySum{day: number})
	}
	d := &s.days[len(s.days)-1]
	d.transfers++
	d.base += e.Base
	count(&d.noBase, e.Base == 0)
	count(&d.low, e.Marks&Low != 0)
	count(&d.round, e.Marks&Round != 0)
	count(&d.night, e.Night == Yes)
	count(&d.otherNight, e.OtherNight == Yes)
	count(&d.abroad, e.Abroad())

	number /= slotDays
	if n := len(s.slots); n == 0 || s.slots[n-1].number != number {
		s.slots = append(s.slots, newSlot(number))
	}
	l := &s.slots[len(s.slots)-1]
	l.others.add(token)
	if e.Tie == TieNone {
		l.unrelated.add(token)
	}
	if e.Base > 0 {
		l.amounts.add(e.Base)
	}
	if gap >= 0 {
		l.gaps.add(gap)
	}
	if i, is := slices.BinarySearch(l.countries, e.OtherCountry); !is && e.OtherCountry != 0 && len(l.countries) < maxSlotCountries {
		l.countries = slices.Insert(l.countries, i, e.OtherCountry)
	}
	s.addOther(e, token)
}

func count(n *int64, is bool) {
	if is {
		*n++
	}
}

func (s *sealed) find(token Token) (int, bool) {
	return slices.BinarySearchFunc(s.others, token, func(o sealedOther, t Token) int { return bytes.Compare(o.token[:], t[:]) })
}

func (s *sealed) of(token Token) *sealedOther {
	if len(s.others) == 0 {
		return nil
	}
	if i, is := s.find(token); is {
		return &s.others[i]
	}
	return nil
}

func (s *sealed) addOther(e *Entry, token Token) {
	i, is := s.find(token)
	if !is {
		s.others = slices.Insert(s.others, i, sealedOther{token: token})
	}
	o := &s.others[i]
	if o.last < e.At-Kept {
		*o = sealedOther{token: token, first: e.At}
	}
	o.transfers++
	o.last, o.tie = e.At, max(o.tie, e.Tie)
	if len(s.others) > maxSealedOthers {
		oldest := 0
		for i := range s.others {
			if a, b := &s.others[i], &s.others[oldest]; a.last < b.last || a.last == b.last && bytes.Compare(a.token[:], b.token[:]) < 0 {
				oldest = i
			}
		}
		s.changed = append(s.changed, s.others[oldest].token)
		s.others = slices.Delete(s.others, oldest, oldest+1)
	}
}

// cut drops what lies wholly before floor.
func (s *sealed) cut(floor int64) {
	if s.at == 0 {
		return
	}
	if s.at < floor {
		for i := range s.others {
			s.changed = append(s.changed, s.others[i].token)
		}
		*s = sealed{changed: s.changed}
		return
	}
	n := 0
	for n < len(s.days) && s.days[n].day < floor/day {
		n++
	}
	s.days = slices.Delete(s.days, 0, n)
	n = 0
	for n < len(s.slots) && s.slots[n].number < floor/day/slotDays {
		n++
	}
	s.slots = slices.Delete(s.slots, 0, n)
	s.others = slices.DeleteFunc(s.others, func(o sealedOther) bool {
		if o.last >= floor {
			return false
		}
		s.changed = append(s.changed, o.token)
		return true
	})
}
