package typology

import (
	"fmt"
	"math"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Escalation are the parameters of P12. A slope alone is above or below 0 by chance
// in half of all series, so it must also fit: Amount and Gap are correlations with
// the index of a transfer, in hundredths. With 8 transfers both are reached by
// chance in about 1 of 150 series [D].
type Escalation struct {
	Transfers int // at least
	Amount    int // correlation of the amount with the index, at least
	Gap       int // that of the gap, at most minus this
}

func escalation() Pattern {
	return Pattern{
		ID: "P12", Name: "escalation",
		Looks: "sender: low-value transfers across a border to people who share no name or address and are no steady ones; recipient: those from one sender; amounts rise and gaps shrink",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more transfers, slope of the amount over their index above 0 with a correlation of 0.%02d, slope of the gap below 0 with one of -0.%02d", r.Escalation.Transfers, r.Escalation.Amount, r.Escalation.Gap)
		},
		Source:   "AIC T&I 589 abstract [S]: the two slopes; how many, and how well they must fit [A]",
		Alike:    "couples who grow closer, a pupil who takes more lessons, the beginning of a romance scam",
		Abstains: "amounts of several currencies without rates; people whose name is known to be shared; countries that are not known",
		leading:  true, find: findEscalation,
	}
}

func findEscalation(v *profile.View, r *Rules) (engine.Finding, bool) {
	if !atLeast(v, r.Escalation.Transfers, profile.Low) {
		return nothing()
	}
	rising := func(e *profile.Entry) bool {
		o := v.Of(e)
		return o.Tie < profile.TieName && !o.Steady
	}
	if v.Role == signal.Sender {
		return escalates(v, r, v.PickMarked(profile.Low, rising), "were sent abroad")
	}
	// Of several such senders the one who paid last is told: the order in which
	// counterparties lie in a view is that of arrival, and must not matter.
	var found engine.Finding
	for o := range v.Others {
		if v.Others[o].Transfers < r.Escalation.Transfers {
			continue
		}
		picked := v.PickMarked(profile.Low, func(e *profile.Entry) bool { return int(e.Other) == o && rising(e) })
		if f, ok := escalates(v, r, picked, "came from one sender abroad"); ok {
			if n := len(found.Counted); n == 0 || f.Counted[len(f.Counted)-1] > found.Counted[n-1] {
				found = f
			}
		}
	}
	return found, found.Counted != nil
}

func escalates(v *profile.View, r *Rules, picked []int32, end string) (engine.Finding, bool) {
	n := len(picked)
	if n < r.Escalation.Transfers {
		return nothing()
	}
	inBase, own := true, true
	for _, i := range picked {
		_, known := r.inBase(&v.Entries[i])
		inBase = inBase && known
		own = own && v.Entries[i].Currency == v.Entries[picked[0]].Currency
	}
	if !inBase && !own {
		return nothing()
	}
	var amounts, gaps trend
	for k, i := range picked {
		e := &v.Entries[i]
		amount := e.Amount
		if !own {
			amount, _ = r.inBase(e)
		}
		amounts.add(float64(k), float64(amount))
		if k > 0 {
			gaps.add(float64(k), float64(e.At-v.Entries[picked[k-1]].At))
		}
	}
	up, down := amounts.correlation(), -gaps.correlation()
	if up < float64(r.Escalation.Amount)/100 || down < float64(r.Escalation.Gap)/100 {
		return nothing()
	}
	return engine.Finding{
		Counted: picked,
		Says: r.say(func() string {
			return fmt.Sprintf("%d transfers of low value %s, of amounts that rise (correlation %.2f) at gaps that shrink (%.2f)%s",
				n, end, up, -down, leftOut(v, needAmount|needCountry))
		}),
		Strength: grow(40, 2, 60, n-r.Escalation.Transfers),
	}, true
}

// A trend sums up points for their correlation.
type trend struct{ n, x, y, xx, xy, yy float64 }

func (t *trend) add(x, y float64) {
	t.n++
	t.x += x
	t.y += y
	t.xx += x * x
	t.xy += x * y
	t.yy += y * y
}

// correlation is Pearson's, to a thousandth, so that machines that fuse a product
// with a sum come to the same; 0 where nothing varies.
func (t *trend) correlation() float64 {
	cov := t.n*t.xy - t.x*t.y
	vx, vy := t.n*t.xx-t.x*t.x, t.n*t.yy-t.y*t.y
	if vx <= 0 || vy <= 0 {
		return 0
	}
	return math.Round(1000*cov/math.Sqrt(vx*vy)) / 1000
}
