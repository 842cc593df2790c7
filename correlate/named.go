package correlate

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// A case is about whoever streams and is paid. Who pays once or twice is never a case by
// that alone, and yet is part of it: so a case names who is suspected with its subject. How
// likely that is, if the case is right, is a sum of its own, with its own weights; times the
// case's probability it is the one told. Nobody named is therefore likelier than the case
// itself, and whoever is named by a case that is taken back is named no longer. Nothing
// goes from one case to another, so suspicion does not echo.

// Named is one who is suspected with a subject.
type Named struct {
	Subject signal.Subject
	Values  []float64 // of NamedFeatures
	Score   float64   // natural log odds of being part of it, if the case is right
}

// The features of whoever is named.
const (
	namedVisits = iota
	namedPaidVisits
	namedAligned
	namedBoth
	namedElsewhere
	namedRelated
	namedRhythm
	namedLong
	namedParts
)

var namedFeatures = [namedParts]struct {
	name string
	sign float64
}{
	namedVisits:     {"visits", 1},
	namedPaidVisits: {"visits-paid-for", 1},
	namedAligned:    {"aligned-transfers", 1},
	namedBoth:       {"watched-and-paid", 1},
	namedElsewhere:  {"other-transfers", 0},
	namedRelated:    {"related", -1},
	namedRhythm:     {"regular-rhythm", -1},
	namedLong:       {"long-relation", -1},
}

// NamedFeatures are what decides whom a case names, in the order of a Named's values.
func NamedFeatures() []Feature {
	var out []Feature
	for _, f := range namedFeatures {
		out = append(out, Feature{f.name, f.sign})
	}
	return out
}

// named are the weights of those who are named.
type named struct {
	Intercept number            `json:"intercept"`
	Parts     map[string]number `json:"parts"`
}

func (f *weightsFile) checkNamed() error {
	for _, of := range namedFeatures {
		n, there := f.Named.Parts[of.name]
		switch {
		case !there:
			return fmt.Errorf("/named/parts/%s: is missing", of.name)
		case n.Value*of.sign < 0:
			return fmt.Errorf("/named/parts/%s/value: has the wrong sign", of.name)
		}
	}
	return nil
}

// one is somebody who may be named.
type one struct {
	pair
	all   [namedParts]finding
	score float64
}

func (n *one) values() []float64 {
	out := make([]float64, namedParts)
	for k := range n.all {
		out[k] = n.all[k].value
	}
	return out
}

// named weighs everybody who paid the subject or watched its private sessions, the most
// suspected first. Who may pay under threat is not named: that is a victim.
func (f *weightsFile) named(ev *evidence, found *findings, talk bool) []one {
	all := make([]one, 0, len(found.payers))
	for _, p := range found.payers {
		if !p.victim {
			all = append(all, one{pair: p})
		}
	}
	payers := len(found.payers)
	guests := map[token]int{} // to their place in all
	for _, e := range ev.sessions {
		if !e.private || e.session == nil {
			continue
		}
		for _, g := range e.session.guests {
			if _, paid := slices.BinarySearchFunc(found.payers[:payers], g, func(p pair, t token) int { return bytes.Compare(p.other[:], t[:]) }); paid {
				continue
			}
			i, known := guests[g]
			if !known {
				i = len(all)
				guests[g] = i
				all = append(all, one{pair: pair{other: g}})
			}
			all[i].watched = append(all[i].watched, e)
		}
	}
	h := f.habit(ev, ev.sessions, found.payers, false)
	for i := range all {
		f.weighNamed(ev, &h, &all[i], talk)
	}
	slices.SortFunc(all, func(a, b one) int {
		return cmp.Or(cmp.Compare(b.score, a.score), bytes.Compare(a.other[:], b.other[:]))
	})
	return all[:min(len(all), MaxPairs)]
}

func (f *weightsFile) weighNamed(ev *evidence, h *habit, n *one, talk bool) {
	set := func(k int, value float64, by []*entry, says string, args ...any) {
		n.all[k].value = value
		if talk && value != 0 {
			n.all[k].by, n.all[k].says = by, fmt.Sprintf(says, args...)
		}
	}
	set(namedVisits, math.Log2(float64(1+len(n.watched))), n.watched, "Watched %s of the subject.", count(len(n.watched), "private live stream"))
	set(namedPaidVisits, math.Log2(float64(1+len(n.paidFor))), n.paidFor, "Had paid the subject up to %g hours before %d of them, or did meanwhile.", f.Coincidence.LeadHours.Value, len(n.paidFor))
	if n.told != nil {
		told := []*entry{n.told}
		times := h.within(n.times, ev.until)
		k := aligned(h.spans, times)
		set(namedAligned, math.Log2(float64(1+k)), told, "Of the transfers to the subject %d came up to %g hours before or during a private live stream with few viewers.", k, f.Coincidence.LeadHours.Value)
		set(namedElsewhere, math.Log2(float64(1+len(times)-k)), told, "Of the transfers to the subject %d came at other times.", len(times)-k)
		if len(n.watched) > 0 && len(times) > 0 && n.stranger() {
			set(namedBoth, 1, append(told, n.watched...), "Both paid the subject and watched its private live streams, at whatever times; shares no name with it, and keeps no rhythm.")
		}
		if n.related {
			set(namedRelated, 1, told, "Shares a name or an address with the subject.")
		}
		if n.steady {
			set(namedRhythm, 1, told, "Transfers come every %.0f days, give or take a fifth.", float64(rhythm(n.times))/float64(day))
		}
		if long := longRelation([]pair{n.pair}, false); long.value > 0 {
			set(namedLong, long.value, told, "Has paid the subject for %.0f days.", float64(n.times[len(n.times)-1]-n.first)/float64(day))
		}
	}
	n.score = f.Named.Intercept.Value
	for k := range n.all {
		n.score += f.Named.Parts[namedFeatures[k].name].Value * n.all[k].value
	}
}

// pairsOf writes down who is named by a case of a score, in thousandths.
func (f *weightsFile) pairsOf(all []one, score int64) (out []Pair) {
	own := 1 / (1 + math.Exp(-float64(score)/1000))
	for i := range all {
		n := &all[i]
		sum := thousandths(f.Named.Intercept.Value)
		parts := []Part{{
			Name: partPrior, Weight: float64(sum) / 1000, Signals: []string{},
			Says: "If the case is right: how it stands with somebody who pays its subject or watches, before what is known of the two.",
		}}
		for k := range n.all {
			v := thousandths(f.Named.Parts[namedFeatures[k].name].Value * n.all[k].value)
			if v == 0 {
				continue
			}
			sum += v
			parts = append(parts, Part{Name: namedFeatures[k].name, Weight: float64(v) / 1000, Says: n.all[k].says, Signals: ids(n.all[k].by)})
		}
		out = append(out, Pair{
			Payer: n.other.subject(), Transfers: n.transfers, Visits: len(n.watched), Score: float64(sum) / 1000,
			Probability: math.Round(1e4*own/(1+math.Exp(-float64(sum)/1000))) / 1e4, Parts: parts,
		})
	}
	return out
}
