package app

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
)

// A port that is in use ends the rooms while they start, and they say so: not what could not
// be opened because of it.
func TestThePortInUseIsWhatIsTold(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	c := DefaultConfig(t.TempDir())
	c.Review.Listen = "none"
	c.Listen, c.Partitions, c.LogLevel, c.Rooms = taken.Addr().String(), 1, "fatal", []string{"review", "report"}
	err = Run(t.Context(), c)
	if !errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
