package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/bench/internal/proc"
)

// A worker is one of the two that are measured, as processes of its own.
type worker struct {
	name      string
	processes int
	threads   int // that each may run at a time
	group     string
	signals   string
	// entry makes the number of an entry of the id that the worker's signals give.
	entry func(id string) (int, bool)
	// start starts one process on a river, up to where it would join its group.
	start func(ctx context.Context, r *river) (*process, error)
}

// A process is a worker's.
type process struct {
	cmd *exec.Cmd
	log string // file of what it said
	// join lets it join its group; nil where it does so by itself.
	join func() error
}

// launch starts a command whose standard error goes to a file.
func launch(cmd *exec.Cmd, dir string) (*process, error) {
	log, err := os.CreateTemp(dir, "log-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd: cmd, log: log.Name()}, nil
}

// stop ends the process. What it said is in the error, if it did not end well.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	if err := p.cmd.Wait(); err != nil {
		said, readErr := os.ReadFile(p.log)
		return errors.Join(fmt.Errorf("%s: %w\n%s", filepath.Base(p.cmd.Path), err, said[max(0, len(said)-4000):]), readErr)
	}
	return nil
}

// ours is Vigil's room detect, run by this program: see self.go. With a profile, that
// of its processor time goes into the file.
func (b *bench) ours(threads int, profile string) worker {
	return worker{
		name: "vigil", processes: 1, threads: threads, group: ourGroup, signals: ourSignals,
		entry: func(id string) (int, bool) { n, ok := b.list.number[id]; return n, ok },
		start: func(ctx context.Context, r *river) (*process, error) {
			self, err := os.Executable()
			if err != nil {
				return nil, err
			}
			state, err := os.MkdirTemp(b.dir, "state-")
			if err != nil {
				return nil, err
			}
			args := []string{"-run", "-kafka", b.o.kafka, "-prefix", r.prefix, "-rooms", b.o.rooms, "-data", b.data(), "-state", state}
			if profile != "" {
				args = append(args, "-profile", profile)
			}
			cmd := exec.CommandContext(ctx, self, args...)
			cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", threads))
			return launch(cmd, b.dir)
		},
	}
}

// peer is worker.py.
func (b *bench) peer(processes int, reduce bool) worker {
	name := "peer"
	if reduce {
		name = "peer, reduced to 512"
	}
	return worker{
		name: name, processes: processes, threads: 1, group: peerGroup, signals: peerSignals,
		entry: func(id string) (int, bool) {
			n, err := strconv.Atoi(id)
			return n, err == nil && n >= 0 && n < len(b.list.hashes)
		},
		start: func(ctx context.Context, r *river) (*process, error) {
			args := []string{b.o.script, "--wait", "--brokers", b.o.kafka, "--group", r.prefix + peerGroup, "--frames", r.prefix + framesTopic,
				"--signals", r.prefix + peerSignals, "--list", b.codes()}
			if reduce {
				args = append(args, "--reduce")
			}
			cmd := exec.CommandContext(ctx, b.o.python, args...)
			in, err := cmd.StdinPipe()
			if err != nil {
				return nil, err
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				return nil, err
			}
			p, err := launch(cmd, b.dir)
			if err != nil {
				return nil, err
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
				return nil, errors.Join(fmt.Errorf("%s did not load the list", b.o.script), p.stop())
			}
			p.join = func() error { _, err := io.WriteString(in, "go\n"); return err }
			return p, nil
		},
	}
}

// A crew is a worker's processes at work.
type crew []*process

// begin starts all processes of a worker, and has them join when all are ready.
func (w worker) begin(ctx context.Context, r *river) (crew, error) {
	started := make(crew, w.processes)
	var g errgroup.Group
	for i := range started {
		g.Go(func() (err error) { started[i], err = w.start(ctx, r); return err })
	}
	err := g.Wait()
	c := slices.DeleteFunc(started, func(p *process) bool { return p == nil })
	for _, p := range c {
		if p.join != nil && err == nil {
			err = p.join()
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

func (c crew) stop() (err error) {
	for _, p := range c {
		err = errors.Join(err, p.stop())
	}
	return err
}

func (c crew) use() (sum proc.Use, err error) {
	for _, p := range c {
		u, err := proc.Of(p.cmd.Process.Pid)
		if err != nil {
			return sum, err
		}
		sum.Add(u)
	}
	return sum, nil
}
