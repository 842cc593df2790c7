package archive

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// clip returns the hashes that the reference program took from a clip's frames of
// enough quality, some 30 a second.
func clip(t testing.TB, name string) []pdq.Hash {
	t.Helper()
	folder := os.Getenv("VIGIL_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA must name the test data")
		}
		t.Skip("VIGIL_TESTDATA names no test data")
	}
	file, err := os.Open(filepath.Join(folder, "media", "vpdq", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	var all []pdq.Hash
	for lines := bufio.NewScanner(file); lines.Scan(); {
		cells := strings.Split(lines.Text(), ",")
		quality, err := strconv.Atoi(cells[1])
		if err != nil {
			t.Fatal(err)
		}
		h, err := hashdb.ParseHash(hashdb.KindPDQ, cells[2])
		if err != nil {
			t.Fatal(err)
		}
		if quality >= detect.MinQuality {
			all = append(all, h.Bits)
		}
	}
	return all
}

// streamed is a clip as a stream that begins some seconds after the beginning, of which
// every step-th frame was looked at; what is like the frame before is not printed.
func streamed(stream string, from float64, step int, clip []pdq.Hash) []detect.Print {
	const still = 2
	var out []detect.Print
	var last *pdq.Hash
	for i := 0; i < len(clip); i += step {
		if last == nil || far(*last, clip[i]) > still {
			out = append(out, printAt(stream, from+float64(i)/30, clip[i]))
		}
		last = &clip[i]
	}
	return out
}

// TestAStreamOfLastWeekIsFound goes the whole way with the real lists: a scene that
// nobody knew is streamed, upright, turned and mirrored; another account's case is
// confirmed; its pictures become a list; and both are found by it.
func TestAStreamOfLastWeekIsFound(t *testing.T) {
	chair := clip(t, "chair-orig-22-sd-bar")
	logo := clip(t, "chair-22-with-large-logo-bar")
	door, pattern := clip(t, "doorknob-hd-no-bar"), clip(t, "pattern-hd-no-bar")
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a, s := New(db, Options{}), memory{}
	var prints []detect.Print
	prints = append(prints, streamed("same", 0, 30, chair)...)
	prints = append(prints, streamed("logo", 0, 30, logo)...)
	prints = append(prints, streamed("door", 0, 30, door)...)
	prints = append(prints, streamed("pattern", 0, 30, pattern)...)
	for turn := pdq.Rotate90; turn < turns; turn++ {
		// The picture is turned before its hash is taken, which Turned stands for here.
		for _, p := range streamed(turn.String(), 0, 30, chair) {
			p.Hashes[0] = p.Hashes[0].Turned(turn)
			prints = append(prints, p)
		}
	}
	keep(t, a, s, prints...)
	if got := search(t, a, s, Search{ID: "0", Source: "confirmed", At: at, Whole: true}); len(got) != 0 {
		t.Fatalf("%d signals of no list", len(got))
	}

	// The case: the same scene again, five days later, other frames of it and
	// looked at more often than the others, as a stream with a flag is.
	keep(t, a, s, streamed("case", 5*86400, 6, chair[3:])...)
	h := harvestOf(at.Add(5*24*time.Hour), at.Add(5*24*time.Hour+time.Hour))
	h.Stream, h.Case = "case", "c0ffee"
	entries := harvest(t, a, s, h)
	if _, err := db.Apply(t.Context(), hashdb.Batch{Source: h.Source, Entries: entries}); err != nil {
		t.Fatal(err)
	}
	q := Search{ID: "1", Source: h.Source, At: h.At}
	for _, e := range entries {
		q.Hashes = append(q.Hashes, e.Hash)
	}
	found, want := map[string]uint64{}, uint64(0)
	for _, p := range streamed("same", 0, 30, chair) {
		if slices.ContainsFunc(entries, func(e hashdb.Entry) bool { return far(e.Hash.Bits, p.Hashes[0]) <= 31 }) {
			want++
		}
	}
	for _, sig := range search(t, a, s, q) {
		m := sig.Match
		if m.Entry != "case/c0ffee" || m.Clip == nil {
			t.Errorf("the case is not one match: %+v", m)
		}
		found[m.Stream] += m.FramesMatched
	}
	t.Logf("%d entries of the case; of %d frames each was found in: %v", len(entries), len(chair)/30+1, found)
	for _, stream := range []string{"same", "rot90", "rot180", "rot270", "flipx", "flipy", "flipplus1", "flipminus1"} {
		if found[stream] != want || want < 8 {
			t.Errorf("stream %s is found in %d frames, want %d", stream, found[stream], want)
		}
	}
	// That the case's own stream shows it is known.
	for _, stream := range []string{"door", "pattern", "case"} {
		if found[stream] > 0 {
			t.Errorf("stream %s is found", stream)
		}
	}
}

// TestBytesOfAStreamHour says what is kept of an hour at a frame a second.
func TestBytesOfAStreamHour(t *testing.T) {
	for _, c := range []struct {
		name string
		clip []pdq.Hash // An hour long, some frame a second.
	}{
		{"a moving camera", seconds(clip(t, "pattern-hd-no-bar"), 30)},
		{"a chair in a room", seconds(clip(t, "chair-orig-22-sd-bar"), 30)},
		{"the same, slowed down", seconds(clip(t, "chair-orig-22-sd-bar"), 1)},
		{"a still", seconds(clip(t, "doorknob-hd-no-bar")[:1], 0)},
	} {
		a, s := New(&lists{}, Options{}), memory{}
		for i, h := range c.clip {
			keep(t, a, s, printAt("a", float64(i), h))
		}
		_, size := s.prints()
		kept := a.Stats().Kept
		t.Logf("%-22s %5d of %d frames kept, %6d bytes, %.1f a kept frame", c.name, kept, len(c.clip), size, float64(size)/float64(kept))
		if kept > 100 && size > 37*int(kept) || kept < 100 && size > 6000 {
			t.Errorf("%s: %d bytes for %d pictures", c.name, size, kept)
		}
	}
}

// seconds makes an hour of a clip at a frame a second, each so many of the clip's after
// the one before. When the clip is over it comes again as another scene.
func seconds(clip []pdq.Hash, step int) []pdq.Hash {
	out := make([]pdq.Hash, 3600)
	for i := range out {
		round := i * step / len(clip)
		out[i] = flipped(seeded(uint64(round)), clip[i*step%len(clip)], 100*min(round, 1))
	}
	return out
}
