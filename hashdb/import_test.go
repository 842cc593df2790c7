package hashdb

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

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
