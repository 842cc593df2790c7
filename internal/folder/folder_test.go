package folder

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestAFileIsReplacedWhole: a fault at any step leaves the file as it was, or as it should
// be, and the next try makes it so.
func TestAFileIsReplacedWhole(t *testing.T) {
	broken := errors.New("broken")
	for at := range 6 {
		steps := 0
		d := &Folder{Dir: filepath.Join(t.TempDir(), "f"), Of: "words", Temp: ".tmp"}
		if err := errors.Join(d.Prepare(), d.Replace("a", []byte("old"))); err != nil {
			t.Fatal(err)
		}
		d.Step = func(string, string) error {
			if steps++; steps > at && at < 5 {
				return broken
			}
			return nil
		}
		err := d.Replace("a", []byte("new"))
		b, _ := os.ReadFile(d.Path("a"))
		if renamed := at >= 4; string(b) != map[bool]string{false: "old", true: "new"}[renamed] || (at < 5) != errors.Is(err, broken) {
			t.Errorf("%d: %q, %v", at, b, err)
		}
		d.Step = nil
		if err := d.Replace("a", []byte("newer")); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(d.Path("a")); err != nil || string(b) != "newer" {
			t.Errorf("%d: %q, %v", at, b, err)
		}
	}
}

func TestOthersHaveNoAccess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are elsewhere")
	}
	d := &Folder{Dir: t.TempDir(), Of: "words"}
	if err := os.Chmod(d.Dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := d.Prepare(); err == nil || !strings.Contains(err.Error(), "no access to words: chmod 0700") {
		t.Error(err)
	}
	if err := os.WriteFile(d.Path("a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := d.Private("a"); err == nil || !strings.Contains(err.Error(), "chmod 0600") {
		t.Error(err)
	}
	if file, err := d.Open("a", os.O_RDONLY); err == nil {
		t.Errorf("%v is open", file.Name())
	}
}
