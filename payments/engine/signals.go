package engine

import (
	"bytes"
	"math"
	"math/bits"
	"slices"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// maxTimes and maxCountries limit the times and countries that a signal names.
	maxTimes     = 64
	maxCountries = 64
)

// evaluate asks the typologies, notes in the profile which fire, and makes signals
// of what is new, says something else, or is no longer there. Where only is set, those
// that it does not hold for are not asked, and what they said stands.
func (p *Partition) evaluate(prof *profile.Profile, v *profile.View, revision uint64, only func(Typology) bool) {
	p.before = append(p.before[:0], prof.Fired...)
	before := p.before
	prof.Fired = prof.Fired[:0]
	for _, ty := range p.e.c.Typologies {
		if only != nil && !only(ty) {
			for _, f := range before {
				if f.Typology == ty.ID() && f.Version == ty.Version() {
					prof.Fired = append(prof.Fired, f)
				}
			}
			continue
		}
		f, ok := ty.Find(v)
		if !ok || len(f.Counted) == 0 || f.Strength <= 0 {
			continue
		}
		fired := profile.Fired{Typology: ty.ID(), Version: ty.Version(), Said: digest(v, &f)}
		if f.About != "" && f.About != v.Subject {
			fired.About = profile.TokenOf(f.About)
		}
		prof.Fired = append(prof.Fired, fired)
		if !slices.Contains(before, fired) {
			p.newSignal(p.lent.add(), v, revision, fired, f)
		}
	}
	for n, old := range before {
		same := func(f profile.Fired) bool {
			return f.About == old.About && f.Typology == old.Typology && f.Version == old.Version
		}
		if n < len(prof.Fired) && same(prof.Fired[n]) { // mostly
			continue
		}
		if !slices.ContainsFunc(prof.Fired, same) {
			*p.lent.add() = withdrawal(v, revision, old)
		}
	}
}

// digest is of all that a signal says, its revision apart.
func digest(v *profile.View, f *Finding) uint64 {
	h := math.Float64bits(f.Strength)
	mix := func(n uint64) { h = bits.RotateLeft64(h^n*0x9e3779b97f4a7c15, 29) * 0xbf58476d1ce4e5b9 }
	for _, i := range f.Counted {
		e := &v.Entries[i]
		o := v.Of(e)
		mix(e.ID)
		mix(o.Mix() + uint64(o.Transfers)<<8 + uint64(o.Tie))
		mix(uint64(o.First))
	}
	for i := range len(f.Says) {
		h = (h ^ uint64(f.Says[i])) * 0x100000001b3 // FNV-1a
	}
	mix(uint64(len(f.Counted)))
	return h
}

// subjectOf returns whom a signal is about, and its role.
func subjectOf(v *profile.View, about profile.Token) (signal.Subject, signal.Role) {
	switch {
	case about == profile.Token{}:
		return v.Subject, v.Role
	case v.Role == signal.Sender:
		return about.Subject(), signal.Recipient
	}
	return about.Subject(), signal.Sender
}

func signalID(v *profile.View, f profile.Fired) string {
	subject, role := subjectOf(v, f.About)
	parts := []string{"payment", f.Typology, f.Version, string(subject), string(role)}
	if subject != v.Subject {
		parts = append(parts, string(v.Subject)) // whose profile shows it
	}
	return signal.ID(parts...)
}

// newSignal says in d what a typology found.
func (p *Partition) newSignal(d *signal.Draft, v *profile.View, revision uint64, fired profile.Fired, f Finding) {
	subject, role := subjectOf(v, fired.About)
	about := subject != v.Subject
	pairs := p.pairsOf(v, f.Counted)
	*d = signal.Draft{
		ID: signalID(v, fired), Revision: revision, Subject: subject,
		Start: v.Entries[f.Counted[0]].At, End: v.Entries[f.Counted[len(f.Counted)-1]].At,
		Says: f.Says, Typology: fired.Typology, Rules: fired.Version, Role: role,
		Transfers: len(f.Counted), Others: len(pairs), Strength: f.Strength, Victim: f.Victim,
	}
	var memory [16]profile.Country
	countries := memory[:0]
	var own profile.Country
	for _, i := range f.Counted {
		e := &v.Entries[i]
		other, mine := e.OtherCountry, e.Country
		if about {
			other, mine = mine, other
		}
		if other != 0 && !slices.Contains(countries, other) {
			countries = append(countries, other)
		}
		if mine != 0 {
			own = mine // the newest that says one
		}
	}
	for _, one := range pairs {
		if v.Others[one.other].Tie == profile.TieNone {
			d.Unrelated++
		}
	}
	d.Country = own.Letters()
	slices.Sort(countries)
	d.Countries = take(&p.lent.countries, min(len(countries), maxCountries))
	for n := range d.Countries {
		d.Countries[n] = countries[n].Letters()
	}
	d.Times = take(&p.lent.times, min(len(f.Counted), maxTimes))
	for n, i := range newest(f.Counted, maxTimes) {
		d.Times[n] = v.Entries[i].At
	}
	if about {
		d.Others, d.Unrelated = 1, min(d.Unrelated, 1)
		d.Pairs = p.sayPairs(v, pairs[:1])
		d.Pairs[0].Other = profile.TokenOf(v.Subject)
	} else {
		d.Pairs = p.sayPairs(v, pairs)
	}
	d.Transaction = take(&p.lent.sources, min(len(f.Counted), signal.MaxEvidence))
	for n, i := range newest(f.Counted, signal.MaxEvidence) {
		e := &v.Entries[i]
		t := &d.Transaction[n]
		t.Holder, t.Ref = v.SourceBytes(e)
		t.At = e.At
	}
}

// A pair counts one counterparty among the transfers that count.
type pair struct {
	other uint16
	n     int32
}

// pairsOf returns the counterparties of some transfers.
func (p *Partition) pairsOf(v *profile.View, counted []int32) []pair {
	if cap(p.places) < len(v.Others) {
		p.places = make([]int32, len(v.Others)+64)
	}
	places := p.places[:len(v.Others)] // in out, from 1
	clear(places)
	out := p.pairs[:0]
	for _, i := range counted {
		o := v.Entries[i].Other
		if places[o] == 0 {
			out = append(out, pair{other: o})
			places[o] = int32(len(out))
		}
		out[places[o]-1].n++
	}
	p.pairs = out
	return out
}

// sayPairs names the MaxPairs of pairs with the most transfers, by token.
func (p *Partition) sayPairs(v *profile.View, pairs []pair) []signal.DraftPair {
	byToken := func(a, b pair) int { return bytes.Compare(v.Others[a.other].Token[:], v.Others[b.other].Token[:]) }
	if len(pairs) > signal.MaxPairs {
		slices.SortFunc(pairs, func(a, b pair) int {
			if a.n != b.n {
				return int(b.n - a.n)
			}
			return byToken(a, b)
		})
		pairs = pairs[:signal.MaxPairs]
	}
	slices.SortFunc(pairs, byToken)
	out := take(&p.lent.pairs, len(pairs))
	places := p.places[:len(v.Others)] // in out, from 1
	clear(places)
	room := 0
	for n, one := range pairs {
		o := &v.Others[one.other]
		out[n] = signal.DraftPair{Other: o.Token, Transfers: o.Transfers, First: o.First, Related: o.Tie > profile.TieNone}
		places[one.other] = int32(n + 1)
		room += min(o.Transfers, signal.MaxPairTimes)
	}
	times := take(&p.lent.times, room)
	for n, p := range pairs {
		k := min(v.Others[p.other].Transfers, signal.MaxPairTimes)
		out[n].Times, times = times[:0:k], times[k:]
	}
	for i := len(v.Entries) - 1; i >= 0; i-- {
		if n := places[v.Entries[i].Other]; n > 0 {
			if t := &out[n-1].Times; len(*t) < cap(*t) {
				*t = append(*t, v.Entries[i].At)
			}
		}
	}
	for n := range out {
		slices.Reverse(out[n].Times)
	}
	return out
}

// withdrawal takes back what a typology said, under the version that said it.
func withdrawal(v *profile.View, revision uint64, f profile.Fired) signal.Draft {
	subject, role := subjectOf(v, f.About)
	return signal.Draft{
		ID: signalID(v, f), Revision: revision, Subject: subject, Start: v.Newest, End: v.Newest,
		Says: "the pattern is no longer there", Typology: f.Typology, Rules: f.Version, Role: role,
	}
}

func newest(counted []int32, n int) []int32 { return counted[max(0, len(counted)-n):] }
