package proc

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	const text = "42 (a ) name) S 7 42 42 0 -1 0 0 0 0 0 100 20 3 4 20 0 9 0 1 1000 50 0\n"
	s, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if s.parent != 7 || s.own.CPU != 1200*time.Millisecond || s.reaped != 70*time.Millisecond || s.own.Resident != 50*int64(os.Getpagesize()) {
		t.Errorf("parsed as %+v", s)
	}
	for _, bad := range []string{"", "42 (name", "42 (name) S 7 1", "42 (name) S x 42 42 0 -1 0 0 0 0 0 100 20 3 4 20 0 9 0 1 1000 50 0"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is taken for a stat file", bad)
		}
	}
}

func TestUseOfThisProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _, _ = child.Process.Kill(), child.Wait() }()
	own, children, err := WithChildren([]int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if own.Processes != 1 || own.Resident == 0 || children.Processes != 1 {
		t.Errorf("this process %+v, its child %+v", own, children)
	}
	if _, err := Of(child.Process.Pid); err != nil {
		t.Error(err)
	}
	if idle, err := Idle(); err != nil || idle == 0 {
		t.Errorf("idle for %s: %v", idle, err)
	}
}
