package audit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit/verify"
)

// A process of this test binary that has appendTo set appends to that log,
// and prints each index and id when Append has returned, until it is killed or
// its standard input ends.
const (
	appendTo  = "VIGIL_TEST_APPEND_TO"
	appendKey = "VIGIL_TEST_APPEND_KEY"
	appendAs  = "VIGIL_TEST_APPEND_AS"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(appendTo); dir != "" {
		if err := appendForever(dir, os.Getenv(appendKey), os.Getenv(appendAs)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func appendForever(dir, key, name string) error {
	l, err := Open(context.Background(), dir, key)
	if err != nil {
		return err
	}
	told := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent closes it
		close(told)
	}()
	for n := 0; ; n++ {
		select {
		case <-told:
			return l.Close(context.Background())
		default:
		}
		var batch []Entry
		for i := range 1 + n%7 {
			e := entry(n)
			e.ID = fmt.Sprintf("%s/%d/%d", name, n, i)
			batch = append(batch, e)
		}
		indexes, err := l.AppendAll(context.Background(), batch)
		if err != nil {
			return err
		}
		for i, index := range indexes {
			fmt.Println(index, batch[i].ID)
		}
	}
}

// A writer is such a process, seen from outside.
type writer struct {
	cmd   *exec.Cmd
	stop  io.Closer
	ready chan struct{} // closed when it has acknowledged enough entries
	done  sync.WaitGroup
	acked map[uint64]string // once done
}

func startWriter(t *testing.T, dir, key, name string, enough int) *writer {
	t.Helper()
	w := &writer{cmd: exec.Command(os.Args[0]), ready: make(chan struct{}), acked: make(map[uint64]string)}
	w.cmd.Env = append(os.Environ(), appendTo+"="+dir, appendKey+"="+key, appendAs+"="+name)
	w.cmd.Stderr = t.Output()
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.stop = stdin
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.done.Go(func() {
		defer func() {
			if len(w.acked) < enough {
				close(w.ready)
			}
		}()
		lines := bufio.NewReader(stdout)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return // what is cut off was not acknowledged
			}
			index, id, _ := strings.Cut(strings.TrimSpace(line), " ")
			n, err := strconv.ParseUint(index, 10, 64)
			if err != nil {
				t.Errorf("writer says %q", line)
				return
			}
			if w.acked[n] = id; len(w.acked) == enough {
				close(w.ready)
			}
		}
	})
	return w
}

func TestLogOutlivesSIGKILL(t *testing.T) {
	signer, verifier := newKey(t)
	dir := t.TempDir()
	acked := make(map[uint64]string)
	var previous string
	const kills = 8
	for n := range kills {
		// Each time at another point of what the writer does.
		w := startWriter(t, dir, signer, fmt.Sprintf("life-%d", n), 10+25*n)
		<-w.ready
		if err := w.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		w.done.Wait()
		if err := w.cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Fatalf("writer was not killed but ended: %v", err)
		}
		if len(w.acked) == 0 {
			t.Fatal("writer appended nothing")
		}
		for index, id := range w.acked {
			if before, ok := acked[index]; ok {
				t.Fatalf("index %d given to %s and to %s", index, before, id)
			}
			acked[index] = id
		}
		// As it was left, checkpoint and all.
		res, err := Verify(t.Context(), dir, verifier, previous)
		if err != nil {
			t.Fatalf("after %d kills: %v", n+1, err)
		}
		previous = res.Text
	}

	// What the dead acknowledged but had no checkpoint for is signed by whoever
	// opens the log next.
	open(t, dir, signer)
	holds(t, dir, verifier, previous, acked)
	t.Logf("%d kills, %d entries acknowledged", kills, len(acked))
}

func TestProcessesAppendTogether(t *testing.T) {
	signer, verifier := newKey(t)
	dir := t.TempDir()
	writers := []*writer{
		startWriter(t, dir, signer, "one", 300),
		startWriter(t, dir, signer, "two", 300),
		startWriter(t, dir, signer, "three", 300),
	}
	acked := make(map[uint64]string)
	for _, w := range writers {
		<-w.ready
	}
	for _, w := range writers {
		if err := w.stop.Close(); err != nil {
			t.Error(err)
		}
		w.done.Wait()
		if err := w.cmd.Wait(); err != nil {
			t.Errorf("writer: %v", err)
		}
		if len(w.acked) < 300 {
			t.Errorf("writer appended %d", len(w.acked))
		}
		for index, id := range w.acked {
			if before, ok := acked[index]; ok {
				t.Fatalf("index %d given to %s and to %s", index, before, id)
			}
			acked[index] = id
		}
	}
	res := holds(t, dir, verifier, "", acked)
	if res.Size != uint64(len(acked)) {
		t.Errorf("%d entries, %d acknowledged", res.Size, len(acked))
	}
}

// holds verifies the log and that each acknowledged entry is where it was said
// to be.
func holds(t *testing.T, dir, verifier, previous string, acked map[uint64]string) Result {
	t.Helper()
	if len(acked) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	last := slices.Max(slices.Collect(maps.Keys(acked)))
	if _, err := (&Log{dir: dir, verifier: verifier, running: ctx}).Prove(ctx, last); err != nil {
		t.Fatal(err)
	}
	res, err := Verify(ctx, dir, verifier, previous)
	if err != nil {
		t.Fatal(err)
	}
	for index, id := range acked {
		p, err := verify.Prove(dir, verifier, index)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := CheckProof(p, verifier); err != nil || e.ID != id {
			t.Fatalf("entry %d is %q, %v; was acknowledged as %q", index, e.ID, err, id)
		}
	}
	return res
}
