package detect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// feeder gives a detector the frames of one stream, at chosen seconds.
type feeder struct {
	*testing.T
	d *Detector
	s memory
	n int
}

func newFeeder(t *testing.T, index Index, o Options) *feeder {
	return &feeder{T: t, d: New(index, o), s: memory{}}
}

func (f *feeder) give(second float64, h hashdb.Hash) []signal.Signal {
	f.Helper()
	frame := hashFrame(f, f.n, h)
	f.n++
	frame.At = at.Add(time.Duration(second * float64(time.Second)))
	got, err := f.d.Frame(f.Context(), f.s, frame)
	if err != nil {
		f.Fatalf("frame %d: %v", f.n, err)
	}
	wantSound(f.T, got.Signals)
	return got.Signals
}

var (
	listed    = hashdb.Hash{Kind: hashdb.KindPDQ}
	unlisted  = near(listed, 0, 256)
	listIndex = func() *lists { return &lists{entries: []entry{{"demo-list", listed, 31}}} }
)

func TestASegmentEndsWhenNothingMatchedForTheGap(t *testing.T) {
	f := newFeeder(t, listIndex(), Options{SegmentGap: 20 * time.Second})
	var told []signal.Signal
	for i := range 11 {
		told = append(told, f.give(float64(i), near(listed, 4*i, 4))...)
	}
	if len(told) != 4 { // 1, 2, 4, 8
		t.Fatalf("%d signals", len(told))
	}
	// The gap is not yet over, and it is.
	if got := f.give(30, unlisted); len(got) != 0 {
		t.Fatalf("after the gap to the second: %+v", got)
	}
	got := f.give(30.001, unlisted)
	if len(got) != 1 {
		t.Fatalf("%d signals behind the gap", len(got))
	}
	last := got[0]
	if last.ID != told[0].ID || last.Revision != 11 || !last.Start.Equal(at) || !last.End.Equal(at.Add(10*time.Second)) ||
		last.Match.FramesMatched != 11 || last.Match.FramesSeen != 11 || len(last.Evidence) != 11 {
		t.Errorf("the last signal is %+v of %+v", last, last.Match)
	}
	if len(f.s) != 1 {
		t.Errorf("the ended segment left %d keys", len(f.s)-1)
	}
	// The next match is another segment, counted anew.
	again := f.give(40, near(listed, 0, 6))
	if len(again) != 1 || again[0].ID == last.ID || again[0].Revision != 1 || again[0].Match.Distance != 6 || !again[0].Start.Equal(at.Add(40*time.Second)) {
		t.Fatalf("the second segment is %+v", again)
	}
	// It did not grow, so that its end is no news.
	if got := f.give(80, unlisted); len(got) != 0 || len(f.s) != 1 {
		t.Errorf("an end without growth: %+v", got)
	}
}

// TestTheEndOfAStreamTellsItsSegmentsWhole: nothing follows the last frame of a stream
// that could show that a segment is over.
func TestTheEndOfAStreamTellsItsSegmentsWhole(t *testing.T) {
	f, like := newFeeder(t, listIndex(), Options{}), hashFrame(t, 0, listed)
	end := func(second float64) []signal.Signal {
		t.Helper()
		got, err := f.d.Frame(t.Context(), f.s, Frame{
			ID: "end", Stream: like.Stream, Platform: like.Platform, Subject: streamer, ContentType: EndType,
			At: at.Add(time.Duration(second * float64(time.Second))),
		})
		if err != nil || got.Print != nil {
			t.Fatal(got, err)
		}
		return got.Signals
	}
	if got := end(0); len(got) != 0 || len(f.s) != 0 {
		t.Fatalf("the end of what never was: %+v, %d keys", got, len(f.s))
	}
	var first signal.Signal
	for i := range 7 {
		if told := f.give(float64(i), near(listed, 4*i, 4)); i == 0 {
			first = told[0]
		}
	}
	if got := end(5.9); len(got) != 0 || len(f.s) != 3 {
		t.Fatalf("an end of before the last frame ends it: %+v", got)
	}
	got := end(6)
	if len(got) != 1 || got[0].ID != first.ID || got[0].Revision != 7 || !got[0].End.Equal(at.Add(6*time.Second)) ||
		got[0].Match.FramesMatched != 7 || got[0].Match.FramesSeen != 7 {
		t.Fatalf("at the end of the stream: %+v", got)
	}
	if len(f.s) != 1 {
		t.Errorf("%d keys are left of it", len(f.s)-1)
	}
	if got := end(6); len(got) != 0 {
		t.Errorf("the end told twice: %+v", got)
	}
	if again := f.give(7, near(listed, 0, 4)); len(again) != 1 || again[0].ID == first.ID {
		t.Errorf("after the end: %+v", again)
	}
}

// TestALongSegmentIsToldAgainAndAgain: what the edge keeps is asked for by the signals'
// times, and a rate stays raised by signals that come.
func TestALongSegmentIsToldAgainAndAgain(t *testing.T) {
	f := newFeeder(t, listIndex(), Options{})
	last, told := at, 0
	for i := range 3600 {
		now := at.Add(time.Duration(i) * time.Second)
		for _, s := range f.give(float64(i), near(listed, 4*(i%6), 4)) {
			told++
			last = s.End
		}
		if behind := now.Sub(last); behind >= tellEvery {
			t.Fatalf("after %s nothing was told for %s", now.Sub(at), behind)
		}
	}
	if told < 20 || told > 20+12+7 {
		t.Errorf("%d signals in an hour", told)
	}
}

func TestAMatchMayEndOneSegmentAndBeginAnother(t *testing.T) {
	f := newFeeder(t, listIndex(), Options{})
	for i := range 3 {
		f.give(float64(i), near(listed, 4*i, 4))
	}
	got := f.give(100, listed)
	if len(got) != 2 || got[0].ID == got[1].ID || got[0].Revision != 3 || got[1].Revision != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestALateFrameEndsNothing(t *testing.T) {
	f := newFeeder(t, listIndex(), Options{})
	id := f.give(100, listed)[0].ID
	if got := f.give(0, unlisted); len(got) != 0 || len(f.s) != 3 {
		t.Errorf("got %+v", got)
	}
	// Up to the gap before a segment a match belongs to it.
	got := f.give(80, near(listed, 0, 4))
	if len(got) != 1 || got[0].ID != id || !got[0].Start.Equal(at.Add(80*time.Second)) || !got[0].End.Equal(at.Add(100*time.Second)) {
		t.Errorf("got %+v", got)
	}
	// One long before it does not stretch it over what was not seen.
	got = f.give(10, listed)
	if len(got) != 1 || got[0].ID == id || !got[0].End.Equal(at.Add(10*time.Second)) {
		t.Errorf("got %+v", got)
	}
}

func TestFramesSeenAreThoseOfTheSegment(t *testing.T) {
	f := newFeeder(t, listIndex(), Options{})
	for i := range 50 {
		f.give(float64(i), near(unlisted, 4*i, 4))
	}
	f.give(50, listed)
	f.give(51, unlisted)
	got := f.give(52, near(listed, 0, 8))
	if len(got) != 1 || got[0].Match.FramesSeen != 3 || got[0].Match.FramesMatched != 2 {
		t.Errorf("got %+v", got[0].Match)
	}
}

// TestWhatStandsStillDoesNotFlood: hours of a still, of nothing, and of a still that is
// listed.
func TestWhatStandsStillDoesNotFlood(t *testing.T) {
	const frames = 10_000
	for name, c := range map[string]struct {
		hash                       hashdb.Hash
		quality                    int
		signals, prints, mostAsked int
	}{
		"blank":             {listed, MinQuality - 1, 0, 0, 0},
		"still":             {unlisted, 100, 0, 1, 20},
		"still that match":  {listed, 100, 7 + 54, 1, frames}, // 4^0 … 4^6, and every three minutes
		"blank that match?": {listed, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := New(listIndex(), Options{}), memory{}
			signals, prints, pictures := 0, 0, uint64(0)
			for i := range frames {
				// The last bits of a still flicker.
				data, err := HashRecord{Kind: "pdq", Hash: near(c.hash, 100, i%2*heldBits).String(), Quality: c.quality}.Encode()
				if err != nil {
					t.Fatal(err)
				}
				got, err := d.Frame(t.Context(), s, frame(i, HashType, data))
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range got.Signals {
					pictures = g.Match.Pictures
				}
				signals += len(got.Signals)
				if got.Print != nil {
					prints++
				}
			}
			if signals != c.signals || prints != c.prints || pictures > 1 {
				t.Errorf("%d signals, %d prints, %d pictures; want %d, %d and at most 1", signals, prints, pictures, c.signals, c.prints)
			}
			st := d.Stats()
			if int(st.Lookups) > c.mostAsked || st.Frames != frames || c.quality < MinQuality && st.LowQuality != frames {
				t.Errorf("%+v", st)
			}
			if len(s) > 3 {
				t.Errorf("%d keys", len(s))
			}
		})
	}
}

func TestAPictureHeldIsTheSamePicture(t *testing.T) {
	f := newFeeder(t, listIndex(), Options{})
	var last signal.Signal
	second := 0.0
	give := func(h hashdb.Hash) {
		for _, s := range f.give(second, h) {
			last = s
		}
		second++
	}
	give(near(listed, 0, 4))
	give(near(listed, 0, 4+heldBits)) // held
	give(near(listed, 0, 4))          // held
	give(near(listed, 0, 4+heldBits)) // held: the fourth frame, which is told
	if last.Match.FramesMatched != 4 || last.Match.Pictures != 1 {
		t.Fatalf("got %+v", last.Match)
	}
	// What creeps away from the picture becomes another, however small its steps.
	give(near(listed, 0, 4+2*heldBits))
	if last.Match.FramesMatched != 5 || last.Match.Pictures != 2 {
		t.Errorf("got %+v", last.Match)
	}
	// A still that begins to match, since the list gained an entry, is one picture.
	index := &lists{}
	f = newFeeder(t, index, Options{})
	f.give(0, listed)
	index.entries, index.moment = listIndex().entries, 1
	if got := f.give(1, listed); len(got) != 1 || got[0].Match.Pictures != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestAnEndedSegmentMakesRoom(t *testing.T) {
	index := &lists{}
	for i := range maxTracked + 1 {
		h := listed
		h.Bits[2*(i%16)], h.Bits[2*(i/16)+1] = 0xff, 0xff
		index.entries = append(index.entries, entry{"demo-list", h, 4})
	}
	f := newFeeder(t, index, Options{})
	for i := range maxTracked {
		if got := f.give(float64(i)/10, index.entries[i].hash); len(got) != 1 {
			t.Fatalf("entry %d: %+v", i, got)
		}
	}
	if got := f.give(7, index.entries[maxTracked].hash); len(got) != 0 || f.d.Stats().Untold != 1 {
		t.Fatalf("one too many: %+v", got)
	}
	if got := f.give(60, index.entries[maxTracked].hash); len(got) != 1 || len(f.s) != 3 {
		t.Errorf("after the others ended: %+v, %d keys", got, len(f.s))
	}
}

// TestStateOfVersion1IsDropped: the stream begins anew.
func TestStateOfVersion1IsDropped(t *testing.T) {
	fr := hashFrame(t, 0, listed)
	st := &stream{key: streamKey(fr)}
	old := append([]byte{1}, make([]byte, 10+5*prefixSize)...)
	track := segmentKey(st.key, keyOf(target{list: "demo-list", name: fmt.Sprintf("%016x", 0), kind: hashdb.KindPDQ}))
	s := memory{"stream/" + st.key: old, track: []byte(`{"frames":7}`)}
	got, err := New(listIndex(), Options{}).Frame(t.Context(), s, fr)
	if err != nil || len(got.Signals) != 1 || got.Signals[0].Match.FramesMatched != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !strings.HasPrefix(string(s["stream/"+st.key]), "\x02") || s[track][0] != segmentVersion {
		t.Error("the old state stayed")
	}
}
