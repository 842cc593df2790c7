package edge

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

func TestOpenRefuses(t *testing.T) {
	to := newIdentity(t).Recipient()
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	passphrase, err := age.NewScryptRecipient("made up")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(o *Options)
		says   []string
	}{
		{"all at once", func(o *Options) { *o = Options{Keep: -1, MaxBytes: 1, Segment: time.Hour} },
			[]string{"Dir is empty", "Keep is -1ns", "Segment is 1h0m0s", "MaxBytes is 1,", "Recipients has 0 public keys"}},
		{"keys that do not go together", func(o *Options) { o.Recipients = append(o.Recipients, hybrid.Recipient()) },
			[]string{"Recipients: ", "post-quantum"}},
		{"a passphrase", func(o *Options) { o.Recipients = []age.Recipient{passphrase} }, []string{"Recipients: 1: a passphrase is no public key"}},
		{"no key", func(o *Options) { o.Recipients = []age.Recipient{nil} }, []string{"Recipients: 1: a key of type <nil>"}},
		{"a file", func(o *Options) {
			o.Dir += "-file"
			if err := os.WriteFile(o.Dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"not a directory"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, to)
			c.change(&o)
			rs, err := Open(o)
			if err == nil {
				t.Fatal(errors.Join(errors.New("opened"), rs.Close()))
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("error %v, want one that says %q", err, says)
				}
			}
		})
	}
}

func TestTheFolderIsPrivateAndOnesOwn(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	rs := openTest(t, o)
	if _, err := Open(o); !errors.Is(err, ErrBusy) {
		t.Errorf("opened twice: %v", err)
	}
	if err := rs.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := rs.Ring("p", "s", start); !errors.Is(err, ErrClosed) {
		t.Errorf("a ring after close: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(o.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(o.Dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "has mode 0750") {
		t.Errorf("others may read it: %v", err)
	}
}

// TestWhatAnEarlierProcessLeft is a process that was killed: its locks are gone, its
// files are not.
func TestWhatAnEarlierProcessLeft(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	killed := openTest(t, o)
	r := ringOf(t, killed, "one")
	unseen := ringOf(t, killed, "two")
	add(t, unseen, 0, 30)
	add(t, r, 0, 20)
	preserve(t, r, 10, 18, "match-1")
	foreign := filepath.Join(o.Dir, "notes.txt")
	if err := os.WriteFile(foreign, []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}

	left := copyDir(t, o.Dir)
	torn := filepath.Join(left, strings.Repeat("0", 32)+recordSuffix+tempSuffix)
	if err := os.WriteFile(torn, []byte(`{"vers`), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Dir = left
	o.Recipients = []age.Recipient{newIdentity(t).Recipient()} // the keys changed since
	rs := openTest(t, o)
	names, _ := files(t, left)
	// The preserved segments 10–14 and 15–19, their record, and the note.
	if len(names) != 4 || !slices.Contains(names, "notes.txt") {
		t.Errorf("files %v", names)
	}
	w := rs.Pending()
	if len(w) != 1 || w[0].Open || w[0].Files != 2 || !slices.Equal(w[0].Why, []string{"match-1"}) {
		t.Errorf("pending %+v", w)
	}
	s := newStore()
	done := deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(10, 19)) {
		t.Errorf("frames %v", got)
	}
	for _, d := range done {
		if !slices.Equal(d.Meta.Recipients, killed.Recipients()) {
			t.Errorf("recipients %v, were %v", d.Meta.Recipients, killed.Recipients())
		}
	}
	if names, _ := files(t, left); !slices.Equal(names, []string{"notes.txt"}) {
		t.Errorf("files %v", names)
	}
}

// TestABrokenRecordIsNoReasonToDelete: nothing is removed while a record cannot be read.
func TestABrokenRecordIsNoReasonToDelete(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	killed := openTest(t, o)
	r := ringOf(t, killed, "one")
	add(t, r, 0, 20)
	preserve(t, r, 0, 9, "match-1")
	name := r.local + recordSuffix
	data, err := os.ReadFile(filepath.Join(o.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"cut", data[:len(data)/2], "unexpected EOF"},
		{"empty", nil, "EOF"},
		{"of another version", bytes.Replace(data, []byte(`"version":1`), []byte(`"version":2`), 1), "/version: is 2"},
		{"with more behind", append(slices.Clone(data), "{}"...), "more behind"},
		{"of no stream", bytes.Replace(data, []byte(`"stream":"one"`), []byte(`"stream":""`), 1), "/session: stream is empty"},
		{"with a bad file", bytes.Replace(data, []byte(`"frames":5`), []byte(`"frames":0`), 1), "/files/0:"},
		{"with a new field", bytes.Replace(data, []byte(`"version":1`), []byte(`"version":1,"x":1`), 1), "unknown field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			again := o
			again.Dir = copyDir(t, o.Dir)
			if err := os.WriteFile(filepath.Join(again.Dir, name), c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			before, _ := files(t, again.Dir)
			_, err := Open(again)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), name) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
			if after, _ := files(t, again.Dir); !slices.Equal(before, after) {
				t.Errorf("files %v, were %v", after, before)
			}
			// And the folder is free for who mends it.
			if err := os.WriteFile(filepath.Join(again.Dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
			rs := openTest(t, again)
			if done := deliver(t, rs, newStore()); len(done) != 2 {
				t.Errorf("%d delivered once mended", len(done))
			}
		})
	}
}

// copyDir is what a folder is for who comes after a kill.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "left")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o700); err != nil {
		t.Fatal(err)
	}
	return to
}
