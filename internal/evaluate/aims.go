package evaluate

import (
	"fmt"
	"math"
	"strings"
)

// Judge holds a report to the aims. An aim that was missed stays in the report, with what
// was got in its place.
func (r *Report) Judge() {
	at := r.at(AimedPrevalence)
	if at == nil || len(at.Variants) < int(Variants) {
		return
	}
	budget := func(v Variant) Measure {
		for i, b := range budgets {
			if b == AimedBudget {
				return at.Variants[v].Budgets[i]
			}
		}
		return Measure{}
	}
	all := budget(All)
	r.Aims = append(r.Aims, Aim{
		Why:  whoInstead(at.Holders),
		What: "precision at a prevalence of 0.01 % and one case per 10,000 people", Want: "at least 0.5",
		Got: told(all.Precision), Met: all.Precision.Value >= 0.5,
	}, Aim{
		Why:  whereMissed(at.Fates),
		What: "recall of guilty people there", Want: "at least 0.7",
		Got: told(all.Recall) + fmt.Sprintf("; of networks %s", told(all.Networks)), Met: all.Recall.Value >= 0.7,
	})
	single := max(budget(Hashes).Recall.Value, budget(Payments).Recall.Value, budget(Tazama).Recall.Value)
	times := "no single source finds anybody"
	if single > 0 {
		times = fmt.Sprintf("%.1f times (%.3f and %.3f)", all.Recall.Value/single, all.Recall.Value, single)
	}
	r.Aims = append(r.Aims, Aim{
		What: "recall there, over that of the better single source", Want: "at least 3 times",
		Got: times, Met: all.Recall.Value > 0 && all.Recall.Value >= 3*single,
	})
	for _, g := range r.Groups {
		if g.Prevalence != AimedPrevalence || g.PerTenThousand != AimedBudget {
			continue
		}
		for _, of := range []struct {
			what   string
			shares []Share
		}{{"look-alike group", g.Groups}, {"corridor", g.Corridors}} {
			worst := Share{}
			for _, s := range of.shares {
				if s.Ratio > worst.Ratio {
					worst = s
				}
			}
			r.Aims = append(r.Aims, Aim{
				Why:  whoTheyAre(worst, of.shares),
				What: "false positives of the worst " + of.what + ", over those of all innocent people there", Want: "at most 1.5 times, or the page shows why",
				Got: worstOf(worst) + fmt.Sprintf("; of all %d of %d by themselves, and %d of %d beside networks, who count %.2g each", g.All.Cases, g.All.People, g.Bystanders.Cases, g.Bystanders.People, g.Bystanders.Network),
				Met: worst.Ratio <= 1.5,
			})
		}
	}
	for _, c := range r.Calibration {
		r.Aims = append(r.Aims, c.Of.judged(c.Prevalence))
	}
	r.clear()
}

// worstOf tells of the share with the highest rate, if anybody has a case.
func worstOf(s Share) string {
	if s.Name == "" {
		return "nobody has a case"
	}
	return fmt.Sprintf("%s: %.1f times, %d of %d people", s.Name, s.Ratio, s.Cases, s.People)
}

// judged holds a calibration to its aim. What too few circles tell is no reason to miss it,
// unless even their bounds exclude what was told; nor is it one to reach it.
func (c *Calibration) judged(prevalence float64) Aim {
	enough := 0
	var off []string
	for _, b := range c.Bins {
		if b.Effective >= Enough {
			enough++
		}
		if b.Off {
			off = append(off, fmt.Sprintf("%.1f to %.1f", b.Low, b.High))
		}
	}
	a := Aim{
		Why:  worstTenth(*c),
		What: fmt.Sprintf("calibration at a prevalence of %g %%", 100*prevalence), Want: fmt.Sprintf("within %g", Within),
		Got: fmt.Sprintf("expected error %.3f; of %d tenths that hold as much as %d circles the worst is %.3f off", c.ECE, enough, Enough, c.Worst),
		Met: c.ECE <= Within && enough > 0 && c.Worst <= Within && len(off) == 0,
	}
	if len(off) == 0 {
		a.Got += fmt.Sprintf("; no tenth's bounds exclude what is within %g of what was told", Within)
	} else {
		a.Got += fmt.Sprintf("; bounds that exclude all within %g of what was told: %s", Within, strings.Join(off, ", "))
	}
	return a
}

// clear takes the reasons from aims that were met.
func (r *Report) clear() {
	for i := range r.Aims {
		if r.Aims[i].Met {
			r.Aims[i].Why = ""
		}
	}
}

func (r *Report) at(prevalence float64) *AtPrevalence {
	for i := range r.At {
		if r.At[i].Prevalence == prevalence {
			return &r.At[i]
		}
	}
	return nil
}

func told(i Interval) string {
	if math.IsNaN(i.Value) {
		return "not defined: there is no case"
	}
	return fmt.Sprintf("%.3f (%.3f to %.3f)", i.Value, i.Low, i.High)
}
