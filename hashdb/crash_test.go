package hashdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// dump returns all that a database says.
func dump(t testing.TB, db *DB) string {
	t.Helper()
	var b strings.Builder
	for _, l := range db.Lists() {
		_, _ = fmt.Fprintf(&b, "%+v\n", l)
		for e, err := range db.Entries(context.Background(), l.ID()) {
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(&b, "\t%+v\n", e)
		}
	}
	_, _ = fmt.Fprintf(&b, "checkpoint %q\n", db.Checkpoint("exchange"))
	return b.String()
}

// script is a sequence of changes that goes through all that a database does.
func script() []func(db *DB) error {
	apply := func(b Batch) func(*DB) error {
		return func(db *DB) error {
			_, err := db.Apply(context.Background(), b)
			return err
		}
	}
	load := func(req ImportRequest, records ...Record) func(*DB) error {
		return func(db *DB) error {
			_, err := db.Import(context.Background(), req, &fakeReader{records: records})
			return err
		}
	}
	merge := func(db *DB) error {
		for {
			if merged, err := db.Merge(context.Background()); err != nil || !merged {
				return err
			}
		}
	}
	entries := func(from, to uint64, s Status) (es []Entry) {
		for n := from; n < to; n++ {
			e := entryN(KindPDQ, n, refN(int(n)))
			e.Status = s
			es = append(es, e)
		}
		return es
	}
	records := func(es []Entry) (rs []Record) {
		for _, e := range es {
			rs = append(rs, Record{Entries: []Entry{e}})
		}
		return rs
	}
	return []func(*DB) error{
		apply(Batch{Source: "a", Entries: append(entries(0, 3, Listed), entryN(KindMD5, 1, "")), Checkpoint: Checkpoint{"exchange", []byte("one")}}),
		load(ImportRequest{Source: "a", File: "small"}, records(entries(2, 5, Listed))...),
		load(ImportRequest{Source: "b", File: "big"}, append(records(entries(0, 14, Listed)), Record{RetractRef: refN(3)})...),
		apply(Batch{Source: "a", Entries: entries(10, 20, Listed)}),
		func(db *DB) error {
			return db.SetList(context.Background(), List{Source: "a", Kind: KindPDQ, Radius: 20, State: StateShadow, Owner: "somebody"})
		},
		merge,
		apply(Batch{Source: "b", RetractRefs: []string{refN(4), refN(5)}, Checkpoint: Checkpoint{"exchange", []byte("two")}}),
		load(ImportRequest{Source: "b", File: "big", List: List{Category: "c"}}, append(records(entries(5, 20, Disputed)), records(entries(0, 2, Retracted))...)...),
		apply(Batch{Source: "a", Entries: entries(0, 12, Retracted)}),
		merge,
		apply(Batch{Source: "c", Entries: entries(0, 1, Listed)}),
	}
}

var scriptOptions = Options{Now: fixedClock, HeadRows: 12, ImportRows: 9}

// states returns what a database says after each step of the script, and before.
func states(t testing.TB) []string {
	db := openTest(t, testDir(t), scriptOptions)
	all := []string{dump(t, db)}
	for i, f := range script() {
		if err := f(db); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		all = append(all, dump(t, db))
	}
	return all
}

// survives opens what a crash left after n steps of the script, compares it, and goes on
// to the end.
func survives(t *testing.T, dir string, n int, want []string) {
	t.Helper()
	db := openTest(t, dir, scriptOptions)
	got := dump(t, db)
	switch {
	case got == want[n]:
	case n+1 < len(want) && got == want[n+1]:
		n++
	default:
		t.Fatalf("after %d steps:\n%s\nwant\n%s\nor the next", n, got, want[n])
	}
	if err := db.Verify(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i, f := range script()[n:] {
		if err := f(db); err != nil {
			t.Fatalf("going on with step %d: %v", n+i, err)
		}
	}
	if got := dump(t, db); got != want[len(want)-1] {
		t.Fatalf("at the end:\n%s\nwant\n%s", got, want[len(want)-1])
	}
	// A change of the manifest tidies up.
	if err := db.write(context.Background(), func() error { return db.seal(nil) }); err != nil {
		t.Fatal(err)
	}
	leftovers(t, db)
	if len(db.manifest.Pending) > 0 {
		t.Errorf("pending: %+v", db.manifest.Pending[0])
	}
}

var errCrash = errors.New("crashed")

// TestCrashAtEveryStep ends the script before each change that it makes to the folder:
// nothing is changed any more, not even to tidy up.
func TestCrashAtEveryStep(t *testing.T) {
	want := states(t)
	crashes := 0
	for k := 0; ; k += stride {
		o := scriptOptions
		steps := 0
		o.step = func(string, string) error {
			if steps++; steps > k {
				return errCrash
			}
			return nil
		}
		o.Report = func(error) {}
		dir := testDir(t)
		db, err := Open(dir, o)
		n := 0
		if err == nil {
			for _, f := range script() {
				if err = f(db); err != nil {
					break
				}
				n++
			}
			if closeErr := db.Close(); err == nil && closeErr != nil && !errors.Is(closeErr, errCrash) {
				t.Fatal(closeErr)
			}
		}
		if steps <= k {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		crashes++
		survives(t, dir, n, want)
		if t.Failed() {
			t.Fatalf("crashed at change %d", k)
		}
	}
	if crashes < 100/stride {
		t.Errorf("only %d crashes", crashes)
	}
}

// TestKilled kills processes amid the script.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("HASHDB_TEST_KILL_DIR"); dir != "" {
		killedChild(dir)
		return
	}
	want := states(t)
	r := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for i := range 10 {
		dir := testDir(t)
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "HASHDB_TEST_KILL_DIR="+dir, fmt.Sprintf("HASHDB_TEST_KILL_AT=%d", r.IntN(90)))
		if i%2 == 1 { // At any time, and not only between changes.
			cmd.Env[len(cmd.Env)-1] = "HASHDB_TEST_KILL_AT=1000000"
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var n atomic.Int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				if strings.HasPrefix(lines.Text(), "done ") {
					if n.Add(1) == 1 && i%2 == 1 {
						time.AfterFunc(time.Duration(r.IntN(8_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
					}
				}
			}
		}()
		<-done
		if err := cmd.Wait(); err != nil {
			killed++
		}
		if _, err := os.Stat(dir); err == nil {
			survives(t, dir, int(n.Load()), want)
		}
	}
	if killed < 4 {
		t.Errorf("only %d of 10 were killed", killed)
	}
}

// killedChild runs the script, says what it has done, and kills itself.
func killedChild(dir string) {
	at, err := strconv.Atoi(os.Getenv("HASHDB_TEST_KILL_AT"))
	if err != nil {
		panic(err)
	}
	o := scriptOptions
	o.step = func(string, string) error {
		if at--; at < 0 {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			panic(err)
		}
		return nil
	}
	db, err := Open(dir, o)
	if err != nil {
		panic(err)
	}
	for i, f := range script() {
		if err := f(db); err != nil {
			panic(err)
		}
		if _, err := io.WriteString(os.Stdout, fmt.Sprintf("done %d\n", i)); err != nil {
			panic(err)
		}
	}
}
