package correlate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

func TestOneCaseASubjectUpdated(t *testing.T) {
	c, s := correlator(t), memory{}
	cases := run(t, c, s,
		aSession("s", true, ago(1), time.Hour),
		aMatch("e", 6, 2, ago(.9)),
		aMatch("e", 6, 4, ago(.8)),
		aFlag("f", ago(.7)),
	)
	if len(cases) != 3 {
		t.Fatalf("%d cases published, want 3: all but the session alone", len(cases))
	}
	for i, got := range cases {
		if got.ID != signal.ID("case", string(someone)) || got.State != Open || got.Subject != someone {
			t.Errorf("case %d: id %s, state %s, subject %s", i, got.ID, got.State, got.Subject)
		}
		if i > 0 && (got.Revision <= cases[i-1].Revision || got.Score <= cases[i-1].Score) {
			t.Errorf("case %d: revision %d and score %v do not grow", i, got.Revision, got.Score)
		}
		want := []int{2, 2, 3}[i]
		if len(got.Signals) != want || got.Omitted != 0 {
			t.Errorf("case %d shows %d signals and omits %d, want %d and 0", i, len(got.Signals), got.Omitted, want)
		}
	}
	last := cases[2]
	if !last.First.Equal(ago(1)) || !last.Last.Equal(noon) {
		t.Errorf("spans %v to %v", last.First, last.Last)
	}
	if want := uint64(noon.Unix()/86400)*perDay + 2 + 4 + 1; last.Revision != want {
		t.Errorf("revision %d, want %d: the day and the sum of revisions", last.Revision, want)
	}
}

func TestRepeatsAndOldRevisionsChangeNothing(t *testing.T) {
	c, s := correlator(t), memory{}
	newest := aMatch("e", 6, 4, noon)
	run(t, c, s, aMatch("e", 6, 2, ago(.1)), newest)
	before := s.dump()
	if got := run(t, c, s, newest, aMatch("e", 6, 2, ago(.1)), aMatch("e", 6, 1, ago(.2))); len(got) != 0 {
		t.Errorf("%d cases published", len(got))
	}
	if !bytes.Equal(before, s.dump()) {
		t.Error("the state changed")
	}
}

// TestWithdrawn: what speaks against may come late, and the case goes.
func TestWithdrawn(t *testing.T) {
	c, s := correlator(t), memory{}
	match, flag, show := aMatch("e", 24, 1, noon), flagBy("trusted"), aSession("s", false, ago(1), time.Hour)
	show.Session.Audience = 1000
	cases := run(t, c, s, match, flag, show)
	if len(cases) != 2 || cases[0].State != Open || cases[1].State != Withdrawn {
		t.Fatalf("cases %+v, want one open and then withdrawn", cases)
	}
	if cases[1].Revision <= cases[0].Revision {
		t.Error("the withdrawal is no later revision")
	}
	if cases = run(t, c, s, aMatch("e", 24, 2, noon)); len(cases) != 1 || cases[0].State != Open || cases[0].Probability >= 0.5 {
		t.Errorf("cases %+v, want it open again: two frames are for a person to look at, whatever the probability", cases)
	}

	c, s = correlator(t), memory{}
	if cases = run(t, c, s, show, flag, match); len(cases) != 0 {
		t.Errorf("in the other order %d cases published, want none", len(cases))
	}
}

// TestWindow: what is seen counts for 90 days, and is then forgotten.
func TestWindow(t *testing.T) {
	at := func(d float64) []signal.Signal {
		return []signal.Signal{
			aMatch("e", 6, 2, ago(d*days)), aFlag("f", ago(d*days)), aSession("now", false, ago(1), time.Hour),
		}
	}
	tests := []struct {
		daysAgo           float64
		matched, flagged  bool
		keptMatch, shared int
	}{
		{0, true, true, 1, 3}, {29, true, true, 1, 3}, {30, true, true, 1, 3}, {89, true, true, 1, 3}, {90, false, false, 0, 1},
	}
	for _, tt := range tests {
		r := assess(t, at(tt.daysAgo)...)
		if got := r.weight("list-match") > 0; got != tt.matched {
			t.Errorf("%v days ago: match counts: %v", tt.daysAgo, got)
		}
		if got := r.weight("user-flag") > 0; got != tt.flagged {
			t.Errorf("%v days ago: flag counts: %v", tt.daysAgo, got)
		}
		s := memory{}
		run(t, correlator(t), s, at(tt.daysAgo)...)
		have := loaded(t, s)
		if got := len(have.entries); got != 1+2*tt.keptMatch {
			t.Errorf("%v days ago: %d signals kept", tt.daysAgo, got)
		}
		if got := len(have.window()); got != tt.shared {
			t.Errorf("%v days ago: %d signals in the window, want %d", tt.daysAgo, got, tt.shared)
		}
	}
}

// history is months of a busy subject's signals, with every revision of each, so
// that some fold away and some pass the window.
func history(r *rand.Rand) []signal.Signal {
	var out []signal.Signal
	for i := range 12 {
		at := ago(r.Float64() * 130 * days)
		full := aSession(fmt.Sprint("s", i), r.IntN(2) == 0, at, time.Duration(r.IntN(300))*time.Minute)
		begun := full
		begun.Revision, begun.End, begun.Says = 1, at, "a live stream began"
		out = append(out, begun, full)
	}
	for i := range r.IntN(3) {
		at := ago(r.Float64() * 130 * days)
		for frames := uint64(1); frames <= 1<<r.IntN(3); frames *= 2 {
			m := aMatch(fmt.Sprint("e", i), 33-int(frames), frames, at.Add(time.Duration(frames)*time.Second))
			m.Start = at
			out = append(out, m)
		}
	}
	for i := range 5 {
		out = append(out, aFlag(fmt.Sprint("f", i), ago(r.Float64()*130*days)))
	}
	for _, id := range []string{"P01", "P02", "P05", "P08"} {
		for n := 1; n <= 5; n++ {
			// The best window, and so the end, may move back.
			p := aPayment(id, r.Float64(), n, r.IntN(n+1), every(n, 20, r.Float64()*100*days)...)
			p.Revision = 4_900_000_000 + uint64(n)
			out = append(out, p)
		}
	}
	return out
}

// TestAnyOrder: any order and any repetition of the same signals end in the same
// state, byte for byte, and in the same case if it is open.
func TestAnyOrder(t *testing.T) {
	open, withdrawn := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		signals := history(r)
		var want []byte
		var wantCase []byte
		for round := range 6 {
			order := slices.Clone(signals)
			if round > 0 {
				order = append(order, order[:r.IntN(len(order))]...)
				r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			s := memory{}
			cases := run(t, correlator(t), s, order...)
			for i := range cases {
				if i > 0 && cases[i].Revision <= cases[i-1].Revision {
					t.Fatalf("seed %d: revision %d after %d", seed, cases[i].Revision, cases[i-1].Revision)
				}
			}
			var last []byte
			if n := len(cases); n > 0 && cases[n-1].State == Open {
				last = encoded(t, cases[n-1])
			} else if n > 0 {
				withdrawn++
			}
			if round == 0 {
				want, wantCase = s.dump(), last
				if last != nil {
					open++
				}
				continue
			}
			if got := s.dump(); !bytes.Equal(got, want) {
				t.Fatalf("seed %d: the state depends on the order:\n%s\nand\n%s", seed, want, got)
			}
			if !bytes.Equal(last, wantCase) {
				t.Fatalf("seed %d: the last case depends on the order:\n%s\nand\n%s", seed, wantCase, last)
			}
		}
	}
	if open < 5 || open > 35 || withdrawn == 0 {
		t.Errorf("%d of 40 ended open and %d runs withdrew: the test does not see both", open, withdrawn)
	}
}

func TestRejected(t *testing.T) {
	change := func(f func(*signal.Signal)) signal.Signal {
		s := aFlag("f", noon)
		f(&s)
		return s
	}
	tests := map[string]signal.Signal{
		"signal-id":       change(func(s *signal.Signal) { s.ID = "f" }),
		"signal-kind":     change(func(s *signal.Signal) { s.Kind = signal.KindMatch }),
		"signal-revision": change(func(s *signal.Signal) { s.Revision = 0 }),
		"signal-time":     change(func(s *signal.Signal) { s.End = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }),
	}
	for reason, in := range tests {
		s := memory{}
		_, err := correlator(t).Process(context.Background(), s, in)
		var r *signal.Rejection
		if !errors.As(err, &r) || r.Reason() != reason {
			t.Errorf("error %v, want a Rejection %s", err, reason)
		}
		if len(s) != 0 {
			t.Errorf("%s: left %d keys in the state", reason, len(s))
		}
	}
}

// TestFaultsAreNoRejections: what is not the record's fault must stop the
// partition, and not the record.
func TestFaultsAreNoRejections(t *testing.T) {
	c, in := correlator(t), aMatch("e", 6, 2, noon)
	in.Match.List = strings.Repeat("x", smallEntry) // so that it has an entry of its own
	var r *signal.Rejection
	if _, err := c.Process(context.Background(), broken{memory{}}, in); !errors.Is(err, errDisk) || errors.As(err, &r) {
		t.Errorf("a failing state: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Process(ctx, memory{}, in); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
	e, err := entryOf(in)
	if err != nil {
		t.Fatal(err)
	}
	id := of(nil, someone).id
	entry, whole := keyOf(id, partEntry, &e), keyOf(id, partSignal, &e)
	for name, key := range map[string][]byte{"head": headKey(id), "entry": entry[:], "signal": whole[:], "revision": publishedKey(id)} {
		s := memory{}
		run(t, c, s, in)
		if _, there := s[string(key)]; !there {
			t.Fatalf("no %s to damage", name)
		}
		s[string(key)] = "{"
		if _, err := c.Process(context.Background(), s, aFlag("f", noon)); !errors.Is(err, errDamaged) || errors.As(err, &r) {
			t.Errorf("damaged %s: %v", name, err)
		}
	}
}

// TestSubjectsAreApart: two subjects in one partition share nothing.
func TestSubjectsAreApart(t *testing.T) {
	c, s := correlator(t), memory{}
	other := aSession("s", true, ago(1), time.Hour)
	other.Subject = "sub_00000000000000000000000000000002"
	cases := run(t, c, s, aMatch("e", 6, 2, noon), other)
	if len(cases) != 1 || len(cases[0].Signals) != 1 {
		t.Errorf("cases %+v", cases)
	}
}
