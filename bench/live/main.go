// Command live measures how many live streams `vigil watch` keeps up with on this
// machine, and what one costs: it plays a rendered 720p clip as so many streams at their
// own speed, watches them at one frame a second for a minute, and counts the frames that
// arrive in the topic frames, how late they are, and the processor time of Vigil and of
// its ffmpegs, an hour of a stream. It says whether the machine kept up.
// `make bench` runs it. It needs Linux and ffmpeg.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vigil-stream/vigil/bench/internal/proc"
	"github.com/vigil-stream/vigil/internal/app"
	"github.com/vigil-stream/vigil/internal/stream"
)

type options struct {
	kafka, vigil, ffmpeg, gops, send, json string
	streams                                int
	fps                                    float64
	length, start                          time.Duration
}

// result is what was measured with one clip.
type result struct {
	Streams    int     `json:"streams"`
	FPS        float64 `json:"fps"`
	GOP        int     `json:"gop_s"`
	Send       string  `json:"send"`
	Seconds    float64 `json:"seconds"`
	Due        int     `json:"frames_due"`
	Got        int     `json:"frames_got"`
	Share      float64 `json:"share"`
	Worst      float64 `json:"worst_stream_share"`
	BytesFrame float64 `json:"bytes_per_frame"`
	// LagGrowth is by how much the most delayed stream's newest frame was later at the
	// end than at the beginning.
	LagGrowth float64 `json:"lag_growth_s"`
	// CPU seconds an hour of one stream.
	FFmpegCPU float64 `json:"ffmpeg_cpu_s_per_stream_hour"`
	VigilCPU  float64 `json:"vigil_cpu_s_per_stream_hour"`
	FFmpegs   int     `json:"ffmpeg_processes"`
	FFmpegMB  float64 `json:"ffmpeg_mb"`
	VigilMB   float64 `json:"vigil_mb"`
	// IdleShare is that of all processors, others' work included.
	IdleShare float64 `json:"machine_idle_share"`
	KeptUp    bool    `json:"kept_up"`
}

// A machine keeps up when next to no frame is missing and the last ones are no later
// than the first.
const (
	leastShare  = 0.99
	leastWorst  = 0.95 // of any one stream; a minute at 1 fps has 60 frames, give or take one at each end
	mostGrowth  = 1.0  // seconds
	processPoll = 100 * time.Millisecond
)

func main() {
	var o options
	flag.StringVar(&o.kafka, "kafka", os.Getenv("VIGIL_KAFKA"), "`host:port` of a broker; default $VIGIL_KAFKA, or one of its own")
	flag.StringVar(&o.vigil, "vigil", "bin/vigil", "the `program`")
	flag.StringVar(&o.ffmpeg, "ffmpeg", "ffmpeg", "the `program` that renders the clips")
	flag.StringVar(&o.gops, "gops", "1,2", "`seconds` between key frames, a clip for each")
	flag.StringVar(&o.send, "send", "hashes", "`what` leaves the edge: frames or hashes")
	flag.StringVar(&o.json, "json", "", "write the results to this `file` too")
	flag.IntVar(&o.streams, "streams", 50, "number of streams")
	flag.Float64Var(&o.fps, "fps", 1, "frames a second to sample")
	flag.DurationVar(&o.length, "length", time.Minute, "how long is measured, once all streams have begun")
	flag.DurationVar(&o.start, "start", time.Minute, "how long the streams may take to begin")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "vigil-live-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder left in /tmp is no failure
	if o.kafka == "" {
		broker, err := stream.StartEmbedded(filepath.Join(dir, "broker"), "")
		if err != nil {
			return err
		}
		defer func() { _ = broker.Close() }() // its log goes with the folder
		o.kafka = broker.Addr()
	}
	var results []result
	for _, text := range strings.Split(o.gops, ",") {
		gop, err := strconv.Atoi(text)
		if err != nil || gop < 1 || gop > clipLength {
			return fmt.Errorf("-gops: %q is no number of seconds from 1 to %d", text, clipLength)
		}
		clip := filepath.Join(dir, fmt.Sprintf("gop-%d.mp4", gop))
		if err := renderClip(ctx, o.ffmpeg, clip, gop); err != nil {
			return err
		}
		r, err := watch(ctx, o, dir, clip, gop)
		if err != nil {
			return err
		}
		r.print(os.Stdout)
		results = append(results, r)
	}
	if o.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(data, '\n'), 0o600)
}

// watch has one clip watched as all streams.
func watch(ctx context.Context, o options, dir, clip string, gop int) (_ result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := app.DefaultConfig("")
	c.Brokers, c.Prefix, c.Partitions = []string{o.kafka}, fmt.Sprintf("live-%d-%d.", os.Getpid(), gop), 2
	if err := app.CreateTopics(ctx, c, io.Discard); err != nil {
		return result{}, err
	}
	client, err := stream.Connect(ctx, stream.Config{Brokers: c.Brokers, Prefix: c.Prefix, ClientID: "bench"})
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	e, ended := hear(ctx, client)
	defer func() { cancel(); err = errors.Join(err, <-ended) }()

	config := filepath.Join(dir, "vigil.yaml")
	text := fmt.Sprintf("data: %q\nbrokers: [%q]\nprefix: %q\nlisten: none\nlog_level: warn\n", filepath.Join(dir, "data"), o.kafka, c.Prefix)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return result{}, err
	}
	cmd, err := o.command(dir, config, clip)
	if err != nil {
		return result{}, err
	}
	w, err := launch(cmd)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, w.stop()) }()

	for begun := time.Now(); len(e.now()) < o.streams; {
		if time.Since(begun) > o.start {
			return result{}, fmt.Errorf("of %d streams only %d have begun in %s%s", o.streams, len(e.now()), o.start, w.said())
		}
		if err := pause(ctx, processPoll); err != nil {
			return result{}, err
		}
	}
	// What starting took is over, and no stream has just given its first frame.
	if err := pause(ctx, 3*time.Second); err != nil {
		return result{}, err
	}
	before, err := w.look(e)
	if err != nil {
		return result{}, err
	}
	if err := pause(ctx, o.length); err != nil {
		return result{}, err
	}
	after, err := w.look(e)
	if err != nil {
		return result{}, err
	}
	return o.compare(gop, before, after), nil
}

// command is `vigil watch` with a file of all streams.
func (o options) command(dir, config, clip string) (*exec.Cmd, error) {
	var list bytes.Buffer
	for i := range o.streams {
		_, _ = fmt.Fprintf(&list, "- {stream: live-%d, platform: bench, account: person-%d, input: %q, loop: true, fps: %v}\n", i, i, clip, o.fps)
	}
	file := filepath.Join(dir, "streams.yaml")
	if err := os.WriteFile(file, list.Bytes(), 0o600); err != nil {
		return nil, err
	}
	return exec.Command(o.vigil, "--config", config, "watch", "--metrics", "none", "--send", o.send, "--streams", file), nil
}

// A moment is what there was at one time.
type moment struct {
	at            time.Time
	idle          time.Duration
	vigil, ffmpeg proc.Use
	heard         map[string]heard
}

// compare makes a result of what was between two moments.
func (o options) compare(gop int, before, after moment) result {
	took := after.at.Sub(before.at).Seconds()
	hours := float64(o.streams) * took / 3600
	r := result{
		Streams: o.streams, FPS: o.fps, GOP: gop, Send: o.send, Seconds: took,
		Due: int(float64(o.streams) * took * o.fps), Worst: 1, LagGrowth: -1e9,
		FFmpegCPU: (after.ffmpeg.CPU - before.ffmpeg.CPU).Seconds() / hours,
		VigilCPU:  (after.vigil.CPU - before.vigil.CPU).Seconds() / hours,
		FFmpegs:   after.ffmpeg.Processes, FFmpegMB: float64(after.ffmpeg.Resident) / 1e6, VigilMB: float64(after.vigil.Resident) / 1e6,
		IdleShare: (after.idle - before.idle).Seconds() / took / float64(runtime.NumCPU()),
	}
	var bytes int64
	for name, b := range before.heard {
		a := after.heard[name]
		got := a.frames - b.frames
		r.Got += got
		bytes += a.bytes - b.bytes
		r.Worst = min(r.Worst, float64(got)/(took*o.fps))
		r.LagGrowth = max(r.LagGrowth, (a.lag - b.lag).Seconds())
	}
	r.Share = float64(r.Got) / float64(r.Due)
	r.BytesFrame = float64(bytes) / float64(max(1, r.Got))
	r.KeptUp = r.Share >= leastShare && r.Worst >= leastWorst && r.LagGrowth <= mostGrowth
	return r
}

func (r result) print(w io.Writer) {
	kept := "no"
	if r.KeptUp {
		kept = "yes"
	}
	_, _ = fmt.Fprintf(w, `%d streams of 720p30 H.264, a key frame every %d s, at %v frames a second, for %.0f s
  frames       %d of %d due (%.1f %%), the worst stream %.1f %%, %.0f bytes each
  lag          grew by %.2f s at most
  CPU          %.1f s an hour of a stream: ffmpeg %.1f, vigil %.1f
  memory       ffmpeg %.0f MB in %d processes, vigil %.0f MB
  machine      %.0f %% idle, of %d processors, with all else that ran
  kept up      %s

`, r.Streams, r.GOP, r.FPS, r.Seconds, r.Got, r.Due, 100*r.Share, 100*r.Worst, r.BytesFrame, r.LagGrowth,
		r.FFmpegCPU+r.VigilCPU, r.FFmpegCPU, r.VigilCPU, r.FFmpegMB, r.FFmpegs, r.VigilMB, 100*r.IdleShare, runtime.NumCPU(), kept)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
