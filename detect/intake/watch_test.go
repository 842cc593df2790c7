package intake

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// needFFmpeg skips where there is no ffmpeg, save where it must be there.
func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("CI") == "true" && os.Getenv("VIGIL_TESTDATA") != "" {
			t.Fatal("ffmpeg is needed here: ", err)
		}
		t.Skip("no ffmpeg")
	}
}

// clip renders a moving test picture of some seconds, benign by nature.
func clip(t *testing.T, name, seconds string) string {
	t.Helper()
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi",
		"-i", "testsrc=size=160x120:rate=10:duration="+seconds, "-pix_fmt", "yuv420p", "file:"+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("render a clip: %v: %s", err, out)
	}
	return path
}

func TestWatchSamplesAFile(t *testing.T) {
	o := Options{Input: clip(t, "clip.mp4", "3"), FPS: 2, Start: start.In(time.FixedZone("", 3600))}
	var got []Sample
	result, err := Watch(t.Context(), o, func(s Sample) error {
		got = append(got, s)
		return nil
	})
	if result.Reason != ReasonEnded || err != nil {
		t.Fatalf("got %q, %v", result.Reason, err)
	}
	if len(got) != 6 {
		t.Fatalf("got %d frames of 3 s at 2 a second", len(got))
	}
	for i, s := range got {
		if want := start.Add(time.Duration(i) * time.Second / 2); s.Index != i || s.At != want {
			t.Errorf("frame %d is numbered %d at %s, want %s", i, s.Index, s.At, want)
		}
		img, err := jpeg.Decode(bytes.NewReader(s.JPEG))
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds().Dx() != 160 || img.Bounds().Dy() != 120 {
			t.Errorf("frame %d measures %v", i, img.Bounds())
		}
		if i > 0 && bytes.Equal(s.JPEG, got[i-1].JPEG) {
			t.Errorf("frame %d is frame %d again", i, i-1)
		}
	}
}

func TestWatchReadsNoOptionOrProtocolOutOfAName(t *testing.T) {
	path := clip(t, "clip.mp4", "1")
	t.Chdir(filepath.Dir(path))
	for _, name := range []string{"-y.mp4", "concat:clip.mp4", "a b;c.mp4"} {
		if err := os.Link("clip.mp4", name); err != nil {
			t.Fatal(err)
		}
		frames := 0
		result, err := Watch(t.Context(), Options{Input: name, Start: start}, func(Sample) error { frames++; return nil })
		if result.Reason != ReasonEnded || err != nil || frames == 0 {
			t.Errorf("%q: got %q, %v, %d frames", name, result.Reason, err, frames)
		}
	}
}

func TestWatchStopsWithoutLeavingAProcess(t *testing.T) {
	path := clip(t, "clip.mp4", "1")
	fault := errors.New("the receiver failed")
	for name, c := range map[string]struct {
		each   func(context.CancelFunc) error
		reason string
		err    error
	}{
		"cancelled": {func(cancel context.CancelFunc) error { cancel(); return nil }, ReasonStopped, nil},
		"receiver":  {func(context.CancelFunc) error { return fault }, ReasonFailed, fault},
	} {
		t.Run(name, func(t *testing.T) {
			pidFile := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := Options{Input: path, Loop: true, FPS: 10, Start: start, FFmpeg: recordPID(t, pidFile)}
			frames := 0
			result, err := Watch(ctx, o, func(Sample) error {
				if frames++; frames == 25 { // a looped second has ten
					return c.each(cancel)
				}
				return nil
			})
			if result.Reason != c.reason || !errors.Is(err, c.err) || frames < 25 {
				t.Errorf("got %q, %v after %d frames", result.Reason, err, frames)
			}
			if left := processOf(t, pidFile); left != "" {
				t.Errorf("ffmpeg is still there: %s", left)
			}
		})
	}
}

func TestWatchStopsBeforeItStarted(t *testing.T) {
	needFFmpeg(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "empty.mp4")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := Watch(ctx, Options{Input: path, Start: start}, nil)
	if result.Reason != ReasonStopped || err != nil {
		t.Errorf("got %q, %v", result.Reason, err)
	}
}

func TestWatchPlaysAFileAtItsOwnSpeed(t *testing.T) {
	o := Options{Input: clip(t, "clip.mp4", "2"), Realtime: true, FPS: 10, Start: start}
	began := time.Now()
	result, err := Watch(t.Context(), o, func(Sample) error { return nil })
	if result.Reason != ReasonEnded || err != nil {
		t.Fatalf("got %q, %v", result.Reason, err)
	}
	if took := time.Since(began); took < 1100*time.Millisecond { // ffmpeg 7 is half a second ahead
		t.Errorf("two seconds of video took %s", took)
	}
}

func TestWatchSaysWhatFFmpegSaid(t *testing.T) {
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), "text.mp4")
	if err := os.WriteFile(path, []byte("no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	result, err := Watch(t.Context(), Options{Input: path, Start: start, Stderr: &shown}, nil)
	if result.Reason != ReasonFailed || err == nil || !strings.Contains(err.Error(), "Invalid data") {
		t.Errorf("got %q, %v", result.Reason, err)
	}
	if !strings.Contains(shown.String(), "Invalid data") {
		t.Errorf("shown: %q", shown.String())
	}
}

func TestWatchRefusesAFrameBeyondTheLimit(t *testing.T) {
	o := Options{Input: clip(t, "clip.mp4", "1"), MaxFrame: 500, Start: start}
	result, err := Watch(t.Context(), o, func(Sample) error { return errors.New("was given") })
	if result.Reason != ReasonFailed || !errors.Is(err, errTooLong) {
		t.Errorf("got %q, %v", result.Reason, err)
	}
}

func TestWatchRefusesWrongOptionsAllAtOnce(t *testing.T) {
	folder := t.TempDir()
	clipName := filepath.Join(folder, "clip.mp4")
	if err := os.WriteFile(clipName, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    Options
		want []string
	}{
		"nothing":               {Options{}, []string{"input:"}},
		"several":               {Options{Input: "x://y", FPS: -1, MaxFrame: -1}, []string{"input:", "FPS:", "MaxFrame:"}},
		"no number":             {Options{Input: "http://h", FPS: math.NaN(), Start: start}, []string{"FPS:"}},
		"too fast":              {Options{Input: "http://h", FPS: 61, Start: start}, []string{"FPS:"}},
		"a file URL":            {Options{Input: "file:///etc/hostname", Start: start}, []string{"input:"}},
		"a file at no time":     {Options{Input: clipName}, []string{"start:"}},
		"a sought address":      {Options{Input: "rtmp://h/a", Seek: 1}, []string{"seek"}},
		"times below zero":      {Options{Input: "rtmp://h/a", Seek: -1, Stall: -1}, []string{"seek:", "stall:"}},
		"listening at a file":   {Options{Input: clipName, Listen: true, Start: start}, []string{"listened"}},
		"listening over HTTP":   {Options{Input: "http://h:1/x", Listen: true}, []string{"listened"}},
		"listening over TLS":    {Options{Input: "rtmps://h:1/x", Listen: true}, []string{"listened"}},
		"listening nowhere":     {Options{Input: "rtmp://h/a/secret", Listen: true}, []string{"port"}},
		"a mode of its own":     {Options{Input: "srt://h:1?mode=listener"}, []string{"mode"}},
		"a listener of its own": {Options{Input: "rtmp://h:1/a?listen=1"}, []string{"listen"}},
		"no host":               {Options{Input: "rtsp:///secret"}, []string{"host"}},
		"a wrong port":          {Options{Input: "rtsp://h:secret/x"}, []string{"port"}},
		"a zero byte":           {Options{Input: "rtsp://h/\x00"}, []string{"zero"}},
		"a folder":              {Options{Input: folder, Start: start}, []string{"folder"}},
		"no such file":          {Options{Input: filepath.Join(folder, "none"), Start: start}, []string{"input:"}},
		"a looped address":      {Options{Input: "rtmp://h/a", Loop: true, Start: start}, []string{"loop"}},
		"a slowed address":      {Options{Input: "HTTP://h/a", Realtime: true, Start: start}, []string{"realtime"}},
		"a secret with it":      {Options{Input: "gopher://user:secret@h", Start: start}, []string{"input:"}},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := Watch(t.Context(), c.o, nil)
			if result.Reason != ReasonFailed || err == nil {
				t.Fatalf("got %q, %v", result.Reason, err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q quotes the address", err)
			}
		})
	}
}

func TestWatchWithoutFFmpegSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Watch(t.Context(), Options{Input: path, Start: start}, nil)
	if !errors.Is(err, ErrNoFFmpeg) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"apt-get install ffmpeg", "brew install ffmpeg", "winget install ffmpeg"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestArgumentsKeepLocalFilesFromAddresses(t *testing.T) {
	for scheme := range protocols {
		o, err := Options{Input: strings.ToUpper(scheme) + "://h/x", Start: start}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		args := o.arguments(decoding{})
		i := slices.Index(args, "-protocol_whitelist")
		if i < 0 || i > slices.Index(args, "-i") {
			t.Fatalf("%s: no list of protocols before the input: %q", scheme, args)
		}
		allowed := strings.Split(args[i+1], ",")
		for _, local := range []string{"file", "concat", "subfile", "data", "pipe", "fd", "unix"} {
			if slices.Contains(allowed, local) {
				t.Errorf("%s may open %s", scheme, local)
			}
		}
	}
}
