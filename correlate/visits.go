package correlate

import (
	"fmt"
	"math"
	"slices"
)

// mostVisits bounds the value of visits that were paid for: log2(1 + 7). mostSessions
// bounds that of sessions, and mostStrangers that of payers.
const (
	mostVisits    = 3.0
	mostSessions  = 5.0
	mostStrangers = 3.0
)

// paidVisits weighs private sessions that were watched by somebody who had paid the
// subject shortly before, or paid during them: log2(1 + n), at most mostVisits. It needs no
// habit to hold against: payer, payment and guest are the same person on the same evening.
func (f *weightsFile) paidVisits(payers []pair, talk bool) finding {
	return f.visits(payers, talk, "private live streams were watched by somebody who had paid the subject")
}

// visitsPaidFor is the same from the other end: private sessions that the subject watched
// having paid their host.
func (f *weightsFile) visitsPaidFor(paid []pair, talk bool) finding {
	return f.visits(paid, talk, "private live streams were watched by the subject, who had paid the host")
}

func (f *weightsFile) visits(pairs []pair, talk bool, what string) finding {
	var out finding
	n := 0
	for i := range pairs {
		p := &pairs[i]
		if !p.stranger() {
			continue
		}
		n += len(p.paidFor)
		if talk && len(p.paidFor) > 0 {
			out.by = append(append(out.by, p.paidFor...), p.told)
		}
	}
	if n == 0 {
		return finding{}
	}
	out.value = min(math.Log2(float64(1+n)), mostVisits)
	if talk {
		out.says = fmt.Sprintf("%d %s up to %g hours before, or did meanwhile; the two share no name, and keep no rhythm.", n, what, f.Coincidence.LeadHours.Value)
	}
	return out
}

// severalHosts weighs different hosts of private sessions with few viewers that the subject
// watched within hours of paying a stranger: 1 − 2^(1−n) for n of them. Whoever calls a
// family, a partner or a teacher calls one.
func (f *weightsFile) severalHosts(ev *evidence, paid []pair, talk bool) finding {
	times, _ := transfers(ev, paid, true)
	if len(times) == 0 {
		return finding{}
	}
	var out finding
	var hosts []token
	lead := f.lead()
	for _, e := range ev.guest {
		if e.session.audience > int(f.LowAudience.Value) || !within(times, e.start-lead, e.end) {
			continue
		}
		if i := slices.IndexFunc(paid, func(p pair) bool { return p.other == e.session.host }); i >= 0 && !paid[i].stranger() {
			continue
		}
		if !slices.Contains(hosts, e.session.host) {
			hosts = append(hosts, e.session.host)
		}
		out.by = append(out.by, e)
	}
	if len(hosts) < 2 {
		return finding{}
	}
	out.value = 1 - math.Pow(2, float64(1-len(hosts)))
	if talk {
		out.says = fmt.Sprintf("The subject watched private live streams of %d hosts, each up to %g hours after paying a stranger.", len(hosts), f.Coincidence.LeadHours.Value)
	}
	return out
}

// paidSessions weighs how many private sessions with few viewers some stranger had paid for
// up to so many hours before, or paid for meanwhile, less as many as would be by chance at
// that number of payments; and against, how many nobody had: log2(1 + n) each, at most
// mostSessions. Families and couples call without any payment many times for each call with
// one; a commission is paid for.
func (f *weightsFile) paidSessions(ev *evidence, sessions []*entry, pairs []pair, sent, talk bool) (paid, unpaid finding) {
	times, _ := transfers(ev, pairs, sent)
	times = times[countBefore(times, ev.since):]
	rate := float64(len(times)) / float64(ev.until-ev.since)
	lead := f.lead()
	n, m, chance := 0, 0, 0.0
	for _, e := range sessions {
		if !e.private || e.session != nil && e.session.audience > int(f.LowAudience.Value) {
			continue
		}
		n++
		chance -= math.Expm1(-rate * float64(e.end-e.start+lead))
		if within(times, e.start-lead, e.end) {
			if m++; talk {
				paid.by = append(paid.by, e)
			}
		} else if talk {
			unpaid.by = append(unpaid.by, e)
		}
	}
	paid.value, unpaid.value = min(math.Log2(1+max(float64(m)-chance, 0)), mostSessions), min(math.Log2(float64(1+n-m)), mostSessions)
	if talk {
		what := fmt.Sprintf("%s with few viewers", count(n, "private live stream"))
		paid.says = fmt.Sprintf("Of %s %d came up to %g hours after a payment of a stranger, or while one paid; at so many payments %s would by chance.", what, m, f.Coincidence.LeadHours.Value, tenths(chance))
		unpaid.says = fmt.Sprintf("Of %s %d came without any payment of a stranger up to %g hours before.", what, n-m, f.Coincidence.LeadHours.Value)
	}
	return paid, unpaid
}

// countBefore counts the ascending times before one.
func countBefore(times []int64, before int64) int {
	n, _ := slices.BinarySearch(times, before)
	return n
}

// strangers weighs how many payers share no name with the subject and keep no rhythm:
// log2(1 + n), at most mostStrangers.
func strangers(payers []pair, talk bool) finding {
	var out finding
	n := 0
	for i := range payers {
		if p := &payers[i]; p.stranger() {
			if n++; talk {
				out.by = append(out.by, p.told)
			}
		}
	}
	if n == 0 {
		return finding{}
	}
	out.value = min(math.Log2(float64(1+n)), mostStrangers)
	if talk {
		out.says = fmt.Sprintf("%s the subject small sums from abroad, of no name in common and in no rhythm.", map[bool]string{true: "1 person paid", false: fmt.Sprintf("%d people paid", n)}[n == 1])
	}
	return out
}

// tenths writes how many are expected.
func tenths(n float64) string {
	if n < 0.05 {
		return "fewer than 0.1"
	}
	return fmt.Sprintf("%.1f", n)
}
