package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// payer is the nth of the tests.
func payer(n int) signal.Subject { return signal.Subject(fmt.Sprintf("sub_%032x", 0xaa00+n)) }

// paidBy is a payment signal that tells its payers apart, each with the times at which it
// paid.
func paidBy(related bool, by ...[]time.Time) signal.Signal {
	var all []time.Time
	var pairs []signal.Pair
	for i, times := range by {
		all = append(all, times...)
		pairs = append(pairs, signal.Pair{Other: payer(i), Transfers: len(times), First: times[0], Times: times, Related: related})
	}
	slices.SortFunc(all, time.Time.Compare)
	s := aPayment("P01", 0.1, len(by), len(by), all...)
	s.Payment.Pairs = pairs
	return s
}

// irregular is n times within so many days before noon, at no rhythm.
func irregular(r *rand.Rand, n int, within float64) []time.Time {
	var times []time.Time
	for range n {
		times = append(times, ago(r.Float64()*within*days+12).Truncate(time.Second))
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func later(by time.Duration, times ...time.Time) []time.Time {
	var out []time.Time
	for _, t := range times {
		out = append(out, t.Add(by))
	}
	return out
}

// TestCoincidenceAgainstOwnHabits: what pays and streams by habit shows nothing, however
// punctual it is, and what no habit explains does.
func TestCoincidenceAgainstOwnHabits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	odd, odder := irregular(r, 10, 80), irregular(r, 10, 80)
	monthly, weekly := every(3, 30*days, 2), every(12, 7*days, 2)
	tests := []struct {
		name  string
		in    []signal.Signal
		least float64
		most  float64
	}{
		{"a family is sent money each month and calls on pay day", together(privateAt(time.Hour, monthly...), []signal.Signal{paidBy(false, monthly)}), 0, 0},
		{"the same, of whom no payer is told apart", together(privateAt(time.Hour, monthly...), []signal.Signal{aPayment("P01", .1, 1, 1, monthly...)}), 0, 0},
		{"a weekly lesson, paid before it", together(privateAt(time.Hour, weekly...), []signal.Signal{paidBy(false, weekly)}), 0, 0},
		{"two pupils, each each week", together(privateAt(time.Hour, append(later(3*24*time.Hour, weekly[:11]...), weekly...)...), []signal.Signal{paidBy(false, weekly, later(3*24*time.Hour, weekly[:11]...))}), 0, 0},
		{"a month left out", together(privateAt(time.Hour, ago(61*days), ago(31*days), ago(2)), []signal.Signal{paidBy(false, []time.Time{ago(91 * days), ago(61 * days), ago(31 * days), ago(2)})}), 0, 0},
		{"a related payer at no rhythm", together(privateAt(time.Hour, odd...), []signal.Signal{paidBy(true, odd)}), 0, 0},
		{"who streams every evening, and is paid in the evening", together(privateAt(time.Hour, every(60, days, 4)...), []signal.Signal{paidBy(false, []time.Time{ago(5 + 3*days), ago(5 + 7*days), ago(5 + 19*days), ago(5 + 31*days)})}), 0, 0.1},
		{"who streams and is paid on Saturdays, now and then", together(privateAt(time.Hour, ago(3), ago(3+7*days), ago(3+21*days), ago(3+35*days), ago(3+42*days), ago(3+63*days)),
			[]signal.Signal{paidBy(false, []time.Time{ago(4), ago(4 + 21*days), ago(4 + 35*days), ago(4 + 63*days)})}), 0, 2},
		{"a payer at no rhythm, each time shortly before", together(privateAt(time.Hour, odd...), []signal.Signal{paidBy(false, odd)}), 2, mostRatio()},
		{"the same, told of a corridor alone", together(privateAt(time.Hour, odd...), []signal.Signal{alongACorridor(paidBy(false, odd))}), 0, 0},
		{"half of the payments so", together(privateAt(time.Hour, append(slices.Clone(odd), odder...)...), []signal.Signal{paidBy(false, append(odd, later(31*time.Hour, odder...)...))}), 1.5, mostRatio()},
		{"a day after each", together(privateAt(-25*time.Hour, odd...), []signal.Signal{paidBy(false, odd)}), 0, 0.2},
		{"in public streams", []signal.Signal{paidBy(false, odd)}, 0, 0},
		{"two say less than three", together(privateAt(time.Hour, odd[:2]...), []signal.Signal{paidBy(false, odd[:2])}), 1.5, 3},
		{"withdrawn", together(privateAt(time.Hour, odd...), []signal.Signal{withStrength(0, paidBy(false, odd))}), 0, 0},
		{"what the subject paid itself", together(privateAt(time.Hour, odd...), sent(paidBy(false, odd))), 0, 0},
		{"before streams that a crowd watched", crowded(privateAt(time.Hour, odd...), paidBy(false, odd)), 0, 0},
		{"one transfer behind three typologies", together(privateAt(time.Hour, ago(2)), []signal.Signal{
			aPayment("P01", .1, 1, 1, ago(2)), aPayment("P07", .1, 1, 1, ago(2)), aPayment("P08", .1, 1, 1, ago(2))}), 1, 1.5},
		{"long past", together(privateAt(time.Hour, odd...), []signal.Signal{aPayment("P01", .1, 6, 6, append([]time.Time{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}, odd...)...)}), 2, mostRatio()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.in {
				if p := tt.in[i].Payment; p != nil && tt.in[i].Start.Before(earliest) {
					tt.in[i].Start = tt.in[i].End
				}
			}
			got := assess(t, tt.in...).value(t, "payment-session-coincidence")
			if got < tt.least || got > tt.most {
				t.Errorf("has %v, want %v to %v", got, tt.least, tt.most)
			}
		})
	}
}

// alongACorridor makes P03 of a payment signal.
func alongACorridor(s signal.Signal) signal.Signal {
	s.Payment.Typology = corridor
	return s
}

func withStrength(strength float64, s signal.Signal) signal.Signal {
	s.Payment.Strength = strength
	return s
}

// crowded gives sessions an audience.
func crowded(sessions []signal.Signal, more ...signal.Signal) []signal.Signal {
	for i := range sessions {
		sessions[i].Session.Audience = 40
	}
	return append(sessions, more...)
}

// TestChance holds the permutation test against counting by hand, and, on histories whose
// payments have nothing to do with their streams, sees that it is as rare as it says.
func TestChance(t *testing.T) {
	spans := []span{{2*day + 10, 2*day + 20}, {9*day + 10, 9*day + 20}}
	// Ways of 14 days and of two weeks by hand.
	for _, tt := range []struct {
		times []int64
		want  float64
	}{
		{[]int64{2*day + 15}, 2.0/28 + 2.0/4},                         // and seven days later
		{[]int64{2*day + 15, 4*day + 15}, 4.0/28 + 2.0/4},             // five and twelve days later the other is
		{[]int64{2*day + 15, 3*day + 15, 9*day + 15}, 2.0/28 + 2.0/4}, // never both but by weeks
		{[]int64{2*day + 25}, 1},                                      // none is, so any way will do
	} {
		if got := chance(spans, tt.times, 0, 14); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", tt.times, got, tt.want)
		}
	}
	// No other way has as many: three evenings of three, by weeks at a rate of (0+3)/(3×5),
	// are 0.008; but it is not believed below the square of the floor.
	alone := []span{{2*day + 10, 2*day + 20}, {5*day + 10, 5*day + 20}, {20*day + 10, 20*day + 20}}
	floor := 1.0/70 + 1.0/10
	if got, want := chance(alone, []int64{2*day + 15, 5*day + 15, 20*day + 15}, 0, 35), floor*floor; math.Abs(got-want) > 1e-12 {
		t.Errorf("beyond all ways: %v, want %v", got, want)
	}

	r := rand.New(rand.NewPCG(5, 6))
	const worlds = 2000
	below := map[float64]int{}
	for range worlds {
		var spans []span
		for range 1 + r.IntN(20) {
			at := r.Int64N(90 * day)
			spans = append(spans, span{at, min(at+7*int64(time.Hour), 90*day-1)})
		}
		var times []int64
		for range 3 + r.IntN(12) {
			times = append(times, r.Int64N(90*day))
		}
		slices.Sort(times)
		p := chance(merge(spans), times, 0, 90)
		for _, level := range []float64{0.05, 0.1, 0.2} {
			if p <= level {
				below[level]++
			}
		}
	}
	for level, n := range below {
		if share := float64(n) / worlds; share > 1.5*level {
			t.Errorf("of histories without any tie %.3f have a chance of at most %v", share, level)
		}
	}
	if len(below) == 0 {
		t.Error("no chance was ever small: the test sees nothing")
	}
}

func TestReach(t *testing.T) {
	for _, tt := range []struct {
		k, n int
		q    float64
		want float64
	}{{0, 5, 0.3, 1}, {5, 5, 0.5, 1.0 / 32}, {4, 5, 0.5, 6.0 / 32}, {1, 3, 0.2, 1 - 0.512}} {
		if got := reach(tt.k, tt.n, tt.q); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("at least %d of %d at %v: %v, want %v", tt.k, tt.n, tt.q, got, tt.want)
		}
	}
}

// TestPairs: a case tells its payers apart, each weighed by its own history.
func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	odd, odder := irregular(r, 8, 80), irregular(r, 8, 80)
	weekly := every(12, 7*days, 2)
	calls := privateAt(time.Hour, append(append(slices.Clone(odd), odder...), weekly...)...)
	for i := range calls {
		if i < len(odd) {
			calls[i].Session.Guests, calls[i].Session.Audience = []signal.Subject{payer(0)}, 1
		}
	}
	in := append(calls, paidBy(false, odd, odder, weekly), aMatch("e", 6, 4, noon))
	cases := run(t, correlator(t), memory{}, in...)
	if len(cases) == 0 {
		t.Fatal("no case")
	}
	c := cases[len(cases)-1]
	encoded(t, c)
	if len(c.Pairs) != 3 {
		t.Fatalf("%d pairs", len(c.Pairs))
	}
	parts := map[signal.Subject]map[string]float64{}
	for i, p := range c.Pairs {
		if i > 0 && p.Score > c.Pairs[i-1].Score {
			t.Error("the pair that weighs most is not the first")
		}
		sum := 0.0
		parts[p.Payer] = map[string]float64{}
		for _, part := range p.Parts {
			sum += part.Weight
			parts[p.Payer][part.Name] = part.Weight
			if part.Says == "" {
				t.Errorf("part %s says nothing", part.Name)
			}
		}
		if math.Abs(sum-p.Score) > 1e-9 {
			t.Errorf("parts of a pair sum to %v, and its score is %v", sum, p.Score)
		}
	}
	const coincide, guest, rhythm = "aligned-transfers", "visits-paid-for", "regular-rhythm"
	if p := parts[payer(0)]; p[coincide] <= 0 || p[guest] <= 0 {
		t.Errorf("the payer who comes and pays: %v", p)
	}
	if p := parts[payer(1)]; p[coincide] <= 0 || p[guest] != 0 {
		t.Errorf("the payer who pays alone: %v", p)
	}
	if p := parts[payer(2)]; p[guest] != 0 || p[rhythm] >= 0 {
		t.Errorf("the payer by the week: %v", p)
	}
	if first := c.Pairs[0]; first.Payer != payer(0) || first.Visits == 0 || first.Transfers != len(odd) {
		t.Errorf("the first named is %+v", first)
	}
	for _, p := range c.Pairs {
		if p.Probability > c.Probability {
			t.Errorf("%v is named with %v by a case of %v", p.Payer, p.Probability, c.Probability)
		}
	}
	a := assess(t, in...)
	if a.value(t, "several-payers-coincide") <= 0 || a.value(t, "paying-guests") != 0.5 {
		t.Errorf("%+v", a.Values)
	}
}

// TestAVictimIsNoSuspect: who pays under threat is put to a person for help, whatever else
// the payments look like, and no longer when the series is taken back.
func TestAVictimIsNoSuspect(t *testing.T) {
	c, s := correlator(t), memory{}
	x := sent(aPayment("X01", 0.9, 1, 1, every(5, 3, 1)...))[0]
	all := sent(allTypologies(1, 1, every(5, 3, 1)...)...)
	cases := run(t, c, s, append(all, x)...)
	if len(cases) != 1 || cases[0].State != Help || cases[0].Probability > 0.01 || cases[0].Explanation != "sextortion" {
		t.Fatalf("%+v", cases)
	}
	encoded(t, cases[0])
	x.Revision, x.Payment.Strength = x.Revision+1, 0
	if cases = run(t, c, s, x); len(cases) != 1 || cases[0].State != Withdrawn {
		t.Errorf("after it is taken back: %+v", cases)
	}
	got := aPayment("X01", 0.9, 1, 1, every(5, 3, 1)...)
	if cases = run(t, c, memory{}, got); len(cases) != 0 {
		t.Errorf("who receives such a series is no victim: %+v", cases)
	}
}

// TestFlagsBySource: whose word it is decides what it is worth, and no number of users'
// flags is worth a moderator's.
func TestFlagsBySource(t *testing.T) {
	user := assess(t, flags(100)...).value(t, "user-flag")
	trusted := assess(t, flagBy("trusted")).value(t, "user-flag")
	moderator := assess(t, flagBy("moderator")).value(t, "user-flag")
	if user >= trusted || trusted >= moderator {
		t.Errorf("100 users %v, a trusted flagger %v, a moderator %v", user, trusted, moderator)
	}
	if both := assess(t, append(flags(100), flagBy("moderator"))...).value(t, "user-flag"); math.Abs(both-user-moderator) > 1e-9 {
		t.Errorf("both together %v", both)
	}
}

// TestClassifierScores: a score is worth what the table of its classifier says, and
// without a table nothing.
func TestClassifierScores(t *testing.T) {
	score := func(classifier string, value float64) signal.Signal {
		return signal.Signal{
			ID: signal.ID("score", classifier, fmt.Sprint(value)), Revision: 1, Kind: signal.KindScore, Subject: someone, Start: noon, End: noon, Says: "a score",
			Score: &signal.Score{Stream: "s", Platform: "demo", Classifier: classifier, Value: value},
		}
	}
	w, err := LoadWeights(changed(t, `"coincidence": {`, `"classifiers": [{"name": "c-1", "source": "made up", "points": [{"score": 0.2, "value": -1}, {"score": 0.8, "value": 2}, {"score": 1, "value": 4}]}],
  "coincidence": {`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		in   []signal.Signal
		want float64
	}{
		{[]signal.Signal{score("c-1", 0)}, -1}, {[]signal.Signal{score("c-1", 0.2)}, -1}, {[]signal.Signal{score("c-1", 0.5)}, 0.5},
		{[]signal.Signal{score("c-1", 0.9)}, 3}, {[]signal.Signal{score("c-1", 1), score("c-1", 0.1)}, 4}, {[]signal.Signal{score("c-2", 1)}, 0},
	} {
		c, s := New(w), memory{}
		run(t, c, s, tt.in...)
		a, err := c.Assess(t.Context(), s, someone, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Values[partClassifier]; math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%+v: %v, want %v", tt.in[0].Score, got, tt.want)
		}
	}
}

// TestCategories: the category of a list adds to what a match is worth.
func TestCategories(t *testing.T) {
	of := func(category string) float64 {
		m := aMatch("e", 6, 1, noon)
		m.Match.Category = category
		return assess(t, m).value(t, "list-match")
	}
	if of("B1") >= of("A1") || of("unheard of") != of("") {
		t.Errorf("A1 %v, B1 %v, unknown %v, none %v", of("A1"), of("B1"), of("unheard of"), of(""))
	}
}

// TestHeartbeatsChangeNothing within ten minutes, in whatever order they come, and the
// end does.
func TestHeartbeatsChangeNothing(t *testing.T) {
	beatAt := func(after time.Duration) signal.Signal {
		s := aSession("s", true, ago(2), after)
		s.Revision, s.Session.Ended = 2*uint64(after.Milliseconds())+1, false
		return s
	}
	end := aSession("s", true, ago(2), 12*time.Minute)
	end.Revision = 2*uint64((12*time.Minute).Milliseconds()) + 2
	c, s := correlator(t), memory{}
	run(t, c, s, aMatch("e", 6, 4, ago(2)))
	if got := run(t, c, s, beatAt(0), beatAt(time.Second), beatAt(9*time.Minute)); len(got) != 1 {
		t.Errorf("%d cases of heartbeats within ten minutes", len(got))
	}
	if got := run(t, c, s, beatAt(11*time.Minute), beatAt(10*time.Minute), beatAt(11*time.Minute+7*time.Second), end); len(got) != 2 {
		t.Errorf("%d cases, want one of ten minutes and one of the end", len(got))
	}
	state := s.dump()
	if got := run(t, c, s, beatAt(11*time.Minute)); len(got) != 0 || string(s.dump()) != string(state) {
		t.Error("a late heartbeat undoes the end")
	}
}
