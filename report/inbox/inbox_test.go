package inbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
	"github.com/vigil-stream/vigil/report/seal"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A desk is an inbox with a clock.
type desk struct {
	*Store
	t    *testing.T
	path string
	now  time.Time
	set  Settings
	log  inboxtest.Log
}

func newDesk(t *testing.T, change ...func(*Settings)) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "in", "inbox.db"), now: start, log: inboxtest.NewLog(t, 0)}
	key, err := blind.NewKey(slices.Repeat([]byte{9}, blind.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := inboxtest.NewLog(t, 5)
	d.set = Settings{
		Keys: Keys{Centre: "ph", Logs: []string{d.log.Verifier}, Blinding: &key}, Within: 24 * time.Hour,
		Sign: func(o report.Outcome) ([]byte, error) { return report.SealOutcome(o, outcomes.Verifier, outcomes.Sign) },
	}
	for _, f := range change {
		f(&d.set)
	}
	d.open()
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) open() {
	d.t.Helper()
	var err error
	if d.Store, err = Open(d.t.Context(), d.path, func() time.Time { d.now = d.now.Add(time.Millisecond); return d.now }, d.set); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) again() {
	d.t.Helper()
	if err := d.Close(); err != nil {
		d.t.Fatal(err)
	}
	d.open()
}

func (d *desk) take(place int64, data []byte) {
	d.t.Helper()
	if err := d.Take(d.t.Context(), Record{Data: data, Source: "alerts.ph/0", Place: place}, &Offset{"alerts.ph", 0, place + 1}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) counts() Counts {
	d.t.Helper()
	c, err := d.Counts(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) view(id string) File {
	d.t.Helper()
	f, err := d.View(d.t.Context(), id, "anna")
	if err != nil {
		d.t.Fatal(err)
	}
	return f
}

func (d *desk) failed() []Failure {
	d.t.Helper()
	all, _, err := d.Failures(d.t.Context(), 0, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func (d *desk) alert(n int) report.Alert {
	return d.log.Alert(d.t, inboxtest.Case{Number: n, At: start.Add(-2 * time.Hour), Strong: true}, 1)
}

// TestAgainChangesNothing reads a queue, stops, and reads it from the start again.
func TestAgainChangesNothing(t *testing.T) {
	d := newDesk(t)
	for i := range 3 {
		d.take(int64(i), inboxtest.JSON(t, d.alert(i)))
	}
	d.take(3, []byte(`{"id": "nothing"}`))
	if next, err := d.Next(t.Context(), "alerts.ph", 0); err != nil || next != 4 {
		t.Errorf("next is %d, %v", next, err)
	}
	before := d.dump()
	d.again()
	for i := range 3 {
		d.take(int64(i), inboxtest.JSON(t, d.alert(i)))
	}
	d.take(3, []byte(`{"id": "nothing"}`))
	if after := d.dump(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if c := d.counts(); c.Waits != 3 || c.Failed != 1 {
		t.Errorf("%+v", c)
	}
	// The same bytes from elsewhere are the same alert, and counted.
	if err := d.Take(t.Context(), Record{Data: inboxtest.JSON(t, d.alert(1)), Source: "mail/a.json", Place: 1}, nil); err != nil {
		t.Fatal(err)
	}
	if f := d.view(d.alert(1).ID); f.Copies != 2 || d.counts().Waits != 3 {
		t.Errorf("%d copies, %+v", f.Copies, d.counts())
	}
}

// dump is all that was received, in words.
func (d *desk) dump() string {
	d.t.Helper()
	var b strings.Builder
	for _, q := range []string{
		`SELECT seq || ' ' || source || place || ' ' || at || ' ' || copies || failed || steps FROM received ORDER BY seq`,
		`SELECT id || received || came || facts || result FROM alerts ORDER BY id`, `SELECT alert || kind || blind FROM identifiers ORDER BY 1`,
		`SELECT topic || next FROM offsets`, `SELECT id || alert || came FROM corrections`,
	} {
		rows, err := d.read.QueryContext(d.t.Context(), q)
		if err != nil {
			d.t.Fatal(err)
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				d.t.Fatal(err)
			}
			b.WriteString(s + "\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			d.t.Fatal(err)
		}
	}
	return b.String()
}

// TestAForgeryHidesNothing: what has the id of an alert and does not hold is a row of its
// own, whichever comes first.
func TestAForgeryHidesNothing(t *testing.T) {
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprint("forgery first ", first), func(t *testing.T) {
			d := newDesk(t)
			a := d.alert(0)
			forged := a
			forged.Statement.Probability = 0.01
			other := inboxtest.NewLog(t, 1).Alert(t, inboxtest.Case{At: start.Add(-2 * time.Hour), Strong: true}, 1)
			if other.ID != a.ID {
				t.Fatal("the forgery has another id")
			}
			if first {
				d.take(0, inboxtest.JSON(t, forged))
				d.take(1, inboxtest.JSON(t, other))
			}
			d.take(2, inboxtest.JSON(t, a))
			if !first {
				d.take(3, inboxtest.JSON(t, forged))
				d.take(4, inboxtest.JSON(t, other))
			}
			f := d.view(a.ID)
			if f.Alert.Statement.Probability != a.Statement.Probability || len(f.Forged) != 2 {
				t.Errorf("probability %v, %d forged", f.Alert.Statement.Probability, len(f.Forged))
			}
			steps := []string{f.Forged[0].Failed, f.Forged[1].Failed}
			slices.Sort(steps)
			if !slices.Equal(steps, []string{"content", "log"}) {
				t.Errorf("they failed at %v", steps)
			}
		})
	}
}

// TestACorrectionFindsItsAlert whichever comes first.
func TestACorrectionFindsItsAlert(t *testing.T) {
	c := inboxtest.Case{At: start.Add(-30 * time.Hour), Strong: true}
	for _, first := range []bool{true, false} {
		d := newDesk(t)
		alert, correction := inboxtest.JSON(t, d.log.Alert(t, c, 1)), inboxtest.JSON(t, d.log.Correction(t, c, true))
		id := d.log.Alert(t, c, 1).ID
		if first {
			d.take(0, correction)
			if n, err := d.Unread(t.Context()); err != nil || len(n) != 1 || n[0].There || n[0].Alert != id {
				t.Errorf("before its alert: %+v, %v", n, err)
			}
			d.take(1, alert)
		} else {
			d.take(0, alert)
			d.take(1, correction)
		}
		f := d.view(id)
		if len(f.Corrections) != 1 || f.Corrections[0].Notice.Outcome != report.Retracted || f.Outcome != report.Retracted {
			t.Fatalf("correction first %v: %+v", first, f.Corrections)
		}
		if f.Points > -30 {
			t.Errorf("what was taken back has %v points", f.Points)
		}
		if err := d.ReadCorrection(t.Context(), f.Corrections[0].Notice.ID, "anna"); err != nil {
			t.Fatal(err)
		}
		if err := d.ReadCorrection(t.Context(), f.Corrections[0].Notice.ID, "ben"); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Unread(t.Context()); err != nil || len(n) != 0 {
			t.Errorf("after it was read: %+v, %v", n, err)
		}
		if who := d.view(id).Corrections[0].SeenBy; who != "anna" {
			t.Errorf("it was read first by %q", who)
		}
	}
}

// TestWhatFailsIsBounded: whoever can write to a queue cannot fill the disk, and what is not
// kept is counted.
func TestWhatFailsIsBounded(t *testing.T) {
	d := newDesk(t)
	if _, err := d.db.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO received (source, place, at, digest, type, data, whole, copies, kind, about, payload, sealed, failed, steps) SELECT 'x', i, 1, i, '', x'', 1, 1, '', '', NULL, 0, 'form', '[]' FROM n`, MaxFailed-1); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		d.take(int64(i), fmt.Appendf(make([]byte, keptOfFailed), "no alert %d", i))
	}
	all, dropped, err := d.Failures(t.Context(), 0, 1)
	if err != nil || dropped != 2 || d.counts().Failed != MaxFailed || all[0].Bytes != keptOfFailed {
		t.Errorf("%d were not kept, %+v, %+v, %v", dropped, d.counts(), all, err)
	}
	d.take(9, inboxtest.JSON(t, d.alert(0)))
	if next, err := d.Next(t.Context(), "alerts.ph", 0); err != nil || next != 10 || d.counts().Waits != 1 {
		t.Errorf("what passes is kept: %d, %+v, %v", next, d.counts(), err)
	}
}

// TestAnotherKeyOpensWhatFailed: what came before the key did is looked at again.
func TestAnotherKeyOpensWhatFailed(t *testing.T) {
	mine := identity(t)
	d := newDesk(t)
	a := d.alert(0)
	d.take(0, d.log.Seal(t, a, nil, mine.Recipient()))
	if got := d.failed(); len(got) != 1 || got[0].Failed != "decrypt" {
		t.Fatalf("%+v", got)
	}
	if n, err := d.Recheck(t.Context()); err != nil || n != 0 {
		t.Errorf("without the key %d passed, %v", n, err)
	}
	d.set.Identities = []age.Identity{mine}
	d.again()
	if n, err := d.Recheck(t.Context()); err != nil || n != 1 || d.counts() != (Counts{Waits: 1}) {
		t.Errorf("with the key %d passed, %v: %+v", n, err, d.counts())
	}
	if f := d.view(a.ID); !f.Sealed {
		t.Error("it is not sealed")
	}
}

// TestWhatIsSignedTakesThePlaceOfWhatIsNot: why a centre was chosen is in no log.
func TestWhatIsSignedTakesThePlaceOfWhatIsNot(t *testing.T) {
	d := newDesk(t)
	a := d.alert(0)
	false_ := a
	false_.Why = "Please look elsewhere."
	d.take(0, inboxtest.JSON(t, false_))
	d.take(1, d.log.Seal(t, a, nil))
	if f := d.view(a.ID); f.Alert.Why != a.Why || !f.Sealed {
		t.Errorf("why: %q", f.Alert.Why)
	}
	d.take(2, inboxtest.JSON(t, false_))
	third := a
	third.Why = "Unsigned, and later."
	d.take(3, inboxtest.JSON(t, third))
	if f := d.view(a.ID); f.Alert.Why != a.Why {
		t.Errorf("later why: %q", f.Alert.Why)
	}
}

// TestAnInboxIsOnesOwn refuses another centre's file.
func TestAnInboxIsOnesOwn(t *testing.T) {
	d := newDesk(t)
	other := d.set
	other.Centre = "us"
	if _, err := Open(t.Context(), d.path, time.Now, other); !errors.Is(err, ErrCentre) {
		t.Errorf("another centre's: %v", err)
	}
	for _, bad := range []Settings{{}, {Keys: Keys{Centre: "ph"}}, {Keys: Keys{Centre: "PH", Logs: d.set.Logs}}, {Keys: Keys{Centre: "ph", Logs: []string{"key"}}}} {
		if _, err := Open(t.Context(), d.path+"x", time.Now, bad); err == nil {
			t.Errorf("%+v was opened", bad)
		}
	}
}

// TestAttachments come out by the digest by which the alert names them, and by no other.
func TestAttachments(t *testing.T) {
	mine := identity(t)
	d := newDesk(t, func(s *Settings) { s.Identities = []age.Identity{mine} })
	beside := seal.Attach("text/plain", []byte("a made-up file"))
	a := d.log.Alert(t, inboxtest.Case{At: start.Add(-2 * time.Hour), Strong: true, Frame: beside.SHA256}, 1)
	d.take(0, d.log.Seal(t, a, []seal.Attachment{beside}, mine.Recipient()))
	f := d.view(a.ID)
	if want := []Attached{{beside.SHA256, "text/plain", 14}}; !slices.Equal(f.Attached, want) {
		t.Errorf("%+v", f.Attached)
	}
	got, err := d.Attachment(t.Context(), a.ID, beside.SHA256, "anna")
	if err != nil || string(got.Data) != "a made-up file" {
		t.Errorf("%q, %v", got.Data, err)
	}
	if lines, err := d.Journal(t.Context(), a.ID, 1); err != nil || lines[0].What != DidDownload || lines[0].Detail != beside.SHA256 {
		t.Errorf("%+v, %v", lines, err)
	}
	for _, sum := range []string{"", strings.Repeat("0", 64)} {
		if _, err := d.Attachment(t.Context(), a.ID, sum, "anna"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", sum, err)
		}
	}
}
