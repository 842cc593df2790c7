package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// faults make a folder in which chosen changes fail, and remember those that did not.
type faults struct {
	mu   sync.Mutex
	fail func(op, name string) error
	done []string
}

func (f *faults) step(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if err := f.fail(op, name); err != nil {
			return err
		}
	}
	f.done = append(f.done, op+" "+name)
	return nil
}

func (f *faults) set(fail func(op, name string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func openFaulty(t *testing.T, o Options) (*Rings, *faults) {
	t.Helper()
	f := &faults{}
	rs, err := openRings(o, f.step)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.set(nil)
		if err := rs.Close(); err != nil {
			t.Error(err)
		}
	})
	return rs, f
}

func fullDisk(op, _ string) error {
	if op == "write" {
		return &errDisk{}
	}
	return nil
}

// errDisk is what a full disk says, with the path that must not leave.
type errDisk struct{}

func (*errDisk) Error() string { return "write /secret/place: no space left" }
func (*errDisk) Unwrap() error { return syscall.ENOSPC }

// TestAFullDisk: the stream goes on, what could not be kept is told, and what comes
// later is kept again.
func TestAFullDisk(t *testing.T) {
	t.Parallel() // it waits for the disk
	id := newIdentity(t)
	o := options(t, id.Recipient())
	rs, disk := openFaulty(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 7) // 5 to 7 are in the open segment
	disk.set(fullDisk)
	for n := 8; n <= 12; n++ {
		sum, err := r.Add(sec(float64(n)), n, "frame-"+itoa(n), picture(n, 100_000))
		if !errors.Is(err, syscall.ENOSPC) || len(sum) != 64 {
			t.Fatalf("frame %d: %q, %v", n, sum, err)
		}
	}
	disk.set(nil)
	add(t, r, 13, 18)
	preserve(t, r, 1, 18, "signal")
	s := newStore()
	done := deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, append(upTo(0, 4), upTo(13, 18)...)) {
		t.Errorf("frames %v", got)
	}
	for _, d := range done {
		want := "[{2026-05-01 12:00:05 +0000 UTC 2026-05-01 12:00:12 +0000 UTC 8 disk full}]"
		if got := fmt.Sprint(d.Meta.Windows[0].Gaps); got != want {
			t.Errorf("gaps %s, want %s", got, want)
		}
	}
	c := rs.Counts()
	if c.Lost != 8 || c.Dropped != 0 {
		t.Errorf("counts %+v", c)
	}
	names, _ := files(t, o.Dir)
	if len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

// TestOldFramesGoWhileTheDiskIsFull: what is due to be dropped does not wait for room.
func TestOldFramesGoWhileTheDiskIsFull(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	rs, disk := openFaulty(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 20)
	disk.set(fullDisk)
	for n := 21; n < 60; n++ {
		if _, err := r.Add(sec(float64(n)), n, "f", picture(n, 100_000)); err == nil {
			t.Fatal("added")
		}
	}
	if names, _ := files(t, o.Dir); len(names) != 0 {
		t.Errorf("40 seconds later there are %v", names)
	}
}

// TestWhatIsNotSafeYetIsTriedAgain fails each kind of change while a window is asked for.
func TestWhatIsNotSafeYetIsTriedAgain(t *testing.T) {
	t.Parallel() // it waits for the disk
	broken := errors.New("broken")
	for _, c := range []struct{ op, suffix string }{
		{"sync", ".age"}, {"create", ".json.tmp"}, {"write", ".json.tmp"}, {"sync", ".json.tmp"}, {"rename", ".json"}, {"sync", "rings"},
	} {
		t.Run(c.op+" "+c.suffix, func(t *testing.T) {
			id := newIdentity(t)
			o := options(t, id.Recipient())
			rs, disk := openFaulty(t, o)
			r := ringOf(t, rs, "one")
			add(t, r, 0, 12)
			disk.set(func(op, name string) error {
				if op == c.op && strings.HasSuffix(name, c.suffix) {
					return broken
				}
				return nil
			})
			if err := r.Preserve(sec(3), sec(40), "signal"); !errors.Is(err, broken) {
				t.Fatalf("preserve: %v", err)
			}
			for n := 13; n <= 50; n++ { // longer than the ring
				if _, err := r.Add(sec(float64(n)), n, "frame-"+itoa(n), picture(n, small)); !errors.Is(err, broken) {
					t.Fatalf("add: %v", err)
				}
			}
			disk.set(nil)
			add(t, r, 51, 51)

			// Another process finds all of it.
			again := o
			again.Dir = copyDir(t, o.Dir)
			s := newStore()
			deliver(t, openTest(t, again), s)
			if got := s.frames(t, id); !slices.Equal(got, upTo(0, 40)) {
				t.Errorf("frames %v", got)
			}
		})
	}
}

// TestAnEndedSessionIsMadeSafeByDelivery: nobody adds frames any more that would try again.
func TestAnEndedSessionIsMadeSafeByDelivery(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	rs, disk := openFaulty(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 12)
	preserve(t, r, 10, 20, "signal")
	broken := errors.New("broken")
	breaks := func(op, _ string) error {
		if op == "rename" || op == "remove" {
			return broken
		}
		return nil
	}
	disk.set(breaks)
	add(t, r, 13, 14)
	if err := r.Close(); !errors.Is(err, broken) {
		t.Fatalf("close: %v", err)
	}

	// The folder is well again, the store is down, and the process dies.
	disk.set(nil)
	down := func(context.Context, string, Meta, io.Reader) error { return broken }
	if _, err := rs.Deliver(t.Context(), down); err == nil {
		t.Error("delivered to a store that is down")
	}
	again := o
	again.Dir = copyDir(t, o.Dir)
	after := newStore()
	deliver(t, openTest(t, again), after)
	if got := after.frames(t, id); !slices.Equal(got, upTo(10, 14)) {
		t.Errorf("another process finds frames %v", got)
	}

	disk.set(breaks)
	s := newStore()
	done, err := rs.Deliver(t.Context(), s.put)
	if !errors.Is(err, broken) || len(done) == 0 {
		t.Errorf("%d left, %v", len(done), err)
	}
	disk.set(nil)
	if err := r.Close(); err != nil { // drops what it could not
		t.Error(err)
	}
	deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(10, 14)) {
		t.Errorf("frames %v", got)
	}
	if names, _ := files(t, o.Dir); len(names) != 0 || len(rs.Pending()) != 0 {
		t.Errorf("left behind: %v, %+v", names, rs.Pending())
	}
}

// TestTheOrderOfChanges: a segment is safe before the record names it, and is named no
// more before it is removed.
func TestTheOrderOfChanges(t *testing.T) {
	rs, disk := openFaulty(t, options(t, newIdentity(t).Recipient()))
	r := ringOf(t, rs, "one")
	add(t, r, 0, 7)
	if slices.ContainsFunc(disk.done, func(s string) bool { return strings.HasPrefix(s, "sync") }) {
		t.Errorf("nobody asked and something was synced: %v", disk.done)
	}
	disk.done = nil
	preserve(t, r, 0, 7, "signal")
	deliver(t, rs, newStore())
	var got []string
	for _, s := range disk.done {
		if !strings.HasPrefix(s, "write") {
			got = append(got, strings.ReplaceAll(s, r.local, "x"))
		}
	}
	want := []string{
		"sync x-000000.age", "sync x-000001.age", "create x.json.tmp", "sync x.json.tmp", "rename x.json", "sync rings",
		"create x.json.tmp", "sync x.json.tmp", "rename x.json", "sync rings", "remove x-000000.age",
		"remove x.json", "sync rings", "remove x-000001.age",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
