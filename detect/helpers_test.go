package detect

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const streamer signal.Subject = "sub_00000000000000000000000000000001"

// memory is a State in a map.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) { return bytes.Clone(m[string(key)]), nil }
func (m memory) Set(key, value []byte) error    { m[string(key)] = bytes.Clone(value); return nil }
func (m memory) Delete(key []byte) error        { delete(m, string(key)); return nil }

// dump is the whole state as text, to compare.
func (m memory) dump() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s %x\n", k, m[k])
	}
	return b.String()
}

// entry is a hash on a list of the test.
type entry struct {
	list   string
	hash   hashdb.Hash
	radius int
}

// lists is an Index that scans.
type lists struct {
	entries []entry
	kinds   []hashdb.Kind // of lists that hold none of the entries
	fault   error
	lookups int
	moment  uint64
	refs    map[int][]string // of entries
}

func (l *lists) Reach(k hashdb.Kind) (int, uint64, error) {
	reach := -1
	for _, e := range l.entries {
		if e.hash.Kind == k {
			reach = max(reach, e.radius)
		}
	}
	return reach, l.moment, nil
}

func (l *lists) Kinds() []hashdb.Kind {
	kinds := slices.Clone(l.kinds)
	for _, e := range l.entries {
		kinds = append(kinds, e.hash.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func (l *lists) Search(q hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	answers := make([]hashdb.Answer, len(hashes))
	for n, h := range hashes {
		l.lookups++
		if l.fault != nil {
			return nil, l.fault
		}
		for i, e := range l.entries {
			radius := e.radius
			if q.Radius != hashdb.OwnRadius {
				radius = q.Radius
			}
			if d, ok := h.Distance(e.hash); ok && d <= radius {
				answers[n].Matches = append(answers[n].Matches, hashdb.Match{
					List: e.list, Version: "v1", Entry: fmt.Sprintf("%016x", i),
					Kind: h.Kind, Distance: d, Radius: radius, Refs: l.refs[i],
				})
			}
		}
	}
	return answers, nil
}

// scene renders a benign picture of soft waves, another for each seed.
func scene(seed, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	s := float64(seed)
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			a := math.Sin(u*(19+7*s)+s) * math.Cos(v*(23+5*s)-2*s)
			b := math.Sin((u+v)*(31-3*s)) * math.Cos((u-v)*(11+9*s))
			img.SetRGBA(x, y, color.RGBA{R: uint8(128 + 70*a + 50*b), G: uint8(128 + 110*a), B: uint8(128 - 90*b), A: 255})
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hashOf is the hash of a picture as it was drawn.
func hashOf(t testing.TB, kind hashdb.Kind, img image.Image) hashdb.Hash {
	t.Helper()
	h, quality, err := hashdb.HashImage(pdq.New(pdq.Mode512), kind, img)
	if err != nil {
		t.Fatal(err)
	}
	if kind == hashdb.KindPDQ && quality < MinQuality {
		t.Fatalf("the rendered picture has quality %d", quality)
	}
	return h
}

// frame is number i of a stream of one frame a second.
func frame(i int, contentType string, data []byte) Frame {
	return Frame{
		ID: signal.ID("frame", "stream-1", fmt.Sprint(i)), Stream: "stream-1", Platform: "demo",
		Subject: streamer, At: at.Add(time.Duration(i) * time.Second),
		ContentType: contentType, Data: data,
	}
}

// wantReason checks that err is a Rejection with a reason, "" for no error.
func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var r *signal.Rejection
	switch {
	case err == nil:
		t.Errorf("was taken, want the reason %q", reason)
	case !errors.As(err, &r) || r.Reason() != reason:
		t.Errorf("got %v, want the reason %q", err, reason)
	}
}

// wantSound checks that downstream can read a signal.
func wantSound(t *testing.T, signals []signal.Signal) {
	t.Helper()
	for _, s := range signals {
		data, err := signal.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signal.Decode(data); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
	}
}
