package hashdb

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

// TestFullDisk fails one change to the folder after the other, as a full disk does. What
// then is reported to have failed has not happened, or wholly; what comes after works.
func TestFullDisk(t *testing.T) {
	want := states(t)
	failures := 0
	for k := 0; ; k += stride {
		o := scriptOptions
		steps := 0
		o.step = func(op, name string) error {
			if steps++; steps == k+1 {
				return fmt.Errorf("%s %s: %w", op, name, syscall.ENOSPC)
			}
			return nil
		}
		o.Report = func(err error) {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("reported: %v", err)
			}
		}
		dir := testDir(t)
		db, err := Open(dir, o)
		if err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			db = openTest(t, dir, o)
		}
		failed := err != nil
		for i, f := range script() {
			err := f(db)
			if err != nil {
				if failed || !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("change %d fails, and then step %d: %v", k, i, err)
				}
				failed = true
				if got := dump(t, db); got != want[i] && got != want[i+1] {
					t.Fatalf("after change %d failed in step %d:\n%s\nwant\n%s", k, i, got, want[i])
				}
				if err := f(db); err != nil {
					t.Fatalf("change %d fails, and then step %d again: %v", k, i, err)
				}
			}
		}
		if got := dump(t, db); got != want[len(want)-1] {
			t.Fatalf("change %d fails, and at the end:\n%s\nwant\n%s", k, got, want[len(want)-1])
		}
		if err := db.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		if steps <= k {
			break
		}
		if failures++; failures%8 == 0 {
			survives(t, dir, len(want)-1, want)
		}
	}
	if failures < 100/stride {
		t.Errorf("only %d failures", failures)
	}
}
