//go:build unix

package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// benchDay is where the traffic of the benchmarks ends.
var benchDay = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)

// traffic is n records of signals about so many subjects, as a platform and a bank make
// them: mostly sessions, then payments, flags and scores, and few matches.
func traffic(b *testing.B, r *rand.Rand, n, subjects int) []stream.Output {
	b.Helper()
	var all []signal.Signal
	for i := 0; len(all) < n; i++ {
		at := benchDay.Add(-time.Duration(r.Int64N(int64(40 * 24 * time.Hour)))).Truncate(time.Millisecond)
		one := signal.Signal{
			ID: signal.ID("bench", fmt.Sprint(i)), Revision: 1, Subject: subjectOf(r.IntN(subjects)), Start: at, End: at,
			Says: "what a sentence for a reviewer would say", Evidence: []signal.Evidence{{What: "session", Holder: "demo", Ref: fmt.Sprint("ref-", i), At: at}},
		}
		switch x := r.IntN(1000); {
		case x < 600:
			one.Kind, one.Session = signal.KindSession, &signal.Session{Stream: fmt.Sprint("s", i), Platform: "demo", Private: x < 200, Audience: 1 + r.IntN(30)}
			all = append(all, one)
			one.Revision, one.End = 2*uint64((23*time.Minute).Milliseconds())+2, at.Add(23*time.Minute)
			ended := *one.Session
			ended.Ended = true
			one.Session = &ended
		case x < 880:
			p := &signal.Payment{
				Typology: []string{"P01", "P02", "P05", "P07", "P14"}[r.IntN(5)], Rules: "bench", Role: signal.Recipient,
				Transfers: 6, Counterparties: 2, Unrelated: 2, Strength: r.Float64(),
			}
			for j := range 6 {
				p.Times = append(p.Times, at.Add(time.Duration(j-6)*50*time.Hour))
			}
			for j := range 2 {
				p.Pairs = append(p.Pairs, signal.Pair{Other: subjectOf(1<<20 + j), Transfers: 3, First: p.Times[0], Times: p.Times[3*j : 3*j+3]})
			}
			one.Kind, one.Payment, one.Start = signal.KindPayment, p, p.Times[0]
			one.ID, one.Revision = signal.ID("bench-payment", string(one.Subject), p.Typology), uint64(at.Unix())
		case x < 935:
			one.Kind, one.Flag = signal.KindFlag, &signal.Flag{Stream: "s", Platform: "demo", Reason: "other"}
		case x < 999:
			one.Kind, one.Score = signal.KindScore, &signal.Score{Stream: "s", Platform: "demo", Classifier: "c-1", Value: 0.25}
		default:
			one.Kind, one.Match = signal.KindMatch, matchOf(i)
		}
		all = append(all, one)
	}
	outs, err := signalOutputs("bench", all[:n])
	if err != nil {
		b.Fatal(err)
	}
	return outs
}

func subjectOf(n int) signal.Subject { return signal.Subject(fmt.Sprintf("sub_%032x", n)) }

func matchOf(n int) *signal.Match {
	return &signal.Match{
		Stream: fmt.Sprint("s", n), Platform: "demo", HashKind: "pdq", List: "bench", ListVersion: "v", Entry: fmt.Sprint("e", n),
		Distance: 6, Radius: 31, FramesMatched: 4, FramesSeen: 9,
	}
}

// A benchRiver is an embedded broker with the topics of correlate.
type benchRiver struct {
	*testing.B
	client    *stream.Client
	addr, dir string
}

func newBenchRiver(b *testing.B, partitions int) *benchRiver {
	b.Helper()
	dir := b.TempDir()
	broker, err := stream.StartEmbedded(filepath.Join(dir, "broker"), "")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = broker.Close() })
	client, err := stream.Connect(b.Context(), stream.Config{Brokers: []string{broker.Addr()}, Prefix: "bench."})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	if _, err := client.CreateTopics(b.Context(), []stream.TopicSpec{
		{Name: topicSignals, Partitions: partitions}, {Name: topicCases, Partitions: partitions}, {Name: topicDeadLetter, Partitions: 1},
	}); err != nil {
		b.Fatal(err)
	}
	return &benchRiver{b, client, broker.Addr(), dir}
}

func (r *benchRiver) produce(outs []stream.Output) {
	r.Helper()
	for batch := range slices.Chunk(outs, 5000) {
		if err := r.client.Produce(r.Context(), batch...); err != nil {
			r.Fatal(err)
		}
	}
}

// work runs a loop under a name of its own until it has handled so many signals, and
// returns what one took by the clock and of the processors, from the first that were done.
func (r *benchRiver) work(loop stream.Loop, name string, n int) (took, cpu time.Duration) {
	r.Helper()
	defer CollectSeldom()()
	reg := prometheus.NewRegistry()
	client, err := stream.Connect(r.Context(), stream.Config{Brokers: []string{r.addr}, Prefix: "bench.", Registerer: reg})
	if err != nil {
		r.Fatal(err)
	}
	loop.Name, loop.StateDir = name, filepath.Join(r.dir, name)
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx, loop) }()
	first := 0
	for first == 0 {
		first = durable(r, reg)
		time.Sleep(time.Millisecond)
	}
	began, before := time.Now(), processorTime(r)
	for durable(r, reg) < n {
		time.Sleep(2 * time.Millisecond)
	}
	took, cpu = time.Since(began), processorTime(r)-before
	cancel()
	if err := errors.Join(<-done, client.Close()); err != nil {
		r.Fatal(err)
	}
	of := time.Duration(n - first)
	return took / of, cpu / of
}

// durable is how many records the loops have made durable.
func durable(r *benchRiver, reg *prometheus.Registry) int {
	families, err := reg.Gather()
	if err != nil {
		r.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetType() == dto.MetricType_COUNTER && strings.HasSuffix(f.GetName(), "vigil_records_total") {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return int(sum)
}

func processorTime(r *benchRiver) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		r.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// asItWas is the loop of before: each signal is decoded by the schema where it is no plain
// one, its subject is read from the store, and its case is made and sent at once.
func asItWas(c *correlate.Correlator) stream.Loop {
	return stream.Loop{Topic: topicSignals, Handle: func(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
		in, err := signal.Decode(m.Data)
		if err != nil {
			return nil, err
		}
		cases, err := c.Process(ctx, s, in)
		if err != nil {
			return nil, err
		}
		return caseOutputs(cases)
	}}
}

func asItIs(c *correlate.Correlator) stream.Loop {
	l := correlateLoops(keeper{}, nil)[0]
	l.Open = func(context.Context, stream.State) (stream.Owner, error) {
		return caseOwner{c.Partition(correlateMemory)}, nil
	}
	return l
}

// BenchmarkCorrelateStream carries signals over an embedded broker to cases, all in this
// process: the broker's share is in the numbers. Each run is a group of its own.
func BenchmarkCorrelateStream(b *testing.B) {
	w, err := correlate.DefaultWeights()
	if err != nil {
		b.Fatal(err)
	}
	c := correlate.New(w)
	const n = 200_000
	r := newBenchRiver(b, 4)
	r.produce(traffic(b, rand.New(rand.NewPCG(1, 2)), n, 30_000))
	for _, tt := range []struct {
		name  string
		loop  stream.Loop
		cores int
	}{{"2 cores", asItIs(c), 2}, {"1 core", asItIs(c), 1}, {"2 cores, one signal at a time", asItWas(c), 2}} {
		b.Run(tt.name, func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(tt.cores))
			var took, cpu time.Duration
			runs := 0
			for b.Loop() {
				runs++
				a, p := r.work(tt.loop, fmt.Sprintf("%s-%d", strings.ReplaceAll(tt.name, " ", "-"), time.Now().UnixNano()), n)
				took, cpu = took+a, cpu+p
			}
			b.ReportMetric(float64(runs)/took.Seconds(), "signals/s")
			b.ReportMetric(float64(runs)/cpu.Seconds(), "signals/cpu-s")
		})
	}
}

// BenchmarkBusySubject carries 100,000 signals of one subject among 100,000 of others, and
// as many of others alone.
func BenchmarkBusySubject(b *testing.B) {
	w, err := correlate.DefaultWeights()
	if err != nil {
		b.Fatal(err)
	}
	c := correlate.New(w)
	const n = 100_000
	busy := newBenchRiver(b, 1)
	calm := newBenchRiver(b, 1)
	others := traffic(b, rand.New(rand.NewPCG(1, 2)), 2*n, 30_000)
	calm.produce(others)
	one := traffic(b, rand.New(rand.NewPCG(3, 4)), n, 1)
	var mixed []stream.Output
	for i := range n {
		mixed = append(mixed, others[i], one[i])
	}
	busy.produce(mixed)
	for b.Loop() {
		_, alone := calm.work(asItIs(c), fmt.Sprint("calm-", time.Now().UnixNano()), 2*n)
		_, beside := busy.work(asItIs(c), fmt.Sprint("busy-", time.Now().UnixNano()), 2*n)
		b.ReportMetric(beside.Seconds()/alone.Seconds(), "of-the-time")
		b.ReportMetric(1/beside.Seconds(), "signals/cpu-s")
	}
}

// BenchmarkToCases sends matches, each of which opens a case, amid other signals, 5,000 a
// second together, and measures from before a signal is sent until its case is read.
func BenchmarkToCases(b *testing.B) {
	w, err := correlate.DefaultWeights()
	if err != nil {
		b.Fatal(err)
	}
	r := newBenchRiver(b, 4)
	loop := asItIs(correlate.New(w))
	loop.Name, loop.StateDir = "to-cases", filepath.Join(r.dir, "to-cases")
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.client.Run(ctx, loop) })
	var mu sync.Mutex
	sent, seen := map[string]time.Time{}, map[string]time.Duration{}
	wg.Go(func() {
		_ = r.client.Follow(ctx, topicCases, func(m stream.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if at, there := sent[m.Subject]; there {
				if _, before := seen[m.Subject]; !before {
					seen[m.Subject] = time.Since(at)
				}
			}
			return nil
		})
	})
	noise := traffic(b, rand.New(rand.NewPCG(5, 6)), 100_000, 30_000)
	one := func(n int) stream.Output {
		outs, err := signalOutputs("bench", []signal.Signal{{
			ID: signal.ID("planted", fmt.Sprint(n)), Revision: 1, Kind: signal.KindMatch, Subject: subjectOf(1<<24 + n),
			Start: benchDay, End: benchDay, Says: "frames match", Match: matchOf(n),
		}})
		if err != nil {
			b.Fatal(err)
		}
		return outs[0]
	}
	for i := 1 << 20; ; i++ { // until the group is together
		mu.Lock()
		together := len(seen) > 0
		sent[string(subjectOf(1<<24+i))] = time.Now()
		mu.Unlock()
		if together {
			break
		}
		r.produce([]stream.Output{one(i)})
		time.Sleep(50 * time.Millisecond)
	}
	mu.Lock()
	clear(sent)
	clear(seen)
	mu.Unlock()
	const planted = 1000
	n := 0
	for b.Loop() {
		tick := time.NewTicker(20 * time.Millisecond)
		for range planted {
			<-tick.C
			batch := make([]stream.Output, 0, 100)
			for range 99 {
				batch = append(batch, noise[n%len(noise)])
				n++
			}
			o := one(n)
			mu.Lock()
			sent[o.Event.Subject] = time.Now()
			mu.Unlock()
			r.produce(append(batch, o))
		}
		tick.Stop()
	}
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		mu.Lock()
		all := len(seen) >= len(sent)
		mu.Unlock()
		if all {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	wg.Wait()
	if len(seen) < planted {
		b.Fatalf("%d cases of %d signals", len(seen), len(sent))
	}
	var took []time.Duration
	for _, d := range seen {
		took = append(took, d)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "max-ms")
}
