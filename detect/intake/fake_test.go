//go:build unix

package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fake returns a program in ffmpeg's place: a shell script.
func fake(t testing.TB, script string) string {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	return program(t, "#!/bin/sh\n"+script+"\n")
}

// program writes a program. A process that another goroutine starts meanwhile would
// hold the file open for writing, and it could not be run: hence the lock.
func program(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// printed is a shell command that writes bytes as they are.
func printed(data string) string {
	var b strings.Builder
	for _, c := range []byte(data) {
		fmt.Fprintf(&b, `\%03o`, c)
	}
	return "printf '" + b.String() + "'"
}

var (
	picture  = printed(smjpeg() + timed(40, small))
	pictures = printed(smjpeg() + timed(40, small) + timed(80, small) + "DONE")
)

// ills are what ffmpeg may do, and what is to come of it.
var ills = map[string]struct {
	script string
	o      Options
	reason string
	says   string
	frames int
}{
	"does its work":       {pictures, Options{}, ReasonEnded, "", 2},
	"finds nothing":       {printed(smjpeg() + "DONE"), Options{}, ReasonFailed, "no picture", 0},
	"exits":               {"echo 'rtmp://h/app/key-1 broke' >&2; exit 1", Options{}, ReasonFailed, "rtmp://h/… broke", 0},
	"exits after one":     {picture + "; exit 3", Options{}, ReasonFailed, "exit status 3", 1},
	"is killed":           {picture + "; kill -9 $$", Options{}, ReasonFailed, "killed", 1},
	"ends in a picture":   {printed(smjpeg() + timed(40, small)[:13]), Options{}, ReasonFailed, "unexpected EOF", 0},
	"writes rubbish":      {"while :; do echo rubbish; done", Options{}, ReasonFailed, "not a stream", 0},
	"writes rubbish late": {picture + "; while :; do echo rubbish; done", Options{}, ReasonFailed, "not a stream", 1},
	"writes zeros":        {"exec cat /dev/zero", Options{}, ReasonFailed, "not a stream", 0},
	"claims too much":     {printed(smjpeg()+"vidD\x00\x00\x00\x00\x7f\xff\xff\xff") + "; exec sleep 1000", Options{}, ReasonFailed, "too large", 0},
	"chatters":            {"while :; do echo chatter >&2; done", Options{}, ReasonStalled, "none for", 0},
	"hangs":               {"exec sleep 1000", Options{}, ReasonStalled, "none for", 0},
	"hangs after one":     {picture + "; exec sleep 1000", Options{}, ReasonStalled, "after 1 frames", 1},
	"stops":               {picture + "; kill -STOP $$", Options{}, ReasonStalled, "after 1 frames", 1},
	"ignores signals":     {"trap '' TERM INT HUP PIPE; " + picture + "; while :; do sleep 1; done", Options{}, ReasonStalled, "after 1 frames", 1},
	"starts others":       {picture + "; sleep 1000 & sleep 1000 & wait", Options{}, ReasonStalled, "after 1 frames", 1},
	"loses a sender":      {picture + "; exec sleep 1000", Options{Input: "rtmp://h:1/a", Listen: true}, ReasonStalled, "after 1 frames", 1},
}

// watched runs a fake and says what was wrong with how that went.
func watched(ctx context.Context, o Options) (Result, int, error) {
	if o.Input == "" {
		o.Input = "rtmp://h/a"
	}
	if o.Stall == 0 {
		o.Stall = 300 * time.Millisecond
	}
	frames := 0
	result, err := Watch(ctx, o, func(s Sample) error {
		if s.Index != frames {
			return fmt.Errorf("picture %d is numbered %d", frames, s.Index)
		}
		frames++
		return nil
	})
	return result, frames, err
}

func TestWatchOutlivesWhateverFFmpegDoes(t *testing.T) {
	for name, c := range ills {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.o.FFmpeg, c.o.FullDecode = fake(t, c.script), true
			if c.reason != ReasonStalled {
				c.o.Stall = time.Minute
			}
			result, frames, err := watched(t.Context(), c.o)
			if result.Reason != c.reason || frames != c.frames || result.Frames != c.frames {
				t.Errorf("got %+v and %d frames, %v", result, frames, err)
			}
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "key-1") {
				t.Errorf("%q tells a stream key", err)
			}
		})
	}
}

func TestWatchKillsAnFFmpegThatClosedItsOutput(t *testing.T) {
	t.Parallel()
	began := time.Now()
	result, frames, err := watched(t.Context(), Options{
		FFmpeg: fake(t, pictures+"; exec >&-; exec sleep 1000"), FullDecode: true, Stall: time.Minute,
	})
	if result.Reason != ReasonFailed || !errors.Is(err, errLingers) || frames != 2 {
		t.Errorf("got %+v, %v, %d frames", result, err, frames)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestWatchEndsThoughAProcessOutsideTheGroupHoldsThePipes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid")
	}
	began := time.Now()
	result, _, err := watched(t.Context(), Options{FFmpeg: fake(t, picture+"; exec setsid sleep 20"), FullDecode: true})
	if result.Reason != ReasonStalled || err == nil {
		t.Errorf("got %+v, %v", result, err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAListenerWaitsForItsFirstSender(t *testing.T) {
	t.Parallel()
	result, frames, err := watched(t.Context(), Options{
		Input: "rtmp://h:1/a", Listen: true, Stall: 500 * time.Millisecond, FFmpeg: fake(t, "sleep 2; "+pictures),
	})
	if result.Reason != ReasonEnded || err != nil || frames != 2 {
		t.Errorf("got %+v, %v, %d frames", result, err, frames)
	}
}

func TestTimeInTheReceiverIsNoStall(t *testing.T) {
	t.Parallel()
	o := Options{Input: "rtmp://h/a", FullDecode: true, Stall: 700 * time.Millisecond, FFmpeg: fake(t, pictures)}
	result, err := Watch(t.Context(), o, func(Sample) error { time.Sleep(900 * time.Millisecond); return nil })
	if result.Reason != ReasonEnded || err != nil || result.Frames != 2 {
		t.Errorf("got %+v, %v", result, err)
	}
}

// keysAndAll is an ffmpeg that finds these pictures as key frames, and those where
// it decodes all.
func keysAndAll(t *testing.T, keys, all string) string {
	return fake(t, "case \"$*\" in *nokey*) "+keys+";; *) "+all+";; esac")
}

func TestRareKeyFramesOfALiveStreamMakeWayForAllFrames(t *testing.T) {
	at := func(seconds ...uint32) string {
		s := smjpeg()
		for _, n := range seconds {
			s += timed(n*1000, small)
		}
		return printed(s)
	}
	for name, c := range map[string]struct {
		input, keys, all string
		want             string
		result           Result
	}{
		"often enough": {"rtmp://h/a", at(5, 6, 7), "exit 1", "[5s 6s 7s]", Result{Reason: ReasonEnded, Frames: 3, KeyFrames: true}},
		"three gaps": {"rtmp://h/a", at(5, 7, 9, 11, 13) + "; exec sleep 1000", at(12, 13),
			"[5s 7s 9s 11s 12s 13s]", Result{Reason: ReasonEnded, Frames: 6}},
		"no second": {"rtmp://h/a", at(5) + "; exec sleep 1000", at(9), "[5s 9s]", Result{Reason: ReasonEnded, Frames: 2}},
		"none":      {"rtmp://h/a", "exec sleep 1000", at(9), "[9s]", Result{Reason: ReasonEnded, Frames: 1}},
		"a playlist begun again": {"http://h/a.m3u8", at(50, 52, 54, 56) + "; exec sleep 1000", at(49, 50, 51, 55, 56, 57, 58),
			"[50s 52s 54s 56s 57s 58s]", Result{Reason: ReasonEnded, Frames: 6}},
		"a playlist that counts anew": {"http://h/a.m3u8", at(500, 502, 504, 506) + "; exec sleep 1000", at(1, 2),
			"[8m20s 8m22s 8m24s 8m26s 1s 2s]", Result{Reason: ReasonEnded, Frames: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pts []time.Duration
			var last time.Time
			o := Options{Input: c.input, Stall: 8 * time.Second, FFmpeg: keysAndAll(t, c.keys, c.all)}
			result, err := Watch(t.Context(), o, func(s Sample) error {
				if s.Index != len(pts) || !s.At.After(last) {
					t.Errorf("picture %d is numbered %d at %s, after %s", len(pts), s.Index, s.At, last)
				}
				pts, last = append(pts, s.PTS), s.At
				return nil
			})
			result.CPU = 0
			if result != c.result || err != nil {
				t.Errorf("got %+v, %v", result, err)
			}
			if got := fmt.Sprint(pts); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAStreamWithoutAnyPictureStallsInItsTimeAllTheSame(t *testing.T) {
	t.Parallel()
	began := time.Now()
	result, _, err := watched(t.Context(), Options{Stall: 2 * time.Second, FFmpeg: fake(t, "exec sleep 1000")})
	if took := time.Since(began); result.Reason != ReasonStalled || err == nil || took < 1900*time.Millisecond {
		t.Errorf("got %+v, %v after %s", result, err, took)
	}
}

// openFiles counts this process's descriptors.
func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("counts descriptors as Linux has them")
	}
	return len(names)
}

// group says which processes of a group live, or are ours to reap.
func group(t *testing.T, id string) string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // gone since
		}
		// pid (name) state parent group …
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 2 && fields[2] == id && (fields[0] != "Z" || fields[1] == strconv.Itoa(os.Getpid())) {
			return string(stat)
		}
	}
	return ""
}

// TestNothingIsLeftOfManyWatches runs alone: it counts what the process holds.
func TestNothingIsLeftOfManyWatches(t *testing.T) {
	marks := t.TempDir()
	var scripts []Options
	for _, c := range ills {
		c.o.FullDecode = true
		// Each writes its id down, so that its processes can be looked for.
		c.o.FFmpeg = fake(t, "echo $$ > '"+marks+"'/$$; "+c.script)
		scripts = append(scripts, c.o)
	}
	scripts = append(scripts, Options{FFmpeg: filepath.Join(marks, "none")})
	goroutines, files := runtime.NumGoroutine(), openFiles(t)

	const watches = 200
	var g sync.WaitGroup
	slots := make(chan struct{}, 20)
	for i := range watches {
		slots <- struct{}{}
		g.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%7 == 0 {
				time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
			}
			o := scripts[i%len(scripts)]
			o.Stall = 200 * time.Millisecond
			if result, _, _ := watched(ctx, o); result.Reason == "" {
				t.Errorf("watch %d has no reason", i)
			}
		})
	}
	g.Wait()

	pids, err := os.ReadDir(marks)
	if err != nil || len(pids) < watches/2 {
		t.Fatalf("only %d ran, %v", len(pids), err)
	}
	for _, pid := range pids {
		if left := group(t, pid.Name()); left != "" {
			t.Errorf("a process is left: %s", left)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { // the runtime ends what is done in its own time
		g, f := runtime.NumGoroutine(), openFiles(t)
		if g <= goroutines && f <= files {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d descriptors are left of %d watches, %d and %d were there", g, f, watches, goroutines, files)
		}
	}
}
