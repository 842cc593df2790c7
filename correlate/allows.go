package correlate

import "math"

// allows is no less than the score of a set, by a look at its entries that costs little:
// what speaks against is left out, of what speaks for all that the entries could show is
// taken, and of the explanations the one that allows the least. help reports whether
// the set may be that of a victim.
func (w *Weights) allows(have *set) (most float64, help bool) {
	var high [64]float64
	values := high[:0]
	if len(w.features) > cap(high) {
		values = make([]float64, 0, len(w.features))
	}
	values = values[:len(w.features)]
	values[partSigns] = 1
	received, sent := false, false
	private, guests, watched, pairs := 0, 0, 0, 0 // sessions, those with guests, those watched, payers
	further := 0.0
	var flags [sourceEnd]bool
	for i := range have.entries {
		e := &have.entries[i]
		if !have.inWindow(e) {
			continue
		}
		switch e.kind {
		case kindMatch:
			if !e.match.held {
				return math.Inf(1), false
			}
		case kindSession:
			if e.private {
				values[partPrivateSession], values[partLowAudience] = 1, 1
				if private++; e.session != nil && len(e.session.guests) > 0 {
					guests++
				}
			}
		case kindFlag:
			flags[e.source] = true
		case kindScore:
			worth := w.file.worth(e.score)
			values[partClassifier] = math.Max(values[partClassifier], worth)
			further += math.Max(worth, 0)
		case kindGuest:
			watched++
		case kindPayment:
			p := e.payment
			received = received || !p.sender && p.strength > 0
			sent = sent || p.sender && p.strength > 0
			if !p.sender {
				pairs += len(p.pairs)
			}
			help = help || p.victim && p.strength > 0
			if k, weighed := w.place[p.typology]; weighed {
				values[k] = math.Max(values[k], p.strength)
			}
		}
	}
	for i, of := range w.file.flagsBySource() {
		if flags[i] {
			values[partUserFlag] += of.weight.First.Value / (1 - of.weight.Next.Value)
		}
	}
	values[partFurtherScores] = math.Min(further, maxFurther)
	logs := func(n int, most float64) float64 { return math.Min(math.Log2(float64(1+n)), most) }
	if received && private > 0 {
		values[partCoincidence], values[partSeveralPayers], values[partPaidSessions] = mostRatio(), mostRatio(), logs(private, mostSessions)
		if guests > 0 {
			values[partPayingGuests], values[partPaidVisits] = 1, mostVisits
		}
	}
	if received {
		values[partStrangers] = logs(pairs, mostStrangers)
	}
	if sent && watched > 0 {
		values[partWatchedCoincidence], values[partVisitsPaidFor], values[partSeveralHosts] = mostRatio(), logs(watched, mostVisits), 1
	}
	return w.least(values), help
}

// least is the score of values against the explanation that allows the least, but for what
// speaks against, and no less by rounding.
func (w *Weights) least(values []float64) float64 {
	var room [32]float64
	sums := room[:0]
	for _, p := range w.priors {
		sums = append(sums, float64(p)/1000)
	}
	for k, x := range values {
		if x > 0 {
			for e, m := range w.rows[k] {
				sums[e] += m*x + 0.001
			}
		}
	}
	least := math.Inf(1)
	for _, s := range sums {
		least = min(least, s)
	}
	return float64(w.file.calibrate(thousandths(least)+1)) / 1000
}
