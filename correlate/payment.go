package correlate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// typologies gives each payment typology that fired a part of its own: its value
// × its strength. Where it fired for the subject both as sender and as
// recipient, the stronger counts. A typology without a weight has no part.
func (f weightsFile) typologies(ev evidence) []Part {
	strongest := make(map[string]signal.Signal)
	for _, s := range ev.payments {
		if s.Payment.Strength > 0 && s.Payment.Strength > strength(strongest[s.Payment.Typology]) {
			strongest[s.Payment.Typology] = s
		}
	}
	var parts []Part
	for _, id := range slices.Sorted(maps.Keys(strongest)) {
		t, weighed := f.Typologies[id]
		if !weighed {
			continue
		}
		s := strongest[id]
		parts = append(parts, Part{
			Name: t.Name, Weight: t.Value * strength(s), Signals: []string{s.ID},
			Says: fmt.Sprintf("As %s (%s, strength %.2f): %s.", s.Payment.Role, id, strength(s), clip(s.Says)),
		})
	}
	return parts
}

// strength is at most 1, and 0 where there is no payment.
func strength(s signal.Signal) float64 {
	if s.Payment == nil {
		return 0
	}
	return min(s.Payment.Strength, 1)
}

// clip shortens a sentence so that it fits into another.
func clip(says string) string {
	const most = 800
	if len(says) > most {
		says = says[:most]
		for !utf8.ValidString(says) {
			says = says[:len(says)-1]
		}
		says += "…"
	}
	return strings.TrimSuffix(says, ".")
}

// related speaks against where at least half of the counterparties share the
// subject's surname: value × their share. It reads the payment signal that
// counts the most of them.
func (f weightsFile) related(ev evidence) Part {
	var widest signal.Signal
	for _, s := range ev.payments {
		if widest.Payment == nil || s.Payment.Counterparties > widest.Payment.Counterparties {
			widest = s
		}
	}
	if widest.Payment == nil || widest.Payment.Counterparties < 1 {
		return Part{}
	}
	all := widest.Payment.Counterparties
	kin := all - min(widest.Payment.Unrelated, all)
	if 2*kin < all {
		return Part{}
	}
	return Part{
		Name: partRelated, Weight: f.Related.Value * float64(kin) / float64(all), Signals: []string{widest.ID},
		Says: fmt.Sprintf("%d of %s the subject's surname.", kin, shares(all)),
	}
}

func shares(n int) string {
	if n == 1 {
		return "1 counterparty shares"
	}
	return fmt.Sprintf("%d counterparties share", n)
}

// What counts as a rhythm: gaps of at least six days, each within a fifth of the
// median one. A week is the shortest rhythm that people pay by, and a month
// varies by a tenth.
const (
	leastGap   = 6 * 24 * time.Hour
	gapMargin  = 5 // one part in five
	leastBeats = 3 // transfers, so two gaps
)

// rhythm speaks against where transfers come by the week or the month. It reads
// the payment signal with the most transfers in one role.
func (f weightsFile) rhythm(ev evidence) Part {
	var longest signal.Signal
	for _, s := range ev.payments {
		if longest.Payment == nil || len(s.Payment.Times) > len(longest.Payment.Times) {
			longest = s
		}
	}
	if longest.Payment == nil || len(longest.Payment.Times) < leastBeats {
		return Part{}
	}
	times := slices.SortedFunc(slices.Values(longest.Payment.Times), time.Time.Compare)
	gaps := make([]time.Duration, 0, len(times))
	for i := range times[1:] {
		gaps = append(gaps, times[i+1].Sub(times[i]))
	}
	slices.Sort(gaps)
	median := gaps[len(gaps)/2]
	margin := median / gapMargin
	if median < leastGap || gaps[0] < median-margin || gaps[len(gaps)-1] > median+margin {
		return Part{}
	}
	return Part{
		Name: partRhythm, Weight: f.Rhythm.Value, Signals: []string{longest.ID},
		Says: fmt.Sprintf("%d transfers come every %.0f days, give or take a fifth.", len(times), median.Hours()/24),
	}
}
