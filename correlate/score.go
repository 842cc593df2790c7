package correlate

import (
	"fmt"
	"math"
	"slices"
)

// The names of the parts, besides those of typologies, which the weights give.
const (
	partPrior          = "prior"
	partListMatch      = "list-match"
	partPrivateSession = "private-session"
	partPublicSessions = "public-sessions"
	partUserFlag       = "user-flag"
	partCoincidence    = "payment-session-coincidence"
	partRelated        = "related-counterparties"
	partRhythm         = "regular-rhythm"
)

// result is a score with its explanation.
type result struct {
	parts       []Part
	score       float64
	probability float64
	state       string
}

// score adds the evidence up, in a fixed order of parts. It sums thousandths as
// integers: the sum of the parts that a reader sees is the score exactly, and a
// processor that fuses a multiplication with an addition computes no other case.
func (w Weights) score(ev evidence) result {
	f := w.file
	var r result
	var thousandths int64
	add := func(p Part) {
		t := int64(math.Round(p.Weight * 1000))
		if t == 0 {
			return
		}
		thousandths += t
		p.Weight = float64(t) / 1000
		slices.Sort(p.Signals)
		if p.Signals == nil {
			p.Signals = []string{}
		}
		r.parts = append(r.parts, p)
	}
	add(f.prior())
	for _, p := range []Part{
		f.listMatch(ev), f.privateSession(ev), f.publicSessions(ev), f.userFlag(ev),
	} {
		add(p)
	}
	for _, p := range f.typologies(ev) {
		add(p)
	}
	for _, p := range []Part{f.coincidence(ev), f.related(ev), f.rhythm(ev)} {
		add(p)
	}

	r.score = float64(thousandths) / 1000
	r.probability = math.Round(1e4/(1+math.Exp(-r.score))) / 1e4
	r.state = Withdrawn
	if r.probability >= f.Bar.Value {
		r.state = Open
	}
	return r
}

func (f weightsFile) prior() Part {
	return Part{
		Name: partPrior, Weight: f.Prior.Value,
		Says: fmt.Sprintf("Before any evidence, about 1 in %.0f is what this case suggests.", 1+math.Exp(-f.Prior.Value)),
	}
}

// privateSession and publicSessions exclude each other: some sessions of the
// window were private, or there were some and all were public.
func (f weightsFile) privateSession(ev evidence) Part {
	var ids []string
	for _, e := range ev.sessions {
		if e.private {
			ids = append(ids, e.hex())
		}
	}
	if len(ids) == 0 {
		return Part{}
	}
	return Part{
		Name: partPrivateSession, Weight: f.PrivateSession.Value, Signals: ids,
		Says: fmt.Sprintf("Within %d days %d of %s private.", windowDays, len(ids), were(len(ev.sessions), "live stream")),
	}
}

func (f weightsFile) publicSessions(ev evidence) Part {
	var ids []string
	for _, e := range ev.sessions {
		if e.private {
			return Part{}
		}
		ids = append(ids, e.hex())
	}
	if len(ids) == 0 {
		return Part{}
	}
	return Part{
		Name: partPublicSessions, Weight: f.PublicSessions.Value, Signals: ids,
		Says: fmt.Sprintf("Within %d days %s public and none private.", windowDays, were(len(ids), "live stream")),
	}
}

// userFlag adds first × (1 + next + next² + …), a term a flag: many flags say
// little more than a few, and nobody can be flagged into a case.
func (f weightsFile) userFlag(ev evidence) Part {
	n := len(ev.flags)
	if n == 0 {
		return Part{}
	}
	var ids []string
	for _, e := range ev.flags {
		ids = append(ids, e.hex())
	}
	next := f.UserFlag.Next.Value
	return Part{
		Name: partUserFlag, Signals: ids,
		Weight: f.UserFlag.First.Value * (1 - math.Pow(next, float64(n))) / (1 - next),
		Says:   fmt.Sprintf("Within %d days %s raised; each counts %g of the one before.", windowDays, were(n, "user flag"), next),
	}
}

// count writes a number with its noun, were adds the verb.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func were(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " was"
	}
	return count(n, noun) + " were"
}
