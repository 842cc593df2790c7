package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A world makes payments between accounts, half of which send and half receive, in
// order of time, so that each has on average perWindow transfers in 90 days.
type world struct {
	r        *rand.Rand
	accounts int
	// spread is the sigma of a log-normal activity; 0: all are alike. With 1.9 some 3 %
	// of the senders make half of the payments, as in AIC T&I 589.
	spread     float64
	at         time.Time
	gap        time.Duration // between two payments
	n          int
	partitions int
}

const (
	perWindow = 3
	window    = 90 * 24 * time.Hour
	abroad    = 0.5 // share of senders that pay across a border, [A]
	family    = 0.4 // share of senders that have a name in common with whom they pay, [A]
	medianEUR = 55  // of amounts, with a sigma of 0.5: those of the cases that were published
)

func newWorld(accounts int, spread float64, partitions int) *world {
	return &world{
		r: rand.New(rand.NewPCG(1, uint64(accounts))), accounts: accounts, spread: spread,
		at:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		gap: window / time.Duration(accounts*perWindow/2), partitions: partitions,
	}
}

// account takes one of n, more often the more active it is. Where activity is
// log-normal, the share of all payments that is of the accounts up to quantile p is
// Φ(Φ⁻¹(p) − sigma): so the quantile of the account of a payment is Φ(z + sigma).
func (w *world) account(n int) int {
	if w.spread == 0 {
		return w.r.IntN(n)
	}
	p := 0.5 * math.Erfc(-(w.r.NormFloat64()+w.spread)/math.Sqrt2)
	return min(int(p*float64(n)), n-1)
}

// recipient takes one of those that a sender pays: from one to four of them, the same
// ones again and again; one in twenty payments goes to somebody new.
func (w *world) recipient(from, half int) int {
	if w.r.IntN(20) == 0 {
		return w.account(half)
	}
	known := rand.New(rand.NewPCG(uint64(from), uint64(w.r.IntN(1+from%4))))
	if w.spread == 0 {
		return known.IntN(half)
	}
	p := 0.5 * math.Erfc(-(known.NormFloat64()+w.spread/2)/math.Sqrt2)
	return min(int(p*float64(half)), half-1)
}

func token(kind string, n int) string { return signal.ID(kind, fmt.Sprint(n)) }

// next makes the two events of one payment, and says into which partitions they go.
func (w *world) next() (out [2]stream.Event, to [2]int, err error) {
	w.n++
	w.at = w.at.Add(w.gap)
	half := w.accounts / 2
	from := w.account(half)
	other := half + w.recipient(from, half)
	countries := [2]string{"DE", "DE"}
	if float64(from%100) < 100*abroad {
		countries = [2]string{[]string{"DE", "AU", "SE", "US"}[from%4], []string{"PH", "RO", "KE", "BR"}[other%4]}
	}
	amount := int64(medianEUR*math.Exp(0.5*w.r.NormFloat64())/5+1) * 5_00
	tr := payments.Transfer{
		Institution: fmt.Sprintf("BANK%02dFFXXX", from%20), Ref: fmt.Sprintf("2026-%012d", w.n), At: w.at.Truncate(time.Second),
		Amount: amount, Currency: "EUR", Base: amount * 108 / 100,
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
		data, err := payments.EncodeTransfer(t)
		if err != nil {
			return out, to, err
		}
		out[i] = stream.Event{
			ID: t.ID, Source: "vigil/payments", Type: "vigil.transfer.v1", Subject: string(t.Subject), Time: t.At,
			Key: string(t.Subject), ContentType: "application/json", Data: data,
		}
		to[i] = int(t.Subject[5]) % w.partitions // as good as Kafka's hash: tokens are random
	}
	return out, to, nil
}
