package detect

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	listforms "github.com/vigil-stream/vigil/hashdb/formats"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// testData is the folder of real media, which lies outside the repository.
func testData(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("VIGIL_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA must name the test data")
		}
		t.Skip("VIGIL_TESTDATA names no test data")
	}
	return folder
}

// clipHash is a line of the reference program's text.
type clipHash struct {
	quality int
	hash    hashdb.Hash
}

// readClips returns the reference hashes of every clip, by name.
func readClips(t testing.TB) (names []string, clips map[string][]clipHash) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testData(t), "media", "vpdq", "*.txt"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d clips, %v", len(files), err)
	}
	clips = make(map[string][]clipHash)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		names = append(names, name)
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
			cells := strings.Split(lines.Text(), ",")
			quality, err := strconv.Atoi(cells[1])
			if err != nil {
				t.Fatal(err)
			}
			h, err := hashdb.ParseHash(hashdb.KindPDQ, cells[2])
			if err != nil {
				t.Fatal(err)
			}
			clips[name] = append(clips[name], clipHash{quality, h})
		}
	}
	return names, clips
}

// clipDB is a store with clips on one list.
func clipDB(t testing.TB, names ...string) *hashdb.DB {
	t.Helper()
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, name := range names {
		file, err := os.Open(filepath.Join(testData(t), "media", "vpdq", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := listforms.Open(listforms.Auto, file, listforms.Options{Provenance: name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Import(t.Context(), hashdb.ImportRequest{Source: "videos"}, r); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
	}
	return db
}

// TestEveryFrameOfEveryClipIsMatchedAsTheReferenceSays plays each clip's reference hashes
// as a stream against all clips, and counts by hand.
func TestEveryFrameOfEveryClipIsMatchedAsTheReferenceSays(t *testing.T) {
	names, clips := readClips(t)
	db := clipDB(t, names...)
	pairs, reached := 0, 0
	for _, streamed := range names {
		type count struct {
			frames   uint64
			distinct map[int]bool
		}
		want := make(map[string]*count)
		d, s := New(db, Options{SegmentGap: time.Hour}), memory{}
		last := make(map[string]signal.Signal)
		give := func(i int, second time.Duration, c clipHash) {
			data, err := HashRecord{Kind: "pdq", Hash: c.hash.String(), Quality: c.quality}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			f := frame(i, HashType, data)
			f.At = at.Add(second)
			got, err := d.Frame(t.Context(), s, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range got.Signals {
				last[g.Match.Entry] = g
			}
		}
		for i, c := range clips[streamed] {
			give(i, time.Duration(i)*time.Second/30, c)
			if c.quality < MinQuality {
				continue
			}
			for _, name := range names {
				matched := false
				for n, e := range clips[name] {
					if dist, _ := c.hash.Distance(e.hash); dist > 31 || e.quality < MinQuality {
						continue
					}
					if want[name] == nil {
						want[name] = &count{distinct: map[int]bool{}}
					}
					want[name].distinct[n] = true
					matched = true
				}
				if matched {
					want[name].frames++
				}
			}
		}
		give(len(clips[streamed]), 3*time.Hour, clipHash{0, unlisted}) // The segments end.
		for _, name := range names {
			got, ok := last[name]
			if ok != (want[name] != nil) {
				t.Errorf("%s as a stream matches %s: %v, and the reference hashes say %v", streamed, name, ok, !ok)
			}
			if !ok {
				continue
			}
			pairs++
			m, good := got.Match, 0
			for _, c := range clips[name] {
				if c.quality >= MinQuality {
					good++
				}
			}
			if m.FramesMatched != want[name].frames || m.Clip.FramesMatched != len(want[name].distinct) || m.Clip.Frames != good {
				t.Errorf("%s as a stream: %s; want %d frames and %d of %d", streamed, got.Says, want[name].frames, len(want[name].distinct), good)
			}
			if m.Clip.Reached {
				reached++
			}
			t.Logf("%s: %s", streamed, got.Says)
		}
	}
	if pairs < len(names)+2 || reached < len(names) {
		t.Errorf("%d pairs of clips match and %d reach the published shares", pairs, reached)
	}
}

// TestRealPicturesAreFoundTurned: another's pictures of the bridge, turned by another's
// program.
func TestRealPicturesAreFoundTurned(t *testing.T) {
	folder := filepath.Join(testData(t), "media", "image")
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	img, err := Decode(read("00_base_480x300.jpg"), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	index := &lists{entries: []entry{{"demo-list", hashOf(t, hashdb.KindPDQ, img), 31}}}
	for name, view := range map[string]string{
		"00_base_480x300.jpg": "", "jpeg30.jpg": "", "hflip.jpg": "flipy", "bridge-5-flipx.jpg": "flipx",
		"bridge-2-rotate-90.jpg": "rot270", "pillarbox16x9.jpg": "trimmed",
	} {
		data := read(name)
		got, _ := run(t, index, []Frame{frame(0, JPEG, data)})
		if len(got) != 1 {
			t.Errorf("%s: %d signals", name, len(got))
			continue
		}
		m := got[0].Match
		t.Logf("%s: %d bits, %q", name, m.Distance, m.View)
		if m.View != view {
			t.Errorf("%s is found as %q, want %q", name, m.View, view)
		}
		// The edge computes the very same.
		r, err := NewHasher(Limits{}).Fingerprint(JPEG, data)
		if err != nil {
			t.Fatal(err)
		}
		record, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		sent, _ := run(t, index, []Frame{frame(0, HashType, record)})
		if fmt.Sprintf("%+v %+v", sent[0], sent[0].Match) != strings.ReplaceAll(fmt.Sprintf("%+v %+v", got[0], m), fmt.Sprintf("%p", m), fmt.Sprintf("%p", sent[0].Match)) {
			t.Errorf("%s sent as hashes: %+v of %+v, want %+v", name, sent[0], sent[0].Match, m)
		}
	}
}

func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ffmpeg is needed here: ", err)
		}
		t.Skip("no ffmpeg")
	}
}

// decodeClip returns frames of a real clip at a rate, decoded and made smaller by ffmpeg.
func decodeClip(t *testing.T, name, fps string) (frames []*image.RGBA) {
	t.Helper()
	folder := testData(t)
	needFFmpeg(t)
	pattern := filepath.Join(t.TempDir(), "%03d.png")
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-i", "file:"+filepath.Join(folder, "media", "video", name+".mp4"), "-vf", "fps="+fps+",scale=320:-2", "file:"+pattern)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("decode: %v: %s", err, text)
	}
	files, _ := filepath.Glob(strings.ReplaceAll(pattern, "%03d", "*"))
	slices.Sort(files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, barred(img, image.Black, 0, 0, 0, 0))
	}
	if len(frames) < 3 {
		t.Fatalf("%d frames", len(frames))
	}
	return frames
}

// turn lays a picture as t does: package pdq names turns as the reference does, which
// compares with the picture turned.
func turn(img *image.RGBA, t pdq.Transform) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Pt(w, h)
	switch t {
	case pdq.Rotate90, pdq.Rotate270, pdq.FlipPlus1, pdq.FlipMinus1:
		size = image.Pt(h, w)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range h {
		for x := range w {
			var to image.Point
			switch t {
			case pdq.Original:
				to = image.Pt(x, y)
			case pdq.Rotate90: // against the clock
				to = image.Pt(y, w-1-x)
			case pdq.Rotate180:
				to = image.Pt(w-1-x, h-1-y)
			case pdq.Rotate270:
				to = image.Pt(h-1-y, x)
			case pdq.FlipX:
				to = image.Pt(x, h-1-y)
			case pdq.FlipY:
				to = image.Pt(w-1-x, y)
			case pdq.FlipPlus1:
				to = image.Pt(y, x)
			case pdq.FlipMinus1:
				to = image.Pt(h-1-y, w-1-x)
			}
			out.SetRGBA(to.X, to.Y, img.RGBAAt(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// TestRenditionsOfRealClipsAreFound turns, mirrors and frames with bars what ffmpeg decodes,
// and looks for it among the reference hashes of all clips. A clip whose listed hashes are
// of a picture with bars is not found within more bars: all of them are trimmed.
func TestRenditionsOfRealClipsAreFound(t *testing.T) {
	names, _ := readClips(t)
	db := clipDB(t, names...)
	found := 0
	for _, clip := range []struct {
		name, fps string
		kin       []string
		barless   bool
	}{
		{"chair-orig-22-sd-bar", "1/7", []string{"chair-20-sd-bar", "chair-22-with-large-logo-bar"}, false},
		{"pattern-hd-no-bar", "1/2", nil, true},
	} {
		frames := decodeClip(t, clip.name, clip.fps)
		for tr := range pdq.Transform(turns) {
			for _, bars := range []string{"", "letterbox", "pillarbox"} {
				if bars != "" && (!clip.barless || tr%3 != 0) {
					continue // Some turns are enough.
				}
				d, s := New(db, Options{SegmentGap: time.Hour}), memory{}
				as := ""
				for i, img := range frames {
					img = turn(img, tr)
					b := img.Bounds()
					switch bars {
					case "letterbox":
						img = barred(img, image.Black, 0, b.Dy()/6, 0, b.Dy()/6)
					case "pillarbox":
						img = barred(img, image.Black, b.Dx()/3, 0, b.Dx()/3, 0)
					}
					got, err := d.Frame(t.Context(), s, frame(i, JPEG, jpegOf(t, img, 80)))
					if err != nil {
						t.Fatal(err)
					}
					for _, g := range got.Signals {
						switch {
						case g.Match.Entry == clip.name:
							as = g.Match.View
						case !slices.Contains(clip.kin, g.Match.Entry):
							t.Errorf("%s %v %s: %s", clip.name, tr, bars, g.Says)
						}
					}
				}
				want := view(tr)
				switch tr { // What turns it back.
				case pdq.Rotate90:
					want = view(pdq.Rotate270)
				case pdq.Rotate270:
					want = view(pdq.Rotate90)
				}
				if bars != "" {
					want += trimmed
				}
				matched := int(d.Stats().Matched)
				t.Logf("%s %v %s: %d of %d frames match, the best as %q", clip.name, tr, bars, matched, len(frames), as)
				if matched < len(frames) || as != want.String() {
					t.Errorf("%s %v %s: %d of %d frames match, the best as %q, want %q", clip.name, tr, bars, matched, len(frames), as, want)
				}
				found++
			}
		}
	}
	if found != 2*turns+6 {
		t.Errorf("%d renditions", found)
	}
}

// TestAClipWithBarsIsFoundByTheOneWithout: the two renditions of the pattern have no frame
// in common by their reference hashes, for one has bars and a small logo.
func TestAClipWithBarsIsFoundByTheOneWithout(t *testing.T) {
	db := clipDB(t, "pattern-hd-no-bar", "doorknob-hd-no-bar")
	d, s := New(db, Options{SegmentGap: time.Hour}), memory{}
	frames := decodeClip(t, "pattern-sd-with-small-logo-bar", "2")
	for i, img := range frames {
		got, err := d.Frame(t.Context(), s, frame(i, JPEG, jpegOf(t, img, 80)))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range got.Signals {
			if g.Match.Entry != "pattern-hd-no-bar" {
				t.Error(g.Says)
			}
		}
	}
	matched := int(d.Stats().Matched)
	t.Logf("%d of %d frames match", matched, len(frames))
	if 2*matched < len(frames) {
		t.Errorf("%d of %d frames match", matched, len(frames))
	}
}
