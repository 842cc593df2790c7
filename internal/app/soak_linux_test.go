package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/stream"
)

// soakFor is how long the streams are watched at least, long enough for a process that was
// stopped to be found out and killed twice; and then until each stream has been through what
// it is to be found by, for which a busy machine has soakAtMost.
const (
	soakFor    = 90 * time.Second
	soakAtMost = 4 * soakFor
)

// TestFiftyStreamsThroughChaos watches fifty streams at once with real ffmpeg, while its
// processes are killed and stopped at random and some streams are garbage. Every stream
// that shows the planted video by the reference hashes, in whichever rendition, is found,
// with every frame that was sent of it; nothing else is, and nothing is left behind. Two
// hours of fifty streams on simulated time are in detect/fleet.
func TestFiftyStreamsThroughChaos(t *testing.T) {
	if os.Getenv("VIGIL_REAL") != "1" {
		t.Skip("VIGIL_REAL is not 1: no real ffmpeg")
	}
	clips := renditions(t, testMedia(t), "chair-orig-22-sd-bar")
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
	r.listsVideo("planted", clips.planted)

	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.CopyN(w, rand.NewChaCha8([32]byte{1}), 1<<20)
	}))
	defer garbage.Close()
	file, shows := chaosStreams(t, clips, garbage.URL)

	before, half := usage(t), resources{}
	ctx, cancel := context.WithTimeout(t.Context(), soakAtMost)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- Watch(ctx, r.c, WatchOptions{File: file, Send: sendHashes, Out: io.Discard, Err: io.Discard})
	}()
	began := time.Now()
	seen := &sightings{planted: clips.planted}
	m := molester{shows: shows, struck: map[string]int{}}
	m.work(ctx, t, func() { half = usage(t) }, func() map[string]int { return seen.update(r) })
	took := time.Since(began)
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("watching does not end")
	}
	if m.killed < 20 || m.stopped < 5 {
		t.Errorf("only %d processes were killed and %d stopped", m.killed, m.stopped)
	}
	if left := ffmpegs(t); len(left) > 0 {
		t.Errorf("%d processes are left behind", len(left))
	}
	r.sessionsAreWhole()
	var matching map[string]int
	eventually(t, time.Minute, "every frame that matches is told, of every stream, and no other", func() (bool, string) {
		told := r.told("planted")
		matching = seen.update(r)
		return maps.Equal(told, matching), fmt.Sprintf("\n told %v\n want %v", told, matching)
	})
	for name, does := range shows {
		switch n := matching[name]; {
		case does && n == 0:
			t.Errorf("%s: of %d frames sent in %s none matches, and the reference hashes say that it shows what is planted", name, seen.frames[name], took)
		case !does && n > 0:
			t.Errorf("%s: %d frames match, and the reference hashes say that it shows nothing of it", name, n)
		case does && m.struck[name] == 0:
			t.Errorf("%s: no process of it was killed or stopped", name)
		}
	}
	// Rooms still start workers and connections when the streams begin: fewer than one for each
	// of fifty streams may stay, of pipes and of files none.
	eventually(t, 30*time.Second, "descriptors and goroutines are given back", func() (bool, string) {
		now := usage(t)
		return now.pipes <= before.pipes && now.sockets <= before.sockets+20 && now.files <= before.files+5 && now.goroutines <= before.goroutines+49 && now.heap <= half.heap+128<<20,
			fmt.Sprintf("before %+v, at half time %+v, after %+v", before, half, now)
	})
	t.Logf("%s, %d killed, %d stopped; frames that match %v; before %+v, at half time %+v, after %+v", took, m.killed, m.stopped, matching, before, half, usage(t))
}

// chaosStreams writes a file of fifty streams and tells of each whether it shows what
// is planted. Each plays a file of its own name, by which its processes are known.
func chaosStreams(t *testing.T, clips clips, garbageURL string) (file string, shows map[string]bool) {
	t.Helper()
	dir := t.TempDir()
	shows = map[string]bool{}
	var b strings.Builder
	add := func(name string, input func(name string) string, loop, does bool, fps float64) {
		name = fmt.Sprintf("%02d-%s", len(shows), name)
		shows[name] = does
		fmt.Fprintf(&b, "- stream: %s\n  platform: demo\n  account: %s@example.org\n  input: %q\n  loop: %v\n  fps: %v\n", name, name, input(name), loop, fps)
	}
	made := func(from func(path string) error) func(string) string {
		return func(name string) string {
			path := filepath.Join(dir, name)
			if err := from(path); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	for i := 0; len(shows) < 46; i++ {
		c := clips.all[i%len(clips.all)]
		add(c.name+".mp4", made(func(path string) error { return os.Symlink(c.file, path) }), true, c.shows(), c.rate(t))
	}
	other := slices.IndexFunc(clips.all, func(c clip) bool { return !c.shows() })
	whole, err := os.ReadFile(clips.all[other].file)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"noise.mp4": noise(1 << 20), "cut.mp4": whole[:len(whole)/3], "text.mp4": []byte("#EXTM3U\nfile:///etc/hostname\n"),
	} {
		add(name, made(func(path string) error { return os.WriteFile(path, content, 0o600) }), false, false, 1)
	}
	add("live.m3u8", func(name string) string { return garbageURL + "/" + name }, false, false, 1)
	file = filepath.Join(dir, "streams.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, shows
}

func noise(n int64) []byte {
	var b bytes.Buffer
	_, _ = io.CopyN(&b, rand.NewChaCha8([32]byte{2}), n) // it has no end
	return b.Bytes()
}

// A molester kills and stops processes of ffmpeg. A file that plays in a loop begins anew
// with each process, as no live stream does, so that one whose matching part comes late
// would not come to it as long as it is killed again and again: once struck, a stream that
// shows what is planted is spared until it has sent a frame of that.
type molester struct {
	shows           map[string]bool
	struck          map[string]int // how often, by stream
	killed, stopped int
}

// work goes on for soakFor, and then until every stream that shows what is planted has sent a
// frame of it, or until ctx ends. It calls half once in the middle of soakFor; sent counts
// the frames that match.
func (m *molester) work(ctx context.Context, t *testing.T, half func(), sent func() map[string]int) {
	t.Helper()
	began := time.Now()
	middle := time.After(soakFor / 2)
	r := rand.New(rand.NewPCG(1, 2))
	tick := time.NewTicker(700 * time.Millisecond)
	defer tick.Stop()
	matching := map[string]int{}
	waits := func(name string) bool { return m.shows[name] && matching[name] == 0 }
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-middle:
			half()
		case <-tick.C:
		}
		if n%3 == 0 {
			matching = sent()
		}
		if time.Since(began) > soakFor && !slices.ContainsFunc(slices.Collect(maps.Keys(m.shows)), waits) {
			return
		}
		var least []int // processes of the streams that were struck least
		all := ffmpegs(t)
		for _, pid := range slices.Sorted(maps.Keys(all)) {
			switch n := m.struck[all[pid]]; {
			case n > 0 && waits(all[pid]):
			case len(least) > 0 && n > m.struck[all[least[0]]]:
			case len(least) > 0 && n == m.struck[all[least[0]]]:
				least = append(least, pid)
			default:
				least = []int{pid}
			}
		}
		if len(least) == 0 {
			continue
		}
		pid := least[r.IntN(len(least))]
		with, count := syscall.SIGKILL, &m.killed
		if r.IntN(5) == 0 && !waits(all[pid]) { // which takes half a minute to be found out
			with, count = syscall.SIGSTOP, &m.stopped
		}
		if syscall.Kill(pid, with) == nil {
			*count++
			m.struck[all[pid]]++
		}
	}
}

// ffmpegs are the processes of ffmpeg that this one started, and the names of what they read.
func ffmpegs(t *testing.T) map[int]string {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]string{}
	for _, dir := range dirs {
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it is gone
		}
		// pid (comm) state ppid …
		_, rest, _ := bytes.Cut(stat, []byte("(ffmpeg) "))
		fields := bytes.Fields(rest)
		if len(fields) < 2 || string(fields[1]) != strconv.Itoa(os.Getpid()) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			t.Fatal(err)
		}
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue
		}
		_, input, _ := bytes.Cut(line, []byte("\x00-i\x00"))
		input, _, _ = bytes.Cut(input, []byte{0})
		all[pid] = filepath.Base(string(input))
	}
	return all
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
