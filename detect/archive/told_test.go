package archive

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
)

// matched is a print of which live detection found a match.
func matched(p detect.Print, list, entry string) detect.Print {
	p.Matched = append(p.Matched, detect.MatchedOf(list, entry, false))
	return p
}

// TestWhatWasToldLiveIsNotToldAgain: a list gains an entry while a stream shows it. What
// came before is found by looking back, what live detection found is not, whether it is
// kept when the search comes or comes after it.
func TestWhatWasToldLiveIsNotToldAgain(t *testing.T) {
	r := seeded(31)
	h, other := randomHash(r), randomHash(r)
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(h), radius: 31}, {list: "gains", hash: pdqHash(other), radius: 31}}}
	q := named("gains", at.Add(20*time.Second), l.entries)
	name := func() string { // of the first entry
		a, s := New(l, Options{}), memory{}
		keep(t, a, s, printAt("a", 0, h))
		return search(t, a, s, q)[0].Match.Entry
	}()
	show := func(second float64) detect.Print { return printAt("a", second, flipped(r, h, 10)) }
	live := func(second float64) detect.Print { return matched(show(second), "gains", name) }
	for title, c := range map[string]struct {
		before, after []detect.Print // of the search
		want          []uint64       // frames of the segments that it tells, and of late prints
	}{
		"before the list had it": {[]detect.Print{show(1), show(2), show(3)}, nil, []uint64{3}},
		"live before the search": {[]detect.Print{show(1), show(2), live(3), live(4)}, nil, []uint64{2}},
		"live after the search":  {[]detect.Print{show(1), show(2)}, []detect.Print{live(3), live(4)}, []uint64{2}},
		"all of it live":         {[]detect.Print{live(1), live(2)}, []detect.Print{live(3), live(4)}, nil},
		"live in another stream": {[]detect.Print{live(1), printAt("b", 1, h)}, nil, []uint64{1}},
		"live of another entry":  {[]detect.Print{matched(show(1), "gains", "another")}, nil, []uint64{1}},
		"live of another list":   {[]detect.Print{matched(show(1), "others", name)}, nil, []uint64{1}},
		"shown again much later": {[]detect.Print{live(1), live(2), show(100)}, nil, []uint64{1}},
		"on another day":         {[]detect.Print{live(1), show(86400 + 1)}, nil, []uint64{1}},
	} {
		a, s := New(l, Options{}), memory{}
		keep(t, a, s, c.before...)
		var got []uint64
		for _, found := range search(t, a, s, q) {
			got = append(got, found.Match.FramesMatched)
		}
		for _, found := range keep(t, a, s, c.after...) {
			got = append(got, found.Match.FramesMatched)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: segments of %v frames, want %v", title, got, c.want)
		}
	}
}

func TestTimesTold(t *testing.T) {
	const day, gap = int32(20_000), int64(30)
	begin := int64(day) * dayMillis
	var told []span
	for _, at := range []int64{100, 130, 131, 200, 90, 60, 20, 165, 171} {
		told = joinTold(told, begin+at, gap)
		back, err := decodeTold(day, encodeTold(day, told))
		if err != nil || !reflect.DeepEqual(back, told) {
			t.Fatalf("%v read back is %v, %v", told, back, err)
		}
	}
	if want := []span{{begin + 20, begin + 20}, {begin + 60, begin + 131}, {begin + 165, begin + 200}}; !reflect.DeepEqual(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	for at, want := range map[int64]bool{19: false, 20: true, 21: false, 60: true, 100: true, 132: false, 200: true, 201: false} {
		if isTold(told, begin+at) != want {
			t.Errorf("at %d: want %v", at, want)
		}
	}
	told = nil
	for i := range int64(2 * maxTold) {
		told = joinTold(told, begin+i*(gap+1), gap)
	}
	if len(told) != maxTold || told[maxTold-1].to != begin+(2*maxTold-1)*(gap+1) {
		t.Errorf("%d times are kept", len(told))
	}
	for _, bad := range [][]byte{{1}, {0x80}, {2, 1}, {1, 0}, encodeTold(day, []span{{begin, begin + dayMillis}})} {
		if back, err := decodeTold(day, bad); err == nil {
			t.Errorf("%x is read as %v", bad, back)
		}
	}
}
