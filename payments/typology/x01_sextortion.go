package typology

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Sextortion are the parameters of X01. Amounts: Limits.Extort.
type Sextortion struct {
	Payments int           // of a series, at least
	Rapid    time.Duration // that many of them within this
	Over     time.Duration // all of them within this
	Stop     time.Duration // after so long without another the series has stopped
	Victims  int           // senders of such series to one recipient, at least
}

func sextortion() Pattern {
	return Pattern{
		ID: "X01", Name: "sextortion",
		Looks: "sender, as a possible victim: a rapid series to one new recipient who shares no name or address, beginning small, rising, then stopping; recipient: several senders of such series",
		Parameters: func(r *Rules) string {
			x := r.Sextortion
			return fmt.Sprintf("%d or more payments within %d days and all within %d, the last above the first, more of them above the one before than below; stopped after %d days; recipient: %d or more such senders; the first below, and none above: %s",
				x.Payments, days(x.Rapid), days(x.Over), days(x.Stop), x.Victims, r.allBands(func(l *Limits) Band { return l.Extort }))
		},
		Source:   "FATF, FinCEN FIN-2025-NTC2 [S2]: rapid series, first below EUR 250, up to EUR 1,500, abrupt stop; how rapid, how many, how long [A]",
		Alike:    "people who pay a trade in instalments, who lend to a new friend, who lose at a game; victims of other frauds, who need help as well",
		Abstains: "series with an amount without limit or rate, or with amounts of two currencies that have limits; recipients who were paid before",
		find:     findSextortion,
	}
}

// findSextortion never accuses a sender: the finding is of a possible victim, who may
// be a child, and is marked so for whoever routes it. It fires while the series is
// running, since help that waits for its end comes late.
func findSextortion(v *profile.View, r *Rules) (engine.Finding, bool) {
	x := &r.Sextortion
	var who []uint16 // the counterparties of such series
	last, payments := 0, 0
	for o := range v.Others {
		c := &v.Others[o]
		if c.Transfers < x.Payments || c.Last-c.First > seconds(x.Over) || c.Tie >= profile.TieName {
			continue
		}
		n := extorted(v, r, o)
		if n == 0 {
			continue
		}
		// The one who was paid last is told; of two at once, one by token, since the
		// order of a view is that of arrival.
		if who = append(who, uint16(o)); len(who) == 1 || c.Last > v.Others[last].Last ||
			c.Last == v.Others[last].Last && bytes.Compare(c.Token[:], v.Others[last].Token[:]) > 0 {
			last, payments = o, n
		}
	}
	switch {
	case v.Role == signal.Sender && len(who) > 0:
		return victim(v, r, last, payments), true
	case v.Role == signal.Recipient && len(who) >= x.Victims:
		return extorter(v, r, who), true
	}
	return nothing()
}

func victim(v *profile.View, r *Rules, recipient, payments int) engine.Finding {
	end, strength := "it may still be running", 0.6
	if v.Newest-v.Others[recipient].Last >= seconds(r.Sextortion.Stop) {
		end, strength = "then it stopped", 0.7
	}
	return engine.Finding{
		Counted: v.Pick(func(e *profile.Entry) bool { return int(e.Other) == recipient }),
		Says: r.say(func() string {
			return fmt.Sprintf("the sender may be a victim of sextortion, perhaps a child, and may need help at once: %d payments within %d days to one new recipient began small and rose; %s. This accuses the sender of nothing",
				payments, days(r.Sextortion.Over), end)
		}),
		Strength: strength, Victim: true,
	}
}

func extorter(v *profile.View, r *Rules, who []uint16) engine.Finding {
	counted := v.Pick(func(e *profile.Entry) bool { return slices.Contains(who, e.Other) })
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("%d senders who may be victims of sextortion, perhaps children, each paid the recipient a rapid series that began small and rose (%d payments)%s",
				len(who), len(counted), leftOut(v, needAmount))
		}),
		Strength: grow(50, 10, 80, len(who)-r.Sextortion.Victims),
	}
}

// extorted returns how many payments a counterparty's series has, and 0 where it is
// none of those that X01 looks for.
func extorted(v *profile.View, r *Rules, o int) int {
	x, c := &r.Sextortion, &v.Others[o]
	var limits *Limits
	var first, before int64
	n, rapid, rises, falls := 0, 0, 0, 0
	from := sort.Search(len(v.Entries), func(i int) bool { return v.Entries[i].At >= c.First })
	for i := from; i < len(v.Entries) && v.Entries[i].At <= c.Last; i++ {
		e := &v.Entries[i]
		if int(e.Other) != o {
			continue
		}
		l, amount := r.judge(e)
		if l == nil || n > 0 && l != limits || amount > l.Extort.Max || e.Bought != 0 {
			return 0
		}
		switch {
		case n == 0:
			limits, first = l, amount
		case amount > before:
			rises++
		case amount < before:
			falls++
		}
		if e.At-c.First <= seconds(x.Rapid) {
			rapid++
		}
		before = amount
		n++
	}
	if n < x.Payments || n < c.Transfers || rapid < x.Payments || first >= limits.Extort.Min || before <= first || rises <= falls {
		return 0
	}
	return n
}
