package engine

import (
	"encoding/binary"
	"hash"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// maxTimes and maxCountries limit the times and countries that a signal names.
	maxTimes     = 64
	maxCountries = 64
)

// evaluate asks the typologies, notes in the profile which fire, and makes signals
// of what is new, says something else, or is no longer there.
func (p *Partition) evaluate(prof *profile.Profile, added int) []signal.Signal {
	v := prof.View(&p.view, added)
	p.before = append(p.before[:0], prof.Fired...)
	before := p.before
	prof.Fired = prof.Fired[:0]
	var signals []signal.Signal
	for _, ty := range p.e.c.Typologies {
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
			signals = append(signals, newSignal(v, prof.Revision(), fired, f))
		}
	}
	for _, old := range before {
		stands := slices.ContainsFunc(prof.Fired, func(f profile.Fired) bool {
			return f.Typology == old.Typology && f.Version == old.Version && f.About == old.About
		})
		if !stands {
			signals = append(signals, withdrawal(v, prof.Revision(), old))
		}
	}
	return signals
}

// digest is of all that a signal says, its revision apart.
func digest(v *profile.View, f *Finding) uint64 {
	h := fnv.New64a()
	put := func(n uint64) { put(h, n) }
	put(math.Float64bits(f.Strength))
	put(uint64(len(f.Counted)))
	for _, i := range f.Counted {
		e := &v.Entries[i]
		put(e.ID)
		o := v.Of(e)
		put(uint64(o.Transfers)<<8 | uint64(o.Tie))
		put(uint64(o.First))
		put(o.Mix())
	}
	_, _ = h.Write([]byte(f.Says)) // of a hash: no error
	return h.Sum64()
}

func put(h hash.Hash64, n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = h.Write(b[:])
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

// newSignal says what a typology found.
func newSignal(v *profile.View, revision uint64, fired profile.Fired, f Finding) signal.Signal {
	subject, role := subjectOf(v, fired.About)
	pay := &signal.Payment{
		Typology: fired.Typology, Rules: fired.Version, Role: role,
		Transfers: len(f.Counted), Counterparties: v.Distinct(f.Counted), Strength: f.Strength, Victim: f.Victim,
	}
	pairs := pairsOf(v, f.Counted)
	var countries []profile.Country
	var own profile.Country
	for _, i := range f.Counted {
		e := &v.Entries[i]
		other, mine := e.OtherCountry, e.Country
		if subject != v.Subject {
			other, mine = mine, other
		}
		if other != 0 && !slices.Contains(countries, other) {
			countries = append(countries, other)
		}
		if mine != 0 {
			own = mine // the newest that says one
		}
	}
	for _, p := range pairs {
		if v.Others[p.other].Tie == profile.TieNone {
			pay.Unrelated++
		}
	}
	pay.Country = own.String()
	slices.Sort(countries)
	for _, c := range countries[:min(len(countries), maxCountries)] {
		pay.Countries = append(pay.Countries, c.String())
	}
	pay.Times = make([]time.Time, 0, min(len(f.Counted), maxTimes))
	for _, i := range newest(f.Counted, maxTimes) {
		pay.Times = append(pay.Times, utc(v.Entries[i].At))
	}
	if subject == v.Subject {
		pay.Pairs = sayPairs(v, pairs, nil)
	} else {
		pay.Counterparties, pay.Unrelated = 1, min(pay.Unrelated, 1)
		pay.Pairs = sayPairs(v, pairs[:1], &v.Subject)
	}
	s := signal.Signal{
		ID: signalID(v, fired), Revision: revision, Kind: signal.KindPayment, Subject: subject,
		Start: utc(v.Entries[f.Counted[0]].At), End: utc(v.Entries[f.Counted[len(f.Counted)-1]].At),
		Says: f.Says, Payment: pay,
	}
	for _, i := range newest(f.Counted, signal.MaxEvidence) {
		e := &v.Entries[i]
		institution, own := v.Source(e)
		s.Evidence = append(s.Evidence, signal.Evidence{What: "transaction", Holder: institution, Ref: own, At: utc(e.At)})
	}
	return s
}

// A pair counts one counterparty among the transfers that count.
type pair struct {
	other uint16
	n     int
}

// pairsOf returns the counterparties of some transfers, those with the most first.
func pairsOf(v *profile.View, counted []int32) []pair {
	var out []pair
	for _, i := range counted {
		o := v.Entries[i].Other
		at := slices.IndexFunc(out, func(p pair) bool { return p.other == o })
		if at < 0 {
			at = len(out)
			out = append(out, pair{other: o})
		}
		out[at].n++
	}
	slices.SortFunc(out, func(a, b pair) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(string(v.Others[a.other].Token[:]), string(v.Others[b.other].Token[:]))
	})
	return out
}

// sayPairs names the first MaxPairs of pairs, by token; as is what the
// counterparty is called, where it is not by its own token.
func sayPairs(v *profile.View, pairs []pair, as *signal.Subject) []signal.Pair {
	pairs = pairs[:min(len(pairs), signal.MaxPairs)]
	slices.SortFunc(pairs, func(a, b pair) int {
		return strings.Compare(string(v.Others[a.other].Token[:]), string(v.Others[b.other].Token[:]))
	})
	out := make([]signal.Pair, len(pairs))
	for n, p := range pairs {
		o := &v.Others[p.other]
		out[n] = signal.Pair{Other: o.Token.Subject(), Transfers: o.Transfers, First: utc(o.First), Related: o.Tie > profile.TieNone}
		if as != nil {
			out[n].Other = *as
		}
		times := make([]time.Time, 0, min(o.Transfers, signal.MaxPairTimes))
		for i := len(v.Entries) - 1; i >= 0 && len(times) < signal.MaxPairTimes; i-- {
			if v.Entries[i].Other == p.other {
				times = append(times, utc(v.Entries[i].At))
			}
		}
		slices.Reverse(times)
		out[n].Times = times
	}
	return out
}

// withdrawal takes back what a typology said, under the version that said it.
func withdrawal(v *profile.View, revision uint64, f profile.Fired) signal.Signal {
	at := utc(v.Newest)
	subject, role := subjectOf(v, f.About)
	return signal.Signal{
		ID: signalID(v, f), Revision: revision, Kind: signal.KindPayment, Subject: subject,
		Start: at, End: at, Says: "the pattern is no longer there",
		Payment: &signal.Payment{Typology: f.Typology, Rules: f.Version, Role: role, Times: []time.Time{}},
	}
}

func newest(counted []int32, n int) []int32 { return counted[max(0, len(counted)-n):] }

func utc(at int64) time.Time { return time.Unix(at, 0).UTC() }
