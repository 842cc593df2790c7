package edge

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

func TestNothingLeavesThatNobodyAskedFor(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	for n := 0; n <= 200; n++ {
		add(t, r, n, n)
		// 20 seconds, the segment the horizon lies in, and the open one.
		if names, _ := files(t, o.Dir); len(names) > 6 {
			t.Fatalf("after %d frames there are %d files", n+1, len(names))
		}
	}
	if c := rs.Counts(); c.Added != 201 || c.Dropped < 175 || c.Dropped > 181 {
		t.Errorf("counts %+v", c)
	}
	if done := deliver(t, rs, newStore()); len(done) != 0 {
		t.Errorf("%d files left", len(done))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if names, _ := files(t, o.Dir); len(names) != 0 {
		t.Errorf("the session is over and %v are still there", names)
	}
	if c := rs.Counts(); c != (Counts{Added: 201, Dropped: 201}) {
		t.Errorf("counts %+v", c)
	}
	if _, err := r.Add(sec(201), 201, "x", picture(1, small)); !errors.Is(err, ErrClosed) {
		t.Errorf("add after close: %v", err)
	}
	if err := r.Preserve(sec(0), sec(1), "s"); !errors.Is(err, ErrClosed) {
		t.Errorf("preserve after close: %v", err)
	}
}

// TestTheDiskHoldsNoPicture reads every byte of the folder after every frame.
func TestTheDiskHoldsNoPicture(t *testing.T) {
	id, other := newIdentity(t), newIdentity(t)
	o := options(t, id.Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "secretstream")
	read := 0
	var parts [][]byte
	for n := range 40 {
		const large = 90_000 // more than a chunk of age
		p := picture(n, large)
		if _, err := r.Add(sec(float64(n)), n, "secretframe", p); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p[11:27], p[large/2:large/2+16])
		if n == 20 {
			preserve(t, r, 10, 30, "signal")
		}
		names, _ := files(t, o.Dir)
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(o.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(o.Dir, name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("%s: mode %v, %v", name, info.Mode(), err)
			}
			for _, part := range append(parts[max(0, len(parts)-8):], []byte("JFIF"), []byte("secretframe")) {
				if bytes.Contains(data, part) {
					t.Fatalf("%s holds a part of a frame in the clear", name)
				}
			}
			if strings.Contains(name, "secretstream") {
				t.Fatalf("%s names the stream", name)
			}
			if !strings.HasSuffix(name, ".age") {
				continue
			}
			if bytes.Contains(data, []byte("secretstream")) {
				t.Fatalf("%s tells of the stream", name)
			}
			if _, err := age.Decrypt(bytes.NewReader(data), other); err == nil {
				t.Fatalf("%s opens with a key it is not for", name)
			}
			if _, err := age.Decrypt(bytes.NewReader(data), id); err != nil {
				t.Fatalf("%s does not open with its key: %v", name, err)
			}
			read++
		}
	}
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}

func TestEachRecipientCanOpen(t *testing.T) {
	one, two := newIdentity(t), newIdentity(t)
	o := options(t, one.Recipient(), two.Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 9)
	preserve(t, r, 0, 9, "signal")
	s := newStore()
	for _, d := range deliver(t, rs, s) {
		if !slices.Equal(d.Meta.Recipients, rs.Recipients()) || len(d.Meta.Recipients) != 2 {
			t.Errorf("recipients %v", d.Meta.Recipients)
		}
	}
	for _, id := range []age.Identity{one, two} {
		if got := s.frames(t, id); !slices.Equal(got, upTo(0, 9)) {
			t.Errorf("frames %v", got)
		}
	}
}

func TestAHybridKeyCanOpen(t *testing.T) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := ParseRecipients([]byte(id.Recipient().String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	rs := openTest(t, options(t, to...))
	r := ringOf(t, rs, "one")
	add(t, r, 0, 9)
	preserve(t, r, 0, 9, "signal")
	s := newStore()
	deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(0, 9)) {
		t.Errorf("frames %v", got)
	}
}

func TestARingIsBoundedInBytes(t *testing.T) {
	t.Parallel() // it waits for the disk
	id := newIdentity(t)
	o := options(t, id.Recipient())
	o.Keep, o.Segment, o.MaxBytes = time.Hour, time.Hour, leastRing
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	const size = 1 << 20
	for n := range 80 {
		if _, err := r.Add(sec(float64(n)), n, fmt.Sprint("frame-", n), picture(n, size)); err != nil {
			t.Fatal(err)
		}
		if names, held := files(t, o.Dir); held > o.MaxBytes || len(names) > 6 {
			t.Fatalf("%d bytes in %d files after frame %d", held, len(names), n)
		}
	}
	if _, err := r.Add(sec(80), 80, "frame-80", picture(80, MaxFrame)); err != nil {
		t.Error(err)
	}
	// The newest are there, and what is gone is told.
	preserve(t, r, 0, 79, "signal")
	s := newStore()
	deliver(t, rs, s)
	got := s.frames(t, id)
	if len(got) < 14 || !slices.Equal(got, upTo(got[0], 79)) {
		t.Fatalf("frames %v", got)
	}
	w := s.metas[s.names()[0]].Windows[0]
	if want := int64(got[0]) * 1000; w.MissingMS != want {
		t.Errorf("missing %d ms, want %d", w.MissingMS, want)
	}
}

func TestAddRefuses(t *testing.T) {
	rs := openTest(t, options(t, newIdentity(t).Recipient()))
	r := ringOf(t, rs, "one")
	for _, c := range []struct {
		name  string
		at    time.Time
		index int
		id    string
		jpeg  []byte
		says  string
	}{
		{"no bytes", sec(1), 1, "f", nil, "frame 1 has 0 bytes"},
		{"too large", sec(1), 2, "f", make([]byte, MaxFrame+1), "frame 2 has 8388609 bytes"},
		{"no id", sec(1), 3, "", []byte("j"), "frame id is empty"},
		{"long id", sec(1), 4, strings.Repeat("i", maxText+1), []byte("j"), "frame id has 1025 bytes"},
		{"id of no text", sec(1), 5, "\xff", []byte("j"), "frame id is not UTF-8"},
		{"negative index", sec(1), -6, "f", []byte("j"), "frame index -6"},
		{"no time", time.Time{}, 7, "f", []byte("j"), "year 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sum, err := r.Add(c.at, c.index, c.id, c.jpeg)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
			if len(sum) != 64 {
				t.Errorf("the digest is still needed, and is %q", sum)
			}
		})
	}
	add(t, r, 2, 3)
}

// TestAFalseTimeDoesNotEndTheRing: a leap ahead empties it, as minutes without frames do,
// and when time comes back it goes on.
func TestAFalseTimeDoesNotEndTheRing(t *testing.T) {
	id := newIdentity(t)
	rs := openTest(t, options(t, id.Recipient()))
	r := ringOf(t, rs, "one")
	add(t, r, 0, 30)
	if _, err := r.Add(sec(1e6), 1000, "frame-1000", picture(1000, small)); err != nil {
		t.Fatal(err)
	}
	add(t, r, 31, 60)
	for _, s := range r.held {
		if s.from.After(sec(100)) {
			t.Errorf("the segment of %v is still held", s.from)
		}
	}
	preserve(t, r, 45, 60, "signal")
	s := newStore()
	deliver(t, rs, s)
	if got := s.frames(t, id); got[0] > 45 || !slices.Equal(got, upTo(got[0], 60)) {
		t.Errorf("frames %v", got)
	}
}

func TestFramesOutOfOrderAreKept(t *testing.T) {
	id := newIdentity(t)
	rs := openTest(t, options(t, id.Recipient()))
	r := ringOf(t, rs, "one")
	for _, n := range []int{0, 2, 1, 4, 3, 6, 5, 8, 7, 9} {
		add(t, r, n, n)
	}
	preserve(t, r, 0, 9, "signal")
	s := newStore()
	deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(0, 9)) {
		t.Errorf("frames %v", got)
	}
}
