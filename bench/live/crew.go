package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/vigil-stream/vigil/bench/internal/proc"
)

// stopWithin bounds how long the processes take to end, with all their ffmpegs.
const stopWithin = 20 * time.Second

// A crew is the processes of vigil that are measured.
type crew struct {
	all    []*exec.Cmd
	stderr *tail
}

// A tail keeps the last of what was written to it.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(p)
	if over := t.b.Len() - 4000; over > 0 {
		t.b.Next(over)
	}
	return len(p), nil
}

func launch(ctx context.Context, commands []*exec.Cmd) (*crew, error) {
	c := &crew{stderr: &tail{}}
	for _, cmd := range commands {
		cmd.Stderr = c.stderr
		if err := cmd.Start(); err != nil {
			return nil, errors.Join(err, c.stop())
		}
		c.all = append(c.all, cmd)
		if err := pause(ctx, 20*time.Millisecond); err != nil { // not all at the same moment
			return nil, errors.Join(err, c.stop())
		}
	}
	return c, nil
}

// stop ends the processes and waits for them.
func (c *crew) stop() (err error) {
	for _, cmd := range c.all {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	kill := time.AfterFunc(stopWithin, func() {
		for _, cmd := range c.all {
			_ = cmd.Process.Kill()
		}
	})
	defer kill.Stop()
	for _, cmd := range c.all {
		if waitErr := cmd.Wait(); waitErr != nil && err == nil {
			err = fmt.Errorf("vigil watch: %w%s", waitErr, c.said())
		}
	}
	return err
}

// said returns the last of what the processes said, on lines of its own.
func (c *crew) said() string {
	c.stderr.mu.Lock()
	defer c.stderr.mu.Unlock()
	if c.stderr.b.Len() == 0 {
		return ""
	}
	return "\n" + c.stderr.b.String()
}

func (c *crew) look(e *ear) (m moment, err error) {
	var pids []int
	for _, cmd := range c.all {
		pids = append(pids, cmd.Process.Pid)
	}
	if m.vigil, m.ffmpeg, err = proc.WithChildren(pids); err != nil {
		return m, err
	}
	if m.idle, err = proc.Idle(); err != nil {
		return m, err
	}
	m.at, m.heard = time.Now(), e.now()
	return m, nil
}

func processors() int { return runtime.NumCPU() }
