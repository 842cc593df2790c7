package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/model"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// box is a folder, a store that follows it and what was reported.
type box struct {
	t     *testing.T
	dir   string
	store model.Store
	now   time.Time
	bad   []string
}

func newBox(t *testing.T) *box { return &box{t: t, dir: t.TempDir(), now: now} }

// put writes a file that was last changed some time ago.
func (b *box) put(name, text string, age time.Duration) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chtimes(path, b.now.Add(-age), b.now.Add(-age)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) sync() error {
	b.t.Helper()
	b.bad = nil
	s, err := New(Options{Path: b.dir, Now: func() time.Time { return b.now }, Report: func(err error) { b.bad = append(b.bad, err.Error()) }})
	if err != nil {
		b.t.Fatal(err)
	}
	return s.Sync(b.t.Context(), b.store.Checkpoint("x"), b.apply)
}

func (b *box) apply(batch hashdb.Batch) error {
	batch.Source = "box"
	if batch.Checkpoint.Value != nil {
		batch.Checkpoint.Name = "x"
	}
	_, err := b.store.Apply(b.t.Context(), batch)
	return err
}

// look syncs and holds how many entries there are, how many writes that took and how
// much was reported.
func (b *box) look(entries, writes, bad int) {
	b.t.Helper()
	before := len(b.store.Batches)
	if err := b.sync(); err != nil {
		b.t.Fatal(err)
	}
	got := strings.Count(b.store.Dump(), "\n")
	if wrote := len(b.store.Batches) - before; got != entries || wrote != writes || len(b.bad) != bad {
		b.t.Fatalf("got %d entries by %d writes, want %d by %d; reported %q", got, wrote, entries, writes, b.bad)
	}
}

func pdq(i int) string { return strings.Repeat(fmt.Sprintf("%02x", i), 32) + "\n" }

func TestFolder(t *testing.T) {
	b := newBox(t)
	b.look(0, 0, 0)
	b.put("a.txt", pdq(1)+pdq(2), time.Minute)
	b.put("b.txt", pdq(3), 10*time.Second) // Not still yet.
	for _, name := range []string{".hidden", "c.tmp", "d.part"} {
		b.put(name, pdq(9), time.Minute)
	}
	if err := os.MkdirAll(filepath.Join(b.dir, "sub", "deeper"), 0o700); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside.txt")
	if err := os.WriteFile(outside, []byte(pdq(8)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(b.dir, "link.txt")); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	b.look(2, 1, 0)
	if !strings.Contains(b.store.Dump(), `from="a.txt"`) {
		t.Errorf("an entry does not say where it is from: %s", b.store.Dump())
	}
	b.look(2, 0, 0)
	b.now = b.now.Add(time.Minute)
	b.look(3, 1, 0)
	b.put("a.txt", pdq(1)+pdq(2), 40*time.Second) // The same again, touched: only remembered.
	b.look(3, 1, 0)
	b.put("a.txt", pdq(1)+pdq(2)+pdq(4), 40*time.Second)
	b.look(4, 1, 0)
	// To take a line away takes nothing back, nor does to take the file away.
	b.put("a.txt", pdq(1), 35*time.Second)
	b.look(4, 1, 0)
	if err := os.Remove(filepath.Join(b.dir, "b.txt")); err != nil {
		t.Fatal(err)
	}
	b.look(4, 1, 0)
	b.look(4, 0, 0)
	b.put("b.txt.retract", pdq(3)+pdq(4)+pdq(5), time.Minute)
	b.look(2, 1, 0)
	b.look(2, 0, 0)
}

func TestFolderBadFiles(t *testing.T) {
	b := newBox(t)
	whole := pdq(1) + pdq(2)
	b.put("cut.txt", whole[:len(whole)-10], time.Minute) // Ends within a hash.
	b.put("empty.txt", "", time.Minute)
	b.put("future.txt", pdq(7), -time.Hour)
	b.put("good.txt", pdq(3), time.Minute)
	b.put("strange.txt", "\x00\x01\x02 what is this", time.Minute)
	b.put("zfaulty.txt", pdq(4)+"zz\n"+pdq(5), time.Minute)
	if err := b.sync(); err != nil {
		t.Fatal(err)
	}
	dump := b.store.Dump()
	if strings.Count(dump, "\n") != 3 {
		t.Errorf("got\n%s", dump)
	}
	all := strings.Join(b.bad, "\n")
	for _, want := range []string{"cut.txt is not taken: ", "future.txt is not taken: it was changed in the future", "strange.txt is not taken: ", "zfaulty.txt: record 2: "} {
		if !strings.Contains(all, want) {
			t.Errorf("%q was not reported: %s", want, all)
		}
	}
	if strings.Contains(all, pdq(1)[:20]) {
		t.Errorf("a hash is repeated: %s", all)
	}
	// At the next look the file is told of again, without being read.
	writes := len(b.store.Batches)
	if err := b.sync(); err != nil {
		t.Fatal(err)
	}
	if again := strings.Join(b.bad, "\n"); !strings.Contains(again, "cut.txt is not taken") || strings.Contains(again, "zfaulty") || len(b.store.Batches) != writes {
		t.Errorf("got %s", again)
	}
	b.put("cut.txt", whole, time.Minute-time.Second)
	if err := b.sync(); err != nil || strings.Contains(strings.Join(b.bad, ""), "cut.txt") || strings.Count(b.store.Dump(), "\n") != 5 {
		t.Errorf("the file was not taken when it was whole: %v %q", err, b.bad)
	}
}

// TestFolderCrash crashes at every write and holds that the next look makes it good.
func TestFolderCrash(t *testing.T) {
	fill := func(b *box) {
		var large bytes.Buffer
		for i := range 11_000 { // Two batches.
			_, _ = fmt.Fprintf(&large, "%064x\n", i)
		}
		b.put("a.txt", large.String(), time.Minute)
		b.put("b.txt", pdq(1)+pdq(2), time.Minute)
		b.put("c.retract", pdq(2), time.Minute)
	}
	good := newBox(t)
	fill(good)
	if err := good.sync(); err != nil {
		t.Fatal(err)
	}
	want, writes := good.store.Dump(), len(good.store.Batches)
	if writes < 4 || strings.Count(want, "\n") != 11_001 {
		t.Fatalf("%d writes of %d entries", writes, strings.Count(want, "\n"))
	}
	for n := 1; n <= writes; n++ {
		for _, after := range []bool{false, true} {
			b := newBox(t)
			fill(b)
			b.store.Fail = func(i int, now bool) error {
				if i == n && now == after {
					return model.ErrCrash
				}
				return nil
			}
			if err := b.sync(); err != model.ErrCrash { //nolint:errorlint // Unchanged, as promised.
				t.Fatalf("write %d: got %v", n, err)
			}
			if err := b.sync(); err != nil {
				t.Fatal(err)
			}
			if b.store.Dump() != want {
				t.Fatalf("a crash at write %d (after: %v) left another store", n, after)
			}
		}
	}
}

// TestFolderMoved changes a file while it is taken.
func TestFolderMoved(t *testing.T) {
	b := newBox(t)
	var large bytes.Buffer
	for i := range 11_000 {
		_, _ = fmt.Fprintf(&large, "%064x\n", i)
	}
	b.put("a.txt", large.String(), time.Minute)
	moved := false
	b.store.Fail = func(_ int, after bool) error {
		if !moved {
			moved = true
			b.put("a.txt", large.String()+pdq(255), time.Minute)
		}
		return nil
	}
	if err := b.sync(); !errors.Is(err, errMoved) || !strings.Contains(err.Error(), "a.txt") {
		t.Fatalf("got %v", err)
	}
	if b.store.Checkpoint("x") != nil {
		t.Error("the checkpoint moved")
	}
	if err := b.sync(); err != nil || strings.Count(b.store.Dump(), "\n") != 11_001 {
		t.Errorf("got %d entries, %v", strings.Count(b.store.Dump(), "\n"), err)
	}
}

func TestFolderLimits(t *testing.T) {
	b := newBox(t)
	long := strings.Repeat("x", 200)
	for i := range 400 {
		b.put(fmt.Sprintf("%s-%04d.txt", long, i), pdq(i%256), time.Minute)
	}
	err := b.sync()
	if err == nil || !strings.Contains(err.Error(), "more than can be remembered") {
		t.Fatalf("got %v", err)
	}
	taken := len(b.store.Batches)
	if taken < 150 {
		t.Errorf("only %d files fit", taken)
	}
	// What is done can be taken away, and the rest follows.
	for i := range taken {
		if err := os.Remove(filepath.Join(b.dir, fmt.Sprintf("%s-%04d.txt", long, i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.sync(); err == nil {
		return
	} else if len(b.store.Batches) <= taken {
		t.Errorf("got stuck: %v", err)
	}
}

func TestFolderErrors(t *testing.T) {
	for _, o := range []Options{{}, {Path: "x"}, {Path: "x", Now: time.Now, Still: -1}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	s, err := New(Options{Path: filepath.Join(t.TempDir(), "nix"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context(), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := s.Sync(t.Context(), []byte("x"), nil); err == nil || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("got %v", err)
	}
	b := newBox(t)
	b.put("a.txt", pdq(1), time.Minute)
	s, err = New(Options{Path: b.dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Sync(ctx, nil, b.apply); !errors.Is(err, context.Canceled) || len(b.store.Batches) > 0 {
		t.Errorf("got %v", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte(`{"files":[{"n":"a","s":1,"t":2,"d":"00"},{"n":"b","s":1,"t":2,"d":"00","f":"x"}]}`), "a")
	f.Add([]byte(`{}`), "")
	f.Fuzz(func(t *testing.T, from []byte, name string) {
		k, err := decode(from)
		if err != nil {
			return
		}
		k.put(file{Name: name, Digest: "d"})
		if got, ok := k.find(name); !ok || got.Digest != "d" {
			t.Fatalf("%q was put and not found", name)
		}
		again, err := decode(k.encode())
		if err != nil || len(again.All) != len(k.All) {
			t.Fatalf("%d files became %d, %v", len(k.All), len(again.All), err)
		}
	})
}
