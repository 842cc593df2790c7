package correlate

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// sextortion is the typology of a series of payments made under threat (X01). Who sends
// them may be a victim, and a child.
const sextortion = "X01"

// fixedPrice is the typology of a trade that has a price for all, which speaks against.
const fixedPrice = "X02"

// corridor is the typology that a corridor was named, which has no weight and shows no
// transfer to the parts that have one.
const corridor = "P03"

// typology has as its value the strength of a typology that fired. Where it fired for the
// subject both as sender and as recipient, the stronger counts.
func typologyOf(ev *evidence, id string) finding {
	var strongest *entry
	for _, e := range ev.payments {
		if p := e.payment; p.typology == id && p.strength > 0 && (strongest == nil || p.strength > strongest.payment.strength) {
			strongest = e
		}
	}
	if strongest == nil {
		return finding{}
	}
	return finding{value: strongest.payment.strength, by: []*entry{strongest}, quotes: strongest}
}

// sayTypology quotes what the signal says.
func sayTypology(id string, s signal.Signal) string {
	if s.Payment == nil {
		return id + "."
	}
	return fmt.Sprintf("As %s (%s, strength %.2f): %s.", s.Payment.Role, id, min(s.Payment.Strength, 1), clip(s.Says))
}

// victim has as its value the strength of a typology that says that the sender may be a
// victim.
func victim(ev *evidence) finding {
	for _, e := range ev.payments {
		if p := e.payment; p.victim && p.strength > 0 {
			return finding{value: p.strength, by: []*entry{e}, quotes: e}
		}
	}
	return finding{}
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
// subject's name or address: their share. It reads the payment signal that
// counts the most of them.
func related(ev *evidence, talk bool) finding {
	var widest *entry
	for _, e := range ev.payments {
		if widest == nil || e.payment.counterparties > widest.payment.counterparties {
			widest = e
		}
	}
	if widest == nil || widest.payment.counterparties < 1 {
		return finding{}
	}
	all := widest.payment.counterparties
	kin := all - min(widest.payment.unrelated, all)
	if 2*kin < all {
		return finding{}
	}
	out := finding{value: float64(kin) / float64(all)}
	if talk {
		out.by = []*entry{widest}
		out.says = fmt.Sprintf("%d of %s a name or an address with the subject.", kin, shares(all))
	}
	return out
}

func shares(n int) string {
	if n == 1 {
		return "1 counterparty shares"
	}
	return fmt.Sprintf("%d counterparties share", n)
}

// regular speaks against where transfers come by the week or the month: 1 where the
// payer of the most does, or, where no payer is told apart, the payment signal with the
// most transfers in one role.
func regular(ev *evidence, all []pair, talk bool) finding {
	var times []int64
	var told *entry
	if p := mainPayer(all); p != nil {
		times, told = p.times, p.told
	}
	for _, e := range ev.payments {
		if told == nil || len(all) == 0 && len(e.payment.times) > len(times) {
			times, told = e.payment.times, e
		}
	}
	gap := rhythm(times)
	if gap == 0 {
		return finding{}
	}
	out := finding{value: 1}
	if talk {
		out.by = []*entry{told}
		out.says = fmt.Sprintf("%d transfers come every %.0f days, give or take a fifth.", len(times), float64(gap)/float64(day))
	}
	return out
}

// leastGivers are the unrelated payers from which on somebody collects.
const leastGivers = 5

// givers speaks against: of many unrelated people who pay somebody, the share whose
// transfers no private session answers, from a half on: 1 − 2k/n where k of n came up to so
// many hours before one, or during it, and so 1 where there is none. Funds and churches
// collect so; what they are paid for is no stream, and a call of theirs now and then makes
// it none.
func (f *weightsFile) givers(ev *evidence, payers []pair, talk bool) finding {
	var widest *entry
	for _, e := range ev.payments {
		if p := e.payment; !p.sender && p.strength > 0 && (widest == nil || p.unrelated > widest.payment.unrelated) {
			widest = e
		}
	}
	if widest == nil || widest.payment.unrelated < leastGivers {
		return finding{}
	}
	var spans []span
	lead := f.lead()
	for _, e := range ev.sessions {
		if e.private {
			spans = append(spans, span{e.start - lead, e.end})
		}
	}
	out, k, n := finding{value: 1}, 0, 0
	if len(spans) > 0 {
		times, _ := transfers(ev, payers, false)
		if k, n = aligned(merge(spans), times), len(times); 2*k >= n {
			return finding{}
		}
		out.value = 1 - 2*float64(k)/float64(n)
	}
	if talk {
		out.by = []*entry{widest}
		out.says = fmt.Sprintf("%d unrelated people paid the subject, of whom no private live stream is known.", widest.payment.unrelated)
		if len(spans) > 0 {
			out.says = fmt.Sprintf("%d unrelated people paid the subject; of %s %d came up to %g hours before a private live stream or during it.",
				widest.payment.unrelated, count(n, "transfer"), k, f.Coincidence.LeadHours.Value)
		}
	}
	return out
}

// steadyPayers speaks against: 1 − 2^(1−n) where n payers keep a rhythm each. Pupils,
// members and customers do.
func steadyPayers(payers []pair, talk bool) finding {
	var out finding
	n := 0
	for i := range payers {
		if p := &payers[i]; p.steady && !p.related {
			n++
			if talk {
				out.by = append(out.by, p.told)
			}
		}
	}
	if n < 2 {
		return finding{}
	}
	out.value = 1 - math.Pow(2, float64(1-n))
	if talk {
		out.says = fmt.Sprintf("%d payers pay by the week or the month, each in a rhythm of its own.", n)
	}
	return out
}
