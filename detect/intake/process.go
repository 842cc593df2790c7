package intake

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// killDelay is how long after ffmpeg is gone its pipes may stay open, held by a
// process it left behind.
const killDelay = 2 * time.Second

// endDelay is how long ffmpeg may take to end after it closed its output, on a machine
// that has much else to do.
const endDelay = 10 * time.Second

// A process is one running ffmpeg.
type process struct {
	cmd    *exec.Cmd
	out    *os.File // what it writes
	said   *messages
	unhook func() bool
}

// launch starts ffmpeg. When ctx ends, it and whatever it started are killed and
// its output is closed, so that a read ends even where a process that left the
// group still holds the pipe.
func launch(ctx context.Context, program string, args []string, said *messages) (*process, error) {
	program, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	program, args = nicely(program, args)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe to ffmpeg: %w", err)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = in, said
	cmd.WaitDelay = killDelay
	ownGroup(cmd)
	err = cmd.Start()
	_ = in.Close() // ffmpeg has its own
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	p := &process{cmd: cmd, out: out, said: said}
	p.unhook = context.AfterFunc(ctx, func() { _ = out.Close() })
	return p, nil
}

// wait reaps ffmpeg and returns the time it took of processors.
func (p *process) wait() (time.Duration, error) {
	err := p.cmd.Wait()
	p.unhook()
	_ = p.out.Close() // a second time where it was stopped
	if s := p.cmd.ProcessState; s != nil {
		return s.UserTime() + s.SystemTime(), err
	}
	return 0, err
}
