package rule

import (
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// several makes n transfers at even distances, the newest now.
func several(n int, every float64, amount int64, with func(*profile.Entry)) []paid {
	var all []paid
	for i := n - 1; i >= 0; i-- {
		all = append(all, paid{float64(i) * every, byte(i + 1), amount, with})
	}
	return all
}

// busy has one and two transfers on the days of two weeks, and so many today.
func busy(today int) []paid {
	var all []paid
	for d := 14; d > 0; d-- {
		for i := range 1 + d%2 {
			all = append(all, paid{float64(d) + 0.5 - float64(i)/8, 1, 1000, nil})
		}
	}
	return append(all, several(today, 0.1, 1000, nil)...)
}

const hour = 1.0 / 24

// tazamaHistories has for each rule a history that fires it, and one that is just short
// of it. Some of the rules fire at everything, with one strength or another.
var tazamaHistories = func() map[string][]tazamaHistory {
	like := func(rail payments.Rail) func(*profile.Entry) {
		return func(e *profile.Entry) { e.Rail = profile.RailOf(rail) }
	}
	about := func(c payments.Class) func(*profile.Entry) {
		return func(e *profile.Entry) { e.Classes = profile.ClassesOf(c) }
	}
	cashAt := func(town uint64) func(*profile.Entry) {
		return func(e *profile.Entry) { e.Bought, e.OtherTown = profile.BoughtOf(payments.BoughtWithdrawal), town }
	}
	one := func(amount int64) []paid { return []paid{{0, 1, amount, nil}} }
	dormant := []tazamaHistory{
		{"2,191 hours", []paid{{2191 * hour, 1, 1000, nil}, {0, 1, 1000, nil}}, nil, 0.25},
		{"2,190 hours", []paid{{2190 * hour, 1, 1000, nil}, {0, 1, 1000, nil}}, nil, 0},
		{"three months, and then two", []paid{{92, 1, 1000, nil}, {1, 1, 1000, nil}, {0, 1, 1000, nil}}, nil, 0},
		{"a new one", one(1000), nil, 0},
	}
	grown := []tazamaHistory{
		{"three deviations", []paid{{3, 1, 10000, nil}, {2, 1, 12000, nil}, {0, 1, 14000, nil}}, nil, 0.5},
		{"less", []paid{{3, 1, 10000, nil}, {2, 1, 12000, nil}, {0, 1, 13990, nil}}, nil, 0},
	}
	more := []tazamaHistory{{"three on a day", busy(3), nil, 0.5}, {"two", busy(2), nil, 0}}
	fiveADay := []tazamaHistory{{"five a day", several(5, 6*hour, 1000, nil), nil, 0.5}, {"four", several(4, 8*hour, 1000, nil), nil, 0}}
	firstOrNot := []tazamaHistory{{"one", one(1000), nil, 0.5}, {"two", several(2, 1, 1000, nil), nil, 0.25}}
	benford := []tazamaHistory{
		{"fifty that begin with 9", several(50, 1, 9000, nil), nil, 0.5}, {"forty-nine", several(49, 1, 9000, nil), nil, 0},
	}
	mirrored := []tazamaHistory{
		{"one, after 24 hours", one(10000), []paid{{1, 1, 11000, nil}}, 0.5},
		{"one, after longer", one(10000), []paid{{24.1 * hour, 1, 11000, nil}}, 0},
		{"one, later", []paid{{1, 1, 10000, nil}}, []paid{{0.9, 1, 11000, nil}}, 0},
		{"one of another amount", one(10000), []paid{{0.5, 1, 11001, nil}}, 0},
		{"two together", one(10000), []paid{{0.5, 1, 4000, nil}, {0.4, 2, 5000, nil}}, 1},
		{"two together, not enough", one(10000), []paid{{0.5, 1, 4000, nil}, {0.4, 2, 4999, nil}}, 0},
		{"in two currencies with rates", one(10000), []paid{{0.5, 1, 100, func(e *profile.Entry) { e.Currency, e.Base = profile.CurrencyOf("SEK"), 10000 }}}, 0.5},
		{"without a rate", one(10000), []paid{{0.5, 1, 100, func(e *profile.Entry) { e.Currency, e.Base = profile.CurrencyOf("SEK"), 0 }}}, 0},
		{"nothing", one(10000), nil, 0},
	}
	from := func(account uint64) func(*profile.Entry) { return func(e *profile.Entry) { e.Account = account } }
	aliases := []tazamaHistory{
		{"two accounts", []paid{{1, 1, 1000, from(7)}, {0, 1, 1000, from(8)}}, nil, 0.25},
		{"one account", []paid{{1, 1, 1000, from(7)}, {0, 1, 1000, from(7)}}, nil, 0},
		{"one account, and one that is not told", []paid{{1, 1, 1000, from(7)}, {0, 1, 1000, nil}}, nil, 0},
	}
	return map[string][]tazamaHistory{
		"T001": {{"a day", []paid{{1, 1, 1000, nil}, {0, 1, 1000, nil}}, nil, 0.25}, {"23 hours", []paid{{23 * hour, 1, 1000, nil}, {0, 1, 1000, nil}}, nil, 0}},
		"T002": {
			{"five came within a day", one(1000), several(5, 6*hour, 1000, nil), 0.5},
			{"four did", one(1000), several(5, 6.1*hour, 1000, nil), 0},
			{"five came later", []paid{{2, 1, 1000, nil}}, several(5, 6*hour, 1000, nil), 0},
			{"nothing came", several(5, hour, 1000, nil), nil, 0},
		},
		"T016": fiveADay,
		"T003": dormant, "T004": dormant,
		"T006": {{"alike", []paid{{1, 1, 10000, nil}, {0, 2, 11000, nil}}, nil, 0.5}, {"not quite", []paid{{1, 1, 9899, nil}, {0, 2, 11000, nil}}, nil, 0}},
		"T007": {
			{"of one thing", []paid{{1, 1, 1000, about(payments.School)}, {0, 2, 9000, about(payments.School)}}, nil, 0.5},
			{"of two", []paid{{1, 1, 1000, about(payments.School)}, {0, 2, 9000, about(payments.Medical)}}, nil, 0},
			{"of nothing", several(3, 1, 1000, nil), nil, 0},
		},
		"T008": {{"one twice", []paid{{1, 1, 1000, nil}, {0, 1, 9000, nil}}, nil, 0.5}, {"two", []paid{{1, 1, 1000, nil}, {0, 2, 9000, nil}}, nil, 0}},
		"T010": more, "T011": more,
		"T017": {{"five in 8 hours", several(5, 2*hour, 1000, nil), nil, 0.5}, {"in longer", several(5, 2.1*hour, 1000, nil), nil, 0}},
		"T018": {{"half as much again", []paid{{1, 1, 10000, nil}, {0, 1, 15000, nil}}, nil, 0.5}, {"less", []paid{{1, 1, 10000, nil}, {0, 1, 14900, nil}}, nil, 0}},
		"T020": grown, "T048": grown,
		"T021": {{"five alike", several(5, hour, 1000, nil), nil, 0.25}, {"four", several(4, hour, 1000, nil), nil, 0}},
		"T024": mirrored, "T025": mirrored,
		"T026": {
			{"one, a tenth sent on less", one(10000), []paid{{0.5, 1, 8000, nil}}, 0.5},
			{"less than that", one(10000), []paid{{0.5, 1, 7999, nil}}, 0},
			{"three together", one(9000), []paid{{0.5, 1, 2000, nil}, {0.4, 1, 2000, nil}, {0.3, 1, 4000, nil}}, 1},
		},
		"T027": {
			{"one, a tenth kept", one(9000), []paid{{0.5, 1, 11000, nil}}, 0.5},
			{"more than that", one(9000), []paid{{0.5, 1, 11001, nil}}, 0},
			{"two together", one(9000), []paid{{0.5, 1, 6000, nil}, {0.4, 2, 4000, nil}}, 1},
		},
		"T030": firstOrNotSame(), "T044": firstOrNot, "T045": firstOrNot,
		"T054": benford, "T063": benford,
		"T074": {
			{"two towns in an hour", []paid{{hour, 1, 1000, cashAt(7)}, {0, 2, 1000, cashAt(8)}}, nil, 0.25},
			{"in more", []paid{{1.1 * hour, 1, 1000, cashAt(7)}, {0, 2, 1000, cashAt(8)}}, nil, 0},
			{"one town", []paid{{hour, 1, 1000, cashAt(7)}, {0, 2, 1000, cashAt(7)}}, nil, 0},
		},
		"T075": {
			{"a new place", []paid{{3, 1, 1000, cashAt(7)}, {0, 2, 1000, cashAt(8)}}, nil, 0.5},
			{"once before", []paid{{3, 1, 1000, cashAt(8)}, {0, 2, 1000, cashAt(8)}}, nil, 0.25},
			{"five times before", several(6, 1, 1000, cashAt(8)), nil, 0},
			{"no cash", several(1, 1, 1000, nil), nil, 0},
		},
		"T076":  {{"4 minutes", several(2, 4*hour/60, 1000, nil), nil, 0.5}, {"5 minutes", several(2, 5*hour/60+1e-6, 1000, nil), nil, 0.25}, {"one", one(1000), nil, 0}},
		"T078A": {{"a business", several(1, 1, 1000, like(payments.RailProcessor)), nil, 0.5}, {"a bank", several(1, 1, 1000, like(payments.RailBank)), nil, 0}},
		"T078B": {{"a person", several(1, 1, 1000, like(payments.RailP2P)), nil, 0.25}, {"a bank", several(1, 1, 1000, like(payments.RailBank)), nil, 0}},
		"T083":  aliases, "T084": aliases,
		"T091": {{"10,000", one(1_000_000), nil, 0.25}, {"less", one(999_999), nil, 0}},
	}
}()

type tazamaHistory struct {
	name   string
	own    []paid
	other  []paid  // in the other role
	strong float64 // 0: silent
}

func firstOrNotSame() []tazamaHistory {
	return []tazamaHistory{
		{"the first", []paid{{1, 1, 1000, nil}, {0, 2, 1000, nil}}, nil, 0.5}, {"the second", []paid{{1, 2, 1000, nil}, {0, 2, 1000, nil}}, nil, 0.25},
	}
}

func TestEachOfTazamasRulesFiresAndIsSilent(t *testing.T) {
	set, err := Load(Tazama())
	if err != nil {
		t.Fatal(err)
	}
	of := make(map[string]bool)
	for _, r := range set.Rules() {
		of[strings.TrimRight(r.ID(), "AB")] = true
		all := tazamaHistories[r.ID()]
		if len(all) < 2 {
			t.Errorf("%s has no histories", r.ID())
		}
		for _, h := range all {
			role, opposite := signal.Sender, signal.Recipient
			if r.roles[1] {
				role, opposite = opposite, role
			}
			v := viewOf(t, role, h.own...)
			if h.other != nil {
				v.Opposite = viewOf(t, opposite, h.other...)
				v.Opposite.Opposite = v
			}
			if f, _ := r.Find(v); f.Strength != h.strong {
				t.Errorf("%s, %s: strength %v, want %v (%q)", r.ID(), h.name, f.Strength, h.strong, f.Says)
			}
		}
	}
	if len(of) != 31 || !strings.Contains(set.Name, "31 of 33") {
		t.Errorf("%d of Tazama's 33 rules are there, and the file says %q", len(of), set.Name)
	}
}
