package world

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

const day = 24 * time.Hour

// A book writes down payments.
type book struct {
	r       *rand.Rand
	began   time.Time // of the streams
	people  []person
	entries []payments.Transaction
}

// A payer is a sender of the made-up world.
type payer struct {
	name, country, currency, agent string
}

// pay books amount, in whole units, from a payer to people[to], before the
// streams began.
func (b *book) pay(from payer, to int, before time.Duration, amount int64, text string) {
	p := b.people[to]
	n := len(b.entries) + 1
	b.entries = append(b.entries, payments.Transaction{
		Institution: from.agent, Ref: fmt.Sprintf("E2E-%06d", n), At: b.began.Add(-before).Truncate(time.Second),
		Amount: amount * 100, Currency: from.currency, Remittance: []string{text},
		Debtor: payments.Party{
			Name: from.name, Country: from.country, Agent: from.agent, Account: fmt.Sprintf("ACC-%s-%s", from.country, from.name), Issuer: from.agent,
		},
		Creditor: payments.Party{Name: "Demo " + p.surname, Country: p.country, Agent: "DEMO" + p.country + "XX", Proxy: p.account},
	})
}

// between returns a whole number from lo to hi.
func (b *book) between(lo, hi int64) int64 { return lo + b.r.Int64N(hi-lo+1) }

var (
	german  = payer{country: "DE", currency: "EUR", agent: "DEMODEFFXXX"}
	dutch   = payer{country: "NL", currency: "EUR", agent: "DEMONL2AXXX"}
	swede   = payer{country: "SE", currency: "SEK", agent: "DEMOSESSXXX"}
	aussie  = payer{country: "AU", currency: "AUD", agent: "DEMOAU2SXXX"}
	irish   = payer{country: "IE", currency: "EUR", agent: "DEMOIE2DXXX"}
	finnish = payer{country: "FI", currency: "EUR", agent: "DEMOFIHHXXX"}
)

func (p payer) named(name string) payer {
	p.name = name
	return p
}

// ledger is a month and a half of payments. Amounts and texts follow the public
// indicators for the planted streamer, and everyday life for all others.
func ledger(r *rand.Rand, began time.Time) []payments.Transaction {
	b := &book{r: r, began: began, people: people()}
	b.commissions()
	b.lookAlikes()
	slices.SortStableFunc(b.entries, func(x, y payments.Transaction) int { return cmp.Compare(x.At.UnixNano(), y.At.UnixNano()) })
	return b.entries
}

// commissions are small round amounts from unrelated people abroad, some of them
// again and again, the last of them in the hours before the private stream.
func (b *book) commissions() {
	senders := []payer{
		german.named("Anton Testmann"), dutch.named("Bram Voorbeeld"), aussie.named("Cody Madeup"),
		irish.named("Declan Nobody"), finnish.named("Eero Esimerkki"), german.named("Frieder Niemand"),
	}
	texts := []string{"school uniform", "medicine for grandma", "tuition fee", "room rent", "family support", "school books"}
	for i, s := range senders {
		b.pay(s, planted, time.Duration(20-2*i)*day+time.Duration(i)*time.Hour, b.between(2, 6)*10, texts[i])
		b.pay(s, planted, time.Duration(8-i)*day+time.Duration(i)*time.Hour, b.between(2, 8)*10, texts[(i+2)%len(texts)])
	}
	for i, s := range senders[:4] {
		b.pay(s, planted, time.Duration(20+25*i)*time.Minute, b.between(3, 9)*10, texts[i])
	}
}

// lookAlikes are the innocent: each pays or is paid for reasons of their own.
func (b *book) lookAlikes() {
	// A sister abroad supports the family each month, on pay day, and calls.
	for month := range 3 {
		b.pay(german.named("Maria Musterfamily"), remittee, time.Duration(month)*30*day+2*time.Hour, b.between(25, 40)*10, "for mama, love")
	}
	// Three families abroad pay an online tutor for each private lesson.
	for week := range 6 {
		for i, name := range []string{"Paula Schulz-Demo", "Quentin Lerner", "Rita Studiosa"} {
			b.pay(german.named(name), tutor, time.Duration(7*week+2*i)*day+3*time.Hour, 28, fmt.Sprintf("lesson no %d", 6-week))
		}
	}
	// Tips for a lawful performer around public shows.
	for i := range 14 {
		b.pay(dutch.named(fmt.Sprintf("Fan Number%d", i)), performer, time.Duration(i)*2*day+time.Duration(b.between(1, 50))*time.Minute, b.between(3, 25), "great show!")
	}
	// Donors give to a fund, small and round, often at the month's start.
	for i := range 12 {
		b.pay(swede.named(fmt.Sprintf("Donor Kind%d", i)), charity, time.Duration(3*i)*day, b.between(1, 4)*100, "scholarship fund donation")
	}
	// A couple far apart: gifts now and then, calls most evenings.
	for i := range 5 {
		b.pay(irish.named("Liam Faraway"), partner, time.Duration(9*i+1)*day, b.between(15, 95), "for our trip")
	}
	// Clients abroad pay a freelancer's invoices.
	for i, name := range []string{"Client Alpha", "Client Beta", "Client Gamma"} {
		b.pay(german.named(name), freelancer, time.Duration(12*i+4)*day, b.between(400, 1900), fmt.Sprintf("invoice 2026-%03d", 40+i))
	}
	// Viewers send a gamer small gifts.
	for i := range 10 {
		b.pay(finnish.named(fmt.Sprintf("Viewer One%d", i)), gamer, time.Duration(b.between(1, 40))*day, b.between(1, 9), "gg")
	}
	// The victim of a romance scam pays more each time.
	for i := range 4 {
		b.pay(aussie.named("Olive Hopeful"), swindler, time.Duration(30-7*i)*day, int64(300*(i+1)), "see you soon")
	}
}
