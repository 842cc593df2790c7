// Command stream measures Vigil's room detect beside a worker that a platform would make
// of parts from PyPI (bench/peer/worker.py), on the same frames, the same list and the
// same Kafka broker in one run, and prints the ratios. It counts frames a second from the
// topic frames to the topic signals, and the time from producing a frame to its signal
// at half of the peer's greatest rate; and it holds both to the same planted matches.
// `make bench-worker` runs it. It needs Linux, and a broker of its own: it leaves topics.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// pictures is how many planted pictures there are.
const pictures = 100

type options struct {
	kafka, rooms, python, script, json, profile string
	entries, hashes, jpegs, top                 int
	limit, length                               time.Duration
	quick                                       bool
}

type bench struct {
	o    options
	dir  string
	list *list
	out  result
}

// result is what -json writes.
type result struct {
	Entries int       `json:"entries"`
	Rates   []rate    `json:"throughput"`
	Delays  []delay   `json:"latency"`
	Ratios  []ratio   `json:"ratios"`
	Profile []profile `json:"profile"`
}

type ratio struct {
	What  string  `json:"what"`
	Ratio float64 `json:"ratio"`
}

type profile struct {
	Material string   `json:"material"`
	Top      []string `json:"top"`
}

func (b *bench) data() string  { return filepath.Join(b.dir, "data") }
func (b *bench) codes() string { return filepath.Join(b.dir, "codes") }

func main() {
	var o options
	flag.StringVar(&o.kafka, "kafka", os.Getenv("VIGIL_KAFKA"), "`host:port` of a broker; $VIGIL_KAFKA if there is one")
	flag.StringVar(&o.rooms, "rooms", "detect", "the rooms of Vigil from frames to signals")
	flag.StringVar(&o.python, "python", "python3", "`program` with the packages of bench/peer/requirements.txt")
	flag.StringVar(&o.script, "script", "bench/peer/worker.py", "the peer's `file`")
	flag.StringVar(&o.json, "json", "", "write the results to this `file` too")
	flag.StringVar(&o.profile, "profile", "", "with no -run, the `folder` for the profiles; none without")
	flag.IntVar(&o.entries, "n", 1_000_000, "number of entries")
	flag.IntVar(&o.hashes, "hashes", 150_000, "hash records in the backlog; none with 0")
	flag.IntVar(&o.jpegs, "jpegs", 2400, "JPEG frames in the backlog; none with 0")
	flag.IntVar(&o.top, "top", 15, "lines of the profile to print")
	flag.DurationVar(&o.limit, "limit", 10*time.Second, "the longest that one backlog is worked at")
	flag.DurationVar(&o.length, "length", 8*time.Second, "how long frames are produced at a steady pace")
	flag.BoolVar(&o.quick, "quick", false, "one run of each worker, with two processors, and no latency")
	// Of the process that is measured:
	run := flag.Bool("run", false, "host the rooms, as this program does in a process of its own")
	prefix := flag.String("prefix", "", "with -run: of topics and groups")
	data := flag.String("data", "", "with -run: `folder` of the hash lists")
	state := flag.String("state", "", "with -run: `folder` of the rooms' state")
	flag.Parse()
	var err error
	switch {
	case o.kafka == "":
		err = fmt.Errorf("-kafka: the address of a broker is missing; deploy/kafka/with-kafka.sh gives one")
	case *run:
		err = hostRooms(o, *prefix, *data, *state, o.profile)
	default:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = measure(ctx, o)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, o options) (err error) {
	b := &bench{o: o, out: result{Entries: o.entries}}
	if b.dir, err = os.MkdirTemp("", "vigil-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }() // what is measured is said; a folder left in /tmp is no failure
	progress("rendering pictures")
	back, plant, err := render(pictures)
	if err != nil {
		return err
	}
	b.list = newList(o.entries, plant)
	if err := b.list.writeCodes(b.codes()); err != nil {
		return err
	}
	if err := os.MkdirAll(b.data(), 0o700); err != nil {
		return err
	}
	if err := b.list.writeDB(ctx, filepath.Join(b.data(), "hashes")); err != nil {
		return err
	}
	if o.hashes > 0 {
		if err := b.material(ctx, hashes(b.list, pictures), o.hashes, 10); err != nil {
			return err
		}
	}
	if o.jpegs > 0 {
		if err := b.material(ctx, jpegs(b.list, back, plant), o.jpegs, 1); err != nil {
			return err
		}
	}
	if o.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(b.out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(data, '\n'), 0o600)
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// material measures all that is measured with frames of one kind; in latency, one of so
// many frames is planted.
func (b *bench) material(ctx context.Context, m material, n, oneOf int) error {
	prefix := fmt.Sprintf("bench-%d.%s.", os.Getpid(), strings.ReplaceAll(m.name, " ", "-"))
	frames, err := backlog(m, n, time.Now().UTC().Add(-time.Hour))
	if err != nil {
		return err
	}
	progress("%s: a backlog of %d frames", m.name, n)
	profiled := ""
	if b.o.profile != "" {
		if err := os.MkdirAll(b.o.profile, 0o755); err != nil {
			return err
		}
		profiled = filepath.Join(b.o.profile, strings.ReplaceAll(m.name, " ", "-")+".pprof")
	}
	workers := []worker{b.ours(1, ""), b.ours(2, profiled), b.peer(1, false), b.peer(2, false)}
	if m.kind != hashes(b.list, pictures).kind {
		workers = append(workers, b.peer(2, true))
	}
	if b.o.quick {
		workers = []worker{b.ours(2, profiled), b.peer(2, false)}
	}
	var rates []rate
	for i, w := range workers {
		var got rate
		err := b.onRiver(ctx, fmt.Sprintf("%s%d.", prefix, i), func(r *river) (err error) {
			if err := r.fill(ctx, frames); err != nil {
				return err
			}
			got, err = throughput(ctx, r, w, m, frames, b.o.limit)
			return err
		})
		if err != nil {
			return err
		}
		progress("%s: %s, %d x %d: %.0f frames/s", m.name, w.name, w.processes, w.threads, got.PerSecond)
		rates = append(rates, got)
	}
	var delays []delay
	if !b.o.quick {
		half := max(rates[2].PerSecond, rates[3].PerSecond) / 2
		for _, w := range []worker{b.ours(2, ""), b.peer(2, false)} {
			var got delay
			err := b.onRiver(ctx, prefix+w.name+".", func(r *river) (err error) {
				got, err = latency(ctx, r, w, m, half, b.o.length, oneOf)
				return err
			})
			if err != nil {
				return err
			}
			progress("%s: %s: p50 %.1f ms, p99 %.1f ms", m.name, w.name, got.P50, got.P99)
			delays = append(delays, got)
		}
	}
	b.out.Rates = append(b.out.Rates, rates...)
	b.out.Delays = append(b.out.Delays, delays...)
	return b.report(ctx, m, rates, delays, profiled)
}

// onRiver has do work on a river of its own.
func (b *bench) onRiver(ctx context.Context, prefix string, do func(*river) error) error {
	r, err := newRiver(ctx, b.o.kafka, prefix)
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.drop(context.WithoutCancel(ctx)))
}

// report prints what was measured with one material.
func (b *bench) report(ctx context.Context, m material, rates []rate, delays []delay, profiled string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\t\n", args...) }
	row("%s, %d entries\tprocesses\tthreads\tframes/s\tCPU ms/frame\tMB\tfound of planted", m.name, b.o.entries)
	missed := 0
	for _, r := range rates {
		row("%s\t%d\t%d\t%.0f\t%.3f\t%.0f\t%d of %d", r.Worker, r.Processes, r.Threads, r.PerSecond, r.CPU, r.Resident, r.Found, r.Planted)
		missed += r.Planted - r.Found
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range delays {
		fmt.Printf("%s at %.0f frames/s: p50 %.1f ms, p99 %.1f ms, worst %.1f ms, of %d signals (%d expected)\n",
			d.Worker, d.PerSecond, d.P50, d.P99, d.Worst, d.Found, d.Planted)
		missed += d.Planted - d.Found
	}
	for _, r := range ratios(m, rates, delays) {
		fmt.Printf("%s: %.1f times\n", r.What, r.Ratio)
		b.out.Ratios = append(b.out.Ratios, r)
	}
	if profiled != "" {
		top, err := topOf(ctx, profiled, b.o.top)
		if err != nil {
			return err
		}
		b.out.Profile = append(b.out.Profile, profile{m.name, top})
		fmt.Printf("where the processor time of vigil goes:\n%s\n", strings.Join(top, "\n"))
	}
	fmt.Println()
	if missed > 0 {
		return fmt.Errorf("%s: %d planted matches were not found", m.name, missed)
	}
	return nil
}

// ratios are how many times better Vigil is, on as many processors.
func ratios(m material, rates []rate, delays []delay) (out []ratio) {
	for _, o := range rates {
		for _, p := range rates {
			if o.Worker != "vigil" || p.Worker == "vigil" || o.Threads != p.Processes*p.Threads {
				continue
			}
			what := fmt.Sprintf("%s, vigil to %s, on %d processors", m.name, p.Worker, o.Threads)
			out = append(out, ratio{what + ", frames/s", o.PerSecond / p.PerSecond}, ratio{what + ", frames a CPU second", p.CPU / o.CPU})
		}
	}
	if len(delays) == 2 {
		out = append(out, ratio{m.name + ", p50", delays[1].P50 / delays[0].P50}, ratio{m.name + ", p99", delays[1].P99 / delays[0].P99})
	}
	return out
}

// topOf has go's own tool print the functions that take most of a profile.
func topOf(ctx context.Context, file string, n int) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount="+strconv.Itoa(n), file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go tool pprof: %w", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n"), nil
}
