package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/bench/internal/proc"
	"github.com/vigil-stream/vigil/internal/stream"
)

const (
	look     = 20 * time.Millisecond // between two looks at what is done
	startsIn = 60 * time.Second      // a worker has done its first frames
	arriveIn = 20 * time.Second      // the last signal has arrived
)

// A rate is what a worker did of a backlog.
type rate struct {
	Worker    string  `json:"worker"`
	Material  string  `json:"material"`
	Processes int     `json:"processes"`
	Threads   int     `json:"threads"`
	Frames    int64   `json:"frames"`  // done in the time that is measured
	Seconds   float64 `json:"seconds"` // from the first offsets committed to the last
	PerSecond float64 `json:"frames_per_s"`
	CPU       float64 `json:"cpu_ms_per_frame"` // user and system, all processes
	Resident  float64 `json:"resident_mb"`
	Planted   int     `json:"planted"` // streams with an entry that were to be found
	Found     int     `json:"found"`
}

// throughput has a worker go through a backlog from its beginning, for so long at most.
func throughput(ctx context.Context, r *river, w worker, m material, frames []frame, limit time.Duration) (_ rate, err error) {
	e, err := r.hear(ctx, w.signals, w.entry)
	if err != nil {
		return rate{}, err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	c, err := w.begin(ctx, r)
	if err != nil {
		return rate{}, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()

	var all [partitions]int64
	for _, f := range frames {
		all[f.partition]++
	}
	type sample struct {
		at   time.Time
		done [partitions]int64
		use  proc.Use
	}
	var first, last sample
	// Start-up does not count: it begins when every process has done something, each of
	// several its own partition.
	for begun := time.Now(); last.done != all && (first.at.IsZero() || last.at.Sub(first.at) < limit); {
		if err := pause(ctx, look); err != nil {
			return rate{}, err
		}
		var now sample
		if now.done, err = r.committed(ctx, w.group); err != nil {
			return rate{}, err
		}
		if now.use, err = c.use(); err != nil {
			return rate{}, err
		}
		now.at = time.Now()
		if first.at.IsZero() && sum(now.done) > 0 && (w.processes == 1 || slices.Min(now.done[:]) > 0) {
			first = now
		}
		if first.at.IsZero() && now.at.Sub(begun) > startsIn {
			return rate{}, fmt.Errorf("%s has done nothing of %s in %s", w.name, m.name, startsIn)
		}
		if now.done != last.done {
			last = now
		}
	}
	out := rate{
		Worker: w.name, Material: m.name, Processes: w.processes, Threads: w.threads,
		Frames: sum(last.done) - sum(first.done), Seconds: last.at.Sub(first.at).Seconds(), Resident: float64(last.use.Resident) / 1e6,
	}
	if out.Frames == 0 {
		return rate{}, fmt.Errorf("%s was through all %d frames at once: there must be more", w.name, len(frames))
	}
	out.PerSecond = float64(out.Frames) / out.Seconds
	out.CPU = (last.use.CPU - first.use.CPU).Seconds() * 1e3 / float64(out.Frames)
	must, may := expected(frames, last.done)
	out.Planted = len(must)
	out.Found, err = await(ctx, e, must, may)
	return out, err
}

func sum(done [partitions]int64) (n int64) {
	for _, d := range done {
		n += d
	}
	return n
}

// expected counts the planted frames of each hit: those among the frames that were
// done, and all of them.
func expected(frames []frame, done [partitions]int64) (must, may map[hit]uint64) {
	must, may = map[hit]uint64{}, map[hit]uint64{}
	var at [partitions]int64
	for _, f := range frames {
		if f.entry != none {
			h := hit{f.event.Key, f.entry}
			may[h]++
			if at[f.partition] < done[f.partition] {
				must[h]++
			}
		}
		at[f.partition]++
	}
	return must, may
}

// await waits until every hit was heard of with the greatest power of two of frames
// that it has. Whatever else was heard of is an error.
func await(ctx context.Context, e *ear, must, may map[hit]uint64) (found int, err error) {
	for until := time.Now().Add(arriveIn); ; {
		_, count := e.heard()
		for h, n := range count {
			if n > may[h] {
				return 0, fmt.Errorf("a signal says that %d frames of %s match entry %d, and %d do", n, h.stream, h.entry, may[h])
			}
		}
		found = 0
		for h, n := range must {
			if 2*count[h] > n {
				found++
			}
		}
		if found == len(must) || time.Now().After(until) {
			return found, nil
		}
		if err := pause(ctx, look); err != nil {
			return 0, err
		}
	}
}

// A delay is how long signals took at a steady pace.
type delay struct {
	Worker    string  `json:"worker"`
	Material  string  `json:"material"`
	Processes int     `json:"processes"`
	Threads   int     `json:"threads"`
	PerSecond float64 `json:"frames_per_s"` // offered
	Planted   int     `json:"planted"`
	Found     int     `json:"found"`
	P50       float64 `json:"p50_ms"` // from the call that produces to the signal's arrival
	P99       float64 `json:"p99_ms"`
	Worst     float64 `json:"max_ms"`
}

// latency produces frames at a steady pace for so long, one of so many of them planted.
func latency(ctx context.Context, r *river, w worker, m material, pace float64, length time.Duration, oneOf int) (_ delay, err error) {
	e, err := r.hear(ctx, w.signals, w.entry)
	if err != nil {
		return delay{}, err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	c, err := w.begin(ctx, r)
	if err != nil {
		return delay{}, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	if err := warm(ctx, r, m, e); err != nil {
		return delay{}, fmt.Errorf("%s: %w", w.name, err)
	}

	names, begin := balanced(streams), time.Now()
	n := int(math.Max(float64(oneOf), pace*length.Seconds()))
	sent := map[hit]time.Time{}
	var g errgroup.Group
	for i := range n {
		s, entry := i%streams, none
		name := names[s]
		if i%oneOf == 0 {
			entry = m.entry((i/oneOf + warmUps) % m.plant)
			name = fmt.Sprintf("planted-%d", i)
		}
		f, err := newFrame(m, name, s, i/streams, i, entry, begin.Add(time.Duration(i/streams)*time.Second))
		if err != nil {
			return delay{}, err
		}
		if err := pause(ctx, time.Until(begin.Add(time.Duration(float64(i)/pace*1e9)))); err != nil {
			return delay{}, err
		}
		if entry != none {
			sent[hit{name, entry}] = time.Now()
		}
		g.Go(func() error { return r.Produce(ctx, stream.Output{Topic: framesTopic, Event: f.event}) })
	}
	if err := g.Wait(); err != nil {
		return delay{}, err
	}
	out := delay{Worker: w.name, Material: m.name, Processes: w.processes, Threads: w.threads, PerSecond: pace, Planted: len(sent)}
	must := map[hit]uint64{}
	for h := range sent {
		must[h] = 1
	}
	may := map[hit]uint64{}
	at, _ := e.heard()
	for h := range at {
		may[h] = 1
	}
	for h := range must {
		may[h] = 1
	}
	if out.Found, err = await(ctx, e, must, may); err != nil {
		return delay{}, err
	}
	at, _ = e.heard()
	var took []float64
	for h, t := range sent {
		if arrived, ok := at[h]; ok {
			took = append(took, arrived.Sub(t).Seconds()*1e3)
		}
	}
	if len(took) == 0 {
		return out, fmt.Errorf("no signal of %s arrived", w.name)
	}
	slices.Sort(took)
	out.P50, out.P99, out.Worst = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	return out, nil
}

// warmUps is how many planted frames each partition gets before the time counts.
const warmUps = 8

// warm sends planted frames until a signal of each has arrived: the worker is up, and
// what it does first of all is done.
func warm(ctx context.Context, r *river, m material, e *ear) error {
	want := map[hit]struct{}{}
	for i := range warmUps {
		name := fmt.Sprintf("warm-%d", i)
		f, err := newFrame(m, name, i, 0, i, m.entry(i), time.Now())
		if err != nil {
			return err
		}
		want[hit{name, f.entry}] = struct{}{}
		if err := r.Produce(ctx, stream.Output{Topic: framesTopic, Event: f.event}); err != nil {
			return err
		}
	}
	for until := time.Now().Add(startsIn); ; {
		at, _ := e.heard()
		missing := 0
		for h := range want {
			if _, ok := at[h]; !ok {
				missing++
			}
		}
		if missing == 0 {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("of %d signals %d did not arrive in %s", warmUps, missing, startsIn)
		}
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
}
