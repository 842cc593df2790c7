package hashdb

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAtRestFollowsDevices lays devices out as /sys does.
func TestAtRestFollowsDevices(t *testing.T) {
	root := t.TempDir()
	device := func(name, uuid string, below ...string) string {
		dir := filepath.Join(root, name)
		for _, d := range []string{"slaves", "dm"} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if uuid != "" {
			if err := os.WriteFile(filepath.Join(dir, "dm", "uuid"), []byte(uuid+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range below {
			if err := os.Symlink(filepath.Join(root, b), filepath.Join(dir, "slaves", filepath.Base(b))); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	device("sda", "")
	device("sdb", "")
	device("crypt-a", "CRYPT-LUKS2-0123-a", "sda")
	device("crypt-b", "CRYPT-PLAIN-b", "sdb")
	device("lvm", "LVM-abc", "crypt-a", "crypt-b")
	device("half", "LVM-abc", "crypt-a", "sdb")
	device("plain", "LVM-abc", "sda")
	device("circle", "LVM-abc", "circle")
	device("crypt-a/part", "")
	if err := os.WriteFile(filepath.Join(root, "crypt-a", "part", "partition"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"sda": false, "crypt-a": true, "lvm": true, "half": false, "plain": false, "circle": false, "crypt-a/part": true,
	} {
		if what, encrypted, known := atRestOn(filepath.Join(root, name)); encrypted != want || !known {
			t.Errorf("%s: %q, %v, %v", name, what, encrypted, known)
		}
	}
	if _, encrypted, known := atRestOn(filepath.Join(root, "none")); encrypted || known {
		t.Error("something is known of no device")
	}
}
