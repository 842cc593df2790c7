package hashdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// open opens the lists in a folder.
func open(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func importText(t testing.TB, db *DB, req ImportRequest, text string) ImportResult {
	t.Helper()
	res, err := db.Import(t.Context(), req, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// lines returns n hashes of kind k, one a line, that no other seed gives.
func lines(seed byte, k Kind, n int) string {
	r := seeded(seed)
	var b strings.Builder
	for range n {
		full := randomWords(r).bytes()
		fmt.Fprintf(&b, "%x\n", full[:k.size()])
	}
	return b.String()
}

func TestImportAndLookup(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	near := mustParse(t, KindPDQ, pdqHex)
	at := func(bits ...int) Hash {
		h := near
		for _, bit := range bits {
			h.Bits[bit/8] ^= 1 << (bit % 8)
		}
		return h
	}
	a := importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, near.String()+"\n"+at(1, 2, 3).String()+"\n")
	b := importText(t, db, ImportRequest{Source: "B", Kind: KindPDQ, Radius: 2}, at(1, 2, 3).String())
	importText(t, db, ImportRequest{Source: "a", Kind: KindPHash}, pdqHex[:16])

	want := func(list, version string, h Hash, distance, radius int) Match {
		return Match{list, version, entryID(h.Kind, h.words()), h.Kind, distance, radius}
	}
	for _, test := range []struct {
		name   string
		hash   Hash
		radius int // Negative for each list's own.
		want   []Match
	}{
		{"itself", near, -1, []Match{want("a", a.Version, near, 0, 31), want("a", a.Version, at(1, 2, 3), 3, 31)}},
		{"in both lists", at(1, 2), -1, []Match{
			want("B", b.Version, at(1, 2, 3), 1, 2), want("a", a.Version, at(1, 2, 3), 1, 31), want("a", a.Version, near, 2, 31),
		}},
		{"given radius", at(1, 2), 1, []Match{want("B", b.Version, at(1, 2, 3), 1, 1), want("a", a.Version, at(1, 2, 3), 1, 1)}},
		{"another kind", mustParse(t, KindDHash, pdqHex[:16]), -1, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := db.Lookup(test.hash)
			if test.radius >= 0 {
				got, err = db.LookupWithin(test.hash, test.radius)
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	if got := db.Kinds(); !slices.Equal(got, []Kind{KindPDQ, KindPHash}) {
		t.Errorf("kinds %v, want pdq and phash", got)
	}
	again := open(t, dir)
	if !reflect.DeepEqual(again.Lists(), db.Lists()) || len(db.Lists()) != 3 {
		t.Errorf("lists %+v, opened again %+v, want the same three", db.Lists(), again.Lists())
	}
	if got := db.Lists()[0]; got != (ListInfo{"B", KindPDQ, 1, 2, b.Version}) {
		t.Errorf("first list %+v", got)
	}
	for _, radius := range []int{-1, 257} {
		if _, err := db.LookupWithin(near, radius); err == nil {
			t.Errorf("radius %d gave no error", radius)
		}
	}
	if _, err := db.Lookup(Hash{}); err == nil {
		t.Error("a hash of no kind gave no error")
	}
}

// A list large enough for the index answers as the small ones do.
func TestLookupInLargeList(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hashes"))
	text := lines(7, KindPDQ, scanBelow+1)
	importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, text)
	if _, ok := db.current.Load().lists[0].index.(*eighths); !ok {
		t.Fatal("the list is not indexed")
	}
	for _, line := range strings.Fields(text)[:100] {
		h := mustParse(t, KindPDQ, line)
		h.Bits[5] ^= 0xff
		got, err := db.Lookup(h)
		if err != nil || len(got) != 1 || got[0].Distance != 8 {
			t.Fatalf("got %+v, %v, want one match at distance 8", got, err)
		}
	}
}

func TestImportCounts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	req := ImportRequest{Source: "a", Kind: KindPHash}
	text := lines(1, KindPHash, 10)
	first := importText(t, db, req, text+text+"bad\n")
	if first.Added != 10 || first.Known != 10 || first.BadCount != 1 || first.Bad[0].Line != 21 {
		t.Errorf("first import %+v, want 10 added, 10 known, line 21 bad", first)
	}
	file := filepath.Join(dir, fileName("a", KindPHash))
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	second := importText(t, db, req, text)
	if second.Added != 0 || second.Known != 10 || second.Version != first.Version {
		t.Errorf("same again %+v, want 10 known and version %s", second, first.Version)
	}
	after, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("an import that adds nothing wrote the file anew")
	}
	third := importText(t, db, req, lines(2, KindPHash, 5)+text)
	if third.Added != 5 || third.Known != 10 || third.Version == first.Version {
		t.Errorf("more %+v, want 5 added, 10 known, another version", third)
	}
	req.Radius = 4
	if got := importText(t, db, req, ""); got.Added != 0 || got.Version == third.Version || db.Lists()[0].Radius != 4 {
		t.Errorf("radius changed: %+v, lists %+v", got, db.Lists())
	}
	req.Radius = 0
	if importText(t, db, req, ""); db.Lists()[0].Radius != 4 {
		t.Errorf("radius 0 did not keep the list's: %+v", db.Lists())
	}
	if got := importText(t, db, ImportRequest{Source: "none", Kind: KindPDQ}, "# nothing\n"); got.Version != "" || len(db.Lists()) != 1 {
		t.Errorf("nothing imported: %+v, lists %+v", got, db.Lists())
	}
}

func TestImportRefuses(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hashes"))
	for name, req := range map[string]ImportRequest{
		"no source":       {Kind: KindPDQ},
		"path":            {Source: "../x", Kind: KindPDQ},
		"hidden":          {Source: ".x", Kind: KindPDQ},
		"long":            {Source: strings.Repeat("x", 65), Kind: KindPDQ},
		"not ASCII":       {Source: "liste-é", Kind: KindPDQ},
		"no kind":         {Source: "a"},
		"negative radius": {Source: "a", Kind: KindPDQ, Radius: -1},
		"wide radius":     {Source: "a", Kind: KindPHash, Radius: 17},
	} {
		if _, err := db.Import(t.Context(), req, strings.NewReader("")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// cancelReader gives some lines, and cancels before the rest.
type cancelReader struct {
	io.Reader
	cancel context.CancelFunc
}

func (r cancelReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		r.cancel()
	}
	return n, err
}

func TestFailedImportChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	req := ImportRequest{Source: "a", Kind: KindPDQ, File: "export.txt"}
	importText(t, db, req, lines(1, KindPDQ, 3))
	want := db.Lists()
	broken := errors.New("connection lost")
	_, err := db.Import(t.Context(), req, io.MultiReader(strings.NewReader(lines(2, KindPDQ, 3)), errReader{broken}))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "export.txt: line 4") {
		t.Errorf("error %v, want the reader's with file and line", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = db.Import(ctx, req, cancelReader{strings.NewReader(lines(2, KindPDQ, 3)), cancel})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	for _, db := range []*DB{db, open(t, dir)} {
		if got := db.Lists(); !reflect.DeepEqual(got, want) {
			t.Errorf("lists %+v, want %+v", got, want)
		}
	}
}

// What a crash left half written does not count, and the next import clears it.
func TestImportAfterCrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	leftover := filepath.Join(dir, writeName)
	if err := os.WriteFile(leftover, []byte("half a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := db.Refresh(); changed || err != nil {
		t.Errorf("refresh: %v, %v, want no change", changed, err)
	}
	importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, pdqHex)
	if _, err := os.Stat(leftover); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the leftover is still there: %v", err)
	}
}

func TestRefresh(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	reader, writer := open(t, dir), open(t, dir)
	refresh := func(want bool) {
		t.Helper()
		if changed, err := reader.Refresh(); changed != want || err != nil {
			t.Errorf("refresh: %v, %v, want %v", changed, err, want)
		}
	}
	refresh(false)
	importText(t, writer, ImportRequest{Source: "a", Kind: KindPDQ}, pdqHex)
	importText(t, writer, ImportRequest{Source: "b", Kind: KindPDQ}, lines(1, KindPDQ, 2))
	if got, err := reader.Lookup(mustParse(t, KindPDQ, pdqHex)); len(got) != 0 || err != nil {
		t.Errorf("before refresh: %v, %v", got, err)
	}
	refresh(true)
	refresh(false)
	if got, err := reader.Lookup(mustParse(t, KindPDQ, pdqHex)); len(got) != 1 || err != nil {
		t.Errorf("after refresh: %v, %v", got, err)
	}
	kept := reader.current.Load().find("b", KindPDQ)
	// The same size: only the content tells.
	importText(t, writer, ImportRequest{Source: "a", Kind: KindPDQ, Radius: 5}, "")
	refresh(true)
	if reader.Lists()[0].Radius != 5 {
		t.Errorf("lists %+v, want radius 5", reader.Lists())
	}
	if reader.current.Load().find("b", KindPDQ) != kept {
		t.Error("an unchanged list was loaded again")
	}
}

// Neither a damaged list nor a vanished one is ever an empty one.
func TestRefreshKeepsListsOnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hashes")
	db := open(t, dir)
	importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, pdqHex)
	file := filepath.Join(dir, fileName("a", KindPDQ))
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, fileName("other", KindPDQ))
	for _, test := range []struct {
		name   string
		damage func() error
		want   error
	}{
		{"cut", func() error { return os.WriteFile(file, good[:40], 0o600) }, ErrDamaged},
		{"emptied", func() error { return os.WriteFile(file, nil, 0o600) }, ErrDamaged},
		{"changed", func() error {
			bad := slices.Clone(good)
			bad[len(bad)-1] ^= 1
			return os.WriteFile(file, bad, 0o600)
		}, ErrDamaged},
		{"misnamed", func() error { return errors.Join(os.WriteFile(file, good, 0o600), os.WriteFile(other, good, 0o600)) }, ErrDamaged},
		{"vanished", func() error { return errors.Join(os.Remove(other), os.Remove(file)) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.damage(); err != nil {
				t.Fatal(err)
			}
			changed, err := db.Refresh()
			if err == nil || changed || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("refresh: %v, %v, want an error", changed, err)
			}
			if err != nil && !strings.Contains(err.Error(), listSuffix) {
				t.Errorf("error %q does not name the file", err)
			}
			if got, err := db.Lookup(mustParse(t, KindPDQ, pdqHex)); len(got) != 1 || err != nil {
				t.Errorf("look-up: %v, %v, want the match as before", got, err)
			}
			if test.want != nil {
				if _, err := Open(dir); !errors.Is(err, test.want) {
					t.Errorf("open: %v, want %v", err, test.want)
				}
			}
		})
	}
}

func TestOpenWantsPrivacy(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps permissions elsewhere")
	}
	dir := filepath.Join(t.TempDir(), "deep", "hashes")
	db := open(t, dir)
	importText(t, db, ImportRequest{Source: "a", Kind: KindPDQ}, pdqHex)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", d.Name(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, fileName("a", KindPDQ))
	for _, test := range []struct {
		name      string
		mode, was fs.FileMode
	}{{dir, 0o750, 0o700}, {file, 0o604, 0o600}} {
		if err := os.Chmod(test.name, test.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "chmod") {
			t.Errorf("mode %v: error %v, want one that says chmod", test.mode, err)
		}
		if err := os.Chmod(test.name, test.was); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(file); err == nil {
		t.Error("a file was opened as a folder")
	}
}

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
