package rule

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// finding says what was found. Only here memory is taken.
func (c *Compiled) finding(v *profile.View, r result) engine.Finding {
	f := engine.Finding{Counted: slices.Clone(r.picks), Strength: r.band.Strength}
	var b strings.Builder
	for _, p := range c.sentence {
		b.WriteString(p.text)
		switch p.holds {
		case "":
		case "count":
			b.WriteString(strconv.Itoa(len(r.picks)))
		case "counterparties":
			b.WriteString(strconv.Itoa(v.Distinct(r.picks)))
		case "window":
			b.WriteString(c.Window.String())
		case "days":
			n := v.Entries[r.picks[len(r.picks)-1]].At - v.Entries[r.picks[0]].At
			b.WriteString(strconv.FormatInt(n/day+1, 10))
		case "amounts":
			b.WriteString(amountsOf(v, r.picks))
		case "value":
			b.WriteString(c.sayValue(r.value))
		}
	}
	f.Says = b.String()
	return f
}

// String says a window, as in "30 days" or "the last 3 transfers".
func (w Window) String() string {
	switch {
	case w.Transfers > 0:
		return fmt.Sprintf("the last %d transfers", w.Transfers)
	case w.Last > 0:
		return saySeconds(w.Last)
	}
	return saySeconds(w.Within)
}

// sayValue writes what was measured in its unit.
func (c *Compiled) sayValue(value float64) string {
	switch unit, currency := c.Measure.unit(c.base); unit {
	case money:
		return payments.FormatAmount(int64(math.Round(value)), currency, true) + " " + currency
	case length:
		return saySeconds(int64(value))
	case percent:
		return strconv.FormatFloat(value, 'f', 0, 64) + " %"
	case ratio:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// amountsOf says the range of some transfers' amounts by currency: "10 to 25 EUR
// and 300 SEK".
func amountsOf(v *profile.View, picks []int32) string {
	type span struct {
		currency  profile.Currency
		low, high int64
	}
	var spans []span
	for _, p := range picks {
		e := &v.Entries[p]
		at := slices.IndexFunc(spans, func(s span) bool { return s.currency == e.Currency })
		if at < 0 {
			spans = append(spans, span{e.Currency, e.Amount, e.Amount})
			continue
		}
		spans[at].low, spans[at].high = min(spans[at].low, e.Amount), max(spans[at].high, e.Amount)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.currency, b.currency) })
	var said []string
	for _, s := range spans {
		code := s.currency.String()
		text := payments.FormatAmount(s.low, code, true)
		if s.high != s.low {
			text += " to " + payments.FormatAmount(s.high, code, true)
		}
		said = append(said, text+" "+code)
	}
	if len(said) > 4 {
		said = append(said[:4], fmt.Sprintf("%d more currencies", len(said)-4))
	}
	return strings.Join(said, " and ")
}
