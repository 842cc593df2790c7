package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// watchedAt are private sessions of a host that the subject watched, lag after each of
// the times.
func watchedAt(host signal.Subject, lag time.Duration, times ...time.Time) []signal.Signal {
	var out []signal.Signal
	for i, at := range times {
		s := aSession(fmt.Sprint("watched-", host, i), true, at.Add(lag), 20*time.Minute)
		s.Session.Host, s.Session.Audience = host, 1
		out = append(out, s)
	}
	return out
}

// guested names a guest of each session.
func guested(sessions []signal.Signal, guest signal.Subject) []signal.Signal {
	for i := range sessions {
		sessions[i].Session.Guests, sessions[i].Session.Audience = []signal.Subject{guest}, 1
	}
	return sessions
}

// lasting are private sessions a day apart of so many minutes each.
func lasting(minutes ...int) []signal.Signal {
	var out []signal.Signal
	for i, m := range minutes {
		out = append(out, aSession(fmt.Sprint("long-", i), true, ago(float64(i+1)*days), time.Duration(m)*time.Minute))
	}
	return out
}

// chanceOf is how many of sessions, of so many minutes together, would be paid for by chance
// at a number of payments: the first terms of the series are enough for a few.
func chanceOf(payments, minutes, sessions int) float64 {
	x := float64(payments) * (float64(minutes)/60 + 6*float64(sessions)) / (90 * 24)
	return x // less its square, which is checked to four digits
}

func public(n int) []signal.Signal {
	var out []signal.Signal
	for i := range n {
		out = append(out, aSession(fmt.Sprint("public-", i), false, ago(float64(i+2)*days), time.Hour))
	}
	return out
}

// TestParts has each part's value by hand, on both sides of where it begins.
func TestParts(t *testing.T) {
	odd := irregular(rand.New(rand.NewPCG(8, 8)), 7, 80)
	weekly := every(9, 7*days, 2)
	twoWeekly := paidBy(false, weekly, later(30*time.Hour, weekly[:8]...))
	fixed := func() signal.Signal { return aPayment("X02", 0.8, 3, 3, odd...) }
	for _, tt := range []struct {
		name, part string
		in         []signal.Signal
		want       float64
	}{
		{"three visits paid for", "paid-visits", together(guested(privateAt(time.Hour, odd[:3]...), payer(0)), []signal.Signal{paidBy(false, odd)}), 2},
		{"no more than seven count", "paid-visits", together(guested(privateAt(time.Hour, append(odd, later(90*time.Minute, odd...)...)...), payer(0)), []signal.Signal{paidBy(false, odd)}), 3},
		{"of another guest", "paid-visits", together(guested(privateAt(time.Hour, odd...), payer(9)), []signal.Signal{paidBy(false, odd)}), 0},
		{"of a relative", "paid-visits", together(guested(privateAt(time.Hour, odd...), payer(0)), []signal.Signal{paidBy(true, odd)}), 0},
		{"of a pupil", "paid-visits", together(guested(privateAt(time.Hour, weekly...), payer(0)), []signal.Signal{paidBy(false, weekly)}), 0},
		{"seven hours before", "paid-visits", together(guested(privateAt(7*time.Hour, odd[:1]...), payer(0)), []signal.Signal{paidBy(false, odd[:1])}), 0},

		{"three of four", "paid-sessions", together(privateAt(time.Hour, odd[:3]...), lasting(20), []signal.Signal{paidBy(false, odd[:3])}), math.Log2(4 - chanceOf(3, 3*50+20, 4))},
		{"three of four", "unpaid-sessions", together(privateAt(time.Hour, odd[:3]...), lasting(20), []signal.Signal{paidBy(false, odd[:3])}), 1},
		{"before a crowd", "paid-sessions", crowded(privateAt(time.Hour, odd[:3]...), paidBy(false, odd[:3])), 0},
		{"by a relative", "paid-sessions", together(privateAt(time.Hour, odd[:3]...), []signal.Signal{paidBy(true, odd[:3])}), 0},
		{"one of two", "unpaid-visits", together(watchedAt(payer(0), time.Hour, odd[0]), watchedAt(payer(1), 40*time.Hour, odd[0]), sent(paidBy(false, odd[:1]))), 1},
		{"three strangers", "strangers-who-pay", []signal.Signal{paidBy(false, odd[:2], odd[2:4], odd[4:])}, 2},
		{"relatives", "strangers-who-pay", []signal.Signal{paidBy(true, odd[:2], odd[2:4], odd[4:])}, 0},

		{"the same from the other end", "visits-paid-for", together(watchedAt(payer(0), time.Hour, odd[:3]...), sent(paidBy(false, odd))), 2},
		{"of a host who was not paid", "visits-paid-for", together(watchedAt(payer(9), time.Hour, odd[:3]...), sent(paidBy(false, odd))), 0},
		{"what one watches is not what one shows", "private-session", watchedAt(payer(0), time.Hour, odd...), 0},
		{"nor is it paid for where it is received", "visits-paid-for", together(watchedAt(payer(0), time.Hour, odd[:3]...), []signal.Signal{paidBy(false, odd)}), 0},

		{"three hosts", "several-hosts", together(watchedAt(payer(0), time.Hour, odd[0]), watchedAt(payer(1), time.Hour, odd[1]), watchedAt(payer(7), time.Hour, odd[2]), sent(paidBy(false, odd[:2], odd[2:]))), 0.75},
		{"one host, again and again", "several-hosts", together(watchedAt(payer(0), time.Hour, odd...), sent(paidBy(false, odd))), 0},
		{"two hosts of whom one is family", "several-hosts", together(watchedAt(payer(0), time.Hour, odd[0]), watchedAt(payer(1), time.Hour, odd[1]), sent(paidBy(true, odd[:1])), sent(renamed("P02", paidBy(false, odd[1:3]), payer(5)))), 0},

		{"nine public beside one private", "public-beside-private", append(public(9), lasting(20)...), 0.9},
		{"all public", "public-beside-private", public(9), 0},
		{"all private", "public-beside-private", lasting(20, 20), 0},

		{"lessons of an hour", "alike-lengths", lasting(50, 55, 60, 52, 20), 0.8},
		{"four are too few", "alike-lengths", lasting(50, 55, 60, 52), 0},
		{"lengths of all kinds", "alike-lengths", lasting(5, 10, 20, 40, 80), 0},

		{"five give, and nobody streams", "givers-without-streams", []signal.Signal{aPayment("P05", 0.6, 5, 5, odd...)}, 1},
		{"four give", "givers-without-streams", []signal.Signal{aPayment("P05", 0.6, 4, 4, odd...)}, 0},
		{"five give to somebody who calls one, and not for it", "givers-without-streams", append(lasting(20), aPayment("P05", 0.6, 5, 5, odd...)), 1},
		{"two of seven transfers come before a call", "givers-without-streams", append(privateAt(time.Hour, odd[:2]...), aPayment("P05", 0.6, 5, 5, odd...)), 3.0 / 7},
		{"four of seven do", "givers-without-streams", append(privateAt(time.Hour, odd[:4]...), aPayment("P05", 0.6, 5, 5, odd...)), 0},
		{"two of seven come seven hours before", "givers-without-streams", append(privateAt(7*time.Hour, odd[:2]...), aPayment("P05", 0.6, 5, 5, odd...)), 1},
		{"five give to somebody who streams to all", "givers-without-streams", append(public(2), aPayment("P05", 0.6, 5, 5, odd...)), 1},

		{"two pay by the week", "steady-payers", []signal.Signal{twoWeekly}, 0.5},
		{"one does", "steady-payers", []signal.Signal{paidBy(false, weekly, odd)}, 0},

		{"one price", "fixed-price", []signal.Signal{fixed()}, 0.8},
		{"taken back", "fixed-price", []signal.Signal{withStrength(0, fixed())}, 0},
	} {
		t.Run(tt.part+"/"+tt.name, func(t *testing.T) {
			r := assess(t, tt.in...)
			if got := r.value(t, tt.part); math.Abs(got-tt.want) > 1e-3 {
				t.Errorf("has %v, want %v", got, tt.want)
			}
			for _, p := range r.parts {
				if p.Name == tt.part && p.Says == "" {
					t.Error("it says nothing")
				}
			}
		})
	}
}

// renamed is a payment signal under another typology, with another payer.
func renamed(typology string, s signal.Signal, other signal.Subject) signal.Signal {
	s.ID, s.Payment.Typology = signal.ID("payment", typology), typology
	s.Payment.Pairs[0].Other = other
	return s
}

// TestARhythmMayMiss: of many gaps a third may be others, of few none.
func TestARhythmMayMiss(t *testing.T) {
	weekly := func(off ...int) (times []int64) {
		for i := range 8 {
			at := int64(i*7) * day
			for _, o := range off {
				if o == i {
					at += 3 * day
				}
			}
			times = append(times, at)
		}
		return times
	}
	for _, tt := range []struct {
		times []int64
		want  bool
	}{
		{weekly(), true}, {weekly(3), true}, {weekly(2, 5), false}, {weekly()[:4], true}, {weekly(2)[:5], false},
	} {
		if got := steady(tt.times); got != tt.want {
			t.Errorf("%v: %v", tt.times, got)
		}
	}
}

// TestOtherStreams: what the classifier says of streams besides the one of the highest
// score adds up, and so does its silence.
func TestOtherStreams(t *testing.T) {
	data := strings.Replace(string(assumedWeights), `"coincidence": {`,
		`"classifiers": [{"name": "c", "source": "made up", "points": [{"score": 0.4, "value": 1}, {"score": 0.8, "value": 3}], "silence": {"value": -0.5, "source": "made up"}}], "coincidence": {`, 1)
	w, err := LoadWeights([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	score := func(stream string, value float64) signal.Signal {
		return signal.Signal{
			ID: signal.ID("score", stream), Revision: 1, Kind: signal.KindScore, Subject: someone, Start: ago(5), End: ago(5), Says: "a score",
			Score: &signal.Score{Stream: stream, Platform: "demo", Classifier: "c", Value: value},
		}
	}
	for _, tt := range []struct {
		name                      string
		in                        []signal.Signal
		best, further, unremarked float64
	}{
		{"one score", append(lasting(20), score("long-0", 0.8)), 3, 0, 0},
		{"two", append(lasting(20, 30), score("long-0", 0.8), score("long-1", 0.6)), 3, 2, 0},
		{"two, and two silent streams", append(lasting(20, 30, 40, 50), score("long-0", 0.8), score("long-1", 0.6)), 3, 1, 0},
		{"one, and four silent", append(lasting(20, 30, 40, 50, 60), score("long-0", 0.8)), 3, 0, 2},
		{"three silent", lasting(20, 30, 40), 0, 0, 1.5},
		{"public ones are not silent", public(6), 0, 0, 0},
		{"silence has an end", lasting(make([]int, 40)...), 0, 0, maxUnremarked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := memory{}
			c := New(w)
			run(t, c, s, tt.in...)
			a, err := c.Assess(t.Context(), s, someone, math.Inf(1))
			if err != nil {
				t.Fatal(err)
			}
			got := [3]float64{a.Values[partClassifier], a.Values[partFurtherScores], a.Values[partUnremarked]}
			for i, want := range [3]float64{tt.best, tt.further, tt.unremarked} {
				if math.Abs(got[i]-want) > 1e-9 {
					t.Errorf("%v, want %v as the %d.", got, want, i+1)
				}
			}
		})
	}
}

// TestAVictimIsNotNamed: who pays under threat is named by no case.
func TestAVictimIsNotNamed(t *testing.T) {
	odd := irregular(rand.New(rand.NewPCG(8, 9)), 6, 80)
	in := together(guested(privateAt(time.Hour, odd...), payer(0)), []signal.Signal{paidBy(false, odd), aMatch("e", 4, 6, noon)})
	named := func(in ...signal.Signal) bool {
		cases := run(t, correlator(t), memory{}, in...)
		last := cases[len(cases)-1]
		if last.State != Open {
			t.Fatalf("%s", last.State)
		}
		return len(last.Pairs) > 0 && last.Pairs[0].Payer == payer(0)
	}
	if !named(in...) {
		t.Error("the payer of all visits is not named")
	}
	if named(append(in, renamed(sextortion, paidBy(false, odd), payer(0)))...) {
		t.Error("a possible victim is named")
	}
}

// TestWatchedAndPaid: who paid and watched, at whatever times, is told as both; who did one
// of them, shares a name or pays by the week, is not.
func TestWatchedAndPaid(t *testing.T) {
	w, err := DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	odd := irregular(rand.New(rand.NewPCG(8, 9)), 6, 80)
	apart := privateAt(0, later(-20*time.Hour, odd...)...) // long before each payment
	for _, tt := range []struct {
		what string
		paid signal.Signal
		by   signal.Subject // who watches
		both bool
	}{
		{"a stranger", paidBy(false, odd), payer(0), true},
		{"who shares a name", paidBy(true, odd), payer(0), false},
		{"who pays by the week", paidBy(false, every(8, 7*days, 2)), payer(0), false},
		{"somebody else watched", paidBy(false, odd), payer(1), false},
	} {
		cases := run(t, New(w), memory{}, together(guested(slices.Clone(apart), tt.by), []signal.Signal{tt.paid, aMatch("e", 4, 6, noon)})...)
		last := cases[len(cases)-1]
		encoded(t, last)
		for _, p := range last.Pairs {
			if p.Payer != payer(0) {
				continue
			}
			i := slices.IndexFunc(p.Parts, func(of Part) bool { return of.Name == "watched-and-paid" })
			if i >= 0 != tt.both {
				t.Errorf("%s: %+v", tt.what, p.Parts)
			}
			if i >= 0 && (p.Parts[i].Weight <= 0 || len(p.Parts[i].Signals) != 1+len(odd)) {
				t.Errorf("%s: %+v", tt.what, p.Parts[i])
			}
			if slices.ContainsFunc(p.Parts, func(of Part) bool { return of.Name == "visits-paid-for" || of.Name == "aligned-transfers" }) {
				t.Errorf("%s: within the window: %+v", tt.what, p.Parts)
			}
		}
		if len(last.Pairs) == 0 {
			t.Errorf("%s: nobody is named", tt.what)
		}
	}
}

// TestGuestSignalsAreKept: what somebody watched comes back from the state as it went in.
func TestGuestSignalsAreKept(t *testing.T) {
	s := memory{}
	in := watchedAt(payer(0), 0, every(3, 5*days, 2)...)
	run(t, correlator(t), s, in...)
	have := loaded(t, s)
	if len(have.entries) != 3 {
		t.Fatalf("%d entries", len(have.entries))
	}
	want, _ := tokenOf(payer(0))
	for _, e := range have.entries {
		if e.kind != kindGuest || e.session.host != want || e.session.audience != 1 || !e.private || !e.ended {
			t.Errorf("%+v", e)
		}
	}
}

func TestNothingIsSaidOfScoresThatNeverCame(t *testing.T) {
	for streams, want := range map[int]string{
		0: "The classifier sent no score of 2 private live streams.",
		3: "The classifier sent no score of 2 private live streams, and of 3 it did.",
	} {
		if got := unremarkedStreams(&scored{rest: -1, silent: 2, streams: streams}, true).says; got != want {
			t.Errorf("%d: %s", streams, got)
		}
	}
}
