package hashdb

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Look-ups see one state or the next while lists are swapped under them.
func TestLookupDuringImports(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hashes"))
	importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, pdqHex)
	h := mustParse(t, KindPDQ, pdqHex)
	done := make(chan struct{})
	var wg sync.WaitGroup
	looked := 0
	wg.Go(func() {
		for {
			got, err := db.Lookup(h)
			if err != nil || len(got) != 1 {
				t.Errorf("look-up: %v, %v", got, err)
				return
			}
			looked++
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range 20 {
		importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, lines(byte(i), KindPDQ, 50))
	}
	close(done)
	wg.Wait()
	if looked == 0 || db.Lists()[0].Entries != 1001 {
		t.Errorf("%d look-ups, lists %+v, want some and 1001 entries", looked, db.Lists())
	}
}

const importerDir = "HASHDB_TEST_IMPORTER_DIR"

// Processes that import into one list at the same time lose nothing.
func TestConcurrentProcesses(t *testing.T) {
	const processes, rounds, each = 4, 8, 10
	if dir := os.Getenv(importerDir); dir != "" {
		db := open(t, dir)
		for round := range rounds {
			seed := byte(os.Getpid()%16*rounds + round) // Overlaps are welcome.
			importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, lines(seed, KindPDQ, each))
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want := map[words]bool{}
	var running []*exec.Cmd
	for range processes {
		cmd := exec.Command(self, "-test.run=^TestConcurrentProcesses$")
		cmd.Env = append(os.Environ(), importerDir+"="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("importer: %v", err)
		}
		for round := range rounds {
			for _, line := range strings.Fields(lines(byte(cmd.Process.Pid%16*rounds+round), KindPDQ, each)) {
				want[mustParse(t, KindPDQ, line).words()] = true
			}
		}
	}
	if _, err := db.Refresh(); err != nil {
		t.Fatal(err)
	}
	list := db.current.Load().find("a", KindPDQ)
	if list == nil || len(list.hashes) != len(want) {
		t.Fatalf("lists %+v, want %d entries", db.Lists(), len(want))
	}
	for _, h := range list.hashes {
		if !want[h] {
			t.Error("an entry that nobody imported")
		}
	}
}
