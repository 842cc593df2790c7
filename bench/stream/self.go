package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/vigil-stream/vigil/internal/app"
)

// hostRooms is `vigil run --rooms` in this process, until it is told to end, with a
// profile of its processor time if a file is named.
func hostRooms(o options, prefix, data, state, profile string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := app.DefaultConfig(data)
	c.Brokers, c.Prefix, c.Partitions, c.Listen = []string{o.kafka}, prefix, partitions, "none"
	c.Review.Listen = "none"
	c.Rooms, c.LogLevel = strings.Split(o.rooms, ","), "warn"
	c.State, c.Checkpoints = filepath.Join(state, "state"), filepath.Join(state, "checkpoints")
	if err := c.Validate(); err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return app.Run(ctx, c)
}
