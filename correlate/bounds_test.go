package correlate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// TestFlood: a subject with more signals than are kept stays bounded, keeps the
// newest of each kind in any order, and its revision grows all the same.
func TestFlood(t *testing.T) {
	var in []signal.Signal
	for i := range maxFlags + 80 {
		in = append(in, aFlag(fmt.Sprint("f", i), ago(float64(i)/60)))
	}
	for i := range maxPayments + 20 {
		p := aPayment("P01", 1, 1, 1, ago(float64(i)))
		p.ID = signal.ID("payment", fmt.Sprint(i))
		better := aPayment("P01", 1, 1, 1, ago(float64(i+i%50))) // an earlier window
		better.ID, better.Revision = p.ID, 2
		in = append(in, p, better)
	}
	for i := range maxScores + 30 { // the highest of a day stands, and may be an earlier one
		at := ago(float64(i)*3 + 1)
		low := signal.Signal{
			ID: signal.ID("score", fmt.Sprint(i)), Revision: 5, Kind: signal.KindScore, Subject: someone, Start: at, End: at, Says: "a score",
			Score: &signal.Score{Platform: "demo", Classifier: "c", Value: 0.1},
		}
		high := low
		earlier := at.Truncate(24 * time.Hour)
		high.Revision, high.Start, high.End = 50, earlier, earlier
		in = append(in, low, high)
	}
	in = append(in, aMatch("e", 6, 2, ago(1)))

	var want []byte
	for round := range 2 {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		s := memory{}
		cases := run(t, correlator(t), s, in...)
		if len(cases) == 0 {
			t.Fatal("no case")
		}
		for i := range cases {
			if i > 0 && cases[i].Revision <= cases[i-1].Revision {
				t.Fatalf("revision %d after %d", cases[i].Revision, cases[i-1].Revision)
			}
		}
		last := cases[len(cases)-1]
		if len(last.Signals) != maxShown || last.Omitted != len(loaded(t, s).window())-maxShown {
			t.Errorf("shows %d and omits %d", len(last.Signals), last.Omitted)
		}
		// Of each a signal and an entry, the head, and the revision.
		if len(s) != 2*(maxFlags+maxPayments+maxScores+1)+2 {
			t.Errorf("%d keys in the state", len(s))
		}
		have := loaded(t, s)
		for _, e := range have.entries {
			if e.kind == kindFlag && e.end <= ago(float64(maxFlags)/60).UnixNano() {
				t.Errorf("kept a flag of %v", time.Unix(0, e.end).UTC())
			}
		}
		if want == nil {
			want = s.dump()
		}
		if !bytes.Equal(want, s.dump()) {
			t.Error("the state depends on the order")
		}
	}
}

func TestBigCaseStaysSmall(t *testing.T) {
	var in []signal.Signal
	for i := range 140 {
		m := aMatch(fmt.Sprint("e", i), 6, 2, ago(1))
		for range signal.MaxEvidence {
			m.Evidence = append(m.Evidence, signal.Evidence{What: "frame", Holder: "demo", Ref: string(bytes.Repeat([]byte{'x'}, 256)), At: noon})
		}
		in = append(in, m)
	}
	s := memory{}
	fill(t, s, in...)
	cases := run(t, correlator(t), s, aMatch("last", 6, 2, ago(1)))
	last := cases[len(cases)-1]
	if n := len(encoded(t, last)); n > 700<<10 || last.Omitted == 0 || len(last.Signals)+last.Omitted != 141 {
		t.Errorf("%d bytes, %d signals, %d omitted", n, len(last.Signals), last.Omitted)
	}
}
