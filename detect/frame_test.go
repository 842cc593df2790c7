package detect

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// run feeds frames to a fresh detector and returns the signals and the state.
func run(t *testing.T, index Index, frames []Frame) ([]signal.Signal, memory) {
	t.Helper()
	d, s := New(index, Options{}), memory{}
	var all []signal.Signal
	for i, f := range frames {
		got, err := d.Frame(t.Context(), s, f)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		all = append(all, got.Signals...)
	}
	wantSound(t, all)
	return all, s
}

// hashFrame is number i of the stream, sent as a hash.
func hashFrame(t testing.TB, i int, h hashdb.Hash) Frame {
	t.Helper()
	data, err := HashRecord{Kind: h.Kind.String(), Hash: h.String(), Quality: 100}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return frame(i, HashType, data)
}

// near is a hash so many bits from another, the bits being among those that begin at one.
func near(h hashdb.Hash, from, bits int) hashdb.Hash {
	for i := from; i < from+bits; i++ {
		h.Bits[i/8] ^= 1 << (i % 8)
	}
	return h
}

func TestOneSignalOfAStreamAndAnEntryGrowsByDoubling(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	other := near(h, 0, 256)
	var frames []Frame
	for i := range 40 { // every second frame of the first twenty seconds, then all
		if i < 20 && i%2 == 0 {
			frames = append(frames, hashFrame(t, i, other))
		} else {
			frames = append(frames, hashFrame(t, i, near(h, 6*i, 6)))
		}
	}
	got, _ := run(t, index, frames)
	var revisions []uint64
	for _, s := range got {
		revisions = append(revisions, s.Revision)
		if s.ID != got[0].ID || s.Subject != streamer || s.Kind != signal.KindMatch {
			t.Errorf("signal %s about %s is not the same as %s", s.ID, s.Subject, got[0].ID)
		}
	}
	if want := []uint64{1, 2, 4, 8, 16}; !slices.Equal(revisions, want) {
		t.Fatalf("revisions %v, want %v", revisions, want)
	}
	last := got[len(got)-1]
	m := last.Match
	if m.FramesMatched != 16 || m.FramesSeen != 25 || m.Pictures != 16 {
		t.Errorf("%d of %d frames, %d pictures, want 16 of the 25 since the first that matched", m.FramesMatched, m.FramesSeen, m.Pictures)
	}
	if !last.Start.Equal(at.Add(time.Second)) || !last.End.Equal(at.Add(25*time.Second)) {
		t.Errorf("from %s to %s", last.Start, last.End)
	}
	if len(last.Evidence) != signal.MaxEvidence {
		t.Errorf("%d pieces of evidence, want %d", len(last.Evidence), signal.MaxEvidence)
	}
	if want := "16 of 25 frames match entry 0000000000000000 of list demo-list, best distance 6 of 256 bits (limit 31)"; last.Says != want {
		t.Errorf("says %q, want %q", last.Says, want)
	}
}

func TestMatchSignalIsAsWritten(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	f := hashFrame(t, 3, near(h, 24, 4))
	f.Data = []byte(strings.Replace(string(f.Data), `"quality"`, `"sha256":"`+strings.Repeat("ab", 32)+`","quality"`, 1))
	got, _ := run(t, &lists{entries: []entry{{"demo-list", h, 31}}}, []Frame{f})
	if len(got) != 1 {
		t.Fatalf("%d signals", len(got))
	}
	goldenSignal(t, "match.json", got[0])
}

func TestRepeatedFramesChangeNothing(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	var once, often []Frame
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		once = append(once, hashFrame(t, i, h))
		often = append(often, once[i])
		for range rng.IntN(3) { // anything of what was in flight comes again
			often = append(often, once[max(0, i-rng.IntN(maxRecent))])
		}
	}
	a, stateA := run(t, index, once)
	b, stateB := run(t, index, often)
	if len(often) < len(once)+100 {
		t.Fatal("nothing was repeated")
	}
	if stateA.dump() != stateB.dump() || !reflect.DeepEqual(a, b) {
		t.Error("repeats changed what came of the frames")
	}
	if len(a) != 6 { // 1 to 256 frames by powers of four, of one picture, and after three minutes without
		t.Errorf("%d signals for 300 frames", len(a))
	}
}

func TestFramesOutOfOrderKeepTheirBounds(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	got, _ := run(t, index, []Frame{hashFrame(t, 5, h), hashFrame(t, 2, h), hashFrame(t, 9, h), hashFrame(t, 4, h)})
	last := got[len(got)-1]
	if !last.Start.Equal(at.Add(2*time.Second)) || !last.End.Equal(at.Add(9*time.Second)) {
		t.Errorf("from %s to %s", last.Start, last.End)
	}
}

func TestTheBestDistanceAndTheFirstVersionStay(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	far, close := near(h, 0, 8), near(h, 0, 2)
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	got, _ := run(t, index, []Frame{hashFrame(t, 0, far), hashFrame(t, 1, close), hashFrame(t, 2, far), hashFrame(t, 3, far)})
	if len(got) != 3 || got[0].Match.Distance != 8 || got[1].Match.Distance != 2 || got[2].Match.Distance != 2 {
		t.Errorf("got %+v", got)
	}
	if got[2].Match.ListVersion != "v1" || got[2].Match.Radius != 31 {
		t.Errorf("got %+v", got[2].Match)
	}
}

func TestEveryKindOnAListIsLookedUpAndNoOther(t *testing.T) {
	img := scene(1, 192, 128)
	for _, kinds := range [][]hashdb.Kind{
		{}, {hashdb.KindPDQ}, {hashdb.KindPHash}, {hashdb.KindDHash}, {hashdb.KindAHash},
		{hashdb.KindPDQ, hashdb.KindPHash, hashdb.KindDHash, hashdb.KindAHash},
	} {
		// Lists of digests are of files and are not asked about frames.
		index := &lists{kinds: []hashdb.Kind{hashdb.KindMD5, hashdb.KindSHA1, hashdb.KindSHA256}}
		for _, k := range kinds {
			index.entries = append(index.entries, entry{"list-" + k.String(), hashOf(t, k, img), 8})
		}
		got, _ := run(t, index, []Frame{frame(0, PNG, pngOf(t, img))})
		var found []string
		for _, s := range got {
			found = append(found, s.Match.HashKind)
			if s.Match.Distance != 0 || s.Match.List != "list-"+s.Match.HashKind {
				t.Errorf("got %+v", s.Match)
			}
		}
		lookups := len(kinds)
		if slices.Contains(kinds, hashdb.KindPDQ) {
			lookups += turns - 1
		}
		if len(found) != len(kinds) || index.lookups != lookups {
			t.Errorf("lists of %v: found %v in %d look-ups", kinds, found, index.lookups)
		}
	}
}

func TestAFeaturelessFrameMatchesNothing(t *testing.T) {
	flat := scene(1, 192, 128)
	for i := range flat.Pix {
		flat.Pix[i] = 255
	}
	index := &lists{}
	for _, k := range []hashdb.Kind{hashdb.KindPHash, hashdb.KindAHash} {
		index.entries = append(index.entries, entry{"demo-list", hashOf(t, k, flat), 8})
	}
	low, err := HashRecord{Kind: "phash", Hash: index.entries[0].hash.String(), Quality: MinQuality - 1}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	enough, err := HashRecord{Kind: "phash", Hash: index.entries[0].hash.String(), Quality: MinQuality}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := run(t, index, []Frame{frame(0, PNG, pngOf(t, flat)), frame(1, HashType, low)})
	if len(got) != 0 || index.lookups != 0 {
		t.Errorf("a flat picture matched: %+v", got)
	}
	got, _ = run(t, index, []Frame{frame(1, HashType, low), frame(2, HashType, enough)})
	if len(got) != 1 || got[0].Match.FramesMatched != 1 || got[0].Match.FramesSeen != 1 {
		t.Errorf("the first frame that can be told apart: %+v", got)
	}
}

func TestAFailedLookupIsNeverNoMatch(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}, fault: os.ErrPermission}
	d, s := New(index, Options{}), memory{}
	_, err := d.Frame(t.Context(), s, hashFrame(t, 0, h))
	var r *signal.Rejection
	if !errors.Is(err, os.ErrPermission) || errors.As(err, &r) {
		t.Fatalf("got %v, want an error to retry", err)
	}
	if len(s) != 0 {
		t.Error("the frame counts as seen")
	}
	index.fault = nil
	got, err := d.Frame(t.Context(), s, hashFrame(t, 0, h))
	if err != nil || len(got.Signals) != 1 {
		t.Errorf("the retry gave %v, %v", got, err)
	}
}

func TestACancelledFrameIsNoRejection(t *testing.T) {
	d := New(&lists{}, Options{})
	for range cap(d.hashers) { // every decoder is busy
		<-d.hashers
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.Frame(ctx, memory{}, frame(0, PNG, pngOf(t, scene(1, 32, 32))))
	var r *signal.Rejection
	if !errors.Is(err, context.Canceled) || errors.As(err, &r) {
		t.Errorf("got %v", err)
	}
}
