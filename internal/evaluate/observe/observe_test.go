package observe

import (
	"iter"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/signal"
)

// aWorld is small and has many networks, some of whom show listed pictures.
func aWorld(t *testing.T) *simulate.World {
	t.Helper()
	k := simulate.DefaultKnobs()
	k.PartPeople, k.Prevalence, k.Hash.Networks, k.Hash.Sessions = 1500, 0.03, 0.5, 0.7
	w, err := simulate.New(simulate.Options{Seed: 4, People: 3000, Days: 45, Knobs: k})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// kept gives only the records that keep says.
type kept struct {
	*simulate.World
	keep func(simulate.Record) bool
}

func (k kept) Open(part int) (iter.Seq2[simulate.Record, error], simulate.Labels, error) {
	records, labels, err := k.World.Open(part)
	return func(yield func(simulate.Record, error) bool) {
		for r, err := range records {
			if (err != nil || k.keep(r)) && !yield(r, err) {
				return
			}
		}
	}, labels, err
}

// shiftOfSee is what scores gain at the first prevalence, where see looks.
var shiftOfSee = evaluate.Shift(math.Log(1.0/1100), evaluate.Prevalences()[0])

func see(t *testing.T, w Source, workers int) []evaluate.Person {
	t.Helper()
	s, err := NewScorers(correlate.AssumedFile())
	if err != nil {
		t.Fatal(err)
	}
	seen, err := World(t.Context(), w, s, workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.People) != 3000 || seen.Records == 0 || seen.Signals == 0 {
		t.Fatalf("%d people, %d records, %d signals", len(seen.People), seen.Records, seen.Signals)
	}
	for i := range seen.People { // as things stand at the first prevalence
		seen.People[i].Standing = seen.People[i].Views[0].Standing
	}
	return seen.People
}

// equal compares what was seen, with NaN equal to itself.
func equal(a, b []evaluate.Person) bool {
	clear := func(in []evaluate.Person) []evaluate.Person {
		out := append([]evaluate.Person(nil), in...)
		for i := range out {
			if math.IsNaN(out[i].FirstPayment) {
				out[i].FirstPayment = -1
			}
			if math.IsNaN(out[i].FirstSession) {
				out[i].FirstSession = -1
			}
		}
		return out
	}
	return reflect.DeepEqual(clear(a), clear(b))
}

func TestAWorldIsSeenTheSameByAnyNumberOfWorkers(t *testing.T) {
	w := aWorld(t)
	one := see(t, w, 1)
	if !equal(one, see(t, w, 2)) {
		t.Error("two workers see another world than one")
	}
	matched, remembered := 0, 0
	for i := range one {
		p := &one[i]
		if p.Best[evaluate.Hashes] > evaluate.Floor {
			matched++
		}
		if len(p.Days) == 0 {
			continue
		}
		remembered++
		best := evaluate.Moment{Day: -1, Score: math.Inf(-1)}
		for j, m := range p.Days {
			if j > 0 && m.Day <= p.Days[j-1].Day {
				t.Fatal("days are out of order")
			}
			if m.Score > best.Score {
				best = m
			}
		}
		if best.Score != p.Best[evaluate.All] || p.Days[len(p.Days)-1].Score != p.Last {
			t.Fatalf("the best of %v is not %v", p.Days, p.Best[evaluate.All])
		}
		if p.Best[evaluate.All]-shiftOfSee > evaluate.Remembered && len(p.Parts)+len(p.With) == 0 {
			t.Error("a score without parts")
		}
	}
	if matched < 3 || remembered < 20 {
		t.Errorf("%d people matched a list and %d were remembered", matched, remembered)
	}
}

// TestAScoreIsAsOfItsDay: what comes later changes nothing of what was told before.
func TestAScoreIsAsOfItsDay(t *testing.T) {
	w := aWorld(t)
	const day = 20
	until := w.Start().Add(day * 24 * time.Hour)
	all, half := see(t, w, 2), see(t, kept{w, func(r simulate.Record) bool { return r.Arrives.Before(until) }}, 2)
	compared := 0
	for i := range all {
		before := func(p *evaluate.Person) (out []evaluate.Moment) {
			for _, m := range p.Days {
				if m.Day < day {
					out = append(out, m)
				}
			}
			return out
		}
		a, b := before(&all[i]), before(&half[i])
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("with what came later %v, without %v", a, b)
		}
		compared += len(a)
	}
	if compared < 20 {
		t.Errorf("compared %d days", compared)
	}
}

// TestAVariantSeesWhatItMay: hashes alone change by no payment, payments alone by no
// session and no match, and what has no timing by no shift of everybody's sessions.
func TestAVariantSeesWhatItMay(t *testing.T) {
	w := aWorld(t)
	whole := see(t, w, 2)
	without := func(topics ...simulate.Topic) []evaluate.Person {
		return see(t, kept{w, func(r simulate.Record) bool {
			for _, topic := range topics {
				if r.Topic == topic {
					return false
				}
			}
			return true
		}}, 2)
	}
	noPayments, noPlatforms := without(simulate.Transactions), without(simulate.Sessions, simulate.Frames, simulate.Flags, simulate.Scores)
	changed := 0
	for i := range whole {
		if a, b := whole[i].Best[evaluate.Hashes], noPayments[i].Best[evaluate.Hashes]; a != b {
			t.Fatalf("hashes alone: %v with payments, %v without", a, b)
		}
		if a, b := whole[i].Best[evaluate.Payments], noPlatforms[i].Best[evaluate.Payments]; a != b {
			t.Fatalf("payments alone: %v with platforms, %v without", a, b)
		}
		if whole[i].Best[evaluate.All] != noPayments[i].Best[evaluate.All] {
			changed++
		}
	}
	if changed < 20 {
		t.Errorf("payments changed the whole score of %d people only", changed)
	}
}

// TestShuffledLabelsAreChance: no label finds its way into a score.
func TestShuffledLabelsAreChance(t *testing.T) {
	people := see(t, aWorld(t), 2)
	area := func() float64 { return evaluate.NewCurve(people, evaluate.All, nil).AveragePrecision() }
	with, prevalence := area(), evaluate.Prevalence(people)
	die := rand.New(rand.NewPCG(5, 5))
	mean := 0.0
	const n = 20
	for range n {
		die.Shuffle(len(people), func(i, j int) { people[i].Guilty, people[j].Guilty = people[j].Guilty, people[i].Guilty })
		mean += area() / n
	}
	if math.Abs(mean-prevalence) > 0.5*prevalence || with < 2*mean {
		t.Errorf("average precision %.3f, shuffled %.3f at a prevalence of %.3f", with, mean, prevalence)
	}
}

func TestMemoryScansInOrder(t *testing.T) {
	m := make(memory)
	for _, k := range []string{"0123456789abcdefX2", "0123456789abcdefX1", "0123456789abcdefY", "other"} {
		if err := m.Set([]byte(k), []byte(k)); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string]int{"0123456789abcdefX": 2, "0123456789abcdef": 3, "01": 3, "": 4, "none": 0} {
		var got []string
		if err := m.Scan([]byte(prefix), func(k, v []byte) (bool, error) {
			got = append(got, string(k))
			return string(k) == string(v), nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != want || len(got) > 1 && got[0] > got[1] {
			t.Errorf("%q: %q", prefix, got)
		}
	}
}

// TestTheFormulaIsCorrelates: with nothing denied, the score is the one that correlate
// gives, to its rounding of every part.
func TestTheFormulaIsCorrelates(t *testing.T) {
	s, err := NewScorers(correlate.AssumedFile())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.numbers.Calibration) > 0 {
		t.Skip("the weights are calibrated, and the formula is of what comes before")
	}
	w := aWorld(t)
	seen, err := World(t.Context(), w, s, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i := range seen.People {
		p := &seen.People[i]
		if len(p.Parts) == 0 {
			continue
		}
		values := make([]float64, len(s.names))
		for k, n := range s.names {
			values[k] = p.Parts[n]
		}
		if got := s.denied(evaluate.All, values); math.Abs(got-p.Own) > 0.03 {
			t.Fatalf("by formula %.4f, by correlate %.4f of %v", got, p.Own, p.Parts)
		}
		compared++
	}
	if compared < 10 {
		t.Errorf("compared %d", compared)
	}
}

// TestWhoeverIsNamedCounts: a payer is as suspected as the case that names the payer and
// the chance of being part of it, for as long as it does, and no longer.
func TestWhoeverIsNamedCounts(t *testing.T) {
	w := aWorld(t)
	named := 0
	for _, p := range see(t, w, 2) {
		if p.With == nil {
			continue
		}
		named++
		if p.Best[evaluate.All]-shiftOfSee < p.Own-1e-9 || p.Best[evaluate.All]-shiftOfSee > p.With["named by a case"] {
			t.Errorf("an own score of %v, named by a case of %v, and the best is %v", p.Own, p.With["named by a case"], p.Best[evaluate.All])
		}
		if p.Best[evaluate.Hashes] > p.Own || p.Best[evaluate.Payments] > evaluate.Remembered && p.Own < evaluate.Remembered {
			t.Error("a system of one source names somebody")
		}
	}
	if named < 10 {
		t.Errorf("%d are named", named)
	}

	s, err := NewScorers(correlate.AssumedFile())
	if err != nil {
		t.Fatal(err)
	}
	watch := newWatcher(s, []simulate.Label{{Subjects: []signal.Subject{"a"}}, {Subjects: []signal.Subject{"b"}}}, time.Time{})
	a, b := watch.of["a"], watch.of["b"]
	a.scores[evaluate.All] = 3
	changed := map[int]bool{}
	of := correlate.Named{Subject: "b", Values: make([]float64, len(correlate.NamedFeatures())), Score: 1}
	watch.name(a, []correlate.Named{of, {Subject: "a", Values: of.Values, Score: 9}}, changed)
	for _, shift := range []float64{0, -2} { // the chance to be part of a case that is right stays
		score, by := watch.standing(b, evaluate.All, shift, nil)
		if by != a || !changed[1] || math.Abs(evaluate.Probability(score)-evaluate.Probability(3+shift)*evaluate.Probability(1)) > 1e-9 {
			t.Errorf("%v by %v", score, by)
		}
	}
	if _, by := watch.standing(a, evaluate.All, 0, nil); by != nil {
		t.Error("a subject is named by its own case")
	}
	watch.name(a, nil, changed)
	if score, by := watch.standing(b, evaluate.All, 0, nil); by != nil || score != evaluate.Floor {
		t.Error("whom the case names no longer is still suspected")
	}
}
