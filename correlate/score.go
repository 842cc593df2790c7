package correlate

import (
	"fmt"
	"math"
	"slices"
)

// A feature is one named kind of evidence, by its place. Typologies come behind, by
// their id.
const (
	partListMatch = iota
	partPrivateSession
	partLowAudience
	partPublicSessions
	partLargeAudience
	partUserFlag
	partClassifier
	partFurtherScores
	partUnremarked
	partCoincidence
	partSeveralPayers
	partPayingGuests
	partPaidVisits
	partPaidSessions
	partUnpaidSessions
	partStrangers
	partWatchedCoincidence
	partVisitsPaidFor
	partUnpaidVisits
	partSeveralHosts
	partPublicBeside
	partAlikeLengths
	partGivers
	partRelated
	partRhythm
	partSteadyPayers
	partFixedPrice
	partLongRelation
	partOneToOne
	partVictim
	partSigns
	fixedParts
)

// SignsExpected is the part that everybody has, at value 1: how much likelier it is of the
// guilty than of the innocent to show none of the other signs. It is mostly rarer, and so
// each sign counts from below the prior.
const SignsExpected = "signs-expected"

// fixed are the names of the parts that are not typologies, and whether they speak for
// (+1) or against (−1) where they have a weight, or either (0).
var fixed = [fixedParts]struct {
	name string
	sign float64
}{
	partListMatch:          {"list-match", 1},
	partPrivateSession:     {"private-session", 1},
	partLowAudience:        {"low-audience", 1},
	partPublicSessions:     {"public-sessions", -1},
	partLargeAudience:      {"large-audience", -1},
	partUserFlag:           {"user-flag", 1},
	partClassifier:         {"classifier-score", 1},
	partFurtherScores:      {"further-scores", 1},
	partUnremarked:         {"unremarked-streams", -1},
	partCoincidence:        {"payment-session-coincidence", 1},
	partSeveralPayers:      {"several-payers-coincide", 1},
	partPayingGuests:       {"paying-guests", 1},
	partPaidVisits:         {"paid-visits", 1},
	partPaidSessions:       {"paid-sessions", 1},
	partUnpaidSessions:     {"unpaid-sessions", -1},
	partStrangers:          {"strangers-who-pay", 1},
	partUnpaidVisits:       {"unpaid-visits", -1},
	partWatchedCoincidence: {"watched-session-coincidence", 1},
	partVisitsPaidFor:      {"visits-paid-for", 1},
	partSeveralHosts:       {"several-hosts", 1},
	partPublicBeside:       {"public-beside-private", -1},
	partAlikeLengths:       {"alike-lengths", -1},
	partGivers:             {"givers-without-streams", -1},
	partRelated:            {"related-counterparties", -1},
	partRhythm:             {"regular-rhythm", -1},
	partSteadyPayers:       {"steady-payers", -1},
	partFixedPrice:         {"fixed-price", -1},
	partLongRelation:       {"long-relation", -1},
	partOneToOne:           {"one-to-one", -1},
	partVictim:             {"sextortion-series", -1},
	partSigns:              {SignsExpected, 0},
}

// The names of what is no evidence and yet is part of the sum.
const (
	partPrior       = "prior"
	partOthers      = "other-explanations"
	partCalibration = "calibration"
	partAlone       = "payments-alone"
)

// A finding is how much of a feature there is, and, where it is asked to talk, why.
type finding struct {
	value  float64
	says   string
	by     []*entry
	quotes *entry // whose signal's own sentence says it
}

// costly are the parts whose values cost the most to find, and are kept until something
// changes that they depend on.
var costly = [...]int{partCoincidence, partSeveralPayers, partWatchedCoincidence}

// findings are what the evidence shows of each feature. known, if there is any, are the
// values of the costly ones of before.
func (w *Weights) findings(ev *evidence, talk bool, known *[len(costly)]float64) findings {
	f := &w.file
	out := findings{all: make([]finding, fixedParts+len(w.typologies))}
	all := out.all
	all[partSigns] = finding{value: 1, says: "Of people of whom a case would be right fewer show none of these signs than of others; what was seen counts from there."}
	all[partListMatch] = f.listMatch(ev, talk)
	all[partPrivateSession] = privateSession(ev, talk)
	all[partLowAudience] = f.lowAudience(ev, talk)
	all[partPublicSessions] = publicSessions(ev, talk)
	all[partPublicBeside] = publicBeside(ev, talk)
	all[partLargeAudience] = largeAudience(ev, talk)
	all[partAlikeLengths] = alikeLengths(ev, talk)
	all[partUserFlag] = f.userFlag(ev, talk)
	said := f.classified(ev)
	all[partClassifier] = classifierScore(&said, talk)
	all[partFurtherScores] = furtherScores(&said, talk)
	all[partUnremarked] = unremarkedStreams(&said, talk)
	all[partOneToOne] = oneToOne(ev, talk)
	if len(ev.payments) == 0 {
		return out
	}
	out.payers, out.paid = f.pairs(ev, false), f.pairs(ev, true)
	main := out.payers // whose habits are looked at
	if len(main) == 0 {
		main = out.paid
	}
	if known == nil {
		h := f.habit(ev, ev.sessions, out.payers, false)
		all[partCoincidence] = f.coincidence(ev, &h, out.payers, talk)
		all[partSeveralPayers] = f.severalPayers(ev, &h, out.payers, talk)
		watched := f.habit(ev, ev.guest, out.paid, true)
		all[partWatchedCoincidence] = f.watchedCoincidence(ev, &watched, out.paid, talk)
	} else {
		for i, part := range costly {
			all[part].value = known[i]
		}
	}
	all[partPayingGuests] = payingGuests(out.payers, talk)
	all[partPaidVisits] = f.paidVisits(out.payers, talk)
	all[partPaidSessions], all[partUnpaidSessions] = f.paidSessions(ev, ev.sessions, out.payers, false, talk)
	_, all[partUnpaidVisits] = f.paidSessions(ev, ev.guest, out.paid, true, talk)
	all[partStrangers] = strangers(out.payers, talk)
	all[partVisitsPaidFor] = f.visitsPaidFor(out.paid, talk)
	all[partSeveralHosts] = f.severalHosts(ev, out.paid, talk)
	all[partGivers] = f.givers(ev, out.payers, talk)
	all[partRelated] = related(ev, talk)
	all[partRhythm] = regular(ev, main, talk)
	all[partSteadyPayers] = steadyPayers(out.payers, talk)
	all[partLongRelation] = longRelation(main, talk)
	all[partFixedPrice] = typologyOf(ev, fixedPrice)
	all[partVictim] = victim(ev)
	for i, id := range w.typologies {
		all[fixedParts+i] = typologyOf(ev, id)
	}
	return out
}

// findings are all features of a subject, and what else was found on the way.
type findings struct {
	all    []finding
	payers []pair // who paid the subject
	paid   []pair // whom the subject paid
}

// result is a score with what it was summed of, in thousandths: the sum of the parts that
// a reader sees is the score exactly, and a processor that fuses a multiplication with an
// addition computes no other case.
type result struct {
	best        int     // the innocent explanation that fits best
	against     []int64 // the score against each explanation alone
	parts       []int64 // of the features, against the best
	prior       int64
	others      int64 // what all other explanations take
	calibration int64
	alone       int64 // what is taken off so that payments alone stay below the bar
	score       int64
}

// weigh sums findings up. Against an innocent explanation e the score is
//
//	ln(prior odds) − ln(share of e) + Σ weight of the part against e × value
//
// and against all of them, since any may be true, −ln Σ exp(−score against e). It is told
// as the sum against the one that fits best, and one part for all others.
func (w *Weights) weigh(all []finding) result {
	r := result{against: make([]int64, len(w.explanations)), parts: make([]int64, len(all))}
	for e := range w.explanations {
		sum := w.priors[e]
		for k := range all {
			if all[k].value != 0 {
				sum += thousandths(w.matrix[e][k] * all[k].value)
			}
		}
		r.against[e] = sum
		if sum < r.against[r.best] {
			r.best = e
		}
	}
	for k := range all {
		if all[k].value != 0 {
			r.parts[k] = thousandths(w.matrix[r.best][k] * all[k].value)
		}
	}
	r.prior = w.priors[r.best]
	rest := 0.0
	for _, s := range r.against {
		rest += math.Exp(float64(r.against[r.best]-s) / 1000)
	}
	r.others = -thousandths(math.Log(rest))
	raw := r.against[r.best] + r.others
	r.calibration = w.file.calibrate(raw) - raw
	r.score = raw + r.calibration
	if most := int64(math.Floor(w.bar*1000)) - 1; r.score > most && !w.speaksBeside(all) {
		r.alone = most - r.score
		r.score = most
	}
	return r
}

func thousandths(x float64) int64 { return int64(math.Round(x * 1000)) }

// probability is that of a score, to four decimals.
func probability(score int64) float64 {
	return math.Round(1e4/(1+math.Exp(-float64(score)/1000))) / 1e4
}

// open reports whether a score reaches the bar.
func (w *Weights) open(score int64) bool { return probability(score) >= w.file.Bar.Value }

// parts writes a result down. say gives the sentence of a finding's own signal.
func (w *Weights) parts(all []finding, r result, say func(*entry) (string, error)) ([]Part, error) {
	name := w.explanations[r.best]
	out := []Part{{
		Name: partPrior, Weight: float64(r.prior) / 1000, Signals: []string{},
		Says: fmt.Sprintf("Before any evidence: for each person whom this case suspects rightly there are about %s to whom the innocent explanation that fits best applies: %s, %s. What follows is weighed against it.",
			about(math.Exp(-float64(r.prior)/1000)), name, w.file.Explanations[name].Says),
	}}
	for k := range all {
		if r.parts[k] == 0 {
			continue
		}
		p := Part{Name: w.features[k].Name, Weight: float64(r.parts[k]) / 1000, Says: all[k].says, Signals: ids(all[k].by)}
		if q := all[k].quotes; q != nil {
			var err error
			if p.Says, err = say(q); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	if r.others != 0 {
		out = append(out, Part{
			Name: partOthers, Weight: float64(r.others) / 1000, Signals: []string{},
			Says: fmt.Sprintf("The other innocent explanations, of which %s fits next best, may be true too.", w.explanations[r.second()]),
		})
	}
	if r.calibration != 0 {
		out = append(out, Part{
			Name: partCalibration, Weight: float64(r.calibration) / 1000, Signals: []string{},
			Says: "What scores like this one have turned out to be worth: " + w.file.Calibration.Source + ".",
		})
	}
	if r.alone != 0 {
		out = append(out, Part{
			Name: partAlone, Weight: float64(r.alone) / 1000, Signals: []string{},
			Says: "Payments alone make no case, whatever they look like: nothing is known of a private stream, and of public ones nobody but users complained.",
		})
	}
	return out, nil
}

// second is the explanation that fits second best.
func (r *result) second() int {
	second := -1
	for e, s := range r.against {
		if e != r.best && (second < 0 || s < r.against[second]) {
			second = e
		}
	}
	return max(second, 0)
}

// about writes a number to two digits.
func about(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	scale := math.Pow(10, math.Floor(math.Log10(x))-1)
	return fmt.Sprintf("%.0f", math.Round(x/scale)*scale)
}

func ids(by []*entry) []string {
	out := make([]string, 0, len(by))
	for _, e := range by {
		out = append(out, e.hex())
	}
	slices.Sort(out)
	return slices.Compact(out)
}
