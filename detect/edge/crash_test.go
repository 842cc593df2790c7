package edge

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
	"strings"
	"testing"

	"filippo.io/age"
)

var errCrash = errors.New("crashed")

// A power is what a folder is when the power fails: what was written and not synced is
// not there.
type power struct {
	left     int // changes until it fails
	writes   int
	failed   bool
	unsynced map[string]bool
}

func (p *power) step(op, name string) error {
	if op == "write" && !p.failed {
		// Most of the changes, and one as good as the next.
		if p.writes++; p.writes%8 != 0 {
			p.unsynced[name] = true
			return nil
		}
	}
	if p.left--; p.left < 0 {
		p.failed = true
		return errCrash
	}
	switch op {
	case "create", "write":
		p.unsynced[name] = true
	case "sync":
		delete(p.unsynced, name)
	case "rename":
		temp := name + tempSuffix
		if delete(p.unsynced, name); p.unsynced[temp] {
			p.unsynced[name] = true
		}
		delete(p.unsynced, temp)
	}
	return nil
}

// live is the life of two sessions. Before anything that may fail goes on, safe is told
// which frames must outlive it.
func live(rs *Rings, s *store, safe func(frames []int)) error {
	r, err := rs.Ring("examplecast", "one", start)
	if err != nil {
		return err
	}
	other, err := rs.Ring("examplecast", "two", start)
	if err != nil {
		return err
	}
	const from, to = 8, 22
	for n := range 35 {
		if _, err := r.Add(sec(float64(n)), n, "frame-"+itoa(n), picture(n, small)); err != nil {
			return err
		}
		if n > 12 && r.open != nil {
			last := min(to, int(r.open.from.Sub(start).Seconds())-1)
			safe(upTo(from, last))
		}
		if _, err := other.Add(sec(float64(n)), 1000+n, "frame-"+itoa(1000+n), picture(1000+n, small)); err != nil {
			return err
		}
		switch n {
		case 12:
			if err := r.Preserve(sec(from), sec(to), "match-1"); err != nil {
				return err
			}
			safe(upTo(from, n))
		case 14, 30:
			if err := r.Preserve(sec(10), sec(to), "flag-"+itoa(n)); err != nil && !errors.Is(err, ErrNothing) {
				return err
			}
		case 20:
			if _, err := rs.Deliver(context.Background(), s.put); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(r.Close(), other.Close()); err != nil {
		return err
	}
	_, err = rs.Deliver(context.Background(), s.put)
	return err
}

// TestPowerFailsAtEveryStep ends that life before each change that it makes to the
// folder, and loses what was not synced.
func TestPowerFailsAtEveryStep(t *testing.T) {
	t.Parallel() // it waits for the disk
	failures, unsynced := 0, 0
	for k := 0; ; k++ {
		p := &power{left: k, unsynced: make(map[string]bool)}
		id := cheap{}
		o := options(t, id)
		rs, err := openRings(o, p.step)
		if err != nil {
			t.Fatal(err)
		}
		s := newStore()
		var promised []int
		err = live(rs, s, func(frames []int) {
			if len(frames) > len(promised) {
				promised = frames
			}
		})
		if !p.failed {
			if err != nil {
				t.Fatal(err)
			}
			if err := rs.Close(); err != nil {
				t.Fatal(err)
			}
			if got := s.frames(t, id); !slices.Equal(got, upTo(5, 22)) && !slices.Equal(got, upTo(5, 24)) {
				t.Errorf("without a failure: frames %v", got)
			}
			break
		}
		if !errors.Is(err, errCrash) {
			t.Fatalf("at change %d: %v", k, err)
		}
		failures++
		_ = rs.Close() // for the sake of its lock; it changes nothing any more
		for name := range p.unsynced {
			path := filepath.Join(o.Dir, name)
			if _, err := os.Stat(path); err == nil {
				unsynced++
				if err := os.Truncate(path, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		recovered(t, o, id, s, promised)
		if t.Failed() {
			t.Fatalf("the power failed at change %d", k)
		}
	}
	if failures < 80 || unsynced < 100 {
		t.Errorf("%d failures, %d files unsynced", failures, unsynced)
	}
	t.Logf("%d failures", failures)
}

// recovered opens what is left, delivers it, and holds what the store then has to what
// was promised.
func recovered(t *testing.T, o Options, id age.Identity, s *store, promised []int) {
	t.Helper()
	rs := openTest(t, o)
	deliver(t, rs, s)
	got := s.frames(t, id)
	for _, n := range promised {
		if !slices.Contains(got, n) {
			t.Errorf("frame %d was preserved and is lost; there are %v", n, got)
		}
	}
	for _, n := range got {
		if n < 4 || n > 26 {
			t.Errorf("frame %d left and nobody asked for it", n)
		}
	}
	if names, _ := files(t, o.Dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	if err := rs.Close(); err != nil {
		t.Error(err)
	}
}

// A process of this test binary that has liveIn set adds frames to a ring in that
// folder, encrypted to liveKey, and prints which are safe, until it is killed.
const (
	liveIn  = "VIGIL_TEST_EDGE_DIR"
	liveKey = "VIGIL_TEST_EDGE_KEY"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(liveIn); dir != "" {
		fmt.Fprintln(os.Stderr, liveForever(dir, os.Getenv(liveKey)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func liveForever(dir, key string) error {
	to, err := ParseRecipients([]byte(key))
	if err != nil {
		return err
	}
	o := Options{Dir: dir, Recipients: to, Keep: 20e9, Segment: 5e9}
	rs, err := Open(o)
	if err != nil {
		return err
	}
	r, err := rs.Ring("examplecast", "one", start)
	if err != nil {
		return err
	}
	told := 0
	for n := 0; ; n++ {
		if _, err := r.Add(sec(float64(n)), n, "frame-"+itoa(n), picture(n, small)); err != nil {
			return err
		}
		safe := int(r.open.from.Sub(start).Seconds()) // all before it
		if m := n % 100; m >= 40 && m < 50 {
			safe = min(safe, n-m+40) // nobody has asked yet
		} else if m == 50 {
			if err := r.Preserve(sec(float64(n-10)), sec(float64(n+10)), "match-"+itoa(n)); err != nil {
				return err
			}
			safe = n + 1
		}
		for ; told < safe; told++ {
			if m := told % 100; m >= 40 && m <= 60 {
				fmt.Println(told)
			}
		}
	}
}

func TestPreservedFramesOutliveSIGKILL(t *testing.T) {
	t.Parallel() // it waits for the disk
	id := newIdentity(t)
	o := options(t, id.Recipient())
	safe := 0
	for kill := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), liveIn+"="+o.Dir, liveKey+"="+id.Recipient().String())
		cmd.Stderr = t.Output()
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		var promised []int
		for {
			line, err := lines.ReadString('\n')
			if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && strings.HasSuffix(line, "\n") {
				promised = append(promised, n)
			}
			if len(promised) == 30+7*kill {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Fatalf("it was not killed but ended: %v", err)
		}
		rs, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		s := newStore()
		deliver(t, rs, s)
		got := s.frames(t, id)
		for _, n := range promised {
			if !slices.Contains(got, n) {
				t.Fatalf("kill %d: frame %d was preserved and is lost; there are %v", kill, n, got)
			}
			safe++
		}
		for _, n := range got {
			if m := n % 100; m < 35 || m > 65 {
				t.Errorf("kill %d: frame %d left and nobody asked for it", kill, n)
			}
		}
		if err := rs.Close(); err != nil {
			t.Fatal(err)
		}
		if names, _ := files(t, o.Dir); len(names) != 0 {
			t.Errorf("kill %d: left behind: %v", kill, names)
		}
	}
	if safe < 200 {
		t.Errorf("only %d frames were promised", safe)
	}
}
