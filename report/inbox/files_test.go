package inbox

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []int64 // lines
	}{
		{"one", `{"a": 1}`, []int64{1}}, {"one over lines", "{\n \"a\": 1\n}\n", []int64{1}},
		{"lines", "{}\n\n {\"a\":1} \r\nnot json\n", []int64{1, 3, 4}}, {"nothing", "", []int64{1}}, {"blanks", " \n\n", []int64{1}},
		{"broken", "{\n \"a\": \n", []int64{1}}, {"encrypted", "age-encryption.org/v1\n{}\n{}\n", []int64{1}}, {"a list", "[{}]", []int64{1}},
	} {
		var got []int64
		for _, r := range Split("f", []byte(c.in)) {
			got = append(got, r.Place)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	many := Split("f", bytes.Repeat([]byte("{}\n"), maxRecords+5))
	if last := many[len(many)-1]; len(many) != maxRecords+1 || last.Fault == "" || last.Place != maxRecords+1 {
		t.Errorf("%d records, the last %+v", len(many), last)
	}
}

// TestAFolderIsFollowed puts every form into a folder, some of it by the drop channel, and
// what is no record beside it.
func TestAFolderIsFollowed(t *testing.T) {
	mine := identity(t)
	d := newDesk(t, func(s *Settings) { s.Identities = []age.Identity{mine} })
	dir, marks := t.TempDir(), t.TempDir()
	now := time.Now()
	files, err := NewFiles(dir, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	poll := func() int {
		now = now.Add(3 * time.Second)
		n, err := files.Poll(func(r Record) error { return d.Take(t.Context(), r, nil) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	alert := func(n int) report.Alert { return d.alert(n) }
	put("plain.json", inboxtest.JSON(t, alert(0)))
	put("signed.dsse.json", d.log.Seal(t, alert(1), nil))
	put("sealed.age", d.log.Seal(t, alert(2), nil, mine.Recipient()))
	put("lines.jsonl", bytes.Join([][]byte{inboxtest.JSON(t, alert(3)), d.log.Seal(t, alert(4), nil), []byte("{}"), nil}, []byte("\n")))
	put("half.json.part", []byte("{"))
	put(".hidden", []byte("{"))
	put("picture.png", []byte("\x89PNG"))
	folder, err := drop.Open(drop.Settings{Outgoing: dir, Marks: marks})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Send(t.Context(), alert(5), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Put(t.Context(), "other", drop.File{Name: "alert.json", Data: inboxtest.JSON(t, alert(6))}, drop.File{Name: "report.zip", Data: []byte("PK")}); err != nil {
		t.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link.json")); err != nil {
		t.Fatal(err)
	}
	if n := poll(); n != 8 {
		t.Errorf("%d files were read", n)
	}
	var failed []string
	for _, f := range d.failed() {
		failed = append(failed, f.Source+" "+f.Failed)
	}
	slices.Sort(failed)
	if want := []string{"lines.jsonl decode", "link.json read", "picture.png form"}; !slices.Equal(failed, want) || d.counts().Waits != 7 {
		t.Errorf("%q, %+v", failed, d.counts())
	}
	if n := poll(); n != 0 {
		t.Errorf("%d files were read again", n)
	}
	// What grows is read on; what is not settled is left.
	put("lines.jsonl", bytes.Join([][]byte{inboxtest.JSON(t, alert(3)), d.log.Seal(t, alert(4), nil), []byte("{}"), inboxtest.JSON(t, alert(7)), nil}, []byte("\n")))
	now = time.Now()
	if n, err := files.Poll(func(r Record) error { return d.Take(t.Context(), r, nil) }); err != nil || n != 0 {
		t.Errorf("what is being written was read: %d, %v", n, err)
	}
	if n := poll(); n != 1 || d.counts().Waits != 8 || len(d.failed()) != 3 {
		t.Errorf("%d files, %+v", n, d.counts())
	}
	// A restart reads all again and changes nothing.
	before := d.dump()
	if files, err = NewFiles(dir, func() time.Time { return now }); err != nil {
		t.Fatal(err)
	}
	if n := poll(); n != 8 || d.dump() != before {
		t.Errorf("%d files; before\n%s\nafter\n%s", n, before, d.dump())
	}
}

// TestAFileThatCannotBeTaken comes again.
func TestAFileThatCannotBeTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := NewFiles(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if _, err := files.Poll(func(Record) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	took := 0
	if n, err := files.Poll(func(Record) error { took++; return nil }); err != nil || n != 1 || took != 1 {
		t.Errorf("%d, %d, %v", n, took, err)
	}
	large := filepath.Join(t.TempDir(), "large")
	if f, err := os.Create(large); err != nil || f.Truncate(MaxFile+1) != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if files, err = NewFiles(large, time.Now); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Poll(func(r Record) error {
		if !strings.Contains(r.Fault, "the limit is 67108864") {
			t.Errorf("%q", r.Fault)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if _, err := NewFiles(path+"x", time.Now); err == nil {
		t.Error("what is not there is read")
	}
}

// FuzzSplit: no byte of a file is in two records, and each record is in the file.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("{}\n{\"a\":1}\nx"))
	f.Add([]byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		for _, r := range Split("f", data) {
			total += len(r.Data)
			if !bytes.Contains(data, r.Data) {
				t.Fatalf("%q is not of %q", r.Data, data)
			}
		}
		if total > len(data) {
			t.Fatalf("%d of %d bytes", total, len(data))
		}
	})
}
