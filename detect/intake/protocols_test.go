package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// freePort finds a port of the loopback at which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// keyed renders seconds of video with a key frame each second.
func keyed(t *testing.T, name string, seconds int, more ...string) string {
	return render(t, name, fmt.Sprintf("testsrc=size=160x120:rate=10:duration=%d", seconds),
		slices.Concat([]string{"-g", "10", "-keyint_min", "10", "-sc_threshold", "0"}, more)...)
}

// sender runs ffmpeg as the other side until ctx ends, again and again until it
// has been taken once.
func sender(ctx context.Context, args ...string) {
	for ctx.Err() == nil {
		cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin", "-loglevel", "error"}, args...)...)
		if cmd.Run() == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// errEnough ends a watch that has seen what it wanted.
var errEnough = errors.New("enough")

// live watches a live input whose other side is play, up to so many pictures.
func live(t *testing.T, o Options, enough int, play func(context.Context)) ([]Sample, Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	playing, stop := context.WithCancel(ctx)
	var g sync.WaitGroup
	g.Go(func() { play(playing) })
	defer g.Wait()
	defer stop()
	var got []Sample
	result, err := Watch(ctx, o, func(s Sample) error {
		if n := len(got); s.Index != n || n > 0 && !s.At.After(got[n-1].At) {
			t.Errorf("picture %d is numbered %d at %s", n, s.Index, s.At)
		}
		if now := time.Now(); s.At.After(now.Add(time.Second)) || s.At.Before(now.Add(-time.Minute)) || s.At.Location() != time.UTC {
			t.Errorf("picture %d is of %s, now is %s", s.Index, s.At, now)
		}
		if got = append(got, s); len(got) == enough {
			return errEnough
		}
		return nil
	})
	return got, result, err
}

// served watches what ffmpeg serves with these arguments, once it does.
func served(t *testing.T, o Options, enough int, args ...string) (got []Sample, result Result, err error) {
	t.Helper()
	serving, stop := context.WithCancel(t.Context())
	var g sync.WaitGroup
	g.Go(func() { sender(serving, args...) })
	defer g.Wait()
	defer stop()
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if got, result, err = live(t, o, enough, func(context.Context) {}); len(got) > 0 {
			break
		}
	}
	return got, result, err
}

// everySecond says what is wrong with pictures that should be a second apart.
func everySecond(got []Sample, n int) error {
	if len(got) < n {
		return fmt.Errorf("%d pictures, want %d", len(got), n)
	}
	for i := range got[1:] {
		if d := got[i+1].PTS - got[i].PTS; (d - time.Second).Abs() > 60*time.Millisecond {
			return fmt.Errorf("picture %d comes %s after the one before", i+1, d)
		}
	}
	return nil
}

func TestAnRTMPSenderIsTaken(t *testing.T) {
	t.Parallel()
	clip := keyed(t, "clip.flv", 5)
	address := "rtmp://127.0.0.1:" + freePort(t) + "/app/key-1"
	got, result, err := live(t, Options{Input: address, Listen: true}, 100, func(ctx context.Context) {
		sender(ctx, "-i", clip, "-c", "copy", "-f", "flv", address)
	})
	if result.Reason != ReasonEnded || err != nil || result.KeyFrames {
		t.Errorf("got %+v, %v", result, err)
	}
	if err := everySecond(got, 5); err != nil {
		t.Error(err)
	}
}

func TestAnRTMPSenderWithAnotherKeyIsNot(t *testing.T) {
	t.Parallel()
	clip := keyed(t, "clip.flv", 3)
	host := "rtmp://127.0.0.1:" + freePort(t)
	var said bytes.Buffer
	got, result, err := live(t, Options{Input: host + "/app/key-1", Listen: true, Stderr: &said}, 100, func(ctx context.Context) {
		sender(ctx, "-re", "-i", clip, "-c", "copy", "-f", "flv", host+"/app/other-key")
	})
	if result.Reason != ReasonFailed || !errors.Is(err, errSender) || len(got) > 0 {
		t.Errorf("got %+v, %v, %d pictures", result, err, len(got))
	}
	if strings.Contains(said.String(), "key") || strings.Contains(err.Error(), "-") {
		t.Errorf("%q, %q tell a key", said.String(), err)
	}
}

func TestAnRTMPServerIsRead(t *testing.T) {
	t.Parallel()
	clip := keyed(t, "clip.flv", 6)
	address := "rtmp://127.0.0.1:" + freePort(t) + "/app/key-1"
	got, result, err := served(t, Options{Input: address}, 100, "-i", clip, "-c", "copy", "-f", "flv", "-listen", "1", address)
	if result.Reason != ReasonEnded || err != nil || !result.KeyFrames {
		t.Errorf("got %+v, %v", result, err)
	}
	if err := everySecond(got, 5); err != nil {
		t.Error(err)
	}
}

// needSRT skips where ffmpeg was built without SRT.
func needSRT(t *testing.T) {
	t.Helper()
	needFFmpeg(t)
	if out, err := exec.Command("ffmpeg", "-hide_banner", "-protocols").Output(); err != nil || !bytes.Contains(out, []byte("srt\n")) {
		t.Skip("this ffmpeg knows no SRT")
	}
}

func TestAnSRTSenderIsTaken(t *testing.T) {
	t.Parallel()
	needSRT(t)
	clip := keyed(t, "clip.ts", 5)
	address := "srt://127.0.0.1:" + freePort(t) + "?passphrase=a-passphrase"
	got, result, err := live(t, Options{Input: address, Listen: true}, 100, func(ctx context.Context) {
		sender(ctx, "-re", "-i", clip, "-c", "copy", "-f", "mpegts", address)
	})
	if result.Reason != ReasonEnded || err != nil || result.KeyFrames {
		t.Errorf("got %+v, %v", result, err)
	}
	if err := everySecond(got, 4); err != nil {
		t.Error(err)
	}
}

func TestAnSRTServerIsRead(t *testing.T) {
	t.Parallel()
	needSRT(t)
	clip := keyed(t, "clip.ts", 30)
	address := "srt://127.0.0.1:" + freePort(t)
	got, _, err := served(t, Options{Input: address, Stall: 20 * time.Second}, 4, "-re", "-i", clip, "-c", "copy", "-f", "mpegts", "-mode", "listener", address)
	if !errors.Is(err, errEnough) {
		t.Error(err)
	}
	if err := everySecond(got, 4); err != nil {
		t.Error(err)
	}
}

// server serves a folder as a platform's HLS server would.
func server(t *testing.T, folder string) string {
	s := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(s.Close)
	return s.URL
}

func TestALivePlaylistIsReadFromItsNewestSegment(t *testing.T) {
	t.Parallel()
	folder := filepath.Dir(keyed(t, "clip.ts", 12))
	began := make(chan struct{}) // closed when the first segment is asked for
	first := sync.OnceFunc(func() { close(began) })
	files := http.FileServer(http.Dir(folder))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".ts") {
			first()
		}
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	address := s.URL + "/live.m3u8"
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-i", filepath.Join(folder, "clip.ts"), "-c", "copy",
		"-f", "hls", "-hls_time", "2", "-hls_list_size", "0", filepath.Join(folder, "all.m3u8"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all, err := os.ReadFile(filepath.Join(folder, "all.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	// The playlist grows by a segment at a time; the end is told with the last.
	publish := func(segments int) {
		var b strings.Builder
		for line := range strings.Lines(string(all)) {
			if segments == 0 {
				break
			}
			if b.WriteString(line); strings.HasSuffix(line, ".ts\n") {
				segments--
			}
		}
		if segments > 0 {
			b.Reset()
			b.Write(all)
		}
		path := filepath.Join(folder, "live.m3u8")
		if err := errors.Join(os.WriteFile(path+".new", []byte(b.String()), 0o600), os.Rename(path+".new", path)); err != nil {
			t.Error(err)
		}
	}
	publish(3)
	got, result, err := live(t, Options{Input: address}, 100, func(ctx context.Context) {
		select {
		case <-ctx.Done():
			return
		case <-began:
		}
		for n := 4; n < 9; n++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(700 * time.Millisecond):
				publish(n)
			}
		}
	})
	if result.Reason != ReasonEnded || err != nil || !result.KeyFrames {
		t.Errorf("got %+v, %v", result, err)
	}
	if err := everySecond(got, 8); err != nil {
		t.Error(err)
	}
	if len(got) > 0 && len(got) > 10 {
		t.Errorf("%d pictures, though two of six segments were old", len(got))
	}
}

func TestAPlaylistWithRareKeyFramesIsReadOn(t *testing.T) {
	t.Parallel()
	clip := render(t, "clip.ts", "testsrc=size=160x120:rate=10:duration=12", "-g", "30", "-keyint_min", "30", "-sc_threshold", "0")
	text := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:12\n#EXTINF:12.0,\nclip.ts\n#EXT-X-ENDLIST\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(clip), "x.m3u8"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, result, err := live(t, Options{Input: server(t, filepath.Dir(clip)) + "/x.m3u8"}, 100, func(context.Context) {})
	if result.Reason != ReasonEnded || err != nil || result.KeyFrames {
		t.Errorf("got %+v, %v", result, err)
	}
	// Key frames, three gaps, then what is behind the last of them and no more.
	var pts []string
	for _, s := range got {
		pts = append(pts, (s.PTS - got[0].PTS).Round(100*time.Millisecond).String())
	}
	if want := "[0s 3s 6s 9s 10s 11s]"; fmt.Sprint(pts) != want {
		t.Errorf("got %s, want %s", pts, want)
	}
}

// TestABreakInAPlaylistIsOutlived plays what an advertisement does to a stream: its
// time begins anew, and the picture may have another size.
func TestABreakInAPlaylistIsOutlived(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"160x120", "120x160"} {
		t.Run(size, func(t *testing.T) { t.Parallel(); playBreak(t, size) })
	}
}

func playBreak(t *testing.T, size string) {
	folder := filepath.Dir(keyed(t, "a.ts", 3, "-output_ts_offset", "1000"))
	other := render(t, "b.ts", "testsrc=rate=10:duration=3:size="+size, "-g", "10", "-keyint_min", "10", "-sc_threshold", "0")
	if err := os.Rename(other, filepath.Join(folder, "b.ts")); err != nil {
		t.Fatal(err)
	}
	text := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:3.0,\nb.ts\n" +
		"#EXT-X-DISCONTINUITY\n#EXTINF:3.0,\na.ts\n#EXT-X-ENDLIST\n"
	if err := os.WriteFile(filepath.Join(folder, "x.m3u8"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, full := range []bool{false, true} {
		o := Options{Input: server(t, folder) + "/x.m3u8", FullDecode: full}
		got, result, err := live(t, o, 100, func(context.Context) {})
		if result.Reason != ReasonEnded || err != nil || len(got) != 9 {
			var pts []time.Duration
			for _, s := range got {
				pts = append(pts, s.PTS)
			}
			t.Errorf("full %v: got %+v, %v, at %s", full, result, err, pts)
		}
	}
}

func TestASenderThatCountsAnewIsFollowed(t *testing.T) {
	t.Parallel()
	path := keyed(t, "a.flv", 3, "-output_ts_offset", "1000")
	late, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	early, err := os.ReadFile(keyed(t, "b.flv", 3))
	if err != nil {
		t.Fatal(err)
	}
	const header = 13 // bytes of FLV before its first tag
	if err := os.WriteFile(path, append(late, early[header:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	got, result, err := live(t, Options{Input: server(t, filepath.Dir(path)) + "/a.flv", FullDecode: true}, 100, func(context.Context) {})
	if result.Reason != ReasonEnded || err != nil || len(got) < 6 {
		t.Errorf("got %+v, %v", result, err)
	}
}
