package profile

import (
	"math"
	"slices"
)

// A Window is a length of time that totals are of, ending with View.Newest.
type Window int

// The windows.
const (
	Day1 Window = iota
	Days7
	Days30
	Days90
	windows
)

// Seconds is how long a window is.
func (w Window) Seconds() int64 { return [windows]int64{day, 7 * day, 30 * day, 90 * day}[w] }

// A Total sums up a window's transfers.
type Total struct {
	Transfers int
	// Base is the sum in minor units of the base currency, and NoBase counts the
	// transfers that are not in it, because there was no rate.
	Base   int64
	NoBase int
	// Others counts the counterparties, New those of them whose first transfer that is
	// kept lies in the window, Unrelated those that share neither a name nor an address
	// with the subject where that is known, and Countries their countries.
	Others, New, Unrelated, Countries int
	Low, Round                        int // by the deployment's limits
	Night, OtherNight                 int
	Abroad                            int
	// Approximate says that there were more transfers in the window than are kept
	// exactly. Then sums reach back to the beginning of a day and not of a second, Others,
	// Unrelated and Countries to that of five days, Others and Unrelated are estimates with
	// a standard error of 3.3 %, and New counts those alone that are kept exactly.
	Approximate bool
}

// Total returns the sums of a window.
func (v *View) Total(w Window) Total {
	if !v.has[w] {
		v.totals[w], v.has[w] = v.total(w), true
	}
	return v.totals[w]
}

func (v *View) total(w Window) Total {
	var t Total
	var countries [64]Country
	from := v.Newest - w.Seconds()
	first := v.p.find(from, 0)
	for i := first; i < len(v.Entries); i++ {
		e := &v.Entries[i]
		t.Transfers++
		t.Base += e.Base
		if e.Base == 0 {
			t.NoBase++
		}
		if e.Marks&Low != 0 {
			t.Low++
		}
		if e.Marks&Round != 0 {
			t.Round++
		}
		if e.Night == Yes {
			t.Night++
		}
		if e.OtherNight == Yes {
			t.OtherNight++
		}
		if e.Abroad() {
			t.Abroad++
		}
		if c := e.OtherCountry; c != 0 && t.Countries < len(countries) && !slices.Contains(countries[:t.Countries], c) {
			countries[t.Countries] = c
			t.Countries++
		}
	}
	for i := range v.Others {
		o := &v.Others[i]
		if o.Transfers == 0 || o.Last < from {
			continue
		}
		t.Others++
		if o.First >= from {
			t.New++
		}
		if o.Tie == TieNone {
			t.Unrelated++
		}
	}
	if s := &v.p.sealed; s.at >= from {
		t.Approximate = true
		v.addSealed(&t, from)
	}
	return t
}

// addSealed adds what is not kept exactly any more.
func (v *View) addSealed(t *Total, from int64) {
	s := &v.p.sealed
	for i := range s.days {
		d := &s.days[i]
		if d.day < from/day {
			continue
		}
		t.Transfers += int(d.transfers)
		t.Base += d.base
		t.NoBase += int(d.noBase)
		t.Low += int(d.low)
		t.Round += int(d.round)
		t.Night += int(d.night)
		t.OtherNight += int(d.otherNight)
		t.Abroad += int(d.abroad)
	}
	others, unrelated := newHLL(), newHLL()
	var countries []Country
	for i := range v.Others {
		if o := &v.Others[i]; o.Transfers > 0 && o.Last >= from {
			others.add(o.Token)
			if o.Tie == TieNone {
				unrelated.add(o.Token)
			}
		}
	}
	for i := v.p.find(from, 0); i < len(v.Entries); i++ {
		countries = addCountry(countries, v.Entries[i].OtherCountry)
	}
	for i := range s.slots {
		l := &s.slots[i]
		if l.number < from/day/slotDays {
			continue
		}
		others.merge(l.others)
		unrelated.merge(l.unrelated)
		for _, c := range l.countries {
			countries = addCountry(countries, c)
		}
	}
	t.Others, t.Unrelated, t.Countries = others.count(), unrelated.count(), len(countries)
}

func addCountry(set []Country, c Country) []Country {
	if i, is := slices.BinarySearch(set, c); !is && c != 0 && len(set) < maxSlotCountries {
		return slices.Insert(set, i, c)
	}
	return set
}

// AmountAt returns the quantile q, 0 to 1, of the amounts in the base currency of
// the last 90 days; it is not known where no transfer has one. It is exact where
// View.Sketched is false, and else within 2 %.
func (v *View) AmountAt(q float64) (minor int64, known bool) {
	v.numbers = v.numbers[:0]
	for i := range v.Entries {
		if b := v.Entries[i].Base; b > 0 {
			v.numbers = append(v.numbers, b)
		}
	}
	return v.quantile(q, func(l *slot) quantiles { return l.amounts })
}

// GapAt returns the quantile q, 0 to 1, of the seconds between one transfer and
// the next over the last 90 days; it is not known with fewer than two transfers.
// It is exact where View.Sketched is false, and else within 2 %.
func (v *View) GapAt(q float64) (seconds int64, known bool) {
	v.numbers = v.numbers[:0]
	for i := 1; i < len(v.Entries); i++ {
		v.numbers = append(v.numbers, v.Entries[i].At-v.Entries[i-1].At)
	}
	return v.quantile(q, func(l *slot) quantiles { return l.gaps })
}

// quantile is of v.numbers and of what is sealed.
func (v *View) quantile(q float64, of func(*slot) quantiles) (int64, bool) {
	q = min(max(q, 0), 1)
	if !v.Sketched {
		if len(v.numbers) == 0 {
			return 0, false
		}
		slices.Sort(v.numbers)
		return v.numbers[int(math.Round(q*float64(len(v.numbers)-1)))], true
	}
	all := newQuantiles()
	for _, n := range v.numbers {
		all.add(n)
	}
	for i := range v.p.sealed.slots {
		all.merge(of(&v.p.sealed.slots[i]))
	}
	return all.at(q)
}

// Slopes returns how amount and gap change from one of some entries to the next,
// by least squares over their index, as a share of their mean: 0.1 is a rise by a
// tenth of the mean each time. Amounts are in the base currency where all have
// one, else in their own where it is one currency. It is not known with fewer than
// three entries, or where amounts cannot be compared.
func (v *View) Slopes(picked []int32) (amount, gap float64, known bool) {
	if len(picked) < 3 {
		return 0, 0, false
	}
	base, own := true, true
	for _, i := range picked {
		base = base && v.Entries[i].Base > 0
		own = own && v.Entries[i].Currency == v.Entries[picked[0]].Currency
	}
	if !base && !own {
		return 0, 0, false
	}
	amount = slope(len(picked), func(i int) int64 {
		if e := &v.Entries[picked[i]]; base {
			return e.Base
		} else {
			return e.Amount
		}
	})
	gap = slope(len(picked)-1, func(i int) int64 {
		return v.Entries[picked[i+1]].At - v.Entries[picked[i]].At
	})
	return amount, gap, true
}

func slope(n int, y func(int) int64) float64 {
	var sum float64
	for i := range n {
		sum += float64(y(i))
	}
	mean, middle := sum/float64(n), float64(n-1)/2
	if mean == 0 {
		return 0
	}
	var xy, xx float64
	for i := range n {
		x := float64(i) - middle
		xy += x * (float64(y(i)) - mean)
		xx += x * x
	}
	return xy / xx / mean
}
