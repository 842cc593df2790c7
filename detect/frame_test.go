package detect

import (
	"context"
	"errors"
	"fmt"
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
	d, s := New(index, DefaultLimits()), memory{}
	var all []signal.Signal
	for i, f := range frames {
		got, err := d.Frame(t.Context(), s, f)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		all = append(all, got...)
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

func TestOneSignalOfAStreamAndAnEntryGrowsByDoubling(t *testing.T) {
	index := &lists{entries: []entry{{"demo-list", hashOf(t, hashdb.KindPDQ, scene(1, 192, 128)), 31}}}
	replay := jpegOf(t, scene(1, 192, 128), 40)
	other := jpegOf(t, scene(2, 192, 128), 90)
	var frames []Frame
	for i := range 40 { // every second frame of the first twenty seconds, then all
		if i < 20 && i%2 == 0 {
			frames = append(frames, frame(i, JPEG, other))
		} else {
			frames = append(frames, frame(i, JPEG, replay))
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
	if m.FramesMatched != 16 || m.FramesSeen != 26 {
		t.Errorf("%d of %d frames, want 16 of 26", m.FramesMatched, m.FramesSeen)
	}
	if !last.Start.Equal(at.Add(time.Second)) || !last.End.Equal(at.Add(25*time.Second)) {
		t.Errorf("from %s to %s", last.Start, last.End)
	}
	if len(last.Evidence) != signal.MaxEvidence {
		t.Errorf("%d pieces of evidence, want %d", len(last.Evidence), signal.MaxEvidence)
	}
	if want := fmt.Sprintf("16 of 26 frames match entry 0000000000000000 of list demo-list, best distance %d of 256 bits (limit 31)", m.Distance); last.Says != want {
		t.Errorf("says %q, want %q", last.Says, want)
	}
}

func TestMatchSignalIsAsWritten(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	near := h
	near.Bits[3] = 0x0f
	f := hashFrame(t, 3, near)
	f.Data = []byte(strings.Replace(string(f.Data), `"quality"`, `"sha256":"`+strings.Repeat("ab", 32)+`","quality"`, 1))
	got, _ := run(t, &lists{entries: []entry{{"demo-list", h, 31}}}, []Frame{f})
	if len(got) != 1 {
		t.Fatalf("%d signals", len(got))
	}
	golden(t, "match.json", got[0])
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
	if len(a) != 9 { // 1 to 256
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
	far, near := h, h
	far.Bits[0], near.Bits[0] = 0xff, 0x03
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	got, _ := run(t, index, []Frame{hashFrame(t, 0, far), hashFrame(t, 1, near), hashFrame(t, 2, far), hashFrame(t, 3, far)})
	if len(got) != 3 || got[0].Match.Distance != 8 || got[1].Match.Distance != 2 || got[2].Match.Distance != 2 {
		t.Errorf("got %+v", got)
	}
	if got[2].Match.ListVersion != "v1" || got[2].Match.Radius != 31 {
		t.Errorf("got %+v", got[2].Match)
	}
}

func TestStreamsAreKeptApart(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	base := hashFrame(t, 0, h)
	platform, stream, subject := base, base, base
	platform.Platform, stream.Stream, subject.Subject = "other", "stream-2", "sub_00000000000000000000000000000002"
	got, _ := run(t, index, []Frame{base, platform, stream, subject})
	ids := map[string]bool{}
	for _, s := range got {
		ids[s.ID] = true
		if s.Revision != 1 {
			t.Errorf("a stream counted another's frame: %+v", s)
		}
	}
	if len(ids) != 4 {
		t.Errorf("%d signals of 4 streams", len(ids))
	}
}

func TestEveryKindOnAListIsLookedUpAndNoOther(t *testing.T) {
	img := scene(1, 192, 128)
	for _, kinds := range [][]hashdb.Kind{
		{}, {hashdb.KindPDQ}, {hashdb.KindPHash}, {hashdb.KindDHash}, {hashdb.KindAHash},
		{hashdb.KindPDQ, hashdb.KindPHash, hashdb.KindDHash, hashdb.KindAHash},
	} {
		index := &lists{}
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
		if len(found) != len(kinds) || index.lookups != len(kinds) {
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
	if len(got) != 1 || got[0].Match.FramesMatched != 1 || got[0].Match.FramesSeen != 2 {
		t.Errorf("the first frame that can be told apart: %+v", got)
	}
}

func TestAFailedLookupIsNeverNoMatch(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}, fault: os.ErrPermission}
	d, s := New(index, DefaultLimits()), memory{}
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
	if err != nil || len(got) != 1 {
		t.Errorf("the retry gave %v, %v", got, err)
	}
}

// counting is a State that counts what is read.
type counting struct {
	memory
	gets *int
}

func (c counting) Get(key []byte) ([]byte, error) { *c.gets++; return c.memory.Get(key) }

func TestStateAndWorkOfAStreamAreBounded(t *testing.T) {
	const floods = 2 * maxTracked
	one, other := hashdb.Hash{Kind: hashdb.KindPDQ}, hashdb.Hash{Kind: hashdb.KindPDQ}
	for i := range 16 {
		other.Bits[16+i] = 0xff
	}
	index := &lists{}
	for i := range floods {
		for _, e := range []hashdb.Hash{one, other} {
			e.Bits[0] = byte(i)
			index.entries = append(index.entries, entry{"flood", e, 31})
		}
	}
	d, s := New(index, DefaultLimits()), counting{memory{}, new(int)}
	signals := 0
	for i := range maxRecent + 1 {
		h := one
		if i%16 == 15 { // and other entries than those that came first
			h = other
		}
		*s.gets = 0
		got, err := d.Frame(t.Context(), s, hashFrame(t, i, h))
		if err != nil {
			t.Fatal(err)
		}
		if *s.gets > 1+maxTracked {
			t.Fatalf("frame %d read %d keys", i, *s.gets)
		}
		signals += len(got)
	}
	if len(s.memory) != 1+maxTracked {
		t.Errorf("%d keys, want one and %d", len(s.memory), maxTracked)
	}
	if want := 8 * maxTracked; signals != want { // 1 to 128 of 241 frames
		t.Errorf("%d signals, want %d", signals, want)
	}
	for k, v := range s.memory {
		if strings.HasPrefix(k, "stream/") && len(v) != streamHead+maxRecent*prefixSize || len(v) > 8<<10 {
			t.Errorf("%s has %d bytes", k, len(v))
		}
	}
}

func TestARepeatIsKnownAmongTheLastFrames(t *testing.T) {
	index, h := &lists{}, hashdb.Hash{Kind: hashdb.KindPDQ}
	for between, want := range map[int]uint64{
		maxRecent - 1: maxRecent,     // the repeat is dropped
		maxRecent:     maxRecent + 2, // it was forgotten
	} {
		var frames []Frame
		for i := range between + 1 {
			frames = append(frames, hashFrame(t, i, h))
		}
		_, s := run(t, index, append(frames, frames[0]))
		st, err := loadStream(s, frames[0])
		if err != nil {
			t.Fatal(err)
		}
		if st.frames != want {
			t.Errorf("with %d frames between, %d are counted, want %d", between, st.frames, want)
		}
	}
}

func TestDamagedStateIsNoRejection(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	_, good := run(t, index, []Frame{hashFrame(t, 0, h)})
	if len(good) != 2 {
		t.Fatalf("%d keys", len(good))
	}
	for key, value := range good {
		for _, bad := range [][]byte{{}, value[:len(value)-1], append([]byte{9}, value[1:]...)} {
			s := memory{}
			for k, v := range good {
				s[k] = v
			}
			s[key] = bad
			_, err := New(index, DefaultLimits()).Frame(t.Context(), s, hashFrame(t, 1, h))
			var r *signal.Rejection
			if !errors.Is(err, errDamaged) || errors.As(err, &r) {
				t.Errorf("%s: got %v", key, err)
			}
		}
	}
}

// broken is a State that fails.
type broken struct {
	memory
	get, set error
}

func (b broken) Get(key []byte) ([]byte, error) {
	if b.get != nil {
		return nil, b.get
	}
	return b.memory.Get(key)
}

func (b broken) Set(key, value []byte) error {
	if b.set != nil {
		return b.set
	}
	return b.memory.Set(key, value)
}

func TestAStoreThatFailsIsRetried(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	for _, index := range []*lists{{}, {entries: []entry{{"demo-list", h, 31}}}} {
		for _, s := range []State{broken{memory{}, os.ErrClosed, nil}, broken{memory{}, nil, os.ErrClosed}} {
			_, err := New(index, DefaultLimits()).Frame(t.Context(), s, hashFrame(t, 0, h))
			var r *signal.Rejection
			if !errors.Is(err, os.ErrClosed) || errors.As(err, &r) {
				t.Errorf("got %v, want an error to retry", err)
			}
		}
	}
}

func TestACancelledFrameIsNoRejection(t *testing.T) {
	d := New(&lists{}, DefaultLimits())
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

func TestAttributesAreChecked(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	long := strings.Repeat("é", maxRef+1)
	for name, c := range map[string]struct {
		change func(*Frame)
		reason string
	}{
		"good":              {func(*Frame) {}, ""},
		"long but allowed":  {func(f *Frame) { f.ID = strings.Repeat("é", maxRef) }, ""},
		"no id":             {func(f *Frame) { f.ID = "" }, "missing-attribute"},
		"no stream":         {func(f *Frame) { f.Stream = "" }, "missing-attribute"},
		"no platform":       {func(f *Frame) { f.Platform = "" }, "missing-attribute"},
		"no time":           {func(f *Frame) { f.At = time.Time{} }, "missing-attribute"},
		"long id":           {func(f *Frame) { f.ID = long }, "bad-attribute"},
		"long stream":       {func(f *Frame) { f.Stream = long }, "bad-attribute"},
		"long platform":     {func(f *Frame) { f.Platform = long }, "bad-attribute"},
		"not UTF-8":         {func(f *Frame) { f.Stream = "\xff" }, "bad-attribute"},
		"no subject":        {func(f *Frame) { f.Subject = "" }, "bad-attribute"},
		"an account":        {func(f *Frame) { f.Subject = "secret@example.org" }, "bad-attribute"},
		"upper case":        {func(f *Frame) { f.Subject = signal.Subject("sub_" + strings.Repeat("A", 32)) }, "bad-attribute"},
		"another prefix":    {func(f *Frame) { f.Subject = signal.Subject("sur_" + strings.Repeat("a", 32)) }, "bad-attribute"},
		"year 10000":        {func(f *Frame) { f.At = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)) }, "bad-attribute"},
		"year 0":            {func(f *Frame) { f.At = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) }, "bad-attribute"},
		"no content type":   {func(f *Frame) { f.ContentType = "" }, "content-type"},
		"some content type": {func(f *Frame) { f.ContentType = "image/secret" }, "content-type"},
		"broken type":       {func(f *Frame) { f.ContentType = "image/jpeg;;secret" }, "content-type"},
		"with parameters":   {func(f *Frame) { f.ContentType = "Application/VND.vigil.hash+json; charset=utf-8" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := hashFrame(t, 0, h)
			c.change(&f)
			s := memory{}
			got, err := New(&lists{entries: []entry{{"demo-list", h, 31}}}, DefaultLimits()).Frame(t.Context(), s, f)
			wantReason(t, err, c.reason)
			wantSound(t, got)
			if err != nil && (len(s) != 0 || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%v, with state %q", err, s.dump())
			}
		})
	}
}

func TestHashRecordsAreChecked(t *testing.T) {
	good := `{"kind":"pdq","hash":"` + strings.Repeat("0", 64) + `","quality":100}`
	for name, c := range map[string]struct{ old, new, reason string }{
		"good":             {"", "", ""},
		"upper case":       {"0000", "ABCD", ""},
		"digest":           {`"quality"`, `"sha256":"` + strings.Repeat("a", 64) + `","quality"`, ""},
		"short":            {"0000", "000", "schema"},
		"the other length": {strings.Repeat("0", 48), "", "schema"},
		"no hex":           {"0000", "secr", "schema"},
		"unknown kind":     {`"pdq"`, `"secret"`, "schema"},
		"quality beyond":   {`100`, `101`, "schema"},
		"quality below":    {`100`, `-1`, "schema"},
		"broken quality":   {`100`, `99.5`, "schema"},
		"no quality":       {`,"quality":100`, ``, "schema"},
		"digest cut":       {`"quality"`, `"sha256":"aa","quality"`, "schema"},
		"another field":    {`"quality"`, `"x":1,"quality"`, "schema"},
		"not JSON":         {`{`, `{{`, "json"},
		"too large":        {`{`, `{` + strings.Repeat(" ", signal.MaxJSON), "json-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			f := frame(0, HashType, []byte(strings.Replace(good, c.old, c.new, 1)))
			got, err := New(&lists{}, DefaultLimits()).Frame(t.Context(), memory{}, f)
			wantReason(t, err, c.reason)
			if err != nil && (len(got) > 0 || strings.Contains(err.Error(), "secr") || strings.Contains(err.Error(), "00000000")) {
				t.Errorf("%v quotes the value", err)
			}
		})
	}
}
