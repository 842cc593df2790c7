package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// An underworld is the worst that traffic can be: everybody in it pays in the amounts that
// were published of the cases (AIC T&I 639), as often as the senders of AIC T&I 589 did,
// and half of them across a border. Each account has on average perWindow transfers in
// 90 days. Most payments make typologies fire.
type underworld struct {
	r    *rand.Rand
	size int
	at   time.Time
	n    int
}

const (
	perWindow = 3
	abroad    = 0.5 // share of senders that pay across a border, [A]
	family    = 0.4 // share of senders that have a name in common with whom they pay, [A]
	medianEUR = 55  // of amounts, with a sigma of 0.5
	// spread is the sigma of a log-normal activity: some 3 % of the senders make half of
	// the payments.
	spread = 1.9
)

func newUnderworld(accounts int) *underworld {
	return &underworld{r: rand.New(rand.NewPCG(1, uint64(accounts))), size: accounts, at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (w *underworld) accounts() int { return w.size }
func (w *underworld) warm() int     { return w.size * perWindow / 2 }

// account takes one of n, more often the more active it is. Where activity is
// log-normal, the share of all payments that is of the accounts up to quantile p is
// Φ(Φ⁻¹(p) − sigma): so the quantile of the account of a payment is Φ(z + sigma).
func (w *underworld) account(n int) int {
	p := 0.5 * math.Erfc(-(w.r.NormFloat64()+spread)/math.Sqrt2)
	return min(int(p*float64(n)), n-1)
}

// recipient takes one of those that a sender pays: from one to four of them, the same
// ones again and again; one in twenty payments goes to somebody new.
func (w *underworld) recipient(from, half int) int {
	if w.r.IntN(20) == 0 {
		return w.account(half)
	}
	known := rand.New(rand.NewPCG(uint64(from), uint64(w.r.IntN(1+from%4))))
	p := 0.5 * math.Erfc(-(known.NormFloat64()+spread/2)/math.Sqrt2)
	return min(int(p*float64(half)), half-1)
}

func token(kind string, n int) string { return signal.ID(kind, fmt.Sprint(n)) }

func (w *underworld) draw() func() [2]payments.Transfer {
	w.n++
	w.at = w.at.Add(window / time.Duration(w.warm()))
	half := w.size / 2
	from := w.account(half)
	other := half + w.recipient(from, half)
	amount := int64(medianEUR*math.Exp(0.5*w.r.NormFloat64())/5+1) * 5_00
	n, at := w.n, w.at
	return func() [2]payments.Transfer { return suspicious(n, from, other, amount, at) }
}

func suspicious(n, from, other int, amount int64, at time.Time) (two [2]payments.Transfer) {
	countries := [2]string{"DE", "DE"}
	if float64(from%100) < 100*abroad {
		countries = [2]string{[]string{"DE", "AU", "SE", "US"}[from%4], []string{"PH", "RO", "KE", "BR"}[other%4]}
	}
	tr := payments.Transfer{
		Institution: fmt.Sprintf("BANK%02dFFXXX", from%20), Ref: fmt.Sprintf("2026-%012d", n), At: at.Truncate(time.Second),
		Amount: amount, Currency: "EUR", Base: amount,
		Rail: []payments.Rail{payments.RailBank, payments.RailRemittance, payments.RailWallet}[from%3], Funding: payments.FundedByAccount,
		Night: payments.No, OtherNight: payments.No, Purpose: "OTHR",
	}
	if from%5 == 0 {
		tr.Classes = []payments.Class{payments.FamilySupport}
	}
	names := [2][]string{{token("name", from%50_000), token("name", from%700)}, {token("name", other%50_000), token("name", other%700)}}
	if float64(from/100%10) < 10*family {
		names[1][0] = names[0][0]
	}
	subjects := [2]signal.Subject{signal.Subject("sub_" + token("account", from)), signal.Subject("sub_" + token("account", other))}
	towns := [2]string{token("town", from%5000), token("town", other%5000)}
	for i, role := range []signal.Role{signal.Sender, signal.Recipient} {
		t := tr
		t.Role, t.ID = role, payments.TransferID(tr.Institution, tr.Ref, role)
		t.Subject, t.Other = subjects[i], subjects[1-i]
		t.Country, t.OtherCountry = countries[i], countries[1-i]
		t.Names, t.OtherNames = names[i], names[1-i]
		t.Town, t.OtherTown = towns[i], towns[1-i]
		two[i] = t
	}
	return two
}
