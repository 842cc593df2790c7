package hashdb

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAtRest(t *testing.T) {
	if runtime.GOOS != "linux" {
		if _, encrypted, known := AtRest(t.TempDir()); encrypted || known {
			t.Error("more is known than can be")
		}
		return
	}
	if _, err := os.Stat("/dev/shm"); err == nil {
		if what, encrypted, known := AtRest("/dev/shm"); !encrypted || !known || what != "in memory" {
			t.Errorf("/dev/shm: %q, %v, %v", what, encrypted, known)
		}
	}
	if _, encrypted, known := AtRest(filepath.Join(t.TempDir(), "none")); encrypted || known {
		t.Error("something is known of a folder that is not there")
	}
}

func TestRequireEncrypted(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	what, encrypted, known := AtRest(dir)
	db, err := Open(dir, Options{RequireEncrypted: true})
	switch {
	case encrypted && known:
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	case err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "LUKS"):
		t.Errorf("%v, want one that names %q", err, what)
	}
}
