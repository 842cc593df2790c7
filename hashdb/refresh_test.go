package hashdb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

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
