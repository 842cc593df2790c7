package drop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
)

// The channels fit delivery.
var _ delivery.Channel = (*Folder)(nil)

func sampleAlert(t testing.TB) report.Alert {
	t.Helper()
	data, err := os.ReadFile("../testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := report.DecodeAlert(data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func folders(t testing.TB) Settings {
	t.Helper()
	base := t.TempDir()
	s := Settings{Outgoing: filepath.Join(base, "out"), Receipts: filepath.Join(base, "in"), Marks: filepath.Join(base, "marks")}
	for _, dir := range []string{s.Outgoing, s.Receipts, s.Marks} {
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func open(t testing.TB, s Settings) *Folder {
	t.Helper()
	f, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// take is a centre: it begins with manifests, checks what they name, and takes it away.
func take(t testing.TB, s Settings) []Manifest {
	t.Helper()
	var all []Manifest
	for _, name := range names(t, s.Outgoing) {
		if !strings.HasSuffix(name, ManifestName) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(s.Outgoing, name))
		if err != nil {
			t.Fatal(err)
		}
		var m Manifest
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Files {
			data, err := os.ReadFile(filepath.Join(s.Outgoing, f.Name))
			if err != nil || len(data) != f.Bytes || digest(data) != f.SHA256 {
				t.Fatalf("%s is not as the manifest says: %v", f.Name, err)
			}
			if err := os.Remove(filepath.Join(s.Outgoing, f.Name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Remove(filepath.Join(s.Outgoing, name)); err != nil {
			t.Fatal(err)
		}
		answer := fmt.Sprintf(`{"id": %q, "manifest_sha256": %q, "state": "filed", "receipt": "R-%d"}`, m.ID, digest(data), len(all)+1)
		if err := os.WriteFile(filepath.Join(s.Receipts, m.ID+ReceiptName), []byte(answer), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func want(t *testing.T, got report.Answer, err error, state report.State, says string) {
	t.Helper()
	if err != nil || got.State != state || !strings.Contains(got.Says, says) {
		t.Errorf("got %+v, %v; want %s, %s", got, err, state, says)
	}
}

func TestFromPutToReceipt(t *testing.T) {
	s := folders(t)
	f := open(t, s)
	a := sampleAlert(t)
	got, err := f.Ask(t.Context(), a.ID)
	want(t, got, err, report.Absent, "never put")
	got, err = f.Send(t.Context(), a, nil)
	want(t, got, err, report.Waiting, "is still there")
	if all := names(t, s.Outgoing); !slices.Equal(all, []string{a.ID + ".alert.json", a.ID + ManifestName}) {
		t.Errorf("there are %v", all)
	}
	for _, name := range names(t, s.Outgoing) {
		info, err := os.Stat(filepath.Join(s.Outgoing, name))
		if err != nil || info.Mode() != 0o640 {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	got, err = f.Send(t.Context(), a, nil)
	want(t, got, err, report.Waiting, "is still there")
	if len(take(t, s)) != 1 {
		t.Fatal("nothing to take")
	}
	got, err = open(t, s).Send(t.Context(), a, nil) // by another process, after it was taken
	want(t, got, err, report.Filed, "gave a receipt")
	if got.Receipt != "R-1" || len(names(t, s.Outgoing)) != 0 {
		t.Errorf("%+v, and there are %v", got, names(t, s.Outgoing))
	}
	if err := os.Remove(filepath.Join(s.Receipts, a.ID+ReceiptName)); err != nil {
		t.Fatal(err)
	}
	got, err = f.Send(t.Context(), a, nil)
	want(t, got, err, report.Waiting, "was taken")
	if len(names(t, s.Outgoing)) != 0 {
		t.Error("it was put a second time")
	}
}

func TestNothingEmptyIsPut(t *testing.T) {
	s := folders(t)
	a := sampleAlert(t)
	a.Statement.StandIn = true
	_, err := open(t, s).Send(t.Context(), a, nil)
	var held *report.Held
	if !errors.As(err, &held) || len(names(t, s.Outgoing))+len(names(t, s.Marks)) != 0 {
		t.Errorf("%v, and there are %v", err, names(t, s.Outgoing))
	}
}

func TestOtherFilesUnderAnID(t *testing.T) {
	s := folders(t)
	f := open(t, s)
	got, err := f.Put(t.Context(), "a", File{"x.zip", []byte("1")})
	want(t, got, err, report.Waiting, "is still there")
	got, err = f.Put(t.Context(), "a", File{"x.zip", []byte("2")})
	want(t, got, err, report.Refused, "Other files")
	if data, err := os.ReadFile(filepath.Join(s.Outgoing, "a.x.zip")); err != nil || string(data) != "1" {
		t.Errorf("it is %q now, %v", data, err)
	}
}

// TestWhatNeverAppearedIsReplaced: a form that is made again has another day in it.
func TestWhatNeverAppearedIsReplaced(t *testing.T) {
	for name, stop := range map[string]func(f *Folder, m []byte, files []File) error{
		"marked": func(f *Folder, m []byte, files []File) error { return f.prepare("a", m, files) },
		"half renamed": func(f *Folder, m []byte, files []File) error {
			return errors.Join(f.prepare("a", m, files), f.outgoing.Rename("a.x.zip"+Part, "a.x.zip"))
		},
	} {
		s := folders(t)
		f := open(t, s)
		first := []File{{"x.zip", []byte("of yesterday")}}
		m, err := manifest("a", first)
		if err == nil {
			err = stop(f, m, first)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(t, s).Put(t.Context(), "a", File{"x.zip", []byte("of today")})
		want(t, got, err, report.Waiting, "is still there")
		if data, err := os.ReadFile(filepath.Join(s.Outgoing, "a.x.zip")); err != nil || string(data) != "of today" {
			t.Errorf("%s: it is %q, %v", name, data, err)
		}
		if n := len(take(t, s)); n != 1 || len(names(t, s.Outgoing)) != 0 {
			t.Errorf("%s: taken %d times, and %v is left", name, n, names(t, s.Outgoing))
		}
	}
}

// TestWhatWasRefusedMayBeMended: other files than those that the centre's receipt refuses may
// be put under their id, and the old receipt is not taken for theirs.
func TestWhatWasRefusedMayBeMended(t *testing.T) {
	s := folders(t)
	f := open(t, s)
	if _, err := f.Put(t.Context(), "a", File{"x.zip", []byte("1")}); err != nil {
		t.Fatal(err)
	}
	m := take(t, s)
	path := filepath.Join(s.Receipts, m[0].ID+ReceiptName)
	filed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(filed, []byte(`"filed"`), []byte(`"refused"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := f.Put(t.Context(), "a", File{"x.zip", []byte("1")})
	want(t, got, err, report.Refused, "receipt refuses")
	got, err = f.Put(t.Context(), "a", File{"x.zip", []byte("2")})
	want(t, got, err, report.Waiting, "another delivery")
	if len(take(t, s)) != 1 {
		t.Error("it was not put")
	}
	got, err = f.Ask(t.Context(), "a")
	want(t, got, err, report.Filed, "receipt")
}

// TestWithdraw takes away what never appeared, and nothing else.
func TestWithdraw(t *testing.T) {
	s := folders(t)
	f := open(t, s)
	got, err := f.Withdraw(t.Context(), "a", true)
	want(t, got, err, report.Withdrawn, "")
	files := []File{{"x.zip", []byte("1")}}
	m, err := manifest("a", files)
	if err == nil {
		err = f.prepare("a", m, files)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Outgoing, "ab.x.zip"), nil, 0o600); err != nil { // another's
		t.Fatal(err)
	}
	got, err = f.Withdraw(t.Context(), "a", true)
	want(t, got, err, report.Withdrawn, "")
	if left := names(t, s.Outgoing); !slices.Equal(left, []string{"ab.x.zip"}) {
		t.Errorf("left are %v", left)
	}
	if _, err := f.Put(t.Context(), "a", files...); err != nil {
		t.Fatal(err)
	}
	got, err = f.Withdraw(t.Context(), "a", true)
	want(t, got, err, report.Waiting, "still there")
	take(t, s)
	got, err = f.Withdraw(t.Context(), "a", true)
	want(t, got, err, report.Filed, "receipt")
}

func TestNoReceipts(t *testing.T) {
	s := folders(t)
	s.Receipts = ""
	got, err := open(t, s).Put(t.Context(), "a", File{"x.zip", []byte("1")})
	want(t, got, err, report.Filed, "gives no receipts")
}

func TestAnotherProcess(t *testing.T) {
	s := folders(t)
	lock := flock.New(filepath.Join(s.Marks, "a.lock"))
	if ok, err := lock.TryLock(); !ok || err != nil {
		t.Fatal(err)
	}
	got, err := open(t, s).Put(t.Context(), "a", File{"x.zip", []byte("1")})
	want(t, got, err, report.Later, "Another process")
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if len(names(t, s.Outgoing)) != 0 {
		t.Error("it was put all the same")
	}
}

// TestCrashes stops a delivery after each of its steps, with the centre taking what it
// sees: put again, it is whole, and the centre has it once.
func TestCrashes(t *testing.T) {
	files := []File{{"a.zip", []byte("one")}, {"b.txt", []byte("two")}}
	m, err := manifest("id", files)
	if err != nil {
		t.Fatal(err)
	}
	part := func(s Settings, name, data string) {
		if err := os.WriteFile(filepath.Join(s.Outgoing, name+Part), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rename := func(s Settings, name string) {
		if err := os.Rename(filepath.Join(s.Outgoing, name+Part), filepath.Join(s.Outgoing, name)); err != nil {
			t.Fatal(err)
		}
	}
	steps := []func(s Settings){
		func(Settings) {},
		func(s Settings) { part(s, "id.a.zip", "o") }, // half
		func(s Settings) { part(s, "id.a.zip", "one"); part(s, "id.b.txt", "two") },
		func(s Settings) { part(s, "id"+ManifestName, string(m)[:9]) },
		func(s Settings) { part(s, "id"+ManifestName, string(m)) },
		func(s Settings) { // the mark begins
			if err := os.WriteFile(filepath.Join(s.Marks, "id"+Part), []byte("ab"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		func(s Settings) {
			if err := os.WriteFile(filepath.Join(s.Marks, "id"), []byte(digest(m)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		func(s Settings) { rename(s, "id.a.zip") },
		func(s Settings) { rename(s, "id.b.txt") },
		func(s Settings) { rename(s, "id"+ManifestName) },
	}
	for last := range steps {
		s := folders(t)
		for i := range last + 1 {
			steps[i](s)
		}
		taken := len(take(t, s))
		if whole := last == len(steps)-1; whole != (taken == 1) {
			t.Fatalf("after step %d the centre took %d", last, taken)
		}
		got, err := open(t, s).Put(t.Context(), "id", files...)
		if err != nil || got.State != report.Waiting && got.State != report.Filed {
			t.Errorf("step %d: %+v, %v", last, got, err)
		}
		taken += len(take(t, s))
		if left := names(t, s.Outgoing); taken != 1 || len(left) != 0 {
			t.Errorf("step %d: the centre has it %d times, and %v is left", last, taken, left)
		}
		got, err = open(t, s).Put(t.Context(), "id", files...)
		want(t, got, err, report.Filed, "receipt")
	}
}

func TestWrongReceipts(t *testing.T) {
	s := folders(t)
	f := open(t, s)
	if _, err := f.Put(t.Context(), "a", File{"x.zip", []byte("1")}); err != nil {
		t.Fatal(err)
	}
	marked, err := os.ReadFile(filepath.Join(s.Marks, "a"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Receipts, "a"+ReceiptName)
	for text, says := range map[string]string{
		``:                                 "not one JSON",
		`[]`:                               "not one JSON",
		`{"id": "a", "state": "filed"} {}`: "not one JSON",
		`{"id": 7}`:                        "not one JSON",
		`{"id": "../a", "state": "filed"}`: "id: must be",
		`{"id": "b", "state": "filed", "manifest_sha256": "` + string(marked) + `"}`:                      "of another delivery",
		`{"id": "a", "state": "filed", "manifest_sha256": "00"}`:                                          "of another delivery",
		`{"id": "a", "state": "CANARY", "manifest_sha256": "` + string(marked) + `"}`:                     "state: must be",
		`{"id": "a", "state": "filed", "receipt": "\u001b", "manifest_sha256": "` + string(marked) + `"}`: "receipt: must be",
		strings.Repeat(" ", maxReceipt+1):                                                                 "cannot be read",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := f.Ask(t.Context(), "a")
		want(t, got, err, report.Waiting, says)
		if strings.Contains(got.Says, "CANARY") {
			t.Errorf("quoted: %s", got.Says)
		}
	}
	refused := "\uFEFF" + `{"id": "a", "state": "refused", "receipt": "no", "manifest_sha256": "` + strings.ToUpper(string(marked)) + `", "more": 1}`
	if err := os.WriteFile(path, []byte(refused), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := f.Ask(t.Context(), "a")
	want(t, got, err, report.Refused, "refuses")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"2", []byte(refused), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a"+ReceiptName+"2", path); err != nil {
		t.Fatal(err)
	}
	got, err = f.Ask(t.Context(), "a")
	want(t, got, err, report.Waiting, "cannot be read")
}

func TestRefusedDeliveries(t *testing.T) {
	s := folders(t)
	f := open(t, s)
	for name, c := range map[string]struct {
		id    string
		files []File
		want  string
	}{
		"a folder":     {"../a", []File{{"x.zip", []byte("1")}}, "id: must be"},
		"no id":        {"", []File{{"x.zip", []byte("1")}}, "id: must be"},
		"none":         {"a", nil, "files: 0"},
		"many":         {"a", make([]File, MaxFiles+1), "files: 65"},
		"a path":       {"a", []File{{"../x.zip", []byte("1")}}, "files[0].name"},
		"a part":       {"a", []File{{"x.part", []byte("1")}}, "files[0].name"},
		"the manifest": {"a", []File{{"manifest.json", []byte("1")}}, "files[0].name"},
		"no ending":    {"a", []File{{"x", []byte("1")}}, "files[0].name"},
		"twice":        {"a", []File{{"x.zip", []byte("1")}, {"x.zip", []byte("1")}}, "files[1].name: is there twice"},
		"empty":        {"a", []File{{"x.zip", nil}}, "files[0]: is empty"},
		"huge":         {"a", []File{{"x.zip", make([]byte, MaxBytes)}, {"y.zip", []byte("1")}}, "more than 67108864 bytes"},
	} {
		if _, err := f.Put(t.Context(), c.id, c.files...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(names(t, s.Outgoing))+len(names(t, s.Marks)) != 0 {
		t.Error("something was put")
	}
	if _, err := f.Ask(t.Context(), "../a"); err == nil {
		t.Error("asked for a path")
	}
}

// TestLinksAreNotFollowed: somebody who can write to the folder does not steer what is
// written elsewhere.
func TestLinksAreNotFollowed(t *testing.T) {
	s := folders(t)
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.x.zip.part", "a.x.zip"} {
		if err := os.Symlink(other, filepath.Join(s.Outgoing, name)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := open(t, s).Put(t.Context(), "a", File{"x.zip", []byte("1")})
	want(t, got, err, report.Waiting, "is still there")
	if data, err := os.ReadFile(other); err != nil || string(data) != "mine" {
		t.Errorf("the other file is %q, %v", data, err)
	}
	if info, err := os.Lstat(filepath.Join(s.Outgoing, "a.x.zip")); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		t.Errorf("it is %v, %v", info.Mode(), err)
	}
}

// TestWhatIsThereIsLookedAt: a file that has the name and not the content is made anew.
func TestWhatIsThereIsLookedAt(t *testing.T) {
	s := folders(t)
	if err := os.WriteFile(filepath.Join(s.Outgoing, "a.x.zip"), []byte("2"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, s).Put(t.Context(), "a", File{"x.zip", []byte("1")})
	want(t, got, err, report.Waiting, "is still there")
	if len(take(t, s)) != 1 {
		t.Error("nothing to take")
	}
}

func TestOpen(t *testing.T) {
	s := folders(t)
	s.Outgoing += "-none"
	s.Receipts += "-none"
	s.Gate.Bar = 2
	_, err := Open(s)
	for _, part := range []string{"outgoing: ", "receipts: ", "quality.bar"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v lacks %s", err, part)
		}
	}
	s = folders(t)
	s.Marks = s.Outgoing + "/"
	if _, err := Open(s); err == nil || !strings.Contains(err.Error(), "marks: must be another") {
		t.Errorf("marks among what is put: %v", err)
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"id": "a", "manifest_sha256": "00", "state": "filed", "receipt": "R"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := DecodeReceipt(data)
		if err == nil && (!validID.MatchString(r.ID) || r.State == "" || len(r.Receipt) > 256) {
			t.Fatalf("taken: %+v", r)
		}
	})
}
