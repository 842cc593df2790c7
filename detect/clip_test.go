package detect

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

func TestClipFrame(t *testing.T) {
	for ref, want := range map[string]struct {
		name         string
		frame, total int
	}{
		"v.txt#0/3":    {"v.txt", 0, 3},
		"v.txt#7":      {"v.txt", 7, 0},
		"a#b.txt#12/9": {"a#b.txt", 12, 9},
		"é#1/2":        {"é", 1, 2},
	} {
		name, frame, total, ok := ClipFrame(ref)
		if !ok || name != want.name || frame != want.frame || total != want.total {
			t.Errorf("%q: %q %d %d %v", ref, name, frame, total, ok)
		}
	}
	for _, ref := range []string{"", "#1/2", "v", "v#", "v#-1", "v#+1", "v#1/0", "v#1/", "v#1/2/3", "v#x", "v#1/x", "v#99999999999", "v# 1", "v#0x1"} {
		if _, _, _, ok := ClipFrame(ref); ok {
			t.Errorf("%q is taken for a frame", ref)
		}
	}
	// A file named by its digest is not named to readers.
	for _, file := range []string{strings.Repeat("aB", 16) + ".txt", strings.Repeat("x", 300), "v\xff"} {
		if name := clipName(file); name == file || len(name) != 32 {
			t.Errorf("%.10q… is named %q", file, name)
		}
	}
	// A case is, by the word that reviewers know it by.
	if of := "case/" + strings.Repeat("0b", 16); clipName(of) != of || clipName(of+"0") == of+"0" {
		t.Errorf("a case is named %q", clipName(of))
	}
	if name := clipName(strings.Repeat("a", 31) + "-" + strings.Repeat("0", 31)); len(name) != 63 {
		t.Errorf("a name that is no digest is %q", name)
	}
}

// video is an index of a listed video whose frames are far from each other.
func video(t *testing.T, name string, total int) (*lists, []hashdb.Hash) {
	t.Helper()
	index := &lists{refs: make(map[int][]string)}
	rng := rand.New(rand.NewPCG(3, 3))
	var hashes []hashdb.Hash
	for i := range total {
		h := randomHash(rng)
		hashes = append(hashes, h)
		index.entries = append(index.entries, entry{"video-list", h, 31})
		index.refs[i] = []string{fmt.Sprintf("%s#%d/%d", name, i, total)}
	}
	return index, hashes
}

func TestAVideoIsOneMatch(t *testing.T) {
	index, frames := video(t, "clip.txt", 40)
	rng := rand.New(rand.NewPCG(4, 4))
	f := newFeeder(t, index, Options{})
	var last signal.Signal
	for i := range 16 {
		for _, s := range f.give(float64(i), flipped(rng, frames[2*i%20], 10)) { // ten different frames
			last = s
		}
	}
	if len(f.s) != 4 { // stream, segment, evidence, frames of the video
		t.Errorf("%d keys", len(f.s))
	}
	if m := last.Match; m.Entry != "clip.txt" || m.FramesMatched != 16 {
		t.Fatalf("got %+v", m)
	}
	if c := *last.Match.Clip; c != (signal.Clip{Frames: 40, FramesMatched: 10, StreamShare: 80, Reached: true}) {
		t.Errorf("got %+v", c)
	}
	if want := "16 of 16 frames match 10 of the 40 frames of video clip.txt of list video-list, best distance 10 of 256 bits (limit 31)"; last.Says != want {
		t.Errorf("says %q, want %q", last.Says, want)
	}
	// When it ends, nothing of it stays.
	f.give(100, unlisted)
	if len(f.s) != 1 {
		t.Errorf("%d keys are left", len(f.s))
	}
}

func TestSharesOfAVideoAreHeldAgainstTheirLimits(t *testing.T) {
	index, frames := video(t, "clip.txt", 10)
	for name, c := range map[string]struct {
		options      Options
		match, other int // frames
		low          int // frames of low quality
		reached      bool
		says         string
		streamShare  float64
	}{
		"as published":            {Options{}, 8, 2, 0, true, "", 80},
		"too much else":           {Options{}, 8, 3, 0, false, "; not reached: 73 % of the stream's frames, want 80 %", 80},
		"low quality is left out": {Options{}, 8, 2, 9, true, "", 80},
		"any share":               {Options{StreamShare: -1}, 2, 20, 0, true, "", 0},
		"most of the video":       {Options{ClipShare: 60}, 6, 0, 0, true, "", 80},
		"too little of the video": {Options{ClipShare: 62.5}, 6, 0, 0, false, "; not reached: 60 % of the video's frames, want 62.5 %", 80},
		"too little of both":      {Options{ClipShare: 90, StreamShare: 95}, 4, 4, 0, false, "; not reached: 50 % of the stream's frames, want 95 %, 40 % of the video's frames, want 90 %", 95},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.SegmentGap = time.Hour
			f := newFeeder(t, index, c.options)
			var last signal.Signal
			second := 0.0
			give := func(h hashdb.Hash) {
				for _, s := range f.give(second, h) {
					last = s
				}
				second++
			}
			give(frames[0])
			for range c.other {
				give(unlisted)
			}
			for i := range c.low {
				low, err := HashRecord{Kind: "pdq", Hash: frames[0].String(), Quality: MinQuality - 1}.Encode()
				if err != nil {
					t.Fatal(err)
				}
				fr := frame(1000+i, HashType, low)
				fr.At = at.Add(time.Duration(second) * time.Second)
				if _, err := f.d.Frame(t.Context(), f.s, fr); err != nil {
					t.Fatal(err)
				}
			}
			for _, h := range frames[1:c.match] {
				give(h)
			}
			second += 4000
			give(unlisted)
			m := last.Match
			if m.Clip.Reached != c.reached || m.Clip.StreamShare != c.streamShare || m.Clip.FramesMatched != c.match {
				t.Errorf("got %+v", m.Clip)
			}
			if !strings.HasSuffix(last.Says, ")"+c.says) {
				t.Errorf("says %q, want it to end in %q", last.Says, c.says)
			}
		})
	}
}

// TestFramesOfAVideoAreCountedOnce checks the bits against a set, over the ends of the
// records they are kept in.
func TestFramesOfAVideoAreCountedOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var c clip
	s, want := counting{memory{}, new(int)}, map[int]bool{}
	for range 300 {
		from := rng.IntN(maxClipFrames + 100)
		if rng.IntN(2) == 0 {
			from = max(0, chunkFrames*rng.IntN(clipChunks)-2)
		}
		var frames []int
		for n := range rng.IntN(12) {
			frames = append(frames, from+n)
			if from+n < maxClipFrames {
				want[from+n] = true
			}
		}
		if err := c.mark(s, "k", frames); err != nil {
			t.Fatal(err)
		}
		if c.matched != len(want) {
			t.Fatalf("%d frames, want %d", c.matched, len(want))
		}
	}
	if len(want) < 1000 || len(s.memory) > clipChunks || bits.OnesCount64(c.chunks) != len(s.memory) {
		t.Errorf("%d frames in %d records, %d known", len(want), len(s.memory), bits.OnesCount64(c.chunks))
	}
	// What is known changes nothing.
	before := s.dump()
	if err := c.mark(broken{s.memory, nil, os.ErrClosed}, "k", []int{}); err != nil {
		t.Error(err)
	}
	for frame := range want {
		if err := c.mark(broken{s.memory, nil, os.ErrClosed}, "k", []int{frame}); err != nil {
			t.Fatal(err)
		}
	}
	if s.dump() != before {
		t.Error("the records changed")
	}
}

// TestAHashInVideosAndAlone is listed by several ids.
func TestAHashInVideosAndAlone(t *testing.T) {
	index := listIndex()
	for name, c := range map[string]struct {
		refs    []string
		entries string
	}{
		"alone":             {nil, "0000000000000000"},
		"an id":             {[]string{"17"}, "0000000000000000"},
		"twice in a video":  {[]string{"a#1/9", "a#4/9"}, "a(2/9)"},
		"before the totals": {[]string{"a#1", "a#1/9"}, "a(1/9)"},
		"two videos":        {[]string{"a#1/9", "b#2/8"}, "a(1/9) b(1/8)"},
		"a video and alone": {[]string{"17", "a#1/9"}, "0000000000000000 a(1/9)"},
	} {
		index.refs = map[int][]string{0: c.refs}
		var got []string
		for _, s := range newFeeder(t, index, Options{}).give(0, listed) {
			entry := s.Match.Entry
			if c := s.Match.Clip; c != nil {
				entry += fmt.Sprintf("(%d/%d)", c.FramesMatched, c.Frames)
			}
			got = append(got, entry)
		}
		if strings.Join(got, " ") != c.entries {
			t.Errorf("%s: matches %q, want %q", name, got, c.entries)
		}
	}
}

func TestAVideosLimitsAreToldWhenTheyAreReached(t *testing.T) {
	index, frames := video(t, "clip.txt", 10)
	f := newFeeder(t, index, Options{ClipShare: 60})
	var revisions []uint64
	for i, h := range frames[:7] {
		for _, s := range f.give(float64(i), h) {
			revisions = append(revisions, s.Revision)
			if want := s.Revision >= 6; s.Match.Clip.Reached != want {
				t.Errorf("with %d frames: %+v", s.Revision, s.Match.Clip)
			}
		}
	}
	if fmt.Sprint(revisions) != "[1 2 4 6]" {
		t.Errorf("signals at %v frames", revisions)
	}
}

func TestAFloodIsFollowedToABound(t *testing.T) {
	index := &lists{}
	for i := range maxHits + 50 {
		index.entries = append(index.entries, entry{"flood", near(listed, i%200, 1+i%20), 31})
	}
	hits, err := New(index, Options{}).lookup("s", []look{{plain, listed}})
	if err != nil || len(hits) != maxHits || hits[0].distance != 1 || hits[maxHits-1].distance < 15 {
		t.Errorf("%d hits, %v", len(hits), err)
	}
}
