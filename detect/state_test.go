package detect

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

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
	d, s := New(index, Options{}), counting{memory{}, new(int)}
	signals := 0
	for i := range 4*maxRecent + 1 {
		h := one
		if i%16 == 15 { // and other entries than those that came first
			h = other
		}
		*s.gets = 0
		got, err := d.Frame(t.Context(), s, hashFrame(t, i, h))
		if err != nil {
			t.Fatal(err)
		}
		if *s.gets > 1+2*maxTracked { // the stream, and each segment with its evidence
			t.Fatalf("frame %d read %d keys", i, *s.gets)
		}
		signals += len(got.Signals)
	}
	if len(s.memory) != 1+2*maxTracked {
		t.Errorf("%d keys, want one and twice %d", len(s.memory), maxTracked)
	}
	// At 1, 2, 4, 8 and 16 pictures and at 1, 4, 16 and 64 frames; two of them are two of these.
	if want := 7 * maxTracked; signals != want {
		t.Errorf("%d signals, want %d", signals, want)
	}
	for k, v := range s.memory {
		if strings.HasPrefix(k, "stream/") && len(v) != streamHead+maxTracked*openSize+maxRecent*prefixSize || len(v) > 8<<10 {
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
		if st.seen != want {
			t.Errorf("with %d frames between, %d are counted, want %d", between, st.seen, want)
		}
	}
}

func TestDamagedStateIsNoRejection(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	index := &lists{entries: []entry{{"demo-list", h, 31}}}
	_, good := run(t, index, []Frame{hashFrame(t, 0, h)})
	if len(good) != 3 { // the stream, the segment and its evidence
		t.Fatalf("%d keys", len(good))
	}
	for key, value := range good {
		for _, bad := range [][]byte{{}, value[:len(value)-1], append([]byte{9}, value[1:]...)} {
			s := memory{}
			for k, v := range good {
				s[k] = v
			}
			s[key] = bad
			_, err := New(index, Options{}).Frame(t.Context(), s, hashFrame(t, 1, near(h, 0, 8)))
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
			_, err := New(index, Options{}).Frame(t.Context(), s, hashFrame(t, 0, h))
			var r *signal.Rejection
			if !errors.Is(err, os.ErrClosed) || errors.As(err, &r) {
				t.Errorf("got %v, want an error to retry", err)
			}
		}
	}
}
