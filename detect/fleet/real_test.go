package fleet

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// rendered makes a moving test picture of some seconds, benign by nature.
func rendered(t *testing.T, seconds string) string {
	t.Helper()
	if os.Getenv("VIGIL_REAL") == "" {
		t.Skip("VIGIL_REAL is not set")
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi",
		"-i", "testsrc=size=320x180:rate=25:duration="+seconds, "-g", "25", "-pix_fmt", "yuv420p", "file:"+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("render a clip: %v: %s", err, out)
	}
	return path
}

// TestRealStreamIsRaisedWithinTwoSeconds: ffmpeg on a file that plays in a loop, at its
// own speed.
func TestRealStreamIsRaisedWithinTwoSeconds(t *testing.T) {
	spec := live("one")
	spec.Input, spec.Loop = rendered(t, "6"), true
	book := newBook()
	policy := DefaultPolicy()
	policy.Quiet = 5 * time.Second
	f, err := New(Options{Sink: book, Policy: policy, Stderr: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(spec); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	count := func() int { return len(book.frames("one")) }
	for deadline := time.Now().Add(20 * time.Second); count() < 3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d frames in 20 s: %+v", count(), f.Streams())
		}
	}
	raised, before := time.Now(), count()
	f.Signal(payment(1))
	time.Sleep(14 * time.Second) // up at 0 s, down from 5 s on, or later where the machine is busy
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	frames := book.frames("one")
	fast := -1
	for i := before; i < len(frames); i++ {
		if frames[i].fps == 5 {
			fast = i
			break
		}
	}
	if fast < 0 {
		t.Fatal("never raised")
	}
	took := frames[fast].arrived.Sub(raised)
	t.Logf("raised after %s, %d frames, %+v", took, len(frames), book.story("one"))
	if took > 2*time.Second {
		t.Errorf("the first frame at the higher rate left after %s", took)
	}
	least := book.between("one", raised, 2*time.Second, 5*time.Second)
	if least < 13 || least > 17 {
		t.Errorf("%d frames in three seconds, want 15", least)
	}
	if n := book.between("one", raised, 12*time.Second, 14*time.Second); n > 3 {
		t.Errorf("%d frames in two seconds after the quiet time, want 2", n)
	}
	for i, f := range frames[1:] {
		if step := f.arrived.Sub(frames[i].arrived); step > 4*time.Second {
			// Of key frames alone, a decoder that reorders holds two pictures back.
			t.Errorf("frame %d: nothing for %s", f.index, step)
		}
	}
	for _, text := range book.faults {
		t.Error(text)
	}
}

// TestRealFileIsReadToItsEnd: at full speed, its rate changed on the way.
func TestRealFileIsReadToItsEnd(t *testing.T) {
	spec := live("one")
	spec.Input = rendered(t, "40")
	book := newBook()
	var f *Fleet
	book.fail = func(frame Frame) error {
		if frame.Index == 10 {
			f.Signal(flag("one"))
		}
		time.Sleep(5 * time.Millisecond)
		return nil
	}
	var err error
	if f, err = New(Options{Sink: book, UntilDone: true}); err != nil {
		t.Fatal(err)
	}
	missing := live("two")
	missing.Input = spec.Input + ".none"
	if err := f.Set([]Spec{spec, missing}); err != nil {
		t.Fatal(err)
	}
	err = f.Run(t.Context())
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the file that is not there", err)
	}
	frames := book.frames("one")
	if n := len(frames); n < 120 || n > 161 {
		t.Errorf("%d frames", n)
	}
	for i, f := range frames[1:] {
		if step := f.pts - frames[i].pts; step < 150*time.Millisecond || step > 1050*time.Millisecond || step != f.at.Sub(frames[i].at) && i > 0 {
			t.Errorf("frame %d: a step of %s in event time and %s of the file's own", f.index, f.at.Sub(frames[i].at), step)
		}
	}
	if last := frames[len(frames)-1].pts; last < 39*time.Second {
		t.Errorf("the last frame is at %s", last)
	}
	if st := f.Streams()[0]; st.State != StateDone || st.CPU <= 0 || st.Restarts != 0 {
		t.Errorf("got %+v", st)
	}
	for _, text := range book.faults {
		t.Error(text)
	}
}
