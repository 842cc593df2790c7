package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/vigil-stream/vigil/internal/evaluate"
)

// found draws precision over recall of every variant, with the budgets of the whole score.
func found(at evaluate.AtPrevalence) template.HTML {
	p := newPlot("precision over recall", 520, 360, shares("recall: share of guilty people found"), shares("precision: share of cases that are right"))
	p.frame()
	var names []string
	for i, v := range at.Variants {
		var xs, ys []float64
		for j, pt := range v.Curve {
			// People of one score are found together: a straight line between two points would
			// promise a precision that no threshold has.
			if j > 0 {
				xs, ys = append(xs, v.Curve[j-1].Recall), append(ys, pt.Precision)
			}
			xs, ys = append(xs, pt.Recall), append(ys, pt.Precision)
		}
		p.line(i, xs, ys, false)
		short := strings.TrimPrefix(v.Name, "payments only, ") // curves run where a longer one would lie
		names = append(names, fmt.Sprintf("%s, area %.2f", short, v.Area.Value))
	}
	for _, m := range at.Variants[0].Budgets {
		if !math.IsNaN(m.Precision.Value) {
			p.dot(0, m.Recall.Value, m.Precision.Value, fmt.Sprintf("threshold %.2f: %.1f cases per 10,000, precision %.2f, recall %.2f", m.Threshold, m.CasesPer10k, m.Precision.Value, m.Recall.Value))
		}
	}
	p.key(p.w-262, p.top+22, names)
	return p.done()
}

// recalls draws the recall of each variant by budget, with intervals.
func recalls(at evaluate.AtPrevalence, budgets []float64) template.HTML {
	x := axis{lo: budgets[0] / 1.6, hi: budgets[len(budgets)-1] * 1.6, log: true, label: "cases per 10,000 people in all its days"}
	for _, b := range budgets {
		x.ticks = append(x.ticks, tick{b, fmt.Sprintf("%g", b)})
	}
	p := newPlot("recall by budget", 520, 360, x, shares("recall"))
	p.frame()
	var names []string
	for i, v := range at.Variants {
		var xs, ys []float64
		for j, m := range v.Budgets {
			at := budgets[j] * math.Pow(1.05, float64(i)-1.5) // side by side
			p.barY(i, at, m.Recall.Low, m.Recall.High)
			p.dot(i, at, m.Recall.Value, fmt.Sprintf("%s, %g per 10,000: recall %.2f (%.2f to %.2f)", v.Name, budgets[j], m.Recall.Value, m.Recall.Low, m.Recall.High))
			xs, ys = append(xs, at), append(ys, m.Recall.Value)
		}
		p.line(i, xs, ys, false)
		names = append(names, v.Name)
	}
	p.key(p.left+12, p.top+18, names)
	return p.done()
}

// delays draws how many have become a case so many days after the first event.
func delays(at evaluate.AtPrevalence) template.HTML {
	x := axis{lo: 0, hi: 90, label: "days since the first event"}
	for d := 0.0; d <= 90; d += 15 {
		x.ticks = append(x.ticks, tick{d, fmt.Sprintf("%g", d)})
	}
	p := newPlot("time to a case", 520, 320, x, shares("share of those who become a case"))
	p.frame()
	for i, d := range []evaluate.Delay{at.FromPayment, at.FromSession} {
		xs, ys := []float64{0}, []float64{0}
		for j, v := range d.All {
			xs, ys = append(xs, min(v, 90)), append(ys, float64(j+1)/float64(len(d.All)))
		}
		p.line(i, xs, ys, true)
	}
	p.key(p.w-200, p.h-p.base-34, []string{"since the first payment", "since the first session"})
	return p.done()
}

// reliability draws what was told against what was true.
func reliability(c evaluate.CalibrationAt) template.HTML {
	p := newPlot("calibration", 520, 360, shares("probability told"), shares("share that is guilty"))
	p.frame()
	p.add(`<line class="rule" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, p.px(0), p.py(0), p.px(1), p.py(1))
	var xs, ys []float64
	for _, b := range c.Of.Bins {
		if b.People == 0 {
			continue
		}
		p.barY(0, b.Told, b.True.Low, b.True.High)
		p.dot(0, b.Told, b.True.Value, fmt.Sprintf("%d people told %.2f: %.2f guilty", b.People, b.Told, b.True.Value))
		p.add(`<text class="tick" x="%.1f" y="%.1f">%d</text>`, min(p.px(b.Told)+7, p.w-40), max(p.py(b.True.Value)-7, p.py(1)+16), b.People)
		xs, ys = append(xs, b.Told), append(ys, b.True.Value)
	}
	p.line(0, xs, ys, false)
	return p.done()
}

// ratios draws how much more often than all innocent people each group is suspected. A
// group without a case is drawn at the left edge.
func ratios(list []evaluate.Share) template.HTML {
	const least = 0.1
	hi := 10.0
	for _, s := range list {
		hi = max(hi, s.Ratio*1.5)
	}
	x := axis{lo: least, hi: hi, log: true, label: "rate of false positives over that of all innocent people (log)"}
	for v := least; v <= hi; v *= 10 {
		x.ticks = append(x.ticks, tick{v, fmt.Sprintf("%g", v)})
	}
	y := axis{lo: -0.5, hi: float64(len(list)) - 0.5}
	for i, s := range list {
		y.ticks = append(y.ticks, tick{float64(len(list) - 1 - i), s.Name})
	}
	p := newPlot("false positives by group", 1060, 60+22*float64(len(list)), x, y)
	p.left = 170
	p.frame()
	p.rule(1.5, "1.5")
	for i, s := range list {
		at, series := float64(len(list)-1-i), 0
		if s.Ratio > 1.5 {
			series = 1
		}
		if s.Ratio > 0 {
			unit := s.Rate.Value / s.Ratio
			p.barX(series, max(least, s.RatioLow), min(hi, s.Rate.High/unit), at)
		}
		p.dot(series, max(least, s.Ratio), at, fmt.Sprintf("%s: %d of %d, %.1f times", s.Name, s.Cases, s.People, s.Ratio))
	}
	return p.done()
}

// scenarios draws recall and precision of each scenario.
func scenarios(list []evaluate.Scenario) template.HTML {
	y := axis{lo: -0.6, hi: float64(len(list)) - 0.4}
	for i, s := range list {
		y.ticks = append(y.ticks, tick{float64(len(list) - 1 - i), s.Name})
	}
	p := newPlot("robustness", 1060, 80+38*float64(len(list)), shares("share, with the interval of 95 in 100 draws"), y)
	p.left = 190
	p.frame()
	for i, s := range list {
		at := float64(len(list) - 1 - i)
		p.barX(0, s.Measure.Recall.Low, s.Measure.Recall.High, at+0.16)
		p.dot(0, s.Measure.Recall.Value, at+0.16, fmt.Sprintf("recall %.3f", s.Measure.Recall.Value))
		if !math.IsNaN(s.Measure.Precision.Value) {
			p.barX(1, s.Measure.Precision.Low, s.Measure.Precision.High, at-0.16)
			p.dot(1, s.Measure.Precision.Value, at-0.16, fmt.Sprintf("precision %.3f", s.Measure.Precision.Value))
		}
	}
	p.key(p.w-120, p.top+18, []string{"recall", "precision"})
	return p.done()
}
