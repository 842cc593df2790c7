package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

func TestAdvisor(t *testing.T) {
	p := DefaultPolicy()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := NewAdvisor(p, func() time.Time { return now })
	const who = signal.Subject("sub_00000000000000000000000000000001")
	want := func(what string, fps float64, why ...signal.Kind) {
		t.Helper()
		got, until, because := a.Rate("p", "s")
		if got != fps || !slices.Equal(because, why) || until.IsZero() != (len(why) == 0) {
			t.Errorf("%s: %v fps until %v for %v, want %v for %v", what, got, until, because, fps, why)
		}
	}
	want("nothing heard", p.BaseFPS)
	flag := signal.Signal{Kind: signal.KindFlag, Subject: who, Flag: &signal.Flag{Platform: "p", Stream: "s", Reason: "r"}}
	a.Signal(flag)
	want("a flag", p.RaisedFPS, signal.KindFlag)
	payment := signal.Signal{Kind: signal.KindPayment, Subject: who, Payment: &signal.Payment{Typology: "P05", Role: signal.Recipient, Strength: 0.9}}
	now = now.Add(p.Quiet - time.Second)
	a.Signal(payment)
	want("a payment of an account that is not known to stream", p.RaisedFPS, signal.KindFlag)
	a.Seen("p", "s", who)
	want("its stream is seen", p.RaisedFPS, signal.KindFlag, signal.KindPayment)
	now = now.Add(2 * time.Second)
	want("the flag is past", p.RaisedFPS, signal.KindPayment)
	now = now.Add(p.Quiet)
	want("all is quiet", p.BaseFPS)
	a.Heard(flag, now.Add(-p.Quiet))
	want("a flag of so long ago", p.BaseFPS)
	a.Heard(flag, now.Add(time.Second-p.Quiet))
	want("a flag of a little later", p.RaisedFPS, signal.KindFlag)
	now = now.Add(time.Second)
	want("its quiet time goes from then", p.BaseFPS)
	held := signal.Signal{Kind: signal.KindMatch, Subject: who, Match: &signal.Match{Platform: "p", Stream: "s", FramesMatched: 9, Held: true}}
	a.Signal(held)
	want("a match that is held", p.BaseFPS)

	for i := range 2 * maxAdvised {
		a.Seen("p", fmt.Sprint(i), who)
	}
	if n := len(a.whose); n > maxAdvised {
		t.Errorf("%d streams remembered", n)
	}
}
