package app

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// A file that has no end, as a device, must not outlast the wish to stop.
func TestHashStopsInTheMiddleOfAFile(t *testing.T) {
	const endless = "/dev/zero"
	if _, err := os.Stat(endless); err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	done := make(chan error, 1)
	go func() {
		done <- Hash(ctx, HashOptions{Kind: "md5", Files: []string{endless}, Out: io.Discard, Err: io.Discard})
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still reading after the context ended")
	}
}
