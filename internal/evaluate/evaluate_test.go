package evaluate

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// made are people by score and guilt, each in a circle of their own.
func made(scores []float64, guilty []bool) []Person {
	people := make([]Person, len(scores))
	for i := range people {
		people[i] = Person{Guilty: guilty[i], Weight: 1, Circle: int32(i), Group: "g", FirstPayment: math.NaN(), FirstSession: math.NaN(), Standing: Standing{Last: scores[i]}}
		for v := range people[i].Best {
			people[i].Best[v] = scores[i]
		}
		if guilty[i] {
			people[i].Network = int32(i + 1)
		}
	}
	return people
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestCurveByHand: of five people, guilty at ranks 1, 3 and 4, the average precision is
// (1/1 + 2/3 + 3/4) / 3.
func TestCurveByHand(t *testing.T) {
	people := made([]float64{1, 5, 3, 4, 2}, []bool{false, true, true, false, true})
	c := NewCurve(people, All, nil)
	near(t, "average precision", c.AveragePrecision(), (1+2.0/3+3.0/4)/3)
	o := c.At(3)
	near(t, "precision", o.Precision, 2.0/3)
	near(t, "recall", o.Recall, 2.0/3)
	near(t, "cases", o.Cases, 3)
	none := c.At(9)
	near(t, "cases above all", none.Cases, 0)
	near(t, "precision of none", none.Precision, math.NaN())
	near(t, "recall of none", none.Recall, 0)
	near(t, "the lowest bar", c.At(-1).Recall, 1)
}

// TestTiesAreOneStep: people of one score are told apart by no threshold, so they rank
// together: 1 of 4 guilty at the top, all tied, is a precision of 1/4 and not of 1.
func TestTiesAreOneStep(t *testing.T) {
	people := made([]float64{2, 2, 2, 2}, []bool{true, false, false, false})
	near(t, "average precision", NewCurve(people, All, nil).AveragePrecision(), 0.25)
}

func TestNobodyGuilty(t *testing.T) {
	c := NewCurve(made([]float64{1, 2}, []bool{false, false}), All, nil)
	near(t, "average precision", c.AveragePrecision(), math.NaN())
	near(t, "recall", c.At(1).Recall, math.NaN())
}

// TestWeightsSetThePrevalence: two guilty of four at a prevalence of a quarter count a
// third each, so that 2/3 : 2 is a quarter.
func TestWeightsSetThePrevalence(t *testing.T) {
	people := made([]float64{4, 3, 2, 1}, []bool{true, false, true, false})
	Weigh(people, 0.25)
	near(t, "weight", people[0].Weight, 1.0/3)
	o := NewCurve(people, All, nil).At(2)
	near(t, "precision", o.Precision, (2.0/3)/(2.0/3+1))
	near(t, "recall", o.Recall, 1)
	near(t, "average precision", NewCurve(people, All, nil).AveragePrecision(), (1+(2.0/3)/(5.0/3))/2)
}

// TestWeighingIsThinning: a world whose guilty people count a fifth has the precision
// that worlds with a fifth of them have on average.
func TestWeighingIsThinning(t *testing.T) {
	die := rand.New(rand.NewPCG(1, 1))
	var scores []float64
	var guilty []bool
	for i := range 20_000 {
		g := i%20 == 0
		s := die.NormFloat64()
		if g {
			s += 2
		}
		scores, guilty = append(scores, s), append(guilty, g)
	}
	people := made(scores, guilty)
	Weigh(people, Prevalence(people)/5)
	weighed := NewCurve(people, All, nil).At(2).Precision
	mean := 0.0
	for range 200 {
		var s []float64
		var g []bool
		for i := range scores {
			if !guilty[i] || die.Float64() < people[0].Weight {
				s, g = append(s, scores[i]), append(g, guilty[i])
			}
		}
		mean += NewCurve(made(s, g), All, nil).At(2).Precision / 200
	}
	if math.Abs(mean-weighed) > 0.01 {
		t.Errorf("weighed %.3f, thinned %.3f", weighed, mean)
	}
}

func TestThresholdKeepsTheBudget(t *testing.T) {
	scores, guilty := make([]float64, 10_000), make([]bool, 10_000)
	for i := range scores {
		scores[i] = float64(i)
	}
	c := NewCurve(made(scores, guilty), All, nil)
	for _, budget := range []float64{1, 5, 20} {
		near(t, "cases", c.At(c.Threshold(budget)).Cases, budget)
	}
	for i := range scores {
		scores[i] = 7
	}
	c = NewCurve(made(scores, guilty), All, nil)
	near(t, "cases where nobody can be told apart", c.At(c.Threshold(1)).Cases, 0)
}

// TestBootstrapOnKnownCases: the standard error of a share of independent people is
// √(p(1−p)/n), and where they come in circles of four who are all alike it is twice that.
func TestBootstrapOnKnownCases(t *testing.T) {
	width := func(circle int) float64 {
		n := 4000
		scores, guilty := make([]float64, n), make([]bool, n)
		for i := range n {
			guilty[i] = true
			if (i/circle)%2 == 0 {
				scores[i] = 1
			}
		}
		people := made(scores, guilty)
		for i := range people {
			people[i].Circle = int32(i / circle)
		}
		m := MeasureAt(people, All, 0.5, NewResampler(people, 1, 800))
		near(t, "recall", m.Recall.Value, 0.5)
		if !(m.Recall.Low < 0.5 && m.Recall.High > 0.5) {
			t.Errorf("the interval %v leaves the value out", m.Recall)
		}
		return m.Recall.High - m.Recall.Low
	}
	alone, four := width(1), width(4)
	if want := 2 * 1.96 * math.Sqrt(0.25/4000); math.Abs(alone-want) > 0.15*want {
		t.Errorf("width %v, want about %v", alone, want)
	}
	if ratio := four / alone; math.Abs(ratio-2) > 0.3 {
		t.Errorf("circles of four make the interval %.2f times as wide, want about 2", ratio)
	}
}

func TestBootstrapIsTheSameEachTime(t *testing.T) {
	people := made([]float64{1, 2, 3, 4}, []bool{true, false, true, false})
	a := MeasureAt(people, All, 2, NewResampler(people, 9, 50))
	b := MeasureAt(people, All, 2, NewResampler(people, 9, 50))
	if a.Recall != b.Recall || a.Precision != b.Precision {
		t.Error("two runs differ")
	}
}

func TestNetworksCountOnce(t *testing.T) {
	people := made([]float64{9, 0, 0, 0, 9}, []bool{true, true, true, true, false})
	for i, n := range []int32{1, 1, 2, 3, 0} {
		people[i].Network = n
	}
	m := MeasureAt(people, All, 5, NewResampler(people, 1, 10))
	near(t, "networks", m.Networks.Value, 1.0/3)
	near(t, "recall", m.Recall.Value, 1.0/4)
	near(t, "precision", m.Precision.Value, 1.0/2)
}

// TestBothIsTheProduct of the two probabilities.
func TestBothIsTheProduct(t *testing.T) {
	for _, s := range []float64{-8, 0, 3} {
		for _, given := range []float64{0.01, 0.5, 0.97} {
			near(t, "both", Probability(Both(s, given)), Probability(s)*given)
		}
		near(t, "an own case", Both(s, 1), s)
	}
	if !math.IsInf(Both(3, 0), -1) {
		t.Error("who is named with no chance is not named")
	}
}

// TestWilsonByHand: the textbook's interval of 8 in 10 is 0.490 to 0.943.
func TestWilsonByHand(t *testing.T) {
	i := Wilson(0.8, 10)
	if math.Abs(i.Low-0.4902) > 5e-4 || math.Abs(i.High-0.9433) > 5e-4 {
		t.Error(i)
	}
}

func TestFalsePositivesByHand(t *testing.T) {
	people := made([]float64{5, 5, 0, 0, 0, 0, 0, 0, 9}, []bool{false, false, false, false, false, false, false, false, true})
	for i := range people {
		people[i].Group = "family"
		if i == 0 || i == 2 {
			people[i].Group = "tutor"
		}
	}
	people[0].Parts = map[string]float64{"coincidence": 2}
	all, groups := FalsePositives(people, 3, func(p *Person) string { return p.Group })
	if all.People != 8 || all.Cases != 2 {
		t.Errorf("%+v", all)
	}
	if groups[0].Name != "tutor" || groups[0].Cases != 1 || groups[0].People != 2 || len(groups[0].Parts) != 1 {
		t.Fatalf("%+v", groups)
	}
	near(t, "ratio", groups[0].Ratio, 0.5/0.25)
	near(t, "ratio of the other", groups[1].Ratio, (1.0/6)/0.25)
}

// TestQueueByHand: one case a day, two days; of the three who are above the bar on the
// first day the best is taken, on the second the best of who is left as things are then.
func TestQueueByHand(t *testing.T) {
	people := made([]float64{0, 0, 0, 0}, []bool{true, false, true, false})
	people[0].Days = []Moment{{0, 3}}
	people[1].Days = []Moment{{0, 2}, {1, -9}} // withdrawn before anybody spends time on it
	people[2].Days = []Moment{{0, 1}}
	people[3].Days = []Moment{{1, 0.5}} // below the bar
	y := Queue(people, 2, 1e6/4, 0.8)
	near(t, "reviewed", y.Reviewed, 2)
	near(t, "found", y.Found, 2)
	near(t, "recall", y.Recall, 1)
	y = Queue(people, 1, 2e6/4, 0.8)
	near(t, "reviewed on one day of two a day", y.Reviewed, 2)
	near(t, "found then", y.Found, 1)
}

func TestDelaysByHand(t *testing.T) {
	people := made([]float64{0, 0, 0}, []bool{true, true, false})
	people[0].FirstPayment, people[0].Days = 2.5, []Moment{{1, 0}, {4, 7}}
	people[1].FirstPayment, people[1].Days = 1, []Moment{{9, 5}}
	people[2].FirstPayment, people[2].Days = 1, []Moment{{1, 99}}
	all := Delays(people, 6, func(p *Person) float64 { return p.FirstPayment })
	if len(all) != 1 || all[0] != 2.5 {
		t.Errorf("%v: the case is made at the end of day 4, 2.5 days after", all)
	}
}

// TestShuffledLabelsAreChance: where labels say nothing of scores, the average precision
// is the prevalence, and so is the precision at any budget.
func TestShuffledLabelsAreChance(t *testing.T) {
	die := rand.New(rand.NewPCG(4, 4))
	scores, guilty := make([]float64, 30_000), make([]bool, 30_000)
	for i := range scores {
		guilty[i] = i%10 == 0
		scores[i] = die.NormFloat64()
		if guilty[i] {
			scores[i] += 3
		}
	}
	if ap := NewCurve(made(scores, guilty), All, nil).AveragePrecision(); ap < 0.8 {
		t.Errorf("with labels that tell: %.3f", ap)
	}
	die.Shuffle(len(guilty), func(i, j int) { guilty[i], guilty[j] = guilty[j], guilty[i] })
	c := NewCurve(made(scores, guilty), All, nil)
	if ap := c.AveragePrecision(); math.Abs(ap-0.1) > 0.02 {
		t.Errorf("shuffled: %.3f, want about 0.1", ap)
	}
	if p := c.At(c.Threshold(500)).Precision; math.Abs(p-0.1) > 0.03 {
		t.Errorf("shuffled: precision %.3f, want about 0.1", p)
	}
}

// TestThresholdsComeFromElsewhere: a threshold fitted on one world is applied as it is to
// another, and a report says so.
func TestMeasuredUsesTheThresholdsItIsGiven(t *testing.T) {
	people := made([]float64{5, 4, 3, 2, 1, 0}, []bool{true, false, true, false, false, false})
	th := FitThresholds(people, "w")
	for i := range th.Of {
		for j := range th.Of[i].Scores {
			th.Of[i].Scores[j] = 2.5
		}
	}
	r, err := Measured(people, 10, th, 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range r.At {
		for _, v := range at.Variants {
			near(t, "recall", v.Budgets[0].Recall.Value, 1)
			near(t, "threshold", v.Budgets[0].Threshold, 2.5)
		}
	}
	r.Judge()
	if len(r.Aims) < 6 {
		t.Errorf("%d aims", len(r.Aims))
	}
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("a report with undefined numbers has no JSON: %v", err)
	}
	if _, err := Measured(people, 10, Thresholds{}, 20); err == nil {
		t.Error("measured without thresholds")
	}
}
