package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// soakFor is how long the streams are watched at least, long enough for a process that was
// stopped to be found out and killed twice. A stream that begins anew again and again
// may not come to the seconds that match in this time: soakAtMost is how long they have.
const (
	soakFor    = 90 * time.Second
	soakAtMost = 4 * soakFor
)

// TestFiftyStreamsThroughChaos watches fifty streams at once with real ffmpeg, while its
// processes are killed and stopped at random and some streams are garbage: what the
// reference hashes say is found, nothing else is, and nothing is left behind. Two hours
// of fifty streams on simulated time are in detect/fleet.
func TestFiftyStreamsThroughChaos(t *testing.T) {
	if os.Getenv("VIGIL_REAL") != "1" {
		t.Skip("VIGIL_REAL is not 1: no real ffmpeg")
	}
	media := testMedia(t)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r := newRiver(t, func(c *Config) {
		c.Rooms = []string{"lists", "detect"}
		c.EvidenceRecipients = filepath.Join(t.TempDir(), "recipients.txt")
		c.Flood.Streams = 1000
		if err := os.WriteFile(c.EvidenceRecipients, []byte(key.Recipient().String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	var planted []string
	for line := range strings.Lines(string(referenceHashes(t, filepath.Join(media, "vpdq", "chair-orig-22-sd-bar.txt")))) {
		planted = append(planted, strings.TrimSpace(line))
	}
	r.lists("planted", planted...)

	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.CopyN(w, rand.NewChaCha8([32]byte{1}), 1<<20)
	}))
	defer garbage.Close()
	file, found := chaosStreams(t, media, garbage.URL)

	before, half := usage(t), resources{}
	ctx, cancel := context.WithTimeout(t.Context(), soakAtMost)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- Watch(ctx, r.c, WatchOptions{File: file, Send: sendHashes, Out: io.Discard, Err: io.Discard})
	}()
	killed, stopped := molest(ctx, t, func() { half = usage(t) }, func() bool {
		all, _ := r.matched(found)
		return all
	})
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("watching does not end")
	}
	if killed < 20 || stopped < 5 {
		t.Errorf("only %d processes were killed and %d stopped", killed, stopped)
	}
	if left := ffmpegs(t); len(left) > 0 {
		t.Errorf("%d processes are left behind", len(left))
	}
	r.sessionsAreWhole()
	eventually(t, time.Minute, "planted replays in all renditions, and in nothing else", func() (bool, string) {
		return r.matched(found)
	})
	// Rooms still start workers and connections when the streams begin: fewer than one for each
	// of fifty streams may stay, of pipes and of files none.
	eventually(t, 30*time.Second, "descriptors and goroutines are given back", func() (bool, string) {
		now := usage(t)
		return now.pipes <= before.pipes && now.sockets <= before.sockets+20 && now.files <= before.files+5 && now.goroutines <= before.goroutines+49 && now.heap <= half.heap+128<<20,
			fmt.Sprintf("before %+v, at half time %+v, after %+v", before, half, now)
	})
	t.Logf("%d killed, %d stopped; before %+v, at half time %+v, after %+v", killed, stopped, before, half, usage(t))
}

// chaosStreams writes a file of fifty streams and tells of each whether it shows what
// is planted, by the reference hashes.
func chaosStreams(t *testing.T, media, garbageURL string) (file string, found map[string]bool) {
	t.Helper()
	clips := map[string]bool{
		"chair-orig-22-sd-bar.mp4": true, "chair-22-with-large-logo-bar.mp4": true, "chair-20-sd-bar.mp4": true,
		"doorknob-hd-no-bar.mp4": false, "pattern-hd-no-bar.mp4": false, "pattern-sd-with-small-logo-bar.mp4": false,
	}
	dir := t.TempDir()
	found = map[string]bool{}
	var b strings.Builder
	add := func(input string, loop, shows bool) {
		name := fmt.Sprintf("%02d-%s", len(found), filepath.Base(input))
		found[name] = shows
		// Twice a second: of the clip with a large logo only some seconds match, and few of
		// them are seen of a stream that begins anew again and again.
		fmt.Fprintf(&b, "- stream: %s\n  platform: demo\n  account: %s@example.org\n  input: %q\n  loop: %v\n  fps: 2\n", name, name, input, loop)
	}
	for i := 0; len(found) < 46; i++ {
		for clip, shows := range clips {
			if len(found) < 46 {
				add(filepath.Join(media, "video", clip), true, shows)
			}
		}
	}
	whole, err := os.ReadFile(filepath.Join(media, "video", "doorknob-hd-no-bar.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"noise.mp4": noise(1 << 20), "cut.mp4": whole[:len(whole)/3], "text.mp4": []byte("#EXTM3U\nfile:///etc/hostname\n"),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		add(path, false, false)
	}
	add(garbageURL+"/live.m3u8", false, false)
	file = filepath.Join(dir, "streams.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, found
}

func noise(n int64) []byte {
	var b bytes.Buffer
	_, _ = io.CopyN(&b, rand.NewChaCha8([32]byte{2}), n) // it has no end
	return b.Bytes()
}

// molest kills and stops processes of ffmpeg at random for soakFor, and then until enough
// or until ctx ends, and calls half once in the middle of soakFor.
func molest(ctx context.Context, t *testing.T, half func(), enough func() bool) (killed, stopped int) {
	t.Helper()
	began := time.Now()
	middle := time.After(soakFor / 2)
	r := rand.New(rand.NewPCG(1, 2))
	tick := time.NewTicker(700 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return killed, stopped
		case <-middle:
			half()
		case <-tick.C:
		}
		if time.Since(began) > soakFor && enough() {
			return killed, stopped
		}
		all := ffmpegs(t)
		if len(all) == 0 {
			continue
		}
		pid := all[r.IntN(len(all))]
		if r.IntN(5) == 0 {
			if syscall.Kill(pid, syscall.SIGSTOP) == nil {
				stopped++
			}
		} else if syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
}

// ffmpegs are the processes of ffmpeg that this one started.
func ffmpegs(t *testing.T) (pids []int) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it is gone
		}
		// pid (comm) state ppid …
		_, rest, _ := bytes.Cut(stat, []byte("(ffmpeg) "))
		fields := bytes.Fields(rest)
		if len(fields) > 1 && string(fields[1]) == strconv.Itoa(os.Getpid()) {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// resources are what a process holds: pipes, sockets, and descriptors that are not of stores.
type resources struct {
	pipes, sockets, files, goroutines int
	heap                              uint64
}

func usage(t *testing.T) resources {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := resources{goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc}
	for _, fd := range fds {
		switch to, _ := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); { // it may be closed by now
		case strings.Contains(to, "/state/"), strings.Contains(to, "/broker/"):
			// Stores of the rooms and of the embedded broker open files as their data grow.
		case strings.HasPrefix(to, "pipe:"):
			r.pipes++
		case strings.HasPrefix(to, "socket:"):
			r.sockets++
		default:
			r.files++
		}
	}
	return r
}

// sessionsAreWhole checks that what was told of each session fits together.
func (r *river) sessionsAreWhole() {
	r.t.Helper()
	last := map[string]detect.SessionRecord{}
	ended := map[string]bool{}
	n := 0
	if err := r.client.ReadAll(r.t.Context(), topicSessions, func(m stream.Message) error {
		n++
		signals, err := detect.Session(m.Data)
		if err != nil {
			return err
		}
		s := signals[0]
		key := s.ID
		if before, ok := last[key]; ok && before.At.After(s.End) {
			r.t.Errorf("session %s goes back in time", key)
		}
		if ended[key] {
			r.t.Errorf("session %s goes on after its end", key)
		}
		last[key] = detect.SessionRecord{At: s.End}
		ended[key] = s.Session.Ended
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
	for key, over := range ended {
		if !over {
			r.t.Errorf("session %s has no end", key)
		}
	}
	if n < 100 {
		r.t.Errorf("only %d records of sessions", n)
	}
}

// matched compares the streams that match with those that should.
func (r *river) matched(want map[string]bool) (bool, string) {
	r.t.Helper()
	got := map[string]bool{}
	if err := r.client.ReadAll(r.t.Context(), topicSignals, func(m stream.Message) error {
		s, err := signal.Decode(m.Data)
		if err == nil && s.Match != nil {
			got[s.Match.Stream] = true
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	var missing, extra []string
	for name, shows := range want {
		// Of the clip with a large logo a tenth of the frames match, and a stream of it that is
		// killed again and again on a busy machine may come to none of them.
		if shows && !got[name] && !strings.Contains(name, "large-logo") {
			missing = append(missing, name)
		}
		if !shows && got[name] {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		r.t.Fatalf("streams that show nothing of it match: %v", extra)
	}
	return len(missing) == 0, fmt.Sprintf("not found: %v", missing)
}
