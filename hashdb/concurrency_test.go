package hashdb

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Look-ups see one state or the next while lists are changed, imported, sealed and
// merged under them.
func TestLookupsDuringChanges(t *testing.T) {
	dir := testDir(t)
	db := openTest(t, dir, Options{HeadRows: 20, ImportRows: 10})
	h, other := hashN(KindPDQ, 1), hashN(KindPDQ, 2)
	// Both hashes are listed under one number, and always change together.
	state := func(n int) Batch {
		return Batch{Source: "a", Entries: []Entry{{Hash: h, Parties: n}, {Hash: other, Parties: n}}}
	}
	mustApply(t, db, state(1))
	done := make(chan struct{})
	var looked atomic.Int64
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			last := 0
			for {
				select {
				case <-done:
					return
				default:
				}
				as, err := db.Search(Query{Radius: OwnRadius}, h, other)
				if err != nil || len(as[0].Matches) != 1 || len(as[1].Matches) != 1 || as[0].Matches[0].Parties != as[1].Matches[0].Parties {
					t.Errorf("%+v, %v", as, err)
					return
				}
				n := as[0].Matches[0].Parties
				if n < last {
					t.Errorf("went back from %d to %d", last, n)
					return
				}
				last = n
				looked.Add(1)
			}
		})
	}
	for n := 2; n <= 120; n++ {
		switch n % 4 {
		case 0:
			mustImport(t, db, ImportRequest{Source: "a"}, recordsOf(append(state(n).Entries, entriesN(KindPDQ, uint64(10*n), uint64(10*n+15))...)...))
		case 1:
			mustApply(t, db, state(n))
			mustMerge(t, db)
		default:
			b := state(n)
			b.Entries = append(b.Entries, entriesN(KindMD5, uint64(n), uint64(n+3))...)
			mustApply(t, db, b)
		}
	}
	close(done)
	readers.Wait()
	if looked.Load() < 100 {
		t.Errorf("only %d look-ups", looked.Load())
	}
	if err := db.Verify(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestProcesses has several processes change and merge one folder at a time.
func TestProcesses(t *testing.T) {
	if dir := os.Getenv("HASHDB_TEST_PROCESS_DIR"); dir != "" {
		process(t, dir, os.Getenv("HASHDB_TEST_PROCESS"))
		return
	}
	dir := testDir(t)
	const n = 3
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$")
			cmd.Env = append(os.Environ(), "HASHDB_TEST_PROCESS_DIR="+dir, fmt.Sprintf("HASHDB_TEST_PROCESS=%d", i))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", i, err, out)
			}
		})
	}
	group.Wait()
	db := openTest(t, dir, Options{})
	for _, l := range db.Lists() {
		want := 30 + 25
		if l.Source == "shared" {
			want = n * 30
		}
		if l.Entries != want {
			t.Errorf("%v has %d entries, want %d", l.ID(), l.Entries, want)
		}
	}
	if got := len(db.Lists()); got != n+1 {
		t.Errorf("%d lists, want %d", got, n+1)
	}
	if err := db.Verify(context.Background()); err != nil {
		t.Error(err)
	}
	mustApply(t, db, Batch{Source: "z", Entries: entriesN(KindMD5, 0, 20)})
	if err := db.write(context.Background(), func() error { return db.seal(nil) }); err != nil {
		t.Error(err)
	}
	leftovers(t, db)
}

func process(t *testing.T, dir, name string) {
	db := openTest(t, dir, Options{HeadRows: 10, ImportRows: 7})
	own, at := "own"+name, uint64(name[0])*1000
	for i := range uint64(30) {
		mustApply(t, db, Batch{Source: own, Entries: []Entry{entryN(KindPDQ, i, "")}})
		mustApply(t, db, Batch{Source: "shared", Entries: []Entry{entryN(KindPDQ, at+i, name)}})
		if i%8 == 0 {
			if _, err := db.Merge(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if len(matches(t, db, hashN(KindPDQ, i))) < 1 {
			t.Errorf("entry %d is not found", i)
		}
	}
	if res := mustImport(t, db, ImportRequest{Source: own, File: "file"}, recordsOf(entriesN(KindPDQ, 1000, 1025)...)); res.Added != 25 {
		t.Errorf("%+v", res)
	}
}

// TestRunSeesRetractions: what one process takes back another does not match a second
// later.
func TestRunSeesRetractions(t *testing.T) {
	dir := testDir(t)
	writer, reader := openTest(t, dir, Options{}), openTest(t, dir, Options{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- reader.Run(ctx) }()
	h := hashN(KindPDQ, 5)
	wait := func(want int) time.Duration {
		t.Helper()
		start := time.Now()
		for len(matches(t, reader, h)) != want {
			if time.Since(start) > 10*time.Second {
				t.Fatal("it is not seen")
			}
			time.Sleep(time.Millisecond)
		}
		return time.Since(start)
	}
	mustApply(t, writer, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 10)})
	listed := wait(1)
	mustApply(t, writer, Batch{Source: "a", RetractRefs: []string{refN(5)}})
	retracted := wait(0)
	if listed > time.Second || retracted > time.Second {
		t.Errorf("seen after %v, gone after %v, want both within a second", listed, retracted)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Run goes on when the folder is gone for a while.
func TestRunReportsAndGoesOn(t *testing.T) {
	dir := testDir(t)
	writer := openTest(t, dir, Options{})
	mustApply(t, writer, Batch{Source: "a", Entries: entriesN(KindPDQ, 0, 1)})
	reports := make(chan error, 1000)
	reader := openTest(t, dir, Options{Every: time.Millisecond, Report: func(err error) {
		select {
		case reports <- err:
		default:
		}
	}})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- reader.Run(ctx) }()
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := <-reports; err == nil {
		t.Error("no error")
	}
	if len(matches(t, reader, hashN(KindPDQ, 0))) != 1 {
		t.Error("the entry is gone with the folder")
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	mustApply(t, writer, Batch{Source: "a", Entries: entriesN(KindPDQ, 1, 2)})
	for start := time.Now(); len(matches(t, reader, hashN(KindPDQ, 1))) != 1; time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("it did not go on")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// open resources of this process, as far as the system tells.
func resources(t *testing.T) (files, maps, goroutines int) {
	if runtime.GOOS != "linux" {
		return 0, 0, runtime.NumGoroutine()
	}
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return len(fileNames(t, "/proc/self/fd")), strings.Count(string(b), segmentPrefix) + strings.Count(string(b), workPrefix), runtime.NumGoroutine()
}

// TestSwapsLeakNothing swaps segments a thousand times.
func TestSwapsLeakNothing(t *testing.T) {
	dir := testDir(t)
	db, reader := openTest(t, dir, Options{HeadRows: 1}), openTest(t, dir, Options{HeadRows: 1})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	generation := db.Stats().Generation
	var files, maps, goroutines int
	var was uint64
	for n := 0; db.Stats().Generation < generation+1000; n++ {
		b := Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, uint64(n%7), "")}}
		b.Entries[0].Parties = n % 255
		mustApply(t, db, b)
		mustMerge(t, db)
		if _, err := reader.Refresh(); err != nil {
			t.Fatal(err)
		}
		if n == 50 {
			files, maps, goroutines = resources(t)
			was = heap()
		}
	}
	f, m, g := resources(t)
	if f > files+2 || m > maps+20 || g > goroutines+2 {
		t.Errorf("files %d, were %d; maps %d, were %d; goroutines %d, were %d", f, files, m, maps, g, goroutines)
	}
	if now := heap(); now > was+was/2+1<<20 {
		t.Errorf("heap %d, was %d", now, was)
	}
	leftovers(t, db)
}
