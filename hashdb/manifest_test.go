package hashdb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func testManifest(t testing.TB) []byte {
	db := openTest(t, testDir(t), Options{HeadRows: 1})
	mustApply(t, db, Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, 1, "x"), entryN(KindMD5, 1, "x")}, Checkpoint: Checkpoint{"c", []byte("v")}})
	b, err := os.ReadFile(db.disk.Path(manifestName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestManifestDamage(t *testing.T) {
	good := testManifest(t)
	if _, err := decodeManifest(good); err != nil {
		t.Fatal(err)
	}
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 1
		if _, err := decodeManifest(bad); err == nil {
			t.Errorf("flipped at %d of %d: %q is taken", at, len(good), bad[:min(40, len(bad))])
		}
		if _, err := decodeManifest(good[:at]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
	other := bytes.Replace(good, []byte(manifestMagic+" 1 "), []byte(manifestMagic+" 2 "), 1)
	if _, err := decodeManifest(other); err == nil || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "format 2") {
		t.Errorf("format 2: %v", err)
	}
}

// FuzzManifest: what is taken can be written and is taken again.
func FuzzManifest(f *testing.F) {
	good := testManifest(f)
	_, body, _ := bytes.Cut(good, []byte("\n"))
	f.Add(good, false)
	f.Add(body, true)
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		if seal { // With a good checksum, to get behind it.
			b = sealManifest(b)
		}
		m, err := decodeManifest(b)
		if err != nil {
			return
		}
		again, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeManifest(again); err != nil {
			t.Error(err)
		}
	})
}

// sealManifest puts the first line before a body.
func sealManifest(body []byte) []byte {
	var m struct{ Generation uint64 }
	_ = json.Unmarshal(body, &m) // If it is none, the manifest is not taken.
	return append(firstLine(m.Generation, body), body...)
}

func TestOpenRefuses(t *testing.T) {
	fill := func(t *testing.T) string {
		dir := testDir(t)
		db := openTest(t, dir, Options{HeadRows: 1})
		mustApply(t, db, Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, 1, "x")}})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	only := func(t *testing.T, dir, pattern string) string {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) != 1 {
			t.Fatalf("%d of %s, %v", len(found), pattern, err)
		}
		return found[0]
	}
	for _, test := range []struct {
		name string
		do   func(t *testing.T, dir string) error
		want error
		says string
	}{
		{"nothing wrong", func(*testing.T, string) error { return nil }, nil, ""},
		{"the folder open to others", func(_ *testing.T, dir string) error { return os.Chmod(dir, 0o750) }, nil, "chmod 0700"},
		{"the manifest open to others", func(_ *testing.T, dir string) error { return os.Chmod(filepath.Join(dir, manifestName), 0o604) }, nil, "chmod 0600"},
		{"a segment open to others", func(t *testing.T, dir string) error { return os.Chmod(only(t, dir, "segment-*"), 0o640) }, nil, "chmod 0600"},
		{"a journal open to others", func(t *testing.T, dir string) error { return os.Chmod(only(t, dir, "journal-*"), 0o640) }, nil, "chmod 0600"},
		{"no manifest", func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, manifestName)) }, ErrDamaged, manifestName},
		{"no segment", func(t *testing.T, dir string) error { return os.Remove(only(t, dir, "segment-*")) }, ErrDamaged, "segment-"},
		{"no journal", func(t *testing.T, dir string) error { return os.Remove(only(t, dir, "journal-*")) }, ErrDamaged, "journal-"},
		{"an empty segment", func(t *testing.T, dir string) error { return swapFile(only(t, dir, "segment-*"), nil) }, ErrDamaged, "segment-"},
		{"a flipped segment", func(t *testing.T, dir string) error {
			name := only(t, dir, "segment-*")
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			b[len(b)/2] ^= 4
			return swapFile(name, b)
		}, ErrDamaged, "segment-"},
		{"another segment's file", func(t *testing.T, dir string) error {
			return os.Rename(only(t, fill2(t), "segment-*"), only(t, dir, "segment-*"))
		}, ErrDamaged, "segment-"},
		{"an old list", func(_ *testing.T, dir string) error {
			all, err := os.ReadDir(dir)
			for _, e := range all {
				err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
			}
			return errors.Join(err, os.WriteFile(filepath.Join(dir, "demo.pdq.hashes"), nil, 0o600))
		}, nil, "import the list again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(test.says, "chmod") {
				t.Skip("Windows keeps permissions elsewhere")
			}
			dir := fill(t)
			reader := openTest(t, dir, Options{})
			want := dump(t, reader)
			if err := test.do(t, dir); err != nil {
				t.Fatal(err)
			}
			db, err := Open(dir, Options{})
			if test.says == "" {
				if err != nil || dump(t, db) != want {
					t.Errorf("%v", err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || errors.Is(err, ErrDamaged) != (test.want != nil) {
				t.Errorf("%v, want %v that says %q", err, test.want, test.says)
			}
			// Who has it open goes on with what there was.
			_, _ = reader.Refresh()
			if got := dump(t, reader); got != want {
				t.Errorf("the reader says\n%s\nwant\n%s", got, want)
			}
		})
	}
	if _, err := Open(filepath.Join(fill(t), manifestName), Options{}); err == nil {
		t.Error("a file was opened as a folder")
	}
}

// swapFile puts another file in a file's place. Who has the one of before mapped keeps it.
func swapFile(name string, b []byte) error {
	return errors.Join(os.WriteFile(name+".new", b, 0o600), os.Rename(name+".new", name))
}

// fill2 returns a folder with a segment of other rows of the same number.
func fill2(t *testing.T) string {
	dir := testDir(t)
	db := openTest(t, dir, Options{HeadRows: 1})
	mustApply(t, db, Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, 2, "y")}})
	return dir
}

func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps permissions elsewhere")
	}
	dir := filepath.Join(testDir(t), "deep", "hashes")
	db := openTest(t, dir, scriptOptions)
	for _, f := range script() {
		if err := f(db); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", d.Name(), info.Mode())
		}
		files++
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
}
