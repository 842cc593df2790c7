package stream

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"
)

func TestStatelessStart(t *testing.T) {
	for _, c := range []struct {
		pos  position
		want int64
		lost bool
	}{
		{position{start: 0, end: 0, committed: -1}, 0, false},
		{position{start: 5, end: 9, committed: -1}, 5, false}, // never here before
		{position{start: 5, end: 9, committed: 5}, 5, false},
		{position{start: 5, end: 9, committed: 9}, 9, false},
		{position{start: 5, end: 9, committed: 4}, 0, true},  // retention was faster
		{position{start: 5, end: 9, committed: 10}, 0, true}, // the topic was made anew
	} {
		got, err := c.pos.stateless()
		if got != c.want || errors.Is(err, errLost) != c.lost {
			t.Errorf("%+v: got %d, %v; want %d, lost %v", c.pos, got, err, c.want, c.lost)
		}
	}
}

func TestBases(t *testing.T) {
	for name, c := range map[string]struct {
		pos         position
		local       int64
		checkpoints []int64
		want        string
		lost        bool
	}{
		"nothing":                {position{0, 50, -1}, -1, nil, "[]", false},
		"local alone":            {position{0, 50, 20}, 20, nil, "[20]", false},
		"local ahead of group":   {position{0, 50, 20}, 30, nil, "[30]", false},
		"checkpoint is newer":    {position{0, 50, 40}, 20, []int64{40, 30}, "[40 30 20]", false},
		"local is newer":         {position{0, 50, 40}, 35, []int64{30, 20}, "[35 30 20]", false},
		"both the same":          {position{0, 50, 40}, 30, []int64{30}, "[30]", false},
		"local before the log":   {position{25, 50, 40}, 20, []int64{30, 22}, "[30]", false},
		"all before the log":     {position{45, 50, 40}, 20, []int64{30}, "[]", false},
		"local beyond the log":   {position{0, 50, 40}, 51, nil, "[]", true},
		"checkpoint beyond":      {position{0, 50, 40}, -1, []int64{60}, "[]", true},
		"at the end of the log":  {position{0, 50, 40}, 50, nil, "[50]", false},
		"at the log's beginning": {position{20, 50, 40}, 20, nil, "[20]", false},
	} {
		got, err := c.pos.bases(c.local, c.checkpoints)
		if fmt.Sprint(got) != c.want || errors.Is(err, errLost) != c.lost {
			t.Errorf("%s: got %v, %v; want %s, lost %v", name, got, err, c.want, c.lost)
		}
	}
}

func TestChangesOfARecordAreAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	st, err := openStore(dir, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	set := func(c *changes, key, value string) {
		t.Helper()
		if err := c.Set([]byte(key), []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(s State, key string, value any) {
		t.Helper()
		got, err := s.Get([]byte(key))
		if err != nil || (value == nil) != (got == nil) || value != nil && string(got) != value {
			t.Errorf("%s is %q, %v; want %v", key, got, err, value)
		}
	}
	record := func() *changes { return &changes{store: st} }

	kept := record()
	set(kept, "a", "1")
	set(kept, "empty", "")
	set(kept, "next", "not the store's offset")
	want(kept, "a", "1")
	if err := kept.apply(); err != nil {
		t.Fatal(err)
	}
	dropped := record()
	want(dropped, "a", "1")
	set(dropped, "a", "2")
	if err := dropped.Delete([]byte("empty")); err != nil {
		t.Fatal(err)
	}
	want(dropped, "a", "2")
	want(dropped, "empty", nil)

	after := record()
	want(after, "a", "1")
	want(after, "empty", "")
	want(after, "absent", nil)
	if err := st.commit(9); err != nil {
		t.Fatal(err)
	}
	lost := record()
	set(lost, "a", "3")
	if err := errors.Join(lost.apply(), st.close()); err != nil { // a crash before the commit
		t.Fatal(err)
	}
	if st, err = openStore(dir, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(dir, zap.NewNop()); err == nil {
		t.Error("two have the store at the same time")
	}
	if st.next != 9 {
		t.Errorf("the store stands for offset %d, want 9", st.next)
	}
	want(record(), "a", "1")
	if err := st.close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedStoreIsTold(t *testing.T) {
	dir := t.TempDir()
	st, err := openStore(dir, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.commit(1), st.close()); err != nil {
		t.Fatal(err)
	}
	manifests, err := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("manifests %v, %v", manifests, err)
	}
	for _, name := range manifests {
		if err := os.WriteFile(name, []byte("garbage that is no manifest"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openStore(dir, zap.NewNop()); !errors.Is(err, errDamaged) {
		t.Errorf("got %v, want %v", err, errDamaged)
	}
}

func TestArchive(t *testing.T) {
	from := t.TempDir()
	files := map[string]string{"MANIFEST-1": "m", "000002.log": "", "000003.sst": string(bytes.Repeat([]byte("x"), 100_000))}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(from, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var packed bytes.Buffer
	if err := pack(&packed, from); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "to")
	if err := unpack(bytes.NewReader(packed.Bytes()), to); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) != len(files) {
		t.Fatalf("unpacked %v, %v", entries, err)
	}
	for name, content := range files {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != content {
			t.Errorf("%s has %d bytes, %v; want %d", name, len(got), err, len(content))
		}
	}
	for at := range packed.Len() {
		bad := bytes.Clone(packed.Bytes())
		bad[at] ^= 1
		for _, damaged := range [][]byte{bad, packed.Bytes()[:at]} {
			if err := unpack(bytes.NewReader(damaged), filepath.Join(t.TempDir(), "to")); !errors.Is(err, errDamaged) {
				t.Fatalf("damage at byte %d: got %v, want %v", at, err, errDamaged)
			}
		}
	}
	if err := os.Mkdir(filepath.Join(from, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := pack(&packed, from); err == nil {
		t.Error("a folder is packed")
	}
}
