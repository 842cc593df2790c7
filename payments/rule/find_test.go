package rule

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// A paid is one transfer of a test's profile.
type paid struct {
	days   float64 // ago
	other  byte    // counterparty
	amount int64   // minor units
	with   func(*profile.Entry)
}

func subject(n byte) signal.Subject { return signal.Subject(fmt.Sprintf("sub_%032x", n)) }

// viewOf makes a profile of subject 255.
func viewOf(t testing.TB, role signal.Role, all ...paid) *profile.View {
	t.Helper()
	p := profile.New(subject(255), role, nil)
	place := -1
	for i, one := range all {
		e := profile.Entry{
			ID: uint64(i + 1), At: probeNow - int64(one.days*day), Amount: one.amount, Base: one.amount, Currency: profile.CurrencyOf("EUR"),
			Country: profile.CountryOf("DE"), OtherCountry: profile.CountryOf("PH"), Tie: profile.TieNone,
		}
		if one.with != nil {
			one.with(&e)
		}
		var err error
		if place, _, err = p.Add(e, profile.TokenOf(subject(one.other))); err != nil {
			t.Fatal(err)
		}
	}
	return p.View(new(profile.View), place)
}

func load(t testing.TB, lines ...string) *Compiled {
	t.Helper()
	set, err := Load([]byte(good(lines...)))
	if err != nil {
		t.Fatalf("%v\n%s", err, good(lines...))
	}
	return set.Rules()[0]
}

// TestMeasures has the value of each measure, worked out by hand.
func TestMeasures(t *testing.T) {
	// Four transfers, 30, 20, 10 and 0 days ago, of 10, 20, 30 and 60 EUR.
	four := []paid{{30, 1, 1000, nil}, {20, 1, 2000, nil}, {10, 2, 3000, nil}, {0, 3, 6000, nil}}
	fours := func(change func(i int, e *profile.Entry)) []paid {
		out := append([]paid{}, four...)
		for i := range out {
			out[i].with = func(e *profile.Entry) { change(i, e) }
		}
		return out
	}
	unknown := math.NaN()
	for _, c := range []struct {
		name string
		rule []string
		all  []paid
		want float64
	}{
		{"count", []string{"last: 90d"}, four, 4},
		{"count within", []string{"within: 10d"}, four, 2},
		{"count of the last days, both ends", []string{"last: 10d"}, four, 2},
		{"count of the last transfers", []string{"last: 3 transfers"}, four, 3},
		{"count of the last transfers that fit", []string{"where: {amount: {EUR: ..20}}", "last: 3 transfers"}, four, 1},
		{"sum", []string{"last: 90d", "measure: {sum: EUR}"}, four, 12000},
		{"sum within", []string{"within: 10d", "measure: {sum: EUR}"}, four, 9000},
		{"sum within, the best is not the last", []string{"within: 10d", "measure: {sum: EUR}"}, append([]paid{{29, 9, 99900, nil}}, four...), 102900},
		{"sum of another currency", []string{"last: 90d", "measure: {sum: SEK}"}, four, unknown},
		{"sum of one of two currencies", []string{"last: 90d", "measure: {sum: SEK}"},
			fours(func(i int, e *profile.Entry) {
				if i == 1 {
					e.Currency = profile.CurrencyOf("SEK")
				}
			}), 2000},
		{"sum in base", []string{"last: 90d", "measure: {sum: base}"}, four, 12000},
		{"sum in base without one rate", []string{"last: 90d", "measure: {sum: base}"},
			fours(func(i int, e *profile.Entry) {
				if i == 1 {
					e.Base = 0
				}
			}), unknown},
		{"mean", []string{"last: 90d", "measure: {mean: EUR}"}, four, 3000},
		{"median", []string{"last: 90d", "measure: {median: EUR}"}, four[:3], 2000},
		{"min", []string{"last: 90d", "measure: {min: EUR}"}, four, 1000},
		{"max", []string{"last: 90d", "measure: {max: EUR}"}, four, 6000},
		{"mean gap", []string{"last: 90d", "measure: {mean: gap}"}, four, 10 * day},
		{"gap of one", []string{"last: 5d", "measure: {mean: gap}"}, four, unknown},
		{"counterparties", []string{"last: 90d", "measure: {distinct: counterparties}"}, four, 3},
		{"counterparties within", []string{"within: 20d", "measure: {distinct: counterparties}"}, four, 3},
		{"counterparties within less", []string{"within: 10d", "measure: {distinct: counterparties}"}, four, 2},
		{"new counterparties", []string{"last: 25d", "measure: {distinct: new_counterparties}"}, four, 2},
		{"days", []string{"last: 90d", "measure: {distinct: days}"}, append([]paid{{0.01, 1, 1, nil}}, four...), 4},
		{"classes", []string{"last: 90d", "measure: {distinct: classes}"}, fours(func(i int, e *profile.Entry) { e.Classes = profile.Classes(1 << (i % 2) & 3) }), 2},
		{"classes within", []string{"within: 9d", "measure: {distinct: classes}"}, fours(func(i int, e *profile.Entry) { e.Classes = profile.School }), 1},
		{"rails", []string{"last: 90d", "measure: {distinct: rails}"}, fours(func(i int, e *profile.Entry) { e.Rail = profile.Rail(i % 2) }), 1},
		{"currencies at night", []string{"last: 90d", "where: {night: yes}", "measure: {distinct: currencies}"}, fours(func(i int, e *profile.Entry) { e.Night = profile.Yes }), 1},
		{"towns at night", []string{"last: 90d", "where: {night: yes}", "measure: {distinct: towns}"}, fours(func(i int, e *profile.Entry) { e.Night, e.OtherTown = profile.Yes, uint64(i) }), 3},
		{"countries at night", []string{"last: 90d", "where: {night: yes}", "measure: {distinct: countries}"}, fours(func(i int, e *profile.Entry) { e.Night = profile.Yes }), 1},
		{"share", []string{"last: 90d", "where: {amount: {EUR: 50..}}", "measure: share"}, four, 25},
		{"share of what is not left out", []string{"last: 90d", "where: {amount: {EUR: 50..}}", "except: [{amount: {EUR: ..10}}]", "measure: share"}, four, 100. / 3},
		{"slope of gaps", []string{"last: 90d", "measure: {slope: gap}"}, []paid{{60, 1, 1, nil}, {30, 1, 1, nil}, {10, 1, 1, nil}, {0, 1, 1, nil}}, -50},
		{"slope of amounts", []string{"last: 90d", "measure: {slope: amount}"}, four[:3], 50},
		{"amounts of two currencies with rates", []string{"last: 90d", "measure: {slope: amount}"},
			fours(func(i int, e *profile.Entry) {
				if i == 0 {
					e.Currency, e.Base = profile.CurrencyOf("SEK"), 1000
				}
			})[:3], 50},
		{"amounts of two currencies without", []string{"last: 90d", "measure: {slope: amount}"},
			fours(func(i int, e *profile.Entry) {
				if i == 0 {
					e.Currency, e.Base = profile.CurrencyOf("SEK"), 0
				}
			})[:3], unknown},
		{"variation", []string{"last: 90d", "measure: {variation: amount}"}, []paid{{1, 1, 1000, nil}, {0, 1, 3000, nil}}, 50},
		{"variation of even gaps", []string{"last: 90d", "measure: {variation: gap}"}, four, 0},
		{"first", []string{"last: 90d", "measure: {first: counterparty}", "bands: [{from: 1, strength: 0.1}]"}, four, 1},
		{"not the first", []string{"last: 90d", "measure: {first: counterparty}", "bands: [{from: 1, strength: 0.1}]"}, four[:2], 0},
		{"first of a rail", []string{"last: 90d", "measure: {first: rail}", "bands: [{from: 1, strength: 0.1}]"}, four, 0},
		{"since", []string{"last: 90d", "measure: {since: previous}"}, four, 10 * day},
		{"span", []string{"last: 90d", "measure: {span: transfers}"}, four, 30 * day},
		{"times max", []string{"last: 90d", "measure: {times_max: amount}"}, four, 2},
		{"times mean", []string{"last: 90d", "measure: {times_mean: amount}"}, four, 3},
		{"deviation", []string{"last: 90d", "measure: {deviation: amount}"}, four, 4000 / math.Sqrt(2e6/3)},
		{"deviation from what does not vary", []string{"last: 90d", "measure: {deviation: amount}"}, []paid{{2, 1, 5, nil}, {1, 1, 5, nil}, {0, 1, 9, nil}}, unknown},
		{"daily", []string{"last: 90d", "measure: {deviation: daily}"},
			[]paid{{3.5, 1, 1, nil}, {2.5, 1, 1, nil}, {2.4, 1, 1, nil}, {2.3, 1, 1, nil}, {1.5, 1, 1, nil}, {1.4, 1, 1, nil}, {0.5, 1, 1, nil}, {0.4, 1, 1, nil}, {0.3, 1, 1, nil}, {0, 1, 1, nil}},
			2 / math.Sqrt(2./3)},
		{"like the newest in amount", []string{"last: 90d", "where: {like_newest: {amount: 50%}}"}, four, 2},
		{"like the newest in counterparty", []string{"last: 90d", "where: {like_newest: {same: counterparty}}"}, four[:2], 2},
		{"steady", []string{"last: 90d", "where: {steady: yes}"}, []paid{{21, 1, 5, nil}, {14, 1, 5, nil}, {7, 1, 5, nil}, {0, 1, 5, nil}, {3, 2, 5, nil}}, 4},
		{"except steady", []string{"last: 90d", "except: [steady]"}, []paid{{21, 1, 5, nil}, {14, 1, 5, nil}, {7, 1, 5, nil}, {0, 1, 5, nil}, {3, 2, 5, nil}}, 1},
		{"except related", []string{"last: 90d", "except: [related]"},
			fours(func(i int, e *profile.Entry) {
				if i == 0 {
					e.Tie = profile.TieName // one shared name ties all with that counterparty
				}
			}), 2},
		{"known for", []string{"last: 90d", "where: {known_for: 1d..}"}, four, 1},
		{"transfers", []string{"last: 90d", "where: {transfers: 2..}"}, four, 2},
		{"base", []string{"last: 90d", "where: {base: ..30}"}, four, 3},
		{"round", []string{"last: 90d", "where: {round: {EUR: 20}}"}, four, 2},
		{"any of", []string{"last: 90d", "where: {any_of: [{amount: {EUR: 10}}, {amount: {EUR: 60}}]}"}, four, 2},
		{"not", []string{"last: 90d", "where: {not: {amount: {EUR: 10}}}"}, four, 3},
		{"paid out", []string{"last: 90d", "where: {paid_out_within: ..24h}"}, fours(func(i int, e *profile.Entry) { e.PaidOutAfter = int32(i) * 1000 }), 1},
		{"exposure", []string{"last: 90d", "where: {exposures: mixer}"}, fours(func(i int, e *profile.Entry) {
			e.Exposures = profile.ExposuresOf([]string{"mixer", "mixer:direct", "exchange", "scam"}[i])
		}), 2},
		{"direct exposure", []string{"last: 90d", "where: {exposures: \"mixer:direct\"}"}, fours(func(i int, e *profile.Entry) {
			e.Exposures = profile.ExposuresOf([]string{"mixer", "mixer:direct", "exchange", "scam"}[i])
		}), 1},
		{"purpose", []string{"last: 90d", "where: {purpose: [GIFT]}"}, fours(func(i int, e *profile.Entry) { copy(e.Purpose[:], []string{"GIFT", "EDUC", "", "GIFT"}[i]) }), 2},
		{"no text that says anything", []string{"last: 90d", "where: {classes: none}"}, fours(func(i int, e *profile.Entry) { e.Classes = profile.Classes(i & 1) }), 2},
		{"an unknown night is neither", []string{"last: 90d", "where: {night: no}"}, four, unknown},
		{"home", []string{"last: 90d", "where: {cross_border: no, night: yes}"}, fours(func(i int, e *profile.Entry) {
			e.Night = profile.Yes
			if i > 1 {
				e.OtherCountry = e.Country
			}
		}), 2},
		{"listed", []string{"last: 90d", "where: {listed: charities}"}, four, unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(strings.Join(c.rule, "\n"), "bands: ") {
				c.rule = append(c.rule, bandFor(c.rule))
			}
			rule := load(t, c.rule...)
			rule.Bands = []Band{{From: math.Inf(-1), Below: math.Inf(1), Strength: 1}}
			got := unknown
			s := new(scene)
			rule.measure = watched(rule.measure, &got)
			v := viewOf(t, signal.Sender, c.all...)
			rule.find(s, v, &v.Entries[len(v.Entries)-1])
			if math.IsNaN(c.want) != math.IsNaN(got) || math.Abs(got-c.want) > 1e-9*max(1, math.Abs(c.want)) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// watched notes what a measure came to.
func watched(m measurer, got *float64) measurer {
	return func(s *scene, c *Compiled, picks []int32) (float64, bool) {
		v, known := m(s, c, picks)
		if known {
			*got = v
		}
		return v, known
	}
}

// bandFor is some band that the measure of a rule can have.
func bandFor(rule []string) string {
	all := strings.Join(rule, "\n")
	if strings.Contains(all, ": gap}") && !strings.Contains(all, "slope") && !strings.Contains(all, "variation") || strings.Contains(all, "since") || strings.Contains(all, "span") {
		return "bands: [{from: 1d, strength: 0.1}]"
	}
	return "bands: [{from: 3, strength: 0.1}]"
}
