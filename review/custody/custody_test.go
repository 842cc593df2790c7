package custody

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A place is a case store with an evidence store, a folder of keys and a clock.
type place struct {
	*Custody
	at     time.Time
	reader *age.X25519Identity
	dir    string
}

func placeOf(t *testing.T) *place {
	t.Helper()
	p := &place{at: start, dir: t.TempDir()}
	now := func() time.Time { p.at = p.at.Add(time.Millisecond); return p.at }
	store, err := review.Open(t.Context(), filepath.Join(p.dir, "cases.db"), now, review.OnePerson())
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := fileblob.OpenBucket(p.dir, &fileblob.Options{NoTempDir: true})
	if err != nil {
		t.Fatal(err)
	}
	bucket = blob.PrefixedBucket(bucket, "evidence/")
	t.Cleanup(func() { _ = errors.Join(store.Close(), bucket.Close()) })
	if p.reader, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	p.Custody = &Custody{Store: store, Blobs: bucket, Keys: Folder{Dir: filepath.Join(p.dir, "keys")}, Now: now, Unclaimed: 30 * 24 * time.Hour}
	return p
}

// receive gives the store a case of a subject with match signals of some names.
func (p *place) receive(t *testing.T, of int, revision uint64, names ...string) string {
	t.Helper()
	subject := signal.Subject(fmt.Sprintf("sub_%032x", of))
	c := review.Case{
		ID: signal.ID("case", string(subject)), Revision: revision, Subject: subject, State: review.StateOpen, Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w1",
		First: start, Last: start.Add(time.Hour), Parts: []review.Part{{Name: "match", Weight: 2, Says: "frames match"}}, Signals: []signal.Signal{},
	}
	for _, name := range names {
		c.Signals = append(c.Signals, signal.Signal{
			ID: signal.ID("match", name), Revision: 1, Kind: signal.KindFlag, Subject: subject, Start: start, End: start, Says: "a user flagged it",
			Flag: &signal.Flag{Stream: "s1", Platform: "demo", Reason: "minor"}, Evidence: []signal.Evidence{{What: "flag", Holder: "demo", Ref: name, At: start}},
		})
	}
	data, err := json.Marshal(c)
	if err == nil {
		_, err = p.Store.Receive(t.Context(), data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func (p *place) decide(t *testing.T, id string, v review.Verdict) {
	t.Helper()
	c, _, err := p.Store.Show(t.Context(), id, review.Reviewer("anna"))
	if err == nil {
		_, err = p.Store.Decide(t.Context(), review.Request{CaseID: id, Digest: c.Digest, Verdict: v, Reason: review.Reasons(v)[0], By: review.Reviewer("anna")})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// carry empties the outbox and counts the erasures that the log is told of.
func (p *place) carry(t *testing.T) (erasures []audit.Entry) {
	t.Helper()
	for {
		rows, err := p.Store.Outbox(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return erasures
		}
		for _, row := range rows {
			result := "1"
			if row.Entry == nil {
				result = signal.ID("alert", row.Decision.ID)
			} else if row.Entry.Kind == audit.KindErasure {
				erasures = append(erasures, *row.Entry)
			}
			if err := p.Store.Done(t.Context(), row.Seq, result); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// window puts a window into the evidence store, as it comes from a platform.
func (p *place) window(t *testing.T, name, text string, why ...string) {
	t.Helper()
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, p.reader.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, name := range why {
		ids = append(ids, signal.ID("match", name))
	}
	stated, err := json.Marshal(map[string]any{"sha256": sum(sealed.Bytes()), "windows": []any{map[string]any{"why": ids}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Blobs.WriteAll(t.Context(), "windows/"+name, sealed.Bytes(), nil), p.Blobs.WriteAll(t.Context(), "windows/"+name+".json", stated, nil)); err != nil {
		t.Fatal(err)
	}
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

func (p *place) seal(t *testing.T, want int) {
	t.Helper()
	if n, err := p.Seal(t.Context()); err != nil || n != want {
		t.Fatalf("%d were sealed, want %d; %v", n, want, err)
	}
}

// there lists what lies under a prefix.
func (p *place) there(t *testing.T, prefix string) (names []string) {
	t.Helper()
	for files := p.Blobs.List(&blob.ListOptions{Prefix: prefix}); ; {
		f, err := files.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Key)
	}
}

// read opens a window with both keys.
func (p *place) read(t *testing.T, name string) (string, error) {
	t.Helper()
	r, err := p.Open(t.Context(), name, func(k review.Keeper) error {
		if k.CaseID == "" || k.Gone {
			t.Errorf("%s is opened for %+v", name, k)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	plain, err := age.Decrypt(r, p.reader)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(plain)
	return string(data), err
}

func TestAWindowLiesUnderItsCasesKey(t *testing.T) {
	p := placeOf(t)
	one, two := p.receive(t, 1, 1, "m1"), p.receive(t, 2, 1, "m2")
	p.window(t, "a.age", "of one", "m1")
	p.window(t, "b.age", "of both", "m1", "m2")
	p.window(t, "c.age", "of none yet", "m1", "m3")
	p.seal(t, 4)
	p.seal(t, 0)
	if got := strings.Join(p.there(t, "windows/"), " "); got != "windows/a.age.json windows/b.age.json windows/c.age windows/c.age.json" {
		t.Errorf("there are %s", got)
	}
	for id, want := range map[string]string{one: "a.age b.age c.age", two: "b.age"} {
		windows, err := p.Windows(t.Context(), id)
		var names []string
		for _, w := range windows {
			names = append(names, w.Name)
			r, err := w.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			var st struct {
				SHA256 string `json:"sha256"`
			}
			if err := errors.Join(err, r.Close(), json.Unmarshal(w.Statement, &st)); err != nil || sum(data) != st.SHA256 {
				t.Errorf("%s is not what was stated: %v", w.Name, err)
			}
		}
		if err != nil || strings.Join(names, " ") != want {
			t.Errorf("case %s keeps %v, %v", id, names, err)
		}
	}
	if text, err := p.read(t, "b.age"); err != nil || text != "of both" {
		t.Error(text, err)
	}
	// What lies there opens with neither key alone.
	for _, name := range p.there(t, "cases/") {
		data, err := p.Blobs.ReadAll(t.Context(), name)
		if err != nil || strings.TrimSuffix(filepath.Base(name), ".age") != sum(data) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := age.Decrypt(bytes.NewReader(data), p.reader); err == nil {
			t.Errorf("%s opens with the readers' key alone", name)
		}
	}
	// The third signal comes to a case, and one that comes to none goes in time.
	p.window(t, "d.age", "of nobody", "m9")
	p.receive(t, 3, 1, "m3")
	p.seal(t, 1)
	p.at = p.at.Add(31 * 24 * time.Hour)
	p.at = time.Now().Add(31 * 24 * time.Hour) // files have the time of the system
	p.seal(t, 0)
	if got := strings.Join(p.there(t, "windows/"), " "); strings.Contains(got, "d.age") || strings.Contains(got, "c.age ") {
		t.Errorf("there are %s", got)
	}
	if _, err := p.Open(t.Context(), "d.age", nil); !errors.Is(err, review.ErrNotFound) {
		t.Errorf("what nobody keeps: %v", err)
	}
}

func TestAKeyIsDestroyedWhenTheTimeIsOver(t *testing.T) {
	p := placeOf(t)
	one, two := p.receive(t, 1, 1, "m1"), p.receive(t, 2, 1, "m2")
	p.window(t, "a.age", "of one", "m1")
	p.window(t, "b.age", "of both", "m1", "m2")
	p.seal(t, 3)
	p.decide(t, one, review.Dismiss)
	p.carry(t)
	before := p.there(t, "cases/")
	r := review.DefaultRetention()
	if done, err := p.Expire(t.Context(), r); err != nil || len(done) != 0 {
		t.Fatal(done, err)
	}
	p.at = p.at.Add(31 * 24 * time.Hour)
	done, err := p.Expire(t.Context(), r)
	if err != nil || len(done) != 1 || done[0].Certificate.Case != one || len(done[0].Certificate.Windows) != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, w := range done[0].Certificate.Windows {
		if !strings.Contains(strings.Join(before, " "), w.SHA256) {
			t.Errorf("no ciphertext had the SHA-256 %s", w.SHA256)
		}
	}
	if _, err := p.Keys.Open(t.Context(), keyName(one, 1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key is there: %v", err)
	}
	if _, err := p.read(t, "a.age"); !errors.Is(err, review.ErrErased) {
		t.Errorf("its window opens: %v", err)
	}
	if text, err := p.read(t, "b.age"); err != nil || text != "of both" {
		t.Errorf("what another case keeps: %q, %v", text, err)
	}
	if got := strings.Join(p.there(t, "windows/"), " "); got != "windows/b.age.json" {
		t.Errorf("there are %s", got)
	}
	told := p.carry(t)
	if len(told) != 1 || told[0].Digest != sum([]byte(done[0].Text)) {
		t.Errorf("the log is told %+v", told)
	}
	// The case comes back with a window of its own, which lies under another key, and
	// what is gone stays gone.
	p.receive(t, 1, 2, "m1", "m4")
	p.window(t, "a.age", "of one", "m1") // as a platform may send it again
	p.window(t, "e.age", "of one, later", "m4")
	p.seal(t, 1)
	if text, err := p.read(t, "e.age"); err != nil || text != "of one, later" {
		t.Error(text, err)
	}
	if _, err := p.read(t, "a.age"); !errors.Is(err, review.ErrErased) {
		t.Errorf("its window opens again: %v", err)
	}
	if got := p.there(t, "windows/a.age"); len(got) != 1 { // the statement that came again
		t.Errorf("there are %v", got)
	}
	if windows, err := p.Windows(t.Context(), two); err != nil || len(windows) != 1 {
		t.Error(windows, err)
	}
}

// TestACrashLeavesNothingHalfDone stops after each step of sealing and of destruction, goes
// on with a new process's custody, and comes to the same end: everything sealed once, the
// key gone, one certificate, the log told once.
func TestACrashLeavesNothingHalfDone(t *testing.T) {
	crash := errors.New("crash")
	for _, stop := range []string{"key made", "sealed", "copied", "certified", "key destroyed", "originals removed", "ciphertexts removed"} {
		t.Run(stop, func(t *testing.T) {
			p := placeOf(t)
			id := p.receive(t, 1, 1, "m1")
			p.window(t, "a.age", "of one", "m1")
			p.window(t, "b.age", "of one too", "m1")
			stopped := 0
			p.between = func(step string) error {
				if step == stop && stopped == 0 {
					stopped++
					return crash
				}
				return nil
			}
			again := func(do func() error) {
				t.Helper()
				err := do()
				if errors.Is(err, crash) {
					err = do()
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			again(func() error { _, err := p.Seal(t.Context()); return err })
			for name, want := range map[string]string{"a.age": "of one", "b.age": "of one too"} {
				if got, err := p.read(t, name); err != nil || got != want {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
			if left := p.there(t, "windows/"); len(left) != 2 {
				t.Errorf("there are %v", left)
			}
			p.decide(t, id, review.Dismiss)
			p.at = p.at.Add(31 * 24 * time.Hour)
			again(func() error { _, err := p.Expire(t.Context(), review.DefaultRetention()); return err })
			if stopped != 1 {
				t.Fatalf("it stopped %d times", stopped)
			}
			if left := append(p.there(t, "windows/"), p.there(t, "cases/")...); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			if _, err := p.Keys.Open(t.Context(), keyName(id, 1)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the key: %v", err)
			}
			list, err := p.Store.Erasures(t.Context(), id, false)
			if err != nil || len(list) != 1 || list[0].Done.IsZero() || len(list[0].Certificate.Windows) != 2 {
				t.Errorf("%+v, %v", list, err)
			}
			if told := p.carry(t); len(told) != 1 {
				t.Errorf("the log is told %d times", len(told))
			}
		})
	}
}

// A shift is a Wrapper that moves each byte: what it is tested for is that it is used.
type shift byte

func (s shift) Encrypt(_ context.Context, b []byte) ([]byte, error) { return s.move(b, byte(s)), nil }
func (s shift) Decrypt(_ context.Context, b []byte) ([]byte, error) { return s.move(b, -byte(s)), nil }
func (s shift) move(b []byte, by byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] += by
	}
	return out
}

func TestKeysLieInFiles(t *testing.T) {
	for name, f := range map[string]Folder{"plain": {}, "wrapped": {URL: "shift://3", Wrapper: shift(3)}} {
		t.Run(name, func(t *testing.T) {
			f.Dir = filepath.Join(t.TempDir(), "keys")
			if _, err := f.Open(t.Context(), "c-1"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("none: %v", err)
			}
			one, err := f.Make(t.Context(), "c-1")
			if err != nil {
				t.Fatal(err)
			}
			if again, err := f.Make(t.Context(), "c-1"); err != nil || again.String() != one.String() {
				t.Errorf("made again it is another: %v", err)
			}
			data, err := os.ReadFile(filepath.Join(f.Dir, "c-1.key"))
			if err != nil || strings.Contains(string(data), one.String()) != (name == "plain") {
				t.Errorf("%q %v", data, err)
			}
			if info, err := os.Stat(filepath.Join(f.Dir, "c-1.key")); err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info, err)
			}
			for range 2 {
				if err := f.Destroy(t.Context(), "c-1"); err != nil {
					t.Error(err)
				}
			}
			if left, err := os.ReadDir(f.Dir); err != nil || len(left) != 0 {
				t.Error(left, err)
			}
		})
	}
}

func TestAWrappedIdentityOpensWithItsWrapper(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte("# of a reader\n" + key.String() + "\n")
	wrapped, err := Wrap(t.Context(), plain, "shift://3", shift(3))
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	open := func(_ context.Context, url string) (Wrapper, func() error, error) {
		if url != "shift://3" {
			return nil, nil, errors.New("no such key")
		}
		return shift(3), func() error { closed++; return nil }, nil
	}
	path := filepath.Join(t.TempDir(), "reader.key")
	read := func(text string, open func(context.Context, string) (Wrapper, func() error, error)) ([]age.Identity, error) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return File{path, open}.Identities(t.Context())
	}
	for _, text := range []string{string(plain), string(wrapped)} {
		got, err := read(text, open)
		if err != nil || len(got) != 1 || fmt.Sprint(got[0]) != key.String() {
			t.Errorf("%v", err)
		}
	}
	if closed != 1 {
		t.Errorf("the wrapper was closed %d times", closed)
	}
	for name, text := range map[string]string{
		"nothing opens that here": string(wrapped), "no age identities": "AGE-SECRET-KEY-1nonsense", "no base64": wrappedHead + "shift://3\n***",
		"without what": wrappedHead, "no such key": wrappedHead + "shift://4\nAAAA", "limit": strings.Repeat("#", maxKeyFile+1),
	} {
		with := open
		if name == "nothing opens that here" {
			with = nil
		}
		if _, err := read(text, with); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "nonsense") {
			t.Errorf("want %q, got %v", name, err)
		}
	}
	if _, err := Wrap(t.Context(), []byte("no key"), "shift://3", shift(3)); err == nil {
		t.Error("something else was wrapped")
	}
	if _, err := Wrap(t.Context(), plain, "shift://3\n", shift(3)); err == nil {
		t.Error("a URL of two lines")
	}
}
