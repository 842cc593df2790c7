package typology

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// stranger is a payment to somebody who shares no name, of an amount that is low.
func toStranger() payment {
	return payment{from: "Anton Testmann", to: "Maria Muster", amount: "23"}
}

func with(p payment, change func(*payment)) payment {
	change(&p)
	return p
}

func more(p payment, change func(*payments.Transaction)) payment {
	before := p.more
	p.more = func(tx *payments.Transaction) {
		if before != nil {
			before(tx)
		}
		change(tx)
	}
	return p
}

// recipients are n payments, a day apart, to people of names of their own.
func recipients(n int, p payment) (out []payment) {
	for i := range n {
		p.to, p.daysAgo = fmt.Sprintf("Person%c%c", 'a'+i%26, 'a'+i/26), float64(i)
		out = append(out, p)
	}
	return out
}

// atHour is n payments, a day apart, at an hour of UTC.
func atHour(hour, n int, p payment) (out []payment) {
	for i := range n {
		out = append(out, more(p, func(tx *payments.Transaction) {
			tx.At = time.Date(2026, 6, 28-i, hour, 30, 0, 0, time.UTC)
		}))
	}
	return out
}

// bought is a card purchase.
func bought(daysAgo float64, country, town, mcc, name string) payment {
	return more(payment{from: "Anton Testmann", to: "", amount: "40", daysAgo: daysAgo, toCountry: country}, func(tx *payments.Transaction) {
		tx.Merchant = payments.Merchant{MCC: mcc, Name: name, Town: town}
	})
}

// series is payments of some amounts, so many hours apart.
func series(p payment, hours float64, amounts ...int) (out []payment) {
	for i, amount := range amounts {
		p.daysAgo, p.amount = p.daysAgo-hours/24, fmt.Sprint(amount)
		if i == 0 {
			p.daysAgo += hours / 24
		}
		out = append(out, p)
	}
	return out
}

func railed(rail payments.Rail, p payment) payment {
	return more(p, func(tx *payments.Transaction) { tx.Rail = rail })
}

func exposed(category string, p payment) payment {
	return more(p, func(tx *payments.Transaction) {
		tx.Virtual = &payments.Virtual{Asset: "BTC"}
		if category != "" {
			tx.Virtual.Exposures = []payments.Exposure{
				{Of: signal.Recipient, Category: category}, {Of: signal.Sender, Category: category},
			}
		}
	})
}

// inTown is a payment that is taken as cash in a town.
func inTown(town string, after time.Duration, p payment) payment {
	return more(p, func(tx *payments.Transaction) { tx.Creditor.Town, tx.PaidOut = town, tx.At.Add(after) })
}

// escalating is n payments of rising amounts at shrinking gaps.
func escalating(n int, p payment) (out []payment) {
	days := 0.0
	for i := range n {
		p.daysAgo, p.amount = days, fmt.Sprint(20+10*(n-i))
		days += 2 + float64(i)
		out = append(out, p)
	}
	return out
}

func micro(n, people int, funding payments.Funding) (out []payment) {
	for i := range n {
		out = append(out, more(payment{
			from: "Anton Testmann", to: fmt.Sprintf("Person%c%c", 'a'+i%people%26, 'a'+i%people/26), amount: "1.10", daysAgo: float64(i) / 20,
		}, func(tx *payments.Transaction) { tx.Funding = funding }))
	}
	return out
}

func TestTheOtherTypologiesFireAtTheirParameters(t *testing.T) {
	base := toStranger()
	kin := with(base, func(p *payment) { p.to = "Maria Testmann" })
	nameless := with(base, func(p *payment) { p.to = "" })
	from := func(country string) payment { return with(base, func(p *payment) { p.fromCountry = country }) }
	with3 := func(more ...payment) []payment { return append(uneven(9, 3, base), more...) }
	aged := func(daysAgo float64) payment {
		return with(base, func(p *payment) { p.daysAgo, p.amount = daysAgo, "900" })
	}
	virtual := exposed("", base)
	mixed := exposed("mixer", base)
	for _, c := range []struct {
		name     string
		typology string
		role     signal.Role
		all      []payment
		want     bool
	}{
		{"beside repetition", "P03", signal.Sender, uneven(9, 4, base), true},
		{"beside fan-in", "P03", signal.Recipient, slices.Concat(uneven(9, 2, base), uneven(9, 2, with(base, func(p *payment) { p.from = "Xa" })), uneven(9, 2, with(base, func(p *payment) { p.from = "Xb" }))), true},
		{"alone", "P03", signal.Sender, uneven(9, 4, kin), false},
		{"alone and steady", "P03", signal.Sender, every(7, 12, base), false},
		{"the other way", "P03", signal.Sender, uneven(9, 4, with(base, func(p *payment) { p.fromCountry, p.toCountry = "PH", "DE" })), false},
		{"a corridor of nobody's list", "P03", signal.Sender, uneven(9, 4, from("AT")), false},

		{"four", "P04", signal.Sender, recipients(4, base), true},
		{"three", "P04", signal.Sender, recipients(3, base), false},
		{"not received", "P04", signal.Recipient, recipients(4, base), false},
		{"large", "P04", signal.Sender, recipients(4, with(base, func(p *payment) { p.amount = "175.01" })), false},
		{"at home", "P04", signal.Sender, recipients(4, with(base, func(p *payment) { p.toCountry = "DE" })), false},
		{"one family", "P04", signal.Sender, recipients(4, with(base, func(p *payment) { p.from = "Persona Personaa Personba Personca Personda" })), false},
		{"one address", "P04", signal.Sender, recipients(4, more(base, func(tx *payments.Transaction) {
			tx.Debtor.Address, tx.Creditor.Address, tx.Debtor.Country, tx.Creditor.Country = "Musterweg 1", "Musterweg 1", "", "PH"
		})), false},
		{"names are missing", "P04", signal.Sender, uneven(3, 9, nameless), false},
		{"names are missing", "P05", signal.Recipient, uneven(3, 9, more(base, func(tx *payments.Transaction) {
			tx.Creditor.Name, tx.Creditor.Account, tx.Debtor.Account = "", "A", tx.Ref
		})), false},
		{"in four months", "P04", signal.Sender, []payment{
			with(base, func(p *payment) { p.to, p.daysAgo = "Xa", 1 }), with(base, func(p *payment) { p.to, p.daysAgo = "Xb", 12 }),
			with(base, func(p *payment) { p.to, p.daysAgo = "Xc", 23 }), with(base, func(p *payment) { p.to, p.daysAgo = "Xd", 34 })}, false},

		{"five at night", "P06", signal.Sender, atHour(23, 5, base), true}, // 01:30 in summer
		{"four at night", "P06", signal.Sender, atHour(23, 4, base), false},
		{"five of eight", "P06", signal.Sender, append(atHour(23, 5, base), atHour(10, 3, base)...), true},
		{"six of ten", "P06", signal.Sender, append(atHour(23, 6, base), atHour(10, 4, base)...), true},
		{"five of nine", "P06", signal.Sender, append(atHour(23, 5, base), atHour(10, 4, base)...), false},
		{"as recipient", "P06", signal.Recipient, atHour(23, 5, base), true},
		{"night where the recipient is", "P06", signal.Sender, atHour(17, 9, base), false}, // 01:30 in Manila
		{"night where the recipient is, as recipient", "P06", signal.Recipient, atHour(17, 9, base), false},
		{"zones that disagree", "P06", signal.Sender, atHour(9, 9, from("US")), false},
		{"large", "P06", signal.Sender, atHour(23, 9, with(base, func(p *payment) { p.amount = "900" })), false},

		{"four, two kinds", "P09", signal.Sender, append(uneven(3, 3, railed(payments.RailGiftCard, base)), railed(payments.RailPrepaid, base)), true},
		{"three, two kinds", "P09", signal.Sender, append(uneven(3, 2, railed(payments.RailGiftCard, base)), railed(payments.RailPrepaid, base)), false},
		{"another kind long ago", "P09", signal.Sender, append(uneven(3, 5, railed(payments.RailGiftCard, base)), railed(payments.RailPrepaid, with(base, func(p *payment) { p.daysAgo = 60 }))), false},
		{"nine, one kind", "P09", signal.Sender, uneven(3, 9, railed(payments.RailGiftCard, base)), false},
		{"rails of families", "P09", signal.Sender, append(uneven(3, 9, railed(payments.RailRemittance, base)), uneven(4, 9, railed(payments.RailWallet, base))...), false},
		{"with family", "P09", signal.Sender, append(uneven(3, 3, railed(payments.RailGiftCard, kin)), railed(payments.RailPrepaid, kin)), false},

		{"two kinds and three transfers", "P10", signal.Sender, with3(bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "", "Bandicam Company")), true},
		{"one kind", "P10", signal.Sender, with3(bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "", "SURFSHARK")), false},
		{"no transfers", "P10", signal.Sender, []payment{bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "5967", ""), bought(4, "US", "", "", "JETICO")}, false},
		{"two transfers", "P10", signal.Sender, append(uneven(9, 2, base), bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "", "Bandicam")), false},
		{"transfers to family", "P10", signal.Sender, append(uneven(9, 5, kin), bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "", "Bandicam")), false},
		{"what a merchant sees", "P10", signal.Recipient, with3(bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "", "Bandicam")), false},

		{"cash off the map", "P11", signal.Sender, with3(bought(1, "PH", "Demoville", "6011", "")), true},
		{"cash where tourists go", "P11", signal.Sender, with3(bought(1, "PH", "El Nido", "6011", "")), false},
		{"cash somewhere", "P11", signal.Sender, with3(bought(1, "PH", "", "6011", "")), false},
		{"cash in another country", "P11", signal.Sender, with3(bought(1, "TH", "Demoville", "6011", "")), false},
		{"a ticket alone", "P11", signal.Sender, with3(bought(1, "PH", "Demoville", "4511", "")), false},
		{"two transfers", "P11", signal.Sender, append(uneven(9, 2, base), bought(1, "PH", "Demoville", "6011", "")), false},
		{"visiting family", "P11", signal.Sender, append(uneven(9, 9, kin), bought(1, "PH", "Demoville", "6011", "")), false},

		{"eight that rise", "P12", signal.Sender, escalating(8, base), true},
		{"seven that rise", "P12", signal.Sender, escalating(7, base), false},
		{"from one sender", "P12", signal.Recipient, escalating(8, base), true},
		{"equal amounts", "P12", signal.Sender, func() []payment {
			all := escalating(12, base)
			for i := range all {
				all[i].amount = "50"
			}
			return all
		}(), false},
		{"equal gaps", "P12", signal.Sender, series(with(base, func(p *payment) { p.daysAgo = 80 }), 72, 20, 30, 40, 50, 60, 70, 80, 90, 100), false},
		{"with family", "P12", signal.Sender, escalating(9, kin), false},
		{"falling", "P12", signal.Sender, func() []payment {
			all := escalating(9, base)
			for i := range all {
				all[i].amount = fmt.Sprint(20 + 10*i)
			}
			return all
		}(), false},

		{"a mixer and one address", "P13", signal.Sender, uneven(5, 5, mixed), true},
		{"a mixer and a place", "P13", signal.Sender, uneven(5, 3, mixed), true},
		{"a place of few", "P13", signal.Sender, uneven(5, 2, mixed), false},
		{"one address", "P13", signal.Sender, uneven(5, 6, virtual), false},
		{"prepaid and one address", "P13", signal.Sender, uneven(5, 5, more(virtual, func(tx *payments.Transaction) { tx.Funding = payments.FundedByPrepaid })), true},
		{"prepaid and four with one address", "P13", signal.Sender, uneven(5, 4, more(virtual, func(tx *payments.Transaction) { tx.Funding = payments.FundedByPrepaid })), false},
		{"an exchange at home", "P13", signal.Sender, uneven(5, 4, exposed("exchange", with(base, func(p *payment) { p.toCountry = "DE" }))), false},
		{"labelled as abuse", "P13", signal.Sender, uneven(5, 1, exposed("csam", base)), true},
		{"as recipient", "P13", signal.Recipient, uneven(5, 5, mixed), true},

		{"new people in a new country", "P14", signal.Sender, append(uneven(3, 5, base), with(aged(80), func(p *payment) { p.to, p.toCountry = "Xa", "FR" })), true},
		{"a young profile", "P14", signal.Sender, uneven(3, 5, base), false},
		{"known before", "P14", signal.Sender, append(uneven(3, 5, base), aged(80)), false},
		{"family there", "P14", signal.Sender, append(uneven(3, 5, base), with(aged(80), func(p *payment) { p.to = "Lola Testmann" })), false},
		{"alone", "P14", signal.Sender, append(every(7, 4, base), with(aged(80), func(p *payment) { p.to, p.toCountry = "Xa", "FR" })), false},
		{"a name is missing", "P14", signal.Sender, append(uneven(3, 5, nameless), with(aged(80), func(p *payment) { p.to, p.toCountry = "Xa", "FR" })), false},

		{"a hundred", "P15", signal.Sender, micro(100, 50, payments.FundedByCash), true},
		{"ninety-nine", "P15", signal.Sender, micro(99, 50, payments.FundedByCash), false},
		{"few recipients", "P15", signal.Sender, micro(120, 49, payments.FundedByCash), false},
		{"funded by card", "P15", signal.Sender, micro(120, 60, payments.FundedByCard), false},
		{"funding not known", "P15", signal.Sender, micro(120, 60, ""), false},

		{"three in one town", "P16", signal.Sender, recipients(3, inTown("Demoville", time.Hour, base)), true},
		{"two in one town", "P16", signal.Sender, recipients(2, inTown("Demoville", time.Hour, base)), false},
		{"taken late", "P16", signal.Sender, recipients(3, inTown("Demoville", 25*time.Hour, base)), false},
		{"taken within a day", "P16", signal.Sender, recipients(3, inTown("Demoville", 24*time.Hour, base)), true},
		{"three towns", "P16", signal.Sender, []payment{
			inTown("Xa", time.Hour, with(base, func(p *payment) { p.to = "Xa" })), inTown("Xb", time.Hour, with(base, func(p *payment) { p.to = "Xb" })),
			inTown("Xc", time.Hour, with(base, func(p *payment) { p.to = "Xc" }))}, false},
		{"towns not told", "P16", signal.Sender, recipients(3, inTown("", time.Hour, base)), false},
		{"one person", "P16", signal.Sender, uneven(1, 9, inTown("Demoville", time.Hour, base)), false},

		{"one", "P17", signal.Sender, []payment{base}, true},
		{"one received", "P17", signal.Recipient, []payment{base}, true},
		{"six", "P17", signal.Recipient, priced(6, base), true},
		{"seven", "P17", signal.Recipient, priced(7, base), false},
		{"of a relative", "P17", signal.Sender, []payment{kin}, false},
		{"of no low value", "P17", signal.Sender, []payment{with(base, func(p *payment) { p.amount = "900" })}, false},
		{"at home", "P17", signal.Sender, []payment{with(base, func(p *payment) { p.toCountry = "DE" })}, false},
		{"a customer who comes each week", "P17", signal.Sender, every(7, 5, base), false},

		{"two pupils", "X02", signal.Recipient, lessons(2, 3, base), true},
		{"who each came once", "X02", signal.Recipient, lessons(3, 1, base), true},
		{"one pupil", "X02", signal.Recipient, lessons(1, 6, base), false},
		{"two lessons", "X02", signal.Recipient, lessons(2, 1, base), false},
		{"a pupil's side", "X02", signal.Sender, lessons(2, 3, base), false},
		{"most of one price", "X02", signal.Recipient, append(lessons(2, 3, base), priced(2, base)...), true},
		{"too many of other prices", "X02", signal.Recipient, append(lessons(2, 3, base), priced(3, base)...), false},
		{"of no low value", "X02", signal.Recipient, lessons(2, 3, with(base, func(p *payment) { p.amount = "900" })), false},

		{"three that rise", "X01", signal.Sender, series(base, 6, 50, 100, 300), true},
		{"two that rise", "X01", signal.Sender, series(base, 6, 50, 300), false},
		{"at home", "X01", signal.Sender, series(with(base, func(p *payment) { p.toCountry = "DE" }), 6, 50, 100, 300), true},
		{"just below", "X01", signal.Sender, series(base, 6, 249, 1000, 1500), true},
		{"the first is large", "X01", signal.Sender, series(base, 6, 250, 500, 700), false},
		{"one is very large", "X01", signal.Sender, series(base, 6, 50, 500, 1501), false},
		{"falling", "X01", signal.Sender, series(base, 6, 240, 100, 50), false},
		{"equal", "X01", signal.Sender, series(base, 6, 50, 50, 50), false},
		{"slow", "X01", signal.Sender, series(base, 40, 50, 100, 300), false},
		{"paid before", "X01", signal.Sender, append(series(base, 6, 50, 100, 300), aged(20)), false},
		{"family", "X01", signal.Sender, series(kin, 6, 50, 100, 300), false},
		{"in a currency with limits", "X01", signal.Sender, series(with(base, func(p *payment) { p.currency = "AUD" }), 6, 300, 400, 2000), true},
		{"in two currencies", "X01", signal.Sender, append(series(base, 6, 50, 100, 300), with(base, func(p *payment) { p.currency, p.amount, p.daysAgo = "AUD", "900", -0.8 })), false},
		{"without a rate", "X01", signal.Sender, series(with(base, func(p *payment) { p.currency = "GBP" }), 6, 50, 100, 300), false},
		{"one victim's recipient", "X01", signal.Recipient, series(base, 6, 50, 100, 300), false},
		{"two victims' recipient", "X01", signal.Recipient, append(series(base, 6, 50, 100, 300), series(with(base, func(p *payment) { p.from, p.daysAgo = "Xa", 9 }), 6, 40, 80, 90)...), true},
	} {
		t.Run(c.typology+"/"+c.name, func(t *testing.T) {
			got := fires(t, c.role, c.all)
			if _, fired := got[c.typology]; fired != c.want {
				t.Errorf("fired is %v, want %v; all that fire: %v", fired, c.want, got)
			}
		})
	}
}

// TestEveryTypologyIsTestedToFire has the tests above in view: whoever adds one adds a
// case to them.
func TestEveryTypologyIsTestedToFire(t *testing.T) {
	all := map[string]bool{}
	for _, p := range everybody() {
		for id := range fires(t, p.role, p.all) {
			all[id] = true
		}
	}
	for _, p := range Patterns() {
		if !all[p.ID] {
			t.Errorf("%s never fires", p.ID)
		}
	}
}

// lessons are those of so many pupils, each of whom comes so often, a price for all.
func lessons(pupils, times int, p payment) (out []payment) {
	for i := range pupils {
		for n := range times {
			out = append(out, with(p, func(p *payment) { p.from, p.daysAgo = fmt.Sprintf("Pupil%c", 'a'+i), float64(7*n+i) }))
		}
	}
	return out
}

// priced are payments of other amounts each.
func priced(n int, p payment) (out []payment) {
	for i := range n {
		out = append(out, with(p, func(p *payment) { p.from, p.amount, p.daysAgo = "Pupila", fmt.Sprint(30+i), float64(i)+0.5 }))
	}
	return out
}

// somebody is a profile of the tests.
type somebody struct {
	role signal.Role
	all  []payment
}

// everybody is profiles among which every typology fires, at least once.
func everybody() []somebody {
	base := toStranger()
	return []somebody{
		{signal.Sender, planted()}, {signal.Recipient, planted()},
		{signal.Sender, recipients(5, inTown("Demoville", time.Hour, base))},
		{signal.Sender, atHour(23, 6, base)},
		{signal.Sender, append(uneven(3, 4, railed(payments.RailGiftCard, base)), railed(payments.RailPrepaid, base))},
		{signal.Sender, append(uneven(9, 4, base), bought(3, "US", "", "", "NORDVPN"), bought(4, "US", "", "", "Bandicam"), bought(1, "PH", "Demoville", "6011", ""))},
		{signal.Sender, escalating(9, base)},
		{signal.Recipient, uneven(5, 5, exposed("mixer", base))},
		{signal.Sender, append(uneven(3, 5, base), payment{from: "Anton Testmann", to: "Xa", toCountry: "FR", amount: "900", daysAgo: 80})},
		{signal.Sender, micro(200, 60, payments.FundedByCash)},
		{signal.Recipient, lessons(2, 4, base)},
		{signal.Sender, series(base, 6, 50, 100, 300)},
		{signal.Recipient, append(series(base, 6, 50, 100, 300), series(with(base, func(p *payment) { p.from, p.daysAgo = "Xa", 9 }), 6, 40, 80, 90)...)},
	}
}

// TestAVictimIsNotAccused holds X01 to what it may say of a sender, and sees that the
// one who is paid is not called a victim.
func TestAVictimIsNotAccused(t *testing.T) {
	told := 0
	for _, c := range []struct {
		role   signal.Role
		all    []payment
		victim bool
		says   string
	}{
		{signal.Sender, series(toStranger(), 6, 50, 100, 300), true, "it may still be running"},
		{signal.Sender, append(series(with(toStranger(), func(p *payment) { p.daysAgo = 9 }), 6, 50, 100, 300),
			payment{from: "Anton Testmann", to: "Demo Bakery", amount: "3", toCountry: "DE"}), true, "then it stopped"},
		{signal.Recipient, append(series(toStranger(), 6, 50, 100, 300), series(with(toStranger(), func(p *payment) { p.from, p.daysAgo = "Xa", 9 }), 6, 40, 80, 90)...), false, "2 senders who may be victims"},
	} {
		for _, s := range firing(process(t, transfersOf(t, c.role, c.all))) {
			if s.Payment.Typology != "X01" {
				if s.Payment.Victim {
					t.Errorf("%s speaks of a victim", s.Payment.Typology)
				}
				continue
			}
			told++
			if s.Payment.Victim != c.victim || !strings.Contains(s.Says, c.says) || s.Payment.Role != c.role {
				t.Errorf("victim %v as %s: %s", s.Payment.Victim, s.Payment.Role, s.Says)
			}
			if c.victim && !strings.Contains(s.Says, "This accuses the sender of nothing") {
				t.Error(s.Says)
			}
		}
	}
	if told != 3 {
		t.Errorf("X01 was told %d times", told)
	}
}

// TestWhatCannotBeJudgedIsSaid takes away what typologies need.
func TestWhatCannotBeJudgedIsSaid(t *testing.T) {
	pound := with(toStranger(), func(p *payment) { p.currency = "GBP" })
	all := append(recipients(5, toStranger()), pound, pound,
		with(toStranger(), func(p *payment) { p.to = "" }),
		more(toStranger(), func(tx *payments.Transaction) { tx.Creditor.Country = "" }))
	said := 0
	for _, s := range firing(process(t, transfersOf(t, signal.Sender, all))) {
		if s.Payment.Typology == "P04" {
			said++
			const want = "; transfers left out: 2 for an amount that has no limit and no rate, 1 for a country that is not known, 1 for a name that is missing"
			if !strings.HasSuffix(s.Says, want) {
				t.Errorf("%s\nwant at its end %s", s.Says, want)
			}
		}
	}
	if said != 1 {
		t.Errorf("P04 fired %d times", said)
	}
	// With a rate the pounds are judged, by the limits of the base currency.
	for _, c := range []struct {
		name string
		got  map[string]signal.Signal
		want bool
	}{
		{"without rates", process(t, splitBy(t, plain, signal.Sender, recipients(5, pound))), false},
		{"with rates", process(t, splitBy(t, withRates, signal.Sender, recipients(5, pound))), true},
	} {
		fired := false
		for _, s := range firing(c.got) {
			fired = fired || s.Payment.Typology == "P04" && strings.Contains(s.Says, "were of 10 to 175 EUR")
		}
		if fired != c.want {
			t.Errorf("%s: %v", c.name, fired)
		}
	}
}

// TestALabelOfAbuseIsStrong compares P13 with and without one.
func TestALabelOfAbuseIsStrong(t *testing.T) {
	mixed := fires(t, signal.Sender, uneven(5, 5, exposed("mixer", toStranger())))["P13"]
	labelled := fires(t, signal.Sender, uneven(5, 1, exposed("csam", toStranger())))["P13"]
	if mixed <= 0 || mixed > 0.7 || labelled < 0.8 {
		t.Errorf("a mixer %v, a label %v", mixed, labelled)
	}
}

func TestAnEveningAbroadIsNoNight(t *testing.T) {
	for _, s := range firing(process(t, transfersOf(t, signal.Sender, append(atHour(23, 6, toStranger()), atHour(17, 3, toStranger())...)))) {
		if s.Payment.Typology == "P06" {
			if want := "6 of 9 transfers of low value across a border within 30 days were sent between 23:00 and 05:00 where the sender is; at 3 of the 9 it was night where the recipient is, which counts for nothing"; s.Says != want {
				t.Errorf("%s\nwant %s", s.Says, want)
			}
			return
		}
	}
	t.Error("P06 did not fire")
}
