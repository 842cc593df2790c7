//go:build unix

package segment

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const childRows = 20_000

// childRowsOf are what the child processes write.
func childRowsOf() []Row {
	rows := plainRows(rand.New(rand.NewPCG(1, 1)), childRows, 256)
	for i := range rows {
		rows[i].Ref = strconv.Itoa(i)
	}
	return rows
}

// TestMain lets the test binary be the process that is killed or runs out of disk.
func TestMain(m *testing.M) {
	path := os.Getenv("SEGMENT_TEST_WRITE")
	if path == "" {
		os.Exit(m.Run())
	}
	if limit, err := strconv.ParseUint(os.Getenv("SEGMENT_TEST_LIMIT"), 10, 63); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := setFileLimit(limit); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	last, err := strconv.Atoi(os.Getenv("SEGMENT_TEST_KILL"))
	if err != nil {
		last = -1
	}
	rows := childRowsOf()
	if os.Getenv("SEGMENT_TEST_PLAIN") != "" {
		for i := range rows {
			rows[i].Ref = "" // The blob stays in its buffer, and all that follows is reached.
		}
	}
	fmt.Println("begin")
	_, err = Write(path, Options{Width: 256, Tables: true}, func(yield func(Row, error) bool) {
		for i, r := range rows {
			if i == last {
				fmt.Println(syscall.Kill(os.Getpid(), syscall.SIGKILL))
				time.Sleep(time.Minute)
			}
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
}

// child starts a process that writes childRowsOf to path.
func child(t *testing.T, path string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), append(env, "SEGMENT_TEST_WRITE="+path)...)
	return cmd
}

// TestKilledWhileWriting: whatever a process that is killed leaves has the name it was
// writing to and is no segment, unless it was whole.
func TestKilledWhileWriting(t *testing.T) {
	check := func(t *testing.T, path string) (whole bool) {
		t.Helper()
		names, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if n.Name() != filepath.Base(path) {
				t.Errorf("%s is left", n.Name())
			}
		}
		s, err := Open(path)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, os.ErrNotExist) {
				t.Error(err)
			}
			return false
		}
		sameRows(t, s.Rows(), childRowsOf())
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		return true
	}
	for _, row := range []int{0, 1, 9000, childRows - 1} {
		path := filepath.Join(t.TempDir(), "tmp")
		out, err := child(t, path, "SEGMENT_TEST_KILL="+strconv.Itoa(row)).Output()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("not killed: %v, %s", err, out)
		}
		if check(t, path) {
			t.Errorf("whole after %d rows", row)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("after %d rows: %v", row, err)
		}
	}
	// At any other moment, in which tables are made or the file is synced.
	for i := range 5 {
		path := filepath.Join(t.TempDir(), "tmp")
		cmd := child(t, path)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := pipe.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 10 * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		err = cmd.Wait()
		t.Logf("after %d ms: whole %v, %v", i*10, check(t, path), err)
	}
}

// TestNoRoom: when a file cannot grow, Write says so and leaves nothing.
func TestNoRoom(t *testing.T) {
	h := header{length: lengths(Options{Width: 256, Tables: true}, childRows, 8)}
	end := h.layout()
	for limit, fails := range map[int64]string{
		0: "row ", end[codes] + columnBuffer: "row ", end[lists] - 1: "write codes", end[metas] - 1: "write lists",
		end[blob] - 1: "write metas", end[tables] - 1: "write blob", end[tables]: "write tables", end[sections] - 1: "write tables",
	} {
		path := filepath.Join(t.TempDir(), "tmp")
		cmd := child(t, path, "SEGMENT_TEST_PLAIN=yes", "SEGMENT_TEST_LIMIT="+strconv.FormatInt(limit, 10))
		out, err := cmd.Output()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 3 {
			t.Errorf("limit %d: %v, %s", limit, err, out)
		}
		if !strings.Contains(string(out), "file too large") || !strings.Contains(string(out), fails) || !strings.Contains(string(out), path) {
			t.Errorf("limit %d: error %s", limit, out)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("limit %d: a file is left: %v", limit, err)
		}
	}
	path := filepath.Join(t.TempDir(), "tmp")
	if out, err := child(t, path).Output(); err != nil {
		t.Errorf("without a limit: %v, %s", err, out)
	}
}

func setFileLimit(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}
