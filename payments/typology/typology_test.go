package typology

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// fires returns the typologies that fire on payments in one role, by strength.
func fires(t *testing.T, role signal.Role, all []payment) map[string]float64 {
	t.Helper()
	got := make(map[string]float64)
	for _, s := range firing(process(t, transfersOf(t, role, all))) {
		got[s.Payment.Typology] = s.Payment.Strength
	}
	return got
}

func TestPlantedPatternSaysWhy(t *testing.T) {
	var b bytes.Buffer
	for _, role := range []signal.Role{signal.Sender, signal.Recipient} {
		latest := firing(process(t, transfersOf(t, role, planted())))
		signals := slices.SortedFunc(maps.Values(latest), func(x, y signal.Signal) int {
			return strings.Compare(x.Payment.Typology+string(x.Subject), y.Payment.Typology+string(y.Subject))
		})
		for _, s := range signals {
			fmt.Fprintf(&b, "%s of a %s, strength %.2f: %s\n", s.Payment.Typology, role, s.Payment.Strength, s.Says)
			data, err := signal.Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "  %s\n", data)
		}
	}
	golden.Check(t, "planted.txt", b.Bytes())
}

// every returns n payments at an even gap.
func every(gap float64, n int, p payment) []payment {
	var out []payment
	for i := range n {
		p.daysAgo = gap * float64(i)
		out = append(out, p)
	}
	return out
}

// uneven is the same with amounts that differ, which is not steady.
func uneven(gap float64, n int, p payment) []payment {
	out := every(gap, n, p)
	for i := range out {
		out[i].amount = fmt.Sprint(21 + i)
	}
	return out
}

func TestTypologiesFireAtTheirParameters(t *testing.T) {
	// one payment from each of n unrelated senders, a day apart.
	senders := func(n int, p payment) (out []payment) {
		for i := range n {
			p.from, p.daysAgo = fmt.Sprintf("Sender%c", 'a'+i), float64(i)
			out = append(out, p)
		}
		return out
	}
	base := payment{from: "Anton Testmann", to: "Maria Muster", amount: "23"}
	with := func(change func(*payment)) payment {
		p := base
		change(&p)
		return p
	}
	for _, c := range []struct {
		name     string
		typology string
		role     signal.Role
		all      []payment
		want     bool
	}{
		{"three low ones", "P01", signal.Sender, every(15, 3, base), true},
		{"two low ones", "P01", signal.Sender, every(15, 2, base), false},
		{"three in 32 days", "P01", signal.Sender, every(16, 3, base), false},
		{"below the band", "P01", signal.Sender, every(1, 9, with(func(p *payment) { p.amount = "9.99" })), false},
		{"above the band", "P01", signal.Sender, every(1, 9, with(func(p *payment) { p.amount = "200.01" })), false},
		{"at home", "P01", signal.Sender, every(1, 9, with(func(p *payment) { p.toCountry = "DE" })), false},
		{"a band of another currency", "P01", signal.Sender, every(1, 9, with(func(p *payment) { p.amount, p.currency = "500", "AUD" })), true},
		{"no published limit", "P01", signal.Sender, every(1, 9, with(func(p *payment) { p.currency = "GBP" })), false},

		{"four in a row", "P02", signal.Sender, uneven(19, 4, base), true},
		{"three in a row", "P02", signal.Sender, uneven(19, 3, base), false},
		{"gaps of 20 days", "P02", signal.Sender, uneven(20, 9, base), false},
		{"large", "P02", signal.Sender, every(3, 9, with(func(p *payment) { p.amount = "100.01" })), false},
		{"a shared name", "P02", signal.Sender, uneven(3, 9, with(func(p *payment) { p.from = "Ana Muster" })), false},
		{"steady", "P02", signal.Sender, every(7, 9, base), false},
		{"bursts are not steady", "P02", signal.Sender, every(0.1, 9, base), true},
		{"over several recipients", "P02", signal.Sender, []payment{
			with(func(p *payment) { p.to, p.daysAgo = "Xa", 1 }), with(func(p *payment) { p.to, p.daysAgo = "Xb", 2 }),
			with(func(p *payment) { p.to, p.daysAgo = "Xc", 3 }), with(func(p *payment) { p.to, p.daysAgo = "Xd", 4 })}, true},
		{"over several senders", "P02", signal.Recipient, senders(9, base), false},
		{"from one sender", "P02", signal.Recipient, uneven(3, 4, base), true},

		{"three senders", "P05", signal.Recipient, senders(3, base), true},
		{"two senders", "P05", signal.Recipient, senders(2, base), false},
		{"one sender often", "P05", signal.Recipient, uneven(3, 9, base), false},
		{"a sender is not fanned into", "P05", signal.Sender, senders(9, base), false},
		{"at home", "P05", signal.Recipient, senders(9, with(func(p *payment) { p.fromCountry = "PH" })), false},
		{"large", "P05", signal.Recipient, senders(9, with(func(p *payment) { p.amount = "101" })), false},
		{"recipient without a name", "P05", signal.Recipient, senders(9, with(func(p *payment) { p.to = "" })), false},
		{"no published limit", "P05", signal.Recipient, senders(9, with(func(p *payment) { p.currency = "GBP" })), false},

		{"five round ones", "P07", signal.Sender, every(7, 5, with(func(p *payment) { p.amount = "25" })), true},
		{"four round ones", "P07", signal.Sender, every(7, 4, with(func(p *payment) { p.amount = "25" })), false},
		{"not round", "P07", signal.Sender, every(7, 9, base), false},
		{"round for another currency", "P07", signal.Sender, every(3, 9, with(func(p *payment) { p.amount, p.currency = "1005", "PHP" })), false},

		{"two purposes of one sender", "P08", signal.Recipient, []payment{
			with(func(p *payment) { p.text, p.daysAgo = "school", 1 }), with(func(p *payment) { p.text, p.daysAgo = "hospital", 2 })}, true},
		{"one purpose of many senders", "P08", signal.Recipient, senders(9, with(func(p *payment) { p.text = "rent" })), false},
		{"two purposes of two senders", "P08", signal.Recipient, append(senders(1, with(func(p *payment) { p.text = "rent" })),
			with(func(p *payment) { p.text, p.from, p.daysAgo = "school", "Xb", 2 })), true},
		{"one purpose of one sender", "P08", signal.Recipient, every(3, 9, with(func(p *payment) { p.text = "rent" })), false},
		{"one transfer of many purposes", "P08", signal.Recipient, every(3, 1, with(func(p *payment) { p.text = "rent, school, doctor, tuition" })), false},
		{"many purposes at once hide nothing", "P08", signal.Recipient, append(
			append(senders(1, with(func(p *payment) { p.text = "rent" })), with(func(p *payment) { p.text, p.from, p.daysAgo = "school", "Xb", 2 })),
			with(func(p *payment) { p.text, p.daysAgo = "rent, school, doctor, tuition, food", 60 })), true},
		{"a shared name", "P08", signal.Recipient, senders(9, with(func(p *payment) {
			p.text, p.to = "rent", "Sendera Senderb Senderc Senderd Sendere Senderf Senderg Senderh Senderi"
		})), false},
		{"no purpose", "P08", signal.Recipient, senders(9, base), false},
	} {
		t.Run(c.typology+"/"+c.name, func(t *testing.T) {
			got := fires(t, c.role, c.all)
			if _, fired := got[c.typology]; fired != c.want {
				t.Errorf("fired is %v, want %v; all that fire: %v", fired, c.want, got)
			}
		})
	}
}

func TestOfEqualWindowsTheLatestIsTold(t *testing.T) {
	all := append(every(1, 3, payment{from: "Anton Testmann", to: "Maria Muster", amount: "23"}),
		payment{from: "Anton Testmann", to: "Maria Muster", amount: "23", daysAgo: 60},
		payment{from: "Anton Testmann", to: "Maria Muster", amount: "23", daysAgo: 61},
		payment{from: "Anton Testmann", to: "Maria Muster", amount: "23", daysAgo: 62})
	told := 0
	for _, s := range process(t, transfersOf(t, signal.Sender, all)) {
		if s.Payment.Typology == "P01" {
			told++
			if !s.End.Equal(now) {
				t.Errorf("the window ends at %v, want %v", s.End, now)
			}
		}
	}
	if told != 1 {
		t.Errorf("P01 was told %d times", told)
	}
}

func TestSignalsPointAtTheHoldersRecords(t *testing.T) {
	var all []payment
	for i := range 100 {
		all = append(all, payment{from: fmt.Sprintf("Sender%c%c", 'a'+i%26, 'a'+i/26), to: "Maria Muster", daysAgo: float64(i) / 4, amount: "20"})
	}
	for _, s := range process(t, transfersOf(t, signal.Recipient, all)) {
		if s.Payment.Typology != "P05" {
			continue
		}
		p := s.Payment
		if p.Transfers != 100 || p.Counterparties != 100 || p.Unrelated != 100 || len(p.Times) != 64 || len(s.Evidence) != signal.MaxEvidence {
			t.Errorf("%d transfers, %d others, %d unrelated, %d times, %d pieces of evidence", p.Transfers, p.Counterparties, p.Unrelated, len(p.Times), len(s.Evidence))
		}
		last := s.Evidence[len(s.Evidence)-1]
		if last != (signal.Evidence{What: "transaction", Holder: "DEMODEFFXXX", Ref: "R0", At: now}) || !p.Times[63].Equal(now) {
			t.Errorf("the newest is %+v", last)
		}
		if p.Country != "PH" || !slices.Equal(p.Countries, []string{"DE"}) || p.Strength != 0.9 {
			t.Errorf("%+v", p)
		}
		return
	}
	t.Fatal("P05 did not fire")
}

func TestDefaultRulesSayWhereTheyAreFrom(t *testing.T) {
	for currency, l := range DefaultRules().Limits {
		if profile.CurrencyOf(currency) == 0 || l.Source == "" || l.Round < 1 {
			t.Errorf("%s: %+v", currency, l)
		}
		for _, b := range []Band{l.Low, l.Repeat, l.FanIn, l.Each, l.Micro, l.Extort} {
			if b.Min < 1 || b.Max < b.Min {
				t.Errorf("%s: band %+v", currency, b)
			}
		}
	}
}
