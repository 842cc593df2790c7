package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
	"github.com/vigil-stream/vigil/review/console"
	"github.com/vigil-stream/vigil/signal"
)

// carryOut does what a river's pump does with what the case store wants logged.
func carryOut(t *testing.T, store *review.Store, ledger *audit.Log) (kinds []string) {
	t.Helper()
	rows, err := store.Outbox(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Entry == nil {
			continue
		}
		kinds = append(kinds, row.Entry.Kind)
		index, err := ledger.Append(t.Context(), *row.Entry)
		if err == nil {
			err = store.Done(t.Context(), row.Seq, strconv.FormatUint(index, 10))
		}
		if err == nil {
			_, err = ledger.Prove(t.Context(), index) // a checkpoint covers it
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return kinds
}

// An evidenceScene is a deployment with a list, and a case of a stream of which some
// frames matched an entry of it and a window was preserved.
type evidenceScene struct {
	c        Config
	dir      string
	store    *review.Store
	ledger   *audit.Log
	verifier string
	key      *age.X25519Identity
	id       string   // of the case
	frames   []string // SHA-256 of those that matched
	match    signal.Match
}

func evidenceSceneOf(t *testing.T) *evidenceScene {
	t.Helper()
	ctx := t.Context()
	s := &evidenceScene{dir: t.TempDir()}
	s.c = DefaultConfig(filepath.Join(s.dir, "data"))
	s.c.Review.onePerson()
	var err error
	if s.ledger, s.verifier, err = s.c.openAudit(ctx); err != nil {
		t.Fatal(err)
	}
	if s.store, err = s.c.openStore(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(s.store.Close(), s.ledger.Close(context.WithoutCancel(ctx))) })
	if s.key, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	// Frames are rendered; the list has the hash of one of them with two bits changed.
	picture := func(i int) []byte { return rendered(t, i) }
	hasher := detect.NewHasher(detect.Limits{})
	print, err := hasher.Fingerprint(detect.JPEG, picture(3))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := hashdb.ParseHash(hashdb.KindPDQ, print.Hash)
	if err != nil {
		t.Fatal(err)
	}
	entry.Bits[0] ^= 0x81
	db, err := s.c.openLists(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.SetList(ctx, hashdb.List{Source: "demo", Kind: hashdb.KindPDQ, Radius: 31, State: hashdb.StateLive})
	if err == nil {
		_, err = db.Apply(ctx, hashdb.Batch{Source: "demo", Entries: []hashdb.Entry{{Hash: entry}}})
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}

	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	of := signal.Subject("sub_00000000000000000000000000000001")
	s.match = signal.Match{
		Stream: "s1", Platform: "demo", HashKind: "pdq", List: "demo", ListVersion: "v1", Entry: entry.Entry(), Distance: 2, Radius: 31, FramesMatched: 2, FramesSeen: 4,
	}
	match := signal.Signal{
		ID: signal.ID("match", "m"), Revision: 1, Kind: signal.KindMatch, Subject: of, Start: start, End: start.Add(4 * time.Second), Says: "frames match", Match: &s.match,
	}
	for _, i := range []int{1, 3} {
		s.frames = append(s.frames, digestOf(picture(i)))
		match.Evidence = append(match.Evidence, signal.Evidence{What: "frame", Holder: "demo", Ref: fmt.Sprint("frame-", i), SHA256: digestOf(picture(i)), At: start})
	}
	s.id = signal.ID("case", string(of))
	data, err := json.Marshal(review.Case{
		ID: s.id, Revision: 1, Subject: of, State: review.StateOpen, Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w2",
		First: start, Last: match.End, Parts: []review.Part{{Name: "match", Weight: 2, Says: "frames match", Signals: []string{match.ID}}},
		Signals: []signal.Signal{match},
	})
	if err == nil {
		_, err = s.store.Receive(ctx, data)
	}
	if err != nil {
		t.Fatal(err)
	}

	// A window that the match asked for leaves, and another of another stream.
	bucket, err := openFolder("evidence", s.c.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	l := &leaving{bucket: bucket, ledger: s.ledger, policy: "p1", now: func() time.Time { return start }}
	rings, err := edge.Open(edge.Options{Dir: s.c.ringDir(), Recipients: []age.Recipient{s.key.Recipient()}, Keep: ringKeep, Segment: time.Minute, Now: l.now})
	if err != nil {
		t.Fatal(err)
	}
	for stream, why := range map[string]string{"s1": match.ID, "s2": "another"} {
		ring, err := rings.Ring("demo", stream, start)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if _, err := ring.Add(start.Add(time.Duration(i)*time.Second), i, fmt.Sprint("frame-", i), picture(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(ring.Preserve(start, start.Add(time.Minute), why), ring.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := rings.Deliver(ctx, l.put); err != nil || len(done) != 2 {
		t.Fatal(done, err)
	}
	if err := errors.Join(rings.Close(), bucket.Close()); err != nil {
		t.Fatal(err)
	}
	return s
}

// rendered is a picture of shapes, another for each number.
func rendered(t *testing.T, n int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 160, 120))
	for y := range 120 {
		for x := range 160 {
			v := uint8(128 + 100*math.Sin(float64(x*(n+2))/23+float64(y*y)/(700+90*float64(n))))
			img.Set(x, y, color.RGBA{v, uint8(x), uint8(2 * y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decide has one person decide the case and the log told.
func (s *evidenceScene) decide(t *testing.T, v review.Verdict) {
	t.Helper()
	shown, _, err := s.store.Show(t.Context(), s.id, review.Reviewer("r1"))
	if err == nil {
		_, err = s.store.Decide(t.Context(), review.Request{CaseID: s.id, Digest: shown.Digest, Verdict: v, Reason: review.Reasons(v)[0], By: review.Reviewer("r1")})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// identity is a file of the reader's key.
func (s *evidenceScene) identity(t *testing.T) string {
	t.Helper()
	name := filepath.Join(s.dir, "key.txt")
	if err := os.WriteFile(name, []byte(s.key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (s *evidenceScene) export(t *testing.T, name string, o BundleOptions) (file, text string, err error) {
	t.Helper()
	var out bytes.Buffer
	o.Case, o.To, o.Reviewer, o.Out = s.id, filepath.Join(s.dir, name), "r2", &out
	err = ExportEvidence(t.Context(), s.c, o)
	return o.To, out.String(), err
}

// TestACaseIsTakenOutInABundle goes from a stored case with a preserved window to a bundle
// that verifies, and to the entry that says who took it.
func TestACaseIsTakenOutInABundle(t *testing.T) {
	s := evidenceSceneOf(t)
	if _, _, err := s.export(t, "early.zip", BundleOptions{}); !errors.Is(err, review.ErrUndecided) {
		t.Fatalf("an undecided case: %v", err)
	}
	s.decide(t, review.Confirm)
	if _, _, err := s.export(t, "early.zip", BundleOptions{}); err == nil || !strings.Contains(err.Error(), "not in the audit log yet") {
		t.Fatalf("a decision that is not in the log: %v", err)
	}
	carryOut(t, s.store, s.ledger)

	file, text, err := s.export(t, "case.zip", BundleOptions{Identity: s.identity(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "1 windows, 2 originals") {
		t.Error(text)
	}
	if kinds := carryOut(t, s.store, s.ledger); strings.Join(kinds, " ") != "view export" {
		t.Errorf("the log is told of %v", kinds)
	}
	for key, want := range map[string]string{"": "the key INSIDE the bundle", s.verifier: "the key that was given"} {
		var out bytes.Buffer
		if err := VerifyEvidence(file, key, &out); err != nil || !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "originals  2 in the clear") {
			t.Errorf("%s%v", out.String(), err)
		}
	}
	if _, _, err := s.export(t, "case.zip", BundleOptions{}); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a file was overwritten: %v", err)
	}

	// One byte of a frame, and the frame is named.
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, rendered(t, 3))
	data[at+6] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	err = VerifyEvidence(file, s.verifier, &bytes.Buffer{})
	var misfit *bundle.Misfit
	if !errors.As(err, &misfit) || misfit.File != "originals/"+s.frames[1]+".jpg" {
		t.Errorf("a changed frame: %v", err)
	}
}

// TestAMatchIsRepeatedFromItsBundle repeats it from frames in the clear and from the
// windows, and finds what was stated wrongly.
func TestAMatchIsRepeatedFromItsBundle(t *testing.T) {
	s := evidenceSceneOf(t)
	s.decide(t, review.Confirm)
	carryOut(t, s.store, s.ledger)
	clear, _, err := s.export(t, "clear.zip", BundleOptions{Identity: s.identity(t)})
	if err != nil {
		t.Fatal(err)
	}
	sealed, _, err := s.export(t, "sealed.zip", BundleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	reproduce := func(o ReproduceOptions) (string, error) {
		var out bytes.Buffer
		o.Key, o.Out = s.verifier, &out
		err := ReproduceEvidence(t.Context(), o)
		return out.String(), err
	}
	for name, o := range map[string]ReproduceOptions{"clear": {Bundle: clear}, "windows": {Bundle: sealed, Identity: s.identity(t)}} {
		text, err := reproduce(o)
		if err != nil || !strings.Contains(text, "stated: distance 2, radius 31") || !strings.Contains(text, "is at distance 2, as it came, within the radius of 31") ||
			!strings.Contains(text, s.frames[1]+": its bytes have this SHA-256; distance 2") || !strings.Contains(text, "all 1 matches came out") {
			t.Errorf("%s: %s%v", name, text, err)
		}
	}
	if text, err := reproduce(ReproduceOptions{Bundle: sealed}); !errors.Is(err, ErrNotReproduced) || !strings.Contains(text, "CANNOT BE REPEATED: none of its frames") {
		t.Errorf("without frames: %s%v", text, err)
	}
	// A bundle of a list that has the entry no more says so.
	if err := os.RemoveAll(s.c.hashesDir()); err != nil {
		t.Fatal(err)
	}
	gone, _, err := s.export(t, "gone.zip", BundleOptions{Identity: s.identity(t)})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := reproduce(ReproduceOptions{Bundle: gone}); !errors.Is(err, ErrNotReproduced) || !strings.Contains(text, "the entry's hash is not in the bundle") {
		t.Errorf("without the entry: %s%v", text, err)
	}
	if _, err := reproduce(ReproduceOptions{Bundle: s.identity(t)}); err == nil || !strings.Contains(err.Error(), "does not verify") {
		t.Errorf("what is no bundle: %v", err)
	}
}

// TestWhatIsStatedWronglyDiffers holds a frame against statements that are not true of it.
func TestWhatIsStatedWronglyDiffers(t *testing.T) {
	for want, change := range map[string]func(*signal.Match){
		"nearer than the 9 that is stated":       func(m *signal.Match) { m.Distance = 9 },
		"the frame of that distance is not here": func(m *signal.Match) { m.Distance = 1 },
		"beyond the radius of 1":                 func(m *signal.Match) { m.Distance, m.Radius = 1, 1 },
		"reproduced: ":                           func(m *signal.Match) {},
		"laid otherwise":                         func(m *signal.Match) { m.View = "rot90" },
	} {
		s := evidenceSceneOf(t)
		s.decide(t, review.Confirm)
		carryOut(t, s.store, s.ledger)
		file, _, err := s.export(t, "case.zip", BundleOptions{Identity: s.identity(t)})
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Open(f, info.Size(), bundle.Options{Key: s.verifier})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		r := &reproduction{bundle: b, hasher: detect.NewHasher(detect.Limits{}), out: &out}
		match := b.Matches()[0]
		change(match.Match)
		ok, err := r.match(t.Context(), match)
		if err != nil || ok != (want == "reproduced: " || want == "laid otherwise") || !strings.Contains(out.String(), want) {
			t.Errorf("want %q: %v, %s%v", want, ok, out.String(), err)
		}
		if good := strings.Contains(out.String(), "reproduced:"); good != ok {
			t.Errorf("%q says %v and is %v", want, good, ok)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestEvidenceIsKeptAndErased has a window put under its case's key, held, released and
// erased by the commands, with the certificate in the audit log.
func TestEvidenceIsKeptAndErased(t *testing.T) {
	s := evidenceSceneOf(t)
	ctx := t.Context()
	s.decide(t, review.Dismiss)
	keeps, closes, err := s.c.custody(ctx, s.store)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := keeps.Seal(ctx); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if err := closes(); err != nil {
		t.Fatal(err)
	}
	carryOut(t, s.store, s.ledger)
	// It is exported and opened as before.
	file, text, err := s.export(t, "case.zip", BundleOptions{Identity: s.identity(t)})
	if err != nil || !strings.Contains(text, "1 windows, 2 originals") {
		t.Fatal(text, err)
	}
	if err := VerifyEvidence(file, s.verifier, &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
	var listed bytes.Buffer
	if err := ListEvidence(ctx, s.c, EvidenceOptions{Stream: "s1", JSON: true, Out: &listed}); err != nil {
		t.Fatal(err)
	}
	var window outgoing
	if err := json.Unmarshal(listed.Bytes(), &window); err != nil {
		t.Fatal(err)
	}
	open := func(to, reason string) error {
		return OpenEvidence(ctx, s.c, OpenEvidenceOptions{
			Names: []string{window.Name}, Identity: s.identity(t), To: filepath.Join(s.dir, to), Reviewer: "sue", Reason: reason, Out: &bytes.Buffer{},
		})
	}
	for _, reason := range []string{"", "curious"} {
		if err := open("none", reason); !errors.Is(err, review.ErrImageReason) || !strings.Contains(err.Error(), "find-victim") {
			t.Errorf("opened for %q: %v", reason, err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(s.dir, "none", "*")); err != nil || len(files) != 0 {
		t.Error(files, err)
	}
	if kinds := carryOut(t, s.store, s.ledger); slices.Contains(kinds, audit.KindImage) {
		t.Errorf("logged, and not opened: %v", kinds)
	}
	if err := open("pictures", "find-victim"); err != nil {
		t.Fatal(err)
	}
	if kinds := carryOut(t, s.store, s.ledger); !slices.Contains(kinds, audit.KindImage) {
		t.Errorf("opened, and logged: %v", kinds)
	}
	if files, err := filepath.Glob(filepath.Join(s.dir, "pictures", "*.jpg")); err != nil || len(files) != 5 {
		t.Error(files, err)
	}

	run := func(do func(out *bytes.Buffer) error) string {
		t.Helper()
		var out bytes.Buffer
		if err := do(&out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	retained := run(func(out *bytes.Buffer) error { return RetainedEvidence(ctx, s.c, s.id, out) })
	if !strings.Contains(retained, "windows, key 1") || !strings.Contains(retained, "dismissed 20") {
		t.Error(retained)
	}
	run(func(out *bytes.Buffer) error {
		return HoldEvidence(ctx, s.c, HoldOptions{Case: s.id, Reason: "a court asks", Reviewer: "sue", Out: out})
	})
	if text := run(func(out *bytes.Buffer) error { return RetainedEvidence(ctx, s.c, s.id, out) }); !strings.Contains(text, "held") {
		t.Error(text)
	}
	run(func(out *bytes.Buffer) error {
		return HoldEvidence(ctx, s.c, HoldOptions{Case: s.id, Reason: "it asks no more", Reviewer: "sue", Lift: true, Out: out})
	})
	if text := run(func(out *bytes.Buffer) error { return ExpireEvidence(ctx, s.c, out) }); text != "nothing is due\n" {
		t.Error(text)
	}
	// Thirty days later.
	later := func() time.Time { return time.Now().Add(31 * aDay) }
	store, err := review.Open(ctx, s.c.storeFile(), later, s.c.Review.policy())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	keeps, closes, err = s.c.custody(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	keeps.Now = later
	done, err := keeps.Expire(ctx, s.c.Review.Retention.retention(nil))
	if err = errors.Join(err, closes()); err != nil || len(done) != 1 {
		t.Fatal(done, err)
	}
	if err := open("again", "find-victim"); !errors.Is(err, review.ErrErased) {
		t.Errorf("opened after: %v", err)
	}
	erased := func() (string, error) {
		var out bytes.Buffer
		err := ErasedEvidence(ctx, s.c, s.id, "", &out)
		return out.String(), err
	}
	if text, err := erased(); !errors.Is(err, ErrUnverified) || !strings.Contains(text, "NOT IN THE AUDIT LOG") {
		t.Errorf("before the log is told: %s%v", text, err)
	}
	carryOut(t, s.store, s.ledger)
	if text, err := erased(); err != nil || !strings.Contains(text, "of the audit log  {\"case\":\""+s.id) {
		t.Errorf("%s%v", text, err)
	}
}

// TestAWindowIsSealedWhileItsCaseIsTakenOut has one come under the key of its case between
// the list of them and the reading.
func TestAWindowIsSealedWhileItsCaseIsTakenOut(t *testing.T) {
	s := evidenceSceneOf(t)
	s.decide(t, review.Confirm)
	d, err := s.store.Dossier(t.Context(), s.id, supervisor("sue"))
	if err != nil {
		t.Fatal(err)
	}
	keeps, closes, err := s.c.custody(t.Context(), s.store)
	if err != nil {
		t.Fatal(err)
	}
	windows, err := allWindows(t.Context(), keeps, s.id, wantedOf(d))
	if err != nil || len(windows) != 1 {
		t.Fatal(len(windows), err)
	}
	read := func() []byte {
		t.Helper()
		r, err := windows[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		return data
	}
	before := read()
	if n, err := keeps.Seal(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if !bytes.Equal(before, read()) {
		t.Error("it reads otherwise from under the key")
	}
	if err := closes(); err != nil {
		t.Error(err)
	}
}

// TestTheConsoleGivesOutWhatVerifies writes a bundle as the button does.
func TestTheConsoleGivesOutWhatVerifies(t *testing.T) {
	s := evidenceSceneOf(t)
	s.decide(t, review.Confirm)
	give := s.c.bundleForConsole(s.store)
	if _, _, err := give(t.Context(), s.id, supervisor("sue")); !errors.Is(err, console.ErrNotYet) {
		t.Errorf("before the log is told: %v", err)
	}
	carryOut(t, s.store, s.ledger)
	if _, _, err := give(t.Context(), s.id, review.Reviewer("anna")); !errors.Is(err, review.ErrDenied) {
		t.Errorf("a reviewer: %v", err)
	}
	file, closes, err := give(t.Context(), s.id, supervisor("sue"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(file)
	if err = errors.Join(err, closes()); err != nil {
		t.Fatal(err)
	}
	r, err := bundle.Verify(bytes.NewReader(data), int64(len(data)), bundle.Options{Key: s.verifier})
	if err != nil || r.By != "sue" || r.Windows != 1 || r.Originals != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if kinds := carryOut(t, s.store, s.ledger); !slices.Contains(kinds, audit.KindExport) {
		t.Errorf("the log is told of %v", kinds)
	}
}

func TestGoldenCasesAreLoadedFromAFile(t *testing.T) {
	s := evidenceSceneOf(t)
	record, err := json.Marshal(review.Case{
		ID: signal.ID("case", "sub_00000000000000000000000000000002"), Revision: 1, Subject: "sub_00000000000000000000000000000002", State: review.StateOpen,
		Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w2", First: time.Unix(0, 0).UTC(), Last: time.Unix(1, 0).UTC(),
		Parts: []review.Part{{Name: "p", Weight: 2, Says: "rendered"}}, Signals: []signal.Signal{},
	})
	if err != nil {
		t.Fatal(err)
	}
	good := `{"id": "g1", "answer": "dismiss", "why": "a film trailer", "case": ` + string(record) + "}\n"
	for text, want := range map[string]string{
		good + "\n" + good:                    "",
		"":                                    "no golden case",
		good + "{":                            "line 2",
		strings.Replace(good, "why", "wy", 1): "unknown field",
		strings.Replace(good, "dismiss", "perhaps", 1): "answer",
	} {
		name := filepath.Join(s.dir, "golden.jsonl")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := LoadGolden(t.Context(), s.c, name, "sue", &out)
		if want == "" && (err != nil || !strings.HasPrefix(out.String(), "2 golden cases are kept")) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("want %q: %s%v", want, out.String(), err)
		}
	}
}
