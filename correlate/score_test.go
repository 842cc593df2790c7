package correlate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// beforeSession is n transfers in the hours before noon.
func beforeSession(n int) []time.Time {
	var times []time.Time
	for i := range n {
		times = append(times, ago(float64(n-i)*1.3))
	}
	return times
}

// TestStatements holds what the weights are to say, in the words of a reviewer.
func TestStatements(t *testing.T) {
	private := aSession("s", true, noon, time.Hour)
	public := aSession("s", false, noon, time.Hour)
	paid := allTypologies(6, 6, beforeSession(6)...)
	tests := []struct {
		name     string
		in       []signal.Signal
		from, to float64 // probability
	}{
		{"one frame within 10 bits is just a case", []signal.Signal{aMatch("e", 6, 1, noon)}, 0.7, 0.85},
		{"two frames within 10 bits are a case at 0.9", []signal.Signal{aMatch("e", 6, 2, noon)}, 0.88, 0.93},
		{"one frame within 31 bits is no case", []signal.Signal{aMatch("e", 24, 1, noon)}, 0.2, 0.45},
		{"two frames within 31 bits are a case", []signal.Signal{aMatch("e", 24, 2, noon)}, 0.5, 0.6},
		{"eight frames within 31 bits are a case at 0.9", []signal.Signal{aMatch("e", 24, 8, noon)}, 0.88, 0.93},
		{"a match in a public stream still is a case", []signal.Signal{aMatch("e", 6, 2, noon), public}, 0.8, 0.9},
		{"a match beyond the usual radius never is", []signal.Signal{aMatch("e", 40, 1000, noon)}, 0, 0.05},
		{"all five typologies never are", paid, 0, 0.05},
		{"a private session never is", []signal.Signal{private}, 0, 0.01},
		{"flags alone never are", flags(50), 0, 0.01},
		{"flags and a private session never are", append(flags(50), private), 0, 0.02},
		{"payments just before a private session are none", append(paid, private), 0.03, 0.4},
		{"with users' flags they are none", append(append(flags(50), private), paid...), 0.1, 0.49},
		{"with a trusted flagger's they are on the border", append([]signal.Signal{private, flagBy("trusted")}, paid...), 0.2, 0.6},
		{"with a trusted flagger's and a moderator's they are a case", append([]signal.Signal{private, flagBy("trusted"), flagBy("moderator")}, paid...), 0.5, 0.95},
		{"with a match there is no doubt", append([]signal.Signal{private, aMatch("e", 6, 8, noon)}, paid...), 0.99, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := assess(t, tt.in...)
			if r.Probability < tt.from || r.Probability > tt.to {
				t.Errorf("probability %v, want %v to %v; %+v", r.Probability, tt.from, tt.to, r.parts)
			}
			if want := r.Probability >= 0.5 || r.value(t, "list-match") >= 7; (r.state == Open) != want {
				t.Errorf("state %s at probability %v", r.state, r.Probability)
			}
		})
	}
}

// TestPromises holds the weights that come with vigil to what no fit may change: a close
// match is enough for a person to look, and payments alone, flags by users alone, private
// sessions alone, payments with public streams and users' flags, and all three of an innocent
// shape are not.
func TestPromises(t *testing.T) {
	w, err := DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	private := aSession("s", true, noon, time.Hour)
	paid := func() []signal.Signal { return allTypologies(6, 6, beforeSession(6)...) }
	for _, tt := range []struct {
		name string
		in   []signal.Signal
		look bool
	}{
		{"one frame within 10 bits", []signal.Signal{aMatch("e", 6, 1, noon)}, true},
		{"two frames within 31 bits", []signal.Signal{aMatch("e", 24, 2, noon)}, true},
		{"the same in a public stream", []signal.Signal{aMatch("e", 6, 2, noon), aSession("s", false, noon, time.Hour)}, true},
		{"one frame within 31 bits", []signal.Signal{aMatch("e", 24, 1, noon)}, false},
		{"a match beyond the usual radius", []signal.Signal{aMatch("e", 40, 1000, noon)}, false},
		{"a match that is held back", []signal.Signal{held(aMatch("e", 6, 2, noon))}, false},
		{"all typologies", paid(), false},
		{"a private session", []signal.Signal{private}, false},
		{"flags by users", flags(50), false},
		{"flags by users and a private session", append(flags(50), private), false},
		{"all typologies, a public stream and flags by users", together(paid(), flags(50), []signal.Signal{aSession("s", false, noon, time.Hour)}), false},
		{"what a family is paid, its call and flags by users", together(flags(50), lookAlikes()[0].in), false},
		// Strangers who pay within hours before it are no innocent shape: see docs/score.md.
		{"all typologies and a private session right after", append(paid(), private), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cases := run(t, New(w), memory{}, tt.in...)
			if is := len(cases) > 0 && cases[len(cases)-1].State == Open; is != tt.look {
				t.Errorf("put before a person: %v", is)
			}
		})
	}
}

func held(s signal.Signal) signal.Signal {
	s.Match.Held = true
	return s
}

func flagBy(source string) signal.Signal {
	f := aFlag(source, noon)
	f.Flag.Source = source
	return f
}

func flags(n int) []signal.Signal {
	var out []signal.Signal
	for i := range n {
		out = append(out, aFlag(string(rune('A'+i)), noon))
	}
	return out
}

// TestStreamsAndUsersNeverSuffice takes the most that signals of some kinds can reach, by
// the weights that come with vigil: streams alone, and any number of users' flags with
// them, put nobody before a person.
func TestStreamsAndUsersNeverSuffice(t *testing.T) {
	w := correlator(t).weights
	users := w.file.Flags.User.First.Value / (1 - w.file.Flags.User.Next.Value)
	values := make([]float64, len(w.features))
	values[partPrivateSession], values[partLowAudience], values[partUserFlag] = 1, 1, users
	if most := w.least(values); probability(thousandths(most)) >= w.file.Bar.Value {
		t.Errorf("they can reach %v", most)
	}
	for k := range w.features[fixedParts:] {
		values[fixedParts+k] = 0.5
	}
	values[partCoincidence] = mostRatio()
	if most := w.least(values); most < 0 {
		t.Errorf("with payments they can reach no more than %v, and most streams leave no file to match", most)
	}
}

// TestAllowsIsNoLessThanTheScore: the quick look never passes over a set that is a case.
func TestAllowsIsNoLessThanTheScore(t *testing.T) {
	c := correlator(t)
	high, passed := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		var have set
		for _, data := range traffic(t, r, 60, 1) {
			in, err := signal.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if in.Kind == signal.KindMatch && seed%2 == 0 {
				continue
			}
			e, err := entryOf(in)
			if err != nil {
				t.Fatal(err)
			}
			have.add(e)
			all := c.weights.findings(gather(&have), false, nil).all
			score := float64(c.weights.weigh(all).score) / 1000
			most, _ := c.weights.allows(&have)
			if most < score {
				t.Fatalf("seed %d: allows %v, and the score is %v", seed, most, score)
			}
			if high++; most < c.weights.bar {
				passed++
			}
		}
	}
	// Where coincidence weighs as much against everybody, it is what the look must not forget.
	p := c.weights.Parameters()
	for e := range p.Matrix {
		for k := range p.Matrix[e] {
			p.Matrix[e][k] = 0
		}
		p.Matrix[e][partCoincidence] = 3
	}
	data, err := c.weights.With("sharp", "made up", p)
	if err != nil {
		t.Fatal(err)
	}
	sharp, err := LoadWeights(data)
	if err != nil {
		t.Fatal(err)
	}
	odd := irregular(rand.New(rand.NewPCG(1, 2)), 10, 80)
	if got := run(t, New(sharp), memory{}, together(privateAt(time.Hour, odd...), []signal.Signal{paidBy(false, odd)})...); len(got) == 0 {
		t.Error("a case by coincidence alone is passed over")
	}
	if passed < high/10 {
		t.Errorf("of %d sets only %d are passed over", high, passed)
	}
}

// TestScoreIsTheSumOfItsParts also sees that every part explains itself.
func TestScoreIsTheSumOfItsParts(t *testing.T) {
	in := append(allTypologies(6, 2, beforeSession(6)...),
		aSession("s", true, noon, time.Hour), aFlag("f", noon), aMatch("e", 6, 3, noon))
	for i := range in {
		if in[i].Payment != nil {
			in[i].Payment.Strength = 1.0 / 3
		}
	}
	r := assess(t, in...)
	sum := 0.0
	for _, p := range r.parts {
		sum += p.Weight
		if p.Says == "" || p.Name == "" || (len(p.Signals) == 0) != (p.Name == partPrior || p.Name == partOthers) {
			t.Errorf("part %+v does not explain itself", p)
		}
	}
	if math.Abs(sum-r.Score) > 1e-9 {
		t.Errorf("parts sum to %v, score is %v", sum, r.Score)
	}
	if len(r.parts) < 8 {
		t.Errorf("%d parts: %+v", len(r.parts), r.parts)
	}
	w := correlator(t).weights
	best := slices.Index(w.explanations, r.Explanation)
	want := float64(thousandths(w.matrix[best][fixedParts+slices.Index(w.typologies, "P05")]/3)) / 1000
	if got := r.weight("fan-in"); got != want {
		t.Errorf("fan-in at a third of its strength weighs %v, want %v", got, want)
	}
}

func entriesOf(t *testing.T, in ...signal.Signal) (all []*entry) {
	t.Helper()
	for _, s := range in {
		e, err := entryOf(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &e)
	}
	return all
}

func TestFramesMatchedCountsNoFrameTwice(t *testing.T) {
	m := func(stream, list, entry string, frames, seen uint64) signal.Signal {
		s := aMatch(stream+list+entry, 3, frames, noon)
		s.Match.Stream, s.Match.List, s.Match.FramesSeen = stream, list, seen
		return s
	}
	later := func(s signal.Signal, after time.Duration) signal.Signal {
		s.Start, s.End = s.Start.Add(after), s.End.Add(after)
		return s
	}
	pictures := func(s signal.Signal, n uint64) signal.Signal {
		s.Match.Pictures = n
		return s
	}
	tests := []struct {
		name string
		in   []signal.Signal
		want float64
	}{
		{"one", []signal.Signal{m("a", "x", "1", 3, 9)}, 3},
		{"the same picture on two lists", []signal.Signal{m("a", "x", "1", 3, 9), m("a", "y", "1", 4, 9)}, 4},
		{"two pictures of one list", []signal.Signal{m("a", "x", "1", 3, 9), m("a", "x", "2", 2, 9)}, 5},
		{"near-copies on one list", []signal.Signal{m("a", "x", "1", 6, 9), m("a", "x", "2", 6, 9)}, 9},
		{"two streams", []signal.Signal{m("a", "x", "1", 3, 9), m("b", "x", "1", 2, 9)}, 5},
		{"a segment after another", []signal.Signal{m("a", "x", "1", 9, 9), later(m("a", "x", "1", 9, 9), time.Hour)}, 18},
		{"a still", []signal.Signal{pictures(m("a", "x", "1", 600, 600), 1)}, 1},
		{"counts that make no sense", []signal.Signal{m("a", "x", "1", 3, 1)}, 3},
	}
	for _, tt := range tests {
		if got := framesMatched(entriesOf(t, tt.in...)); got != tt.want {
			t.Errorf("%s: %v frames, want %v", tt.name, got, tt.want)
		}
	}
}

// TestHeldMatchesWithdraw: a match that is held back counts for nothing, and takes back
// the case that it had opened.
func TestHeldMatchesWithdraw(t *testing.T) {
	s := memory{}
	open := aMatch("logo", 2, 4, noon)
	cases := run(t, correlator(t), s, open)
	if len(cases) != 1 || cases[0].State != Open {
		t.Fatalf("the match opens no case: %+v", cases)
	}
	held := aMatch("logo", 2, 4, noon)
	held.Revision++
	held.Match.Held = true
	if cases = run(t, correlator(t), s, held); len(cases) != 1 || cases[0].State != Withdrawn {
		t.Fatalf("a held match does not withdraw: %+v", cases)
	}
	released := aMatch("logo", 2, 4, noon)
	released.Revision += 2
	if cases = run(t, correlator(t), s, released); len(cases) != 1 || cases[0].State != Open {
		t.Errorf("a released match does not open the case again: %+v", cases)
	}
}

// TestWeakerHashesWeighLess: 64-bit kinds alone reach no case with a single
// frame, and never mix with PDQ's bands.
func TestWeakerHashesWeighLess(t *testing.T) {
	before := assess(t, aMatch("e", 2, 4, noon)).value(t, "list-match")
	for _, kind := range []string{"phash", "dhash", "ahash"} {
		m := aMatch("e", 2, 4, noon)
		m.Match.HashKind = kind
		got := assess(t, m)
		if w := got.value(t, "list-match"); w <= 0 || w >= before {
			t.Errorf("%s weighs %v, want above 0 and below %v", kind, w, before)
		}
		before = got.value(t, "list-match")
		if got.state == Open {
			t.Errorf("%s alone makes a case", kind)
		}
	}
}

func TestOneTypologyCountsOnce(t *testing.T) {
	older := aPayment("P05", 1, 4, 4, ago(50), ago(40))
	newer := aPayment("P05", 0.5, 4, 4, ago(50), ago(30))
	newer.ID, newer.Payment.Rules = signal.ID("payment", "P05", "r2"), "r2"
	sent := aPayment("P05", 0.2, 4, 4, ago(20))
	sent.ID, sent.Payment.Role = signal.ID("payment", "P05", "sender"), signal.Sender
	r := assess(t, older, newer, sent)
	if got := r.value(t, "fan-in"); got != 0.5 {
		t.Errorf("fan-in has %v, want 0.5: the newer version of the rules, in the role that says more", got)
	}
}

func TestWhatSpeaksAgainst(t *testing.T) {
	monthly := []time.Time{ago(62 * days), ago(31 * days), ago(0)}
	tests := []struct {
		name string
		part string
		in   signal.Signal
		want float64
	}{
		{"all share the surname", "related-counterparties", aPayment("P02", 1, 2, 0, ago(20), ago(0)), 1},
		{"half do", "related-counterparties", aPayment("P02", 1, 4, 2, ago(20), ago(0)), 0.5},
		{"few do", "related-counterparties", aPayment("P02", 1, 4, 3, ago(20), ago(0)), 0},
		{"more unrelated than there are", "related-counterparties", aPayment("P02", 1, 2, 9, ago(20), ago(0)), 0},
		{"nobody", "related-counterparties", aPayment("P02", 1, 0, 0, ago(20), ago(0)), 0},
		{"by the month", "regular-rhythm", aPayment("P02", 1, 1, 1, monthly...), 1},
		{"by the week", "regular-rhythm", aPayment("P02", 1, 1, 1, ago(21*days), ago(14*days), ago(6.5*days), ago(0)), 1},
		{"twice only", "regular-rhythm", aPayment("P02", 1, 1, 1, ago(31*days), ago(0)), 0},
		{"by the day", "regular-rhythm", aPayment("P02", 1, 1, 1, ago(2*days), ago(1*days), ago(0)), 0},
		{"out of step", "regular-rhythm", aPayment("P02", 1, 1, 1, ago(40*days), ago(31*days), ago(0)), 0},
		{"centuries apart", "regular-rhythm", aPayment("P02", 1, 1, 1, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
			time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC), noon), 0},
		{"public sessions", "public-sessions", aSession("s", false, noon, time.Hour), 1},
		{"private sessions", "public-sessions", aSession("s", true, noon, time.Hour), 0},
	}
	for _, tt := range tests {
		in := tt.in
		if in.Payment != nil {
			in.Start = in.End // a time long past is no start of a signal
		}
		if got := assess(t, in).value(t, tt.part); got != tt.want {
			t.Errorf("%s: %s has %v, want %v", tt.name, tt.part, got, tt.want)
		}
	}
}
