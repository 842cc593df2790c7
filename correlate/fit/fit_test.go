package fit

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/correlate"
)

func weights(t testing.TB) *correlate.Weights {
	t.Helper()
	w, err := correlate.LoadWeights(correlate.AssumedFile())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func place(t testing.TB, w *correlate.Weights, name string) int {
	t.Helper()
	for k, f := range w.Features() {
		if f.Name == name {
			return k
		}
	}
	t.Fatalf("no feature %s", name)
	return 0
}

func explanation(t testing.TB, w *correlate.Weights, name string) int {
	t.Helper()
	for e, n := range w.Explanations() {
		if n == name {
			return e
		}
	}
	t.Fatalf("no explanation %s", name)
	return 0
}

// A truth is a made-up world in which parts are as likely as it says, whatever the weights
// hold.
type truth map[string]map[string]float64 // by label and part: the chance that it is there

var aTruth = truth{
	Guilty:     {"private-session": 0.9, "fan-in": 0.6, "night": 0.5, "several-payers-coincide": 0.5, "regular-rhythm": 0.05},
	"tutor":    {"private-session": 0.9, "fan-in": 0.6, "night": 0.05, "several-payers-coincide": 0.4, "regular-rhythm": 0.5},
	"family":   {"private-session": 0.6, "fan-in": 0.02, "night": 0.1, "regular-rhythm": 0.7},
	"ordinary": {"private-session": 0.1, "fan-in": 0.02, "night": 0.05, "regular-rhythm": 0.2},
}

// draw makes rows of a world with so many of each label.
func (tr truth) draw(t testing.TB, w *correlate.Weights, r *rand.Rand, of map[string]int) []Row {
	t.Helper()
	var rows []Row
	for _, label := range []string{Guilty, "tutor", "family", "ordinary"} {
		for range of[label] {
			row := Row{Values: make([]float64, len(w.Features())), Label: label, Times: 1}
			for _, f := range w.Features() {
				if chance := tr[label][f.Name]; r.Float64() < chance {
					row.Values[place(t, w, f.Name)] = 1
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// meanLoss is the mean negative log-likelihood of guilty or not, by weights loaded anew.
func meanLoss(w *correlate.Weights, rows []Row) float64 {
	m := begin(w, w.Parameters())
	z := make([]float64, m.explanations)
	sum := 0.0
	for _, s := range compress(rows, func(l string) int { return map[bool]int{true: guilty, false: innocent}[l == Guilty] }) {
		sum += s.times * loss(scored{m.score(&s, z), s.label == guilty, s.times})
	}
	return sum / float64(len(rows))
}

// TestFitOnOneWorldHoldsOnAnother: weights fitted on one world are better on another world
// of the same truth than those before, keep their signs, and say what they were fitted on.
func TestFitOnOneWorldHoldsOnAnother(t *testing.T) {
	w := weights(t)
	of := map[string]int{Guilty: 400, "tutor": 800, "family": 3000, "ordinary": 12000}
	rows := aTruth.draw(t, w, rand.New(rand.NewPCG(1, 1)), of)
	data, report, err := Fit(w, rows, Options{Version: "w-test", Source: "fitted on a made-up world", NoCalibration: true})
	if err != nil {
		t.Fatal(err)
	}
	fitted, err := correlate.LoadWeights(data)
	if err != nil {
		t.Fatal(err)
	}
	if fitted.Version() != "w-test" || !strings.Contains(string(data), "fitted on a made-up world; before: ") || !report.Settled {
		t.Errorf("version %s, report %+v", fitted.Version(), report)
	}
	other := aTruth.draw(t, w, rand.New(rand.NewPCG(2, 2)), of)
	before, after := meanLoss(w, other), meanLoss(fitted, other)
	// The best that can be had is the loss by the truth itself.
	if best := aTruth.loss(t, w, other, of); after >= before || after > best*1.05 || report.After > before {
		t.Errorf("loss on another world %.4f, was %.4f, and the truth's is %.4f", after, before, best)
	}
	p := fitted.Parameters()
	for e, row := range p.Matrix {
		for k, x := range row {
			if f := fitted.Features()[k]; x*f.Sign < 0 {
				t.Errorf("%s against %s weighs %v", f.Name, fitted.Explanations()[e], x)
			}
		}
	}
	// ln(0.5/0.05) is what the night says against a tutor.
	if got := p.Matrix[explanation(t, fitted, "tutor")][place(t, fitted, "night")]; math.Abs(got-math.Log(10)) > 0.7 {
		t.Errorf("the night against a tutor weighs %v, and should about %v", got, math.Log(10))
	}
	// Of what no row shows, what was assumed stays.
	k := place(t, w, "travel")
	for e := range p.Matrix {
		if p.Matrix[e][k] != w.Parameters().Matrix[e][k] {
			t.Errorf("travel moved without a row that shows it")
		}
	}
	guilty := float64(of[Guilty]) / float64(len(rows))
	if got := 1 / (1 + math.Exp(-p.Prior)); math.Abs(got-guilty) > guilty {
		t.Errorf("a prior of %.4f, and %.4f are guilty", got, guilty)
	}
}

// loss is the mean negative log-likelihood by Bayes' rule on the truth.
func (tr truth) loss(t testing.TB, w *correlate.Weights, rows []Row, of map[string]int) float64 {
	t.Helper()
	sum := 0.0
	for _, row := range rows {
		likely := map[string]float64{}
		for label, n := range of {
			p := float64(n)
			for k, f := range w.Features() {
				c, told := tr[label][f.Name]
				switch {
				case !told:
				case row.Values[k] == 1:
					p *= c
				default:
					p *= 1 - c
				}
				if !told && row.Values[k] == 1 {
					p = 0
				}
			}
			likely[label] = p
		}
		innocent := likely["tutor"] + likely["family"] + likely["ordinary"]
		p := likely[Guilty] / (likely[Guilty] + innocent)
		if row.Label != Guilty {
			p = 1 - p
		}
		sum -= math.Log(p)
	}
	return sum / float64(len(rows))
}

// TestGradient holds the derivative against differences.
func TestGradient(t *testing.T) {
	w := weights(t)
	r := rand.New(rand.NewPCG(3, 3))
	rows := aTruth.draw(t, w, r, map[string]int{Guilty: 20, "tutor": 20, "family": 20, "ordinary": 20})
	for i := range rows {
		if i%3 == 0 && rows[i].Label != Guilty {
			rows[i].Label = Innocent
		}
		rows[i].Times = 1 + r.Float64()
	}
	names := map[string]int{Guilty: guilty, Innocent: innocent}
	for e, n := range w.Explanations() {
		names[n] = e
	}
	m := begin(w, w.Parameters())
	for i := range m.theta {
		m.theta[i] += r.NormFloat64() / 3
	}
	s := compress(rows, func(l string) int { return names[l] })
	grad := make([]float64, len(m.theta))
	m.loss(s, grad)
	seen := 0
	for i := range m.theta {
		const h = 1e-5
		was := m.theta[i]
		m.theta[i] = was + h
		up := m.loss(s, nil)
		m.theta[i] = was - h
		down := m.loss(s, nil)
		m.theta[i] = was
		if got, want := grad[i], (up-down)/(2*h); math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
			t.Fatalf("parameter %d: %v, and by differences %v", i, got, want)
		} else if want != 0 {
			seen++
		}
	}
	if seen < 40 {
		t.Errorf("only %d parameters matter", seen)
	}
}

// TestDecisionsMoveWeights: of innocents whose explanation nobody wrote down, as
// reviewers' decisions are, weights move too, and the prior does not where it is kept.
func TestDecisionsMoveWeights(t *testing.T) {
	w := weights(t)
	rows := aTruth.draw(t, w, rand.New(rand.NewPCG(4, 4)), map[string]int{Guilty: 60, "tutor": 60, "family": 40})
	for i := range rows {
		if rows[i].Label != Guilty {
			rows[i].Label = Innocent
		}
	}
	data, report, err := Fit(w, rows, Options{Version: "w-d", Source: "fitted on 160 decisions", KeepPrior: true, NoCalibration: true})
	if err != nil {
		t.Fatal(err)
	}
	fitted, err := correlate.LoadWeights(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, was := fitted.Parameters(), w.Parameters(); got.Prior != was.Prior || got.Shares[0] != was.Shares[0] {
		t.Error("the prior moved")
	}
	if meanLoss(fitted, rows) >= meanLoss(w, rows) || report.Moved == 0 {
		t.Errorf("no better: %+v", report)
	}
}

// TestSampledRows: of a world with far more guilty people than the prior says, the weights
// are those of one that has as many as it says, and the prior stays.
func TestSampledRows(t *testing.T) {
	w := weights(t)
	rows := aTruth.draw(t, w, rand.New(rand.NewPCG(8, 8)), map[string]int{Guilty: 2000, "tutor": 800, "family": 3000, "ordinary": 12000})
	night := func(sampled bool) float64 {
		data, _, err := Fit(w, rows, Options{Version: "v", Source: "s", KeepPrior: true, Sampled: sampled, NoCalibration: true})
		if err != nil {
			t.Fatal(err)
		}
		fitted, err := correlate.LoadWeights(data)
		if err != nil {
			t.Fatal(err)
		}
		p := fitted.Parameters()
		if p.Prior != w.Parameters().Prior {
			t.Error("the prior moved")
		}
		return p.Matrix[explanation(t, fitted, "ordinary")][place(t, fitted, "night")]
	}
	right, wrong := night(true), night(false)
	if math.Abs(right-math.Log(10)) > 1 || math.Abs(wrong-math.Log(10)) < math.Abs(right-math.Log(10)) {
		t.Errorf("the night against ordinary life weighs %.2f, and %.2f where the prior is taken for that of the rows; want about %.2f", right, wrong, math.Log(10))
	}
}

func TestFitRefuses(t *testing.T) {
	w := weights(t)
	rows := aTruth.draw(t, w, rand.New(rand.NewPCG(5, 5)), map[string]int{Guilty: Least - 1, "tutor": 100})
	if _, _, err := Fit(w, rows, Options{Version: "v", Source: "s"}); !errors.Is(err, ErrTooFew) {
		t.Errorf("%d guilty: %v", Least-1, err)
	}
	rows = aTruth.draw(t, w, rand.New(rand.NewPCG(5, 5)), map[string]int{Guilty: 40, "tutor": 40})
	for name, change := range map[string]func(*Options, []Row){
		"no source":     func(o *Options, _ []Row) { o.Source = "" },
		"no version":    func(o *Options, _ []Row) { o.Version = "" },
		"a bad version": func(o *Options, _ []Row) { o.Version = "a version" },
		"a spread":      func(o *Options, _ []Row) { o.Spread = -1 },
		"a label":       func(_ *Options, r []Row) { r[0].Label = "neighbour" },
		"a short row":   func(_ *Options, r []Row) { r[0].Values = r[0].Values[1:] },
	} {
		o, bad := Options{Version: "v", Source: "s"}, append([]Row(nil), rows...)
		change(&o, bad)
		if _, _, err := Fit(w, bad, o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestCalibration: scores that are too sure of themselves are told what they are worth,
// and the order of scores stays.
func TestCalibration(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var rows []scored
	for range 20_000 {
		z := r.NormFloat64() * 2
		rows = append(rows, scored{score: 2*z + 1, guilty: r.Float64() < 1/(1+math.Exp(-z)), times: 1})
	}
	if a, b := platt(rows); math.Abs(a-0.5) > 0.05 || math.Abs(b+0.5) > 0.1 {
		t.Errorf("Platt: %v and %v, want 0.5 and -0.5", a, b)
	}
	points := isotonic(rows, 15)
	if len(points) < 10 {
		t.Fatalf("%d steps", len(points))
	}
	for i, p := range points {
		if i > 0 && (p.Score <= points[i-1].Score || p.Value < points[i-1].Value) {
			t.Errorf("steps do not ascend at %d", i)
		}
		if want := (p.Score - 1) / 2; i > 2 && i < len(points)-3 && math.Abs(p.Value-want) > 0.6 {
			t.Errorf("a score of %.2f is worth %.2f, want about %.2f", p.Score, p.Value, want)
		}
	}
	w := weights(t)
	fitRows := aTruth.draw(t, w, r, map[string]int{Guilty: 100, "tutor": 200, "ordinary": 1000})
	data, report, err := Fit(w, fitRows, Options{Version: "v", Source: "s"})
	if err != nil || !strings.HasPrefix(report.Calibrated, "Platt") {
		t.Fatalf("%+v, %v", report, err)
	}
	fitted, err := correlate.LoadWeights(data)
	if err != nil || len(fitted.Parameters().Calibration) != 2 {
		t.Errorf("%v", err)
	}
}

// TestBent: where scores are worth what a line with a bend says, the table says so, also
// at another prevalence, and beyond the last innocent row it is not sure of anything.
func TestBent(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	truth := func(score float64) float64 { return min(score, -4) + 2*max(score+4, 0) } // natural log odds
	var rows []scored
	for range 60_000 {
		score := -4 + 2*r.NormFloat64()
		rows = append(rows, scored{score: score, guilty: r.Float64() < 1/(1+math.Exp(-truth(score))), times: 1})
	}
	check := func(points []correlate.Point, name string) {
		if len(points) < 5 {
			t.Fatalf("%s: %d points", name, len(points))
		}
		for i, p := range points {
			if i > 0 && (p.Score <= points[i-1].Score || p.Value < points[i-1].Value+0.99*leastSlope*(p.Score-points[i-1].Score)) {
				t.Errorf("%s: point %d does not ascend", name, i)
			}
			if p.Score < 0.5 && math.Abs(p.Value-truth(p.Score)) > 0.7 { // above are few innocent rows
				t.Errorf("%s: a score of %.2f is worth %.2f, want about %.2f", name, p.Score, p.Value, truth(p.Score))
			}
		}
	}
	check(bent(rows), "as it is")
	// Three of four innocent rows are left out: as a world with more guilty people.
	kept := slices.DeleteFunc(slices.Clone(rows), func(s scored) bool { return !s.guilty && r.IntN(4) > 0 })
	bad := 0.0
	for _, s := range rows {
		if s.guilty {
			bad++
		}
	}
	prior := math.Log(bad / (float64(len(rows)) - bad))
	points, says := naturally(kept, prior, true)
	check(points, "another prevalence")
	if !strings.Contains(says, "bends") {
		t.Error(says)
	}
	a, b := platt(rows)
	gap := 0.0 // of a straight line
	for _, z := range []float64{-8, -4, 1} {
		gap = max(gap, math.Abs(a*z+b-truth(z)))
	}
	if gap < 1 {
		t.Errorf("a straight line is %.2f off: nothing is to be mended", gap)
	}

	// Nobody innocent above 0: a few hundred guilty ones do not make that certain.
	for i := range rows {
		rows[i].guilty = rows[i].score > 0 || rows[i].guilty
	}
	points = bent(rows)
	if last := points[len(points)-1]; last.Value > 12 {
		t.Errorf("a score of %.2f is worth %.2f", last.Score, last.Value)
	}
	if bent(rows[:3]) != nil {
		t.Error("three rows make bends")
	}
}

// TestCalibratedAtOneMoment: who looked bad on one day and no more at the end was no sign
// that such scores are wrong.
func TestCalibratedAtOneMoment(t *testing.T) {
	w := weights(t)
	rows := aTruth.draw(t, w, rand.New(rand.NewPCG(4, 4)), map[string]int{Guilty: 400, "tutor": 400, "ordinary": 4000})
	top := func(final bool) float64 {
		in := slices.Clone(rows)
		for i := range in {
			if in[i].Final = nil; final {
				if in[i].Final = in[i].Values; in[i].Label != Guilty {
					in[i].Final = make([]float64, len(w.Features()))
				}
			}
		}
		data, report, err := Fit(w, in, Options{Version: "v", Source: "s", Natural: len(in)})
		if err != nil || !strings.Contains(report.Calibrated, "bends") {
			t.Fatalf("%+v, %v", report, err)
		}
		fitted, err := correlate.LoadWeights(data)
		if err != nil {
			t.Fatal(err)
		}
		c := fitted.Parameters().Calibration
		return c[len(c)-1].Value - c[len(c)-1].Score
	}
	if worst, same := top(false), top(true); same < worst+1 {
		t.Errorf("the highest score is worth %.2f more at a moment that is the same for all, and %.2f by the worst of each", same, worst)
	}
}

func TestReadRows(t *testing.T) {
	w := weights(t)
	var b strings.Builder
	rows := aTruth.draw(t, w, rand.New(rand.NewPCG(7, 7)), map[string]int{Guilty: 3, "tutor": 3})
	rows[0].Times = 2.5
	for _, r := range rows {
		if err := WriteRow(&b, w.Features(), r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadRows(strings.NewReader(b.String()+"\n"), w)
	if err != nil || len(got) != len(rows) || got[0].Times != 2.5 || got[1].Times != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range rows {
		for k := range rows[i].Values {
			if got[i].Values[k] != rows[i].Values[k] || got[i].Label != rows[i].Label {
				t.Fatalf("row %d differs", i)
			}
		}
	}
	for line, says := range map[string]string{
		`{"label":"neighbour","values":{}}`:         "label",
		`{"label":"guilty","values":{"height":1}}`:  `"height" is no part`,
		`{"label":"guilty","values":{"night":1e9}}`: "beyond",
		`{"label":"guilty","name":"x"}`:             "unknown field",
		`{"label":"guilty","values":{},"times":-1}`: "times",
		`{"label":"guilty","values":{}}{}`:          "more than one",
		`[`:                                         "want an object",
		`{"label":"` + strings.Repeat("x", MaxLine): "longer",
	} {
		_, err := ReadRows(strings.NewReader("\n"+line+"\n"), w)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%.40s: %v", line, err)
		}
	}
}

func FuzzReadRows(f *testing.F) {
	f.Add(`{"label":"guilty","values":{"night":1},"times":2}`)
	w := weights(f)
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ReadRows(strings.NewReader(text), w)
		if err != nil {
			return
		}
		for _, r := range rows {
			if len(r.Values) != len(w.Features()) || !(r.Times > 0) {
				t.Errorf("%+v", r)
			}
		}
	})
}
