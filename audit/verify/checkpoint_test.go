package verify

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestOpenCheckpoint(t *testing.T) {
	k, other := newKeeper(t), newKeeper(t)
	root := tlog.RecordHash([]byte("x")).String()
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"good", k.sign(t, "example/log\n7\n"+root+"\n"), true},
		{"empty log", k.sign(t, "example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), true},
		{"empty log, other root", k.sign(t, "example/log\n0\n"+root+"\n"), false},
		{"nothing", "", false},
		{"not signed", "example/log\n7\n" + root + "\n", false},
		{"other key of that name", other.sign(t, "example/log\n7\n"+root+"\n"), false},
		{"other origin", k.sign(t, "example/other\n7\n"+root+"\n"), false},
		{"text changed", strings.Replace(k.sign(t, "example/log\n7\n"+root+"\n"), "\n7\n", "\n8\n", 1), false},
		{"two lines", k.sign(t, "example/log\n7\n"), false},
		{"a line more", k.sign(t, "example/log\n7\n"+root+"\nsee also\n"), false},
		{"negative size", k.sign(t, "example/log\n-7\n"+root+"\n"), false},
		{"padded size", k.sign(t, "example/log\n07\n"+root+"\n"), false},
		{"signed size", k.sign(t, "example/log\n+7\n"+root+"\n"), false},
		{"size that overflows tlog", k.sign(t, "example/log\n9223372036854775807\n"+root+"\n"), false},
		{"short root", k.sign(t, "example/log\n7\nAAAA\n"), false},
		{"root not base64", k.sign(t, "example/log\n7\n?\n"), false},
		{"too large", k.sign(t, "example/log\n7\n"+root+"\n") + strings.Repeat("\n", maxCheckpoint), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := OpenCheckpoint(tt.text, k.verifier)
			if tt.ok != (err == nil) {
				t.Fatalf("OpenCheckpoint() = %+v, %v", c, err)
			}
			if err != nil && !errors.Is(err, ErrCheckpoint) {
				t.Fatalf("%v does not wrap ErrCheckpoint", err)
			}
			if err == nil && (c.Text != tt.text || c.Origin != "example/log") {
				t.Fatalf("OpenCheckpoint() = %+v", c)
			}
		})
	}
	if _, err := OpenCheckpoint(tests[0].text, "no key"); err == nil || errors.Is(err, ErrCheckpoint) {
		t.Fatalf("a malformed key is not the checkpoint's fault: %v", err)
	}
}

func TestReadCheckpoint(t *testing.T) {
	k := newKeeper(t)
	dir := k.write(t, someEntries(t, 3))
	if c, err := ReadCheckpoint(dir, k.verifier); err != nil || c.Size != 3 {
		t.Fatalf("ReadCheckpoint() = %+v, %v", c, err)
	}
	if _, err := ReadCheckpoint(t.TempDir(), k.verifier); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no checkpoint: %v", err)
	}
	if _, err := ReadCheckpoint(dir+"/none", k.verifier); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no folder: %v", err)
	}
}
