package correlate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// traffic is n signals, as JSON, about so many subjects, as a platform and a bank make
// them: mostly sessions with their heartbeats, then payments, flags and scores, and few
// matches.
func traffic(tb testing.TB, r *rand.Rand, n, subjects int) [][]byte {
	tb.Helper()
	out := make([][]byte, 0, n)
	for i := 0; len(out) < n; i++ {
		who := signal.Subject(fmt.Sprintf("sub_%032x", r.IntN(subjects)))
		at := ago(r.Float64() * 40 * days).Truncate(time.Millisecond)
		var group []signal.Signal
		switch x := r.IntN(100); {
		case x < 60:
			s := aSession(fmt.Sprint("s", i), r.IntN(3) == 0, at, 23*time.Minute)
			s.Session.Audience = 1 + r.IntN(30)
			s.Revision = 2*uint64((23*time.Minute).Milliseconds()) + 2
			s.Evidence = []signal.Evidence{{What: "session", Holder: "demo", Ref: fmt.Sprint("s", i), At: s.End}}
			begun := s
			begun.Revision, begun.End, begun.Says = 1, at, "a public live stream on demo began"
			if i%4 == 0 { // a guest's
				s.ID, s.Session.Private, s.Session.Host = signal.ID("guest", fmt.Sprint("s", i)), true, payer(i%3)
				group = append(group, s)
				break
			}
			group = append(group, begun, s)
		case x < 88:
			n := 3 + r.IntN(6)
			p := aPayment([]string{"P01", "P02", "P05", "P07", "P14"}[r.IntN(5)], r.Float64(), n, n, every(n, 20+r.Float64()*40, r.Float64()*200)...)
			p.ID, p.Revision = signal.ID("payment", string(who), p.Payment.Typology), uint64(1+r.IntN(1000))
			if i%5 == 0 {
				p.ID, p.Payment.Role = signal.ID("payment", string(who), p.Payment.Typology, "sent"), signal.Sender
			}
			for j := range min(n, 3) {
				p.Payment.Pairs = append(p.Payment.Pairs, signal.Pair{Other: payer(j), Transfers: 3, First: p.Payment.Times[0], Times: p.Payment.Times[:3]})
			}
			p.Evidence = []signal.Evidence{{What: "transaction", Holder: "BANKDEFF", Ref: fmt.Sprint("E2E-", i), At: at}, {What: "transaction", Holder: "BANKDEFF", Ref: fmt.Sprint("E2E-x", i), At: at}}
			group = append(group, p)
		case x < 93:
			group = append(group, aFlag(fmt.Sprint("f", i), at))
		case x < 99:
			group = append(group, signal.Signal{
				ID: signal.ID("score", fmt.Sprint(i)), Revision: 9, Kind: signal.KindScore, Start: at, End: at, Says: "a classifier of demo gave a live stream 0.250",
				Score: &signal.Score{Stream: fmt.Sprint("s", i), Platform: "demo", Classifier: "c-1", Value: 0.25},
			})
		default:
			group = append(group, aMatch(fmt.Sprint("e", i), 20, 2, at))
		}
		for _, s := range group {
			s.Subject = who
			data, err := signal.Encode(s)
			if err != nil {
				tb.Fatal(err)
			}
			out = append(out, data)
		}
	}
	return out[:n]
}

// BenchmarkTake takes traffic in with an empty memory, decoding included, and makes the
// cases every 5,000 signals. The state is a map: what a store costs is not in it.
func BenchmarkTake(b *testing.B) {
	const n = 50_000
	all := traffic(b, rand.New(rand.NewPCG(1, 1)), n, 10_000)
	c := correlator(b)
	b.ResetTimer()
	published := 0
	for b.Loop() {
		p, s := c.Partition(1<<16), memory{}
		for i, data := range all {
			in, err := signal.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			if err := p.Take(context.Background(), s, in, data); err != nil {
				b.Fatal(err)
			}
			if i%5000 == 4999 {
				cases, err := p.Cases(context.Background(), s)
				if err != nil {
					b.Fatal(err)
				}
				published += len(cases)
			}
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "signals/s")
	b.ReportMetric(float64(published)/float64(b.N), "cases")
}

// BenchmarkBusySubject takes a flag more into a subject that has as many signals as are
// kept, below the bar and above it, and makes its case every 1,000.
func BenchmarkBusySubject(b *testing.B) {
	for _, open := range []bool{false, true} {
		b.Run(fmt.Sprintf("open=%v", open), func(b *testing.B) {
			c, s := correlator(b), memory{}
			for i := range maxSessions {
				fill(b, s, aSession(fmt.Sprint("s", i), i%3 == 0, ago(float64(i)*1.7), time.Hour))
			}
			fill(b, s, allTypologies(5, 5, every(20, days, 1)...)...)
			if open {
				fill(b, s, aMatch("e", 6, 2, noon))
			}
			p := c.Partition(10)
			var flags []signal.Signal
			for i := range 4000 {
				flags = append(flags, aFlag(fmt.Sprint("f", i), noon.Add(time.Duration(i)*time.Second)))
			}
			i := 0
			for b.Loop() {
				in := flags[i%len(flags)]
				in.Revision += uint64(i / len(flags))
				i++
				if err := p.Take(context.Background(), s, in, nil); err != nil {
					b.Fatal(err)
				}
				if i%1000 == 0 {
					if _, err := p.Cases(context.Background(), s); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
