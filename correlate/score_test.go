package correlate

import (
	"math"
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
		{"payments just before a private session are none", append(paid, private), 0.1, 0.4},
		{"with a user's flag they are on the border", append([]signal.Signal{private, aFlag("f", noon)}, paid...), 0.4, 0.6},
		{"with two flags they are a case", append([]signal.Signal{private, aFlag("f", noon), aFlag("g", noon)}, paid...), 0.5, 0.7},
		{"with a match there is no doubt", append([]signal.Signal{private, aMatch("e", 6, 8, noon)}, paid...), 0.99, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := assess(t, tt.in...)
			if r.probability < tt.from || r.probability > tt.to {
				t.Errorf("probability %v, want %v to %v; %+v", r.probability, tt.from, tt.to, r.parts)
			}
			if want := r.probability >= 0.5; (r.state == Open) != want {
				t.Errorf("state %s at probability %v", r.state, r.probability)
			}
		})
	}
}

func flags(n int) []signal.Signal {
	var out []signal.Signal
	for i := range n {
		out = append(out, aFlag(string(rune('A'+i)), noon))
	}
	return out
}

// TestPaymentsAndSessionsNeverSuffice takes every part that payments and
// sessions can give at its most.
func TestPaymentsAndSessionsNeverSuffice(t *testing.T) {
	w, err := DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	most := w.file.Prior.Value + w.file.PrivateSession.Value + w.file.Coincidence.Most.Value
	for _, typ := range w.file.Typologies {
		most += max(typ.Value, 0)
	}
	if most >= 0 {
		t.Errorf("payments and sessions alone can reach a score of %v", most)
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
		if p.Says == "" || p.Name == "" || (len(p.Signals) == 0) != (p.Name == partPrior) {
			t.Errorf("part %+v does not explain itself", p)
		}
	}
	if math.Abs(sum-r.score) > 1e-9 {
		t.Errorf("parts sum to %v, score is %v", sum, r.score)
	}
	if len(r.parts) != 11 {
		t.Errorf("%d parts, want 11: %+v", len(r.parts), r.parts)
	}
	if got := r.weight("fan-in"); got != 0.367 {
		t.Errorf("fan-in at a third of its strength weighs %v, want 0.367", got)
	}
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
		if got := framesMatched(tt.in); got != tt.want {
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
	before := assess(t, aMatch("e", 2, 4, noon)).weight(partListMatch)
	for _, kind := range []string{"phash", "dhash", "ahash"} {
		m := aMatch("e", 2, 4, noon)
		m.Match.HashKind = kind
		got := assess(t, m)
		if w := got.weight(partListMatch); w <= 0 || w >= before {
			t.Errorf("%s weighs %v, want above 0 and below %v", kind, w, before)
		}
		before = got.weight(partListMatch)
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
	if got := r.weight("fan-in"); got != 0.55 {
		t.Errorf("fan-in weighs %v, want 0.55: the newer version of the rules, in the role that says more", got)
	}
}

func TestCoincidence(t *testing.T) {
	private := func(name string, start time.Time) signal.Signal { return aSession(name, true, start, time.Hour) }
	var daily []signal.Signal
	for d := range 30 {
		daily = append(daily, private(time.Duration(d).String(), ago(float64(d)*days)))
	}
	spread := func(n int, gap float64) []time.Time {
		var times []time.Time
		for i := range n {
			times = append(times, ago(float64(n-i)*gap+36))
		}
		return times
	}
	tests := []struct {
		name string
		in   []signal.Signal
		fits bool
	}{
		{"six transfers before one session", []signal.Signal{private("s", noon), aPayment("P01", .1, 6, 6, beforeSession(6)...)}, true},
		{"during it", []signal.Signal{private("s", ago(1)), aPayment("P01", .1, 6, 6, ago(.9), ago(.5), ago(.1))}, true},
		{"two are too few", []signal.Signal{private("s", noon), aPayment("P01", .1, 6, 6, beforeSession(2)...)}, false},
		{"after it", []signal.Signal{private("s", ago(100)), aPayment("P01", .1, 6, 6, beforeSession(6)...)}, false},
		{"a third of them, before the one session seen", []signal.Signal{private("s", noon),
			aPayment("P01", .1, 6, 6, append(spread(10, 40), beforeSession(5)...)...)}, true},
		{"no more of them than chance gives", []signal.Signal{private("s", noon), private("t", ago(5*days)), private("u", ago(10*days)), private("v", ago(15*days)),
			aPayment("P01", .1, 6, 6, spread(36, 17)...)}, false},
		{"at other times", []signal.Signal{private("s", noon), aPayment("P01", .1, 6, 6, spread(10, 40)...)}, false},
		{"before a public session", []signal.Signal{aSession("s", false, noon, time.Hour), aPayment("P01", .1, 6, 6, beforeSession(6)...)}, false},
		{"somebody who streams every day", append(daily, aPayment("P01", .1, 6, 6, beforeSession(6)...)), false},
		{"one transfer behind three typologies", []signal.Signal{private("s", noon),
			aPayment("P01", .1, 1, 1, ago(2)), aPayment("P07", .1, 1, 1, ago(2)), aPayment("P08", .1, 1, 1, ago(2))}, false},
		{"withdrawn typologies", []signal.Signal{private("s", noon), aPayment("P01", 0, 6, 6, beforeSession(6)...)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := assess(t, tt.in...).weight(partCoincidence); (got > 0) != tt.fits || got < 0 {
				t.Errorf("weighs %v, want any: %v", got, tt.fits)
			}
		})
	}

	sent := aPayment("P01", .1, 6, 6, beforeSession(6)...)
	sent.Payment.Role = signal.Sender
	if got := assess(t, private("s", noon), sent).weight(partCoincidence); got != 0 {
		t.Errorf("what the subject paid weighs %v against its own sessions", got)
	}
	if got, want := assess(t, private("s", noon), aPayment("P01", .1, 6, 6, append(spread(20, 30), beforeSession(3)...)...)).weight(partCoincidence), 0.882; got != want {
		t.Errorf("3 of 23 in 25 of 720 hours weigh %v, want %v", got, want)
	}
	ancient := aPayment("P01", .1, 6, 6, beforeSession(3)...)
	ancient.Payment.Times = append([]time.Time{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)}, ancient.Payment.Times...)
	if got := assess(t, private("s", noon), ancient).weight(partCoincidence); got <= 0 {
		t.Error("a transfer long past spoils the rest")
	}
}

// TestCoverage checks the share of the window against a count by hand: two
// sessions whose lead times overlap, one that began before the window.
func TestCoverage(t *testing.T) {
	hour := int64(time.Hour)
	ev := evidence{since: 0, until: 30 * day, sessions: []entry{
		{kind: kindSession, private: true, start: 10 * day, end: 10*day + hour},
		{kind: kindSession, private: true, start: 10*day - 12*hour, end: 10*day - 11*hour},
		{kind: kindSession, private: true, start: -day, end: hour},
		{kind: kindSession, start: 20 * day, end: 21 * day},
	}}
	spans, ids := paidSpans(ev, 24*hour)
	if got, want := length(spans), 37*hour+1+hour+1; got != want || len(ids) != 3 {
		t.Errorf("covers %v of %d sessions, want %v of 3", time.Duration(got), len(ids), time.Duration(want))
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
		{"all share the surname", partRelated, aPayment("P02", 1, 2, 0, ago(20), ago(0)), -1.5},
		{"half do", partRelated, aPayment("P02", 1, 4, 2, ago(20), ago(0)), -0.75},
		{"few do", partRelated, aPayment("P02", 1, 4, 3, ago(20), ago(0)), 0},
		{"more unrelated than there are", partRelated, aPayment("P02", 1, 2, 9, ago(20), ago(0)), 0},
		{"nobody", partRelated, aPayment("P02", 1, 0, 0, ago(20), ago(0)), 0},
		{"by the month", partRhythm, aPayment("P02", 1, 1, 1, monthly...), -0.8},
		{"by the week", partRhythm, aPayment("P02", 1, 1, 1, ago(21*days), ago(14*days), ago(6.5*days), ago(0)), -0.8},
		{"twice only", partRhythm, aPayment("P02", 1, 1, 1, ago(31*days), ago(0)), 0},
		{"by the day", partRhythm, aPayment("P02", 1, 1, 1, ago(2*days), ago(1*days), ago(0)), 0},
		{"out of step", partRhythm, aPayment("P02", 1, 1, 1, ago(40*days), ago(31*days), ago(0)), 0},
		{"centuries apart", partRhythm, aPayment("P02", 1, 1, 1, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
			time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC), noon), 0},
		{"public sessions", partPublicSessions, aSession("s", false, noon, time.Hour), -0.5},
		{"private sessions", partPublicSessions, aSession("s", true, noon, time.Hour), 0},
	}
	for _, tt := range tests {
		in := tt.in
		if in.Payment != nil {
			in.Start = in.End // a time long past is no start of a signal
		}
		if got := assess(t, in).weight(tt.part); got != tt.want {
			t.Errorf("%s: %s weighs %v, want %v", tt.name, tt.part, got, tt.want)
		}
	}
}
