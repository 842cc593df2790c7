package intake

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// render makes a clip of a moving test picture, benign by nature.
func render(t *testing.T, name, source string, more ...string) string {
	t.Helper()
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), name)
	args := slices.Concat([]string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source,
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1"}, more, []string{"file:" + path})
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("render a clip: %v: %s", err, out)
	}
	return path
}

// times watches to the end and returns the times in the stream in milliseconds,
// having seen that all else agrees with them.
func times(t *testing.T, o Options) ([]int64, Result) {
	t.Helper()
	o.Start = start
	var got []int64
	var before Sample
	result, err := Watch(t.Context(), o, func(s Sample) error {
		if s.Index != len(got) || s.At != start.Add(s.PTS) || s.Index > 0 && s.PTS <= before.PTS {
			t.Errorf("picture %d is numbered %d, at %s, %s in the stream", len(got), s.Index, s.At, s.PTS)
		}
		if s.Index > 0 && bytes.Equal(s.JPEG, before.JPEG) {
			t.Errorf("picture %d is picture %d again", s.Index, s.Index-1)
		}
		before = s
		got = append(got, s.PTS.Milliseconds())
		return nil
	})
	if result.Reason != ReasonEnded || err != nil || result.Frames != len(got) {
		t.Fatalf("got %+v, %v", result, err)
	}
	return got, result
}

// steps are n times, the first and the distance in milliseconds.
func steps(n int, first, step float64) []int64 {
	var all []int64
	for i := range n {
		all = append(all, int64(first+float64(i)*step+0.5))
	}
	return all
}

func TestSamplingIsSteady(t *testing.T) {
	at25 := render(t, "25.mp4", "testsrc=size=160x120:rate=25:duration=6", "-bf", "2", "-g", "25", "-keyint_min", "25", "-sc_threshold", "0")
	sparse := render(t, "sparse.mp4", "testsrc=size=160x120:rate=25:duration=6", "-g", "1000")
	at60 := render(t, "60.mkv", "testsrc=size=160x120:rate=60:duration=2")
	// Every third picture of 25 a second is missing, and all from 2 s to 4.5 s.
	varied := render(t, "varied.mkv", "testsrc=size=160x120:rate=25:duration=6,select='not(eq(mod(n\\,3)\\,1))*not(between(t\\,2\\,4.5))'", "-vsync", "passthrough")
	for _, c := range []struct {
		name string
		o    Options
		want []int64
		keys bool
	}{
		{"one of 25", Options{Input: at25, FullDecode: true}, steps(6, 0, 1000), false},
		{"one of 25, by key frames", Options{Input: at25}, steps(6, 0, 1000), true},
		{"half a one, by key frames", Options{Input: at25, FPS: 0.5}, steps(3, 0, 2000), true},
		{"two of 25, key frames too rare", Options{Input: at25, FPS: 2}, []int64{0, 520, 1040, 1520, 2040, 2520, 3040, 3520, 4040, 4520, 5040, 5520}, false},
		{"no second key frame", Options{Input: sparse}, steps(6, 0, 1000), false},
		{"ten of 25", Options{Input: at25, FPS: 10}, []int64{0, 120, 200, 320, 400, 520, 600, 720, 800, 920, 1000}, false},
		{"all of 25", Options{Input: at25, FPS: 60}, steps(150, 0, 40), false},
		{"all of 60", Options{Input: at60, FPS: 60}, steps(120, 0, 1000.0/60), false},
		{"half of 60", Options{Input: at60, FPS: 30}, steps(60, 0, 1000.0/30), false},
		{"a stream of pauses", Options{Input: varied, FullDecode: true}, []int64{0, 1040, 4520, 5520}, false},
		{"from a place on", Options{Input: at25, FullDecode: true, Seek: 2500 * time.Millisecond}, steps(4, 2520, 1000), false},
		{"from a key frame on", Options{Input: at25, Seek: 3 * time.Second}, steps(3, 3000, 1000), true},
		{"from between key frames on", Options{Input: at25, Seek: 2600 * time.Millisecond}, []int64{3000, 4000, 5000}, true},
		{"from behind the end on", Options{Input: at25, Seek: time.Minute}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, result := times(t, c.o)
			if len(c.want) > 0 && len(c.want) < len(got) && c.name == "ten of 25" {
				if len(got) != 60 {
					t.Errorf("%d pictures of 6 s", len(got))
				}
				got = got[:len(c.want)]
			}
			for i := range min(len(got), len(c.want)) {
				if d := got[i] - c.want[i]; d < -1 || d > 1 { // milliseconds are rounded
					t.Errorf("picture %d at %d ms, want %d", i, got[i], c.want[i])
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("got %d, want %d", got, c.want)
			}
			if result.KeyFrames != c.keys {
				t.Errorf("got %+v", result)
			}
			if result.CPU <= 0 {
				t.Error("it cost nothing")
			}
		})
	}
}

func TestALoopGoesOnInTime(t *testing.T) {
	path := render(t, "loop.mp4", "testsrc=size=160x120:rate=10:duration=3", "-g", "10", "-keyint_min", "10", "-sc_threshold", "0")
	rare := render(t, "rare.mp4", "testsrc=size=160x120:rate=10:duration=3", "-g", "1000")
	for name, o := range map[string]Options{
		"key frames":            {Input: path},
		"all":                   {Input: path, FPS: 5},
		"rare key frames":       {Input: rare},
		"sought":                {Input: path, Seek: 2 * time.Second, FullDecode: true},
		"sought key frames":     {Input: path, Seek: time.Second},
		"sought behind its end": {Input: path, Seek: time.Hour},
		"far and rare":          {Input: rare, Seek: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Loop, o.Start = true, start
			stop := fmt.Errorf("enough")
			next := o.Seek
			_, err := Watch(t.Context(), o, func(s Sample) error {
				if d := s.PTS - next; d.Abs() > 60*time.Millisecond || s.At != start.Add(s.PTS) {
					t.Errorf("picture %d at %s, %s in the stream, want %s", s.Index, s.At, s.PTS, next)
				}
				period := time.Second
				if o.FPS > 0 {
					period = time.Second / 5
				}
				if next = s.PTS + period; s.PTS > o.Seek+8*time.Second {
					return stop
				}
				return nil
			})
			if err == nil || next < o.Seek+8*time.Second {
				t.Errorf("got %v at %s", err, next)
			}
		})
	}
}

// TestTheFilterOutlivesTimesThatGoBack gives the filter itself what few containers let
// through to it: times that begin anew after three seconds.
func TestTheFilterOutlivesTimesThatGoBack(t *testing.T) {
	needFFmpeg(t)
	o, err := Options{Input: "rtmp://h/a"}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=32x32:rate=10:duration=6",
		"-vf", "setpts='(N-if(gte(N,30),30,0))/10/TB',"+o.filter(), "-vsync", "passthrough", "-enc_time_base", "1:1000",
		"-f", "mkvtimestamp_v2", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(out, []byte("\n")); lines != 1+6 { // under a title
		t.Errorf("%d pictures of six seconds: %q", lines-1, out)
	}
}
