package edge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filippo.io/age"
)

var (
	start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	asked = time.Date(2026, 5, 1, 13, 0, 0, 0, time.UTC)
)

// sec is an event time.
func sec(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// cheap is a key that hides nothing and costs nothing, for tests that count.
type cheap struct{}

func (cheap) String() string { return "cheap" }

func (cheap) Wrap(key []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: "cheap", Body: slices.Clone(key)}}, nil
}

func (cheap) Unwrap(stanzas []*age.Stanza) ([]byte, error) { return stanzas[0].Body, nil }

// picture is noise between the marks of a JPEG: nothing here decodes it.
func picture(n, size int) []byte {
	b := append(make([]byte, 0, size), "\xff\xd8\xff\xe0\x00\x10JFIF\x00"...)
	noise := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	b = b[:size-2]
	_, _ = noise.Read(b[11:])
	return append(b, 0xff, 0xd9)
}

// options of rings that hold 20 seconds in segments of 5.
func options(t testing.TB, to ...age.Recipient) Options {
	t.Helper()
	return Options{
		Dir: filepath.Join(t.TempDir(), "rings"), Recipients: to, Keep: 20 * time.Second, Segment: 5 * time.Second,
		Now: func() time.Time { return asked },
	}
}

func openTest(t testing.TB, o Options) *Rings {
	t.Helper()
	rs, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rs.Close(); err != nil {
			t.Error(err)
		}
	})
	return rs
}

func ringOf(t testing.TB, rs *Rings, stream string) *Ring {
	t.Helper()
	r, err := rs.Ring("examplecast", stream, start)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const small = 2000 // bytes of most pictures

// add adds the frames of the seconds from one to another, one a second.
func add(t testing.TB, r *Ring, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		jpeg := picture(n, small)
		got, err := r.Add(sec(float64(n)), n, fmt.Sprint("frame-", n), jpeg)
		if err != nil {
			t.Fatal(err)
		}
		if want := sha256.Sum256(jpeg); got != hex.EncodeToString(want[:]) {
			t.Fatalf("digest of frame %d is %s", n, got)
		}
	}
}

func preserve(t testing.TB, r *Ring, from, to float64, why string) {
	t.Helper()
	if err := r.Preserve(sec(from), sec(to), why); err != nil {
		t.Fatal(err)
	}
}

// A store is what was put, and by what names.
type store struct {
	puts   int
	bodies map[string][]byte
	metas  map[string]Meta
}

func newStore() *store {
	return &store{bodies: make(map[string][]byte), metas: make(map[string]Meta)}
}

func (s *store) put(_ context.Context, name string, meta Meta, body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if old, ok := s.bodies[name]; ok && !bytes.Equal(old, b) {
		return fmt.Errorf("%s is there with other bytes", name)
	}
	s.puts++
	s.bodies[name], s.metas[name] = b, meta
	return nil
}

func (s *store) names() []string { return slices.Sorted(maps.Keys(s.bodies)) }

func deliver(t testing.TB, rs *Rings, s *store) []Delivered {
	t.Helper()
	done, err := rs.Deliver(t.Context(), s.put)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// frames opens all that was put with a key, holds it to what Meta says, and returns the
// indexes of the frames.
func (s *store) frames(t testing.TB, id age.Identity) []int {
	t.Helper()
	var all []int
	for _, name := range s.names() {
		meta, body := s.metas[name], s.bodies[name]
		sum := sha256.Sum256(body)
		if meta.SHA256 != hex.EncodeToString(sum[:]) || meta.Size != int64(len(body)) {
			t.Errorf("%s: meta tells of other bytes", name)
		}
		plain, err := age.Decrypt(bytes.NewReader(body), id)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h, seq, err := ReadSegment(plain)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if h.Session != meta.Session || h.Number != meta.Number {
			t.Errorf("%s: header %+v, meta %+v", name, h, meta)
		}
		n := 0
		for f, err := range seq {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if f.At.Before(meta.From) || f.At.After(meta.To) {
				t.Errorf("%s: frame of %v, and meta says %v to %v", name, f.At, meta.From, meta.To)
			}
			if !bytes.Equal(f.JPEG, picture(f.Index, len(f.JPEG))) || f.ID != fmt.Sprint("frame-", f.Index) {
				t.Errorf("%s: frame %d is not what was added", name, f.Index)
			}
			all = append(all, f.Index)
			n++
		}
		if n != meta.Frames {
			t.Errorf("%s: %d frames, and meta says %d", name, n, meta.Frames)
		}
	}
	slices.Sort(all)
	return all
}

func upTo(from, to int) (all []int) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

// files returns the names in the folder but for the lock, and their sizes together.
func files(t testing.TB, dir string) (names []string, size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "lock" {
			continue
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name())
		size += info.Size()
	}
	return names, size
}

func itoa(n int) string { return fmt.Sprint(n) }

func countOf(all []int, n int) (count int) {
	for _, m := range all {
		if m == n {
			count++
		}
	}
	return count
}
