package evaluate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// whoInstead says who holds the budget who should not.
func whoInstead(holders []Holder) string {
	var wrong []string
	all, right := 0.0, 0.0
	for _, h := range holders {
		all += h.Weight
		if h.Guilty {
			right += h.Weight
		} else if len(wrong) < 5 {
			wrong = append(wrong, fmt.Sprintf("%s %.3g", h.Group, h.Weight))
		}
	}
	if len(wrong) == 0 {
		return ""
	}
	return fmt.Sprintf("of %.3g cases %.3g are right; the others are %s", all, right, strings.Join(wrong, ", "))
}

// whereMissed says how much of recall is lost where.
func whereMissed(all []Fate) string {
	never, little, more, rank := 0.0, 0.0, 0.0, 0.0
	for _, f := range all {
		switch {
		case strings.HasPrefix(f.What, "never told"):
			never += f.Share
		case f.What == belowAlone, f.What == belowOne:
			little += f.Share
		case strings.HasPrefix(f.What, "below the bar"):
			more += f.Share
		case f.What == belowBudget:
			rank += f.Share
		}
	}
	return fmt.Sprintf("%.2f of the guilty could never be told from others by what was seen, so that no score finds more than %.2f; %.2f show one coincidence or none, as innocent people do; %.2f show more and stay below the bar, and of %.2f a case was open and ranked below the budget",
		never, 1-never, little, more, rank)
}

// whoTheyAre says of the worst of some groups or corridors who is suspected there, and how
// many are above 1.5 times the rate of all.
func whoTheyAre(worst Share, of []Share) string {
	above := 0
	for _, s := range of {
		if s.Ratio > 1.5 && s.Cases > 0 {
			above++
		}
	}
	if above == 0 {
		return ""
	}
	var who []string
	for _, name := range slices.Sorted(maps.Keys(worst.Among)) {
		who = append(who, fmt.Sprintf("%s %d", name, worst.Among[name]))
	}
	return fmt.Sprintf("%s: %s, circles: %d, the ratio's lower bound is %.1f; of each of the %d above 1.5 times the page says why, and what a reviewer needs to see",
		worst.Name, strings.Join(who, ", "), worst.Circles, worst.RatioLow, above)
}

// worstTenth tells of the tenth that is furthest off, of those that hold Enough or whose
// bounds exclude what was told.
func worstTenth(c Calibration) string {
	var worst *Bin
	for i := range c.Bins {
		if b := &c.Bins[i]; (b.Effective >= Enough || b.Off) && (worst == nil || b.Gap() >= worst.Gap()) {
			worst = b
		}
	}
	if worst == nil {
		return fmt.Sprintf("no tenth holds as much as %d circles", Enough)
	}
	return fmt.Sprintf("from %.1f to %.1f there are %d people in %d circles, who tell as much as %.0f circles of equal weight; %.2f is told and %.2f true (%.2f to %.2f); the innocent among them weigh %.1f and the guilty %.1f",
		worst.Low, worst.High, worst.People, worst.Circles, worst.Effective, worst.Told, worst.True.Value, worst.True.Low, worst.True.High, worst.Weight*(1-worst.True.Value), worst.Weight*worst.True.Value)
}
