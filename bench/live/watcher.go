package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/vigil-stream/vigil/bench/internal/proc"
)

// stopWithin bounds how long `vigil watch` takes to end, with all its ffmpegs.
const stopWithin = 20 * time.Second

// A watcher is the `vigil watch` that is measured.
type watcher struct {
	cmd    *exec.Cmd
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

func launch(cmd *exec.Cmd) (*watcher, error) {
	w := &watcher{cmd, &tail{}}
	cmd.Stderr = w.stderr
	return w, cmd.Start()
}

// stop ends the process and waits for it; it has to end well and in time.
func (w *watcher) stop() error {
	_ = w.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	late := time.AfterFunc(stopWithin, func() { _ = w.cmd.Process.Kill() })
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("vigil watch: %w%s", err, w.said())
	}
	if !late.Stop() {
		return errors.New("vigil watch did not end in time")
	}
	return nil
}

// said returns the last of what the process said, on lines of its own.
func (w *watcher) said() string {
	w.stderr.mu.Lock()
	defer w.stderr.mu.Unlock()
	if w.stderr.b.Len() == 0 {
		return ""
	}
	return "\n" + w.stderr.b.String()
}

func (w *watcher) look(e *ear) (m moment, err error) {
	if m.vigil, m.ffmpeg, err = proc.WithChildren([]int{w.cmd.Process.Pid}); err != nil {
		return m, err
	}
	if m.idle, err = proc.Idle(); err != nil {
		return m, err
	}
	m.at, m.heard = time.Now(), e.now()
	return m, nil
}
