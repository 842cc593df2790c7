package ncmec

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
)

func TestFile(t *testing.T) {
	d := newDesk(t)
	for range 2 { // again changes nothing
		s, err := d.File(t.Context(), alertID, caseID, draft(t))
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		for _, step := range s.Steps {
			asked = append(asked, step.Asked)
			if step.RequestID == "" || step.Outcome != "ok" || step.At.IsZero() || step.ReportID != s.ReportID {
				t.Errorf("%+v", step)
			}
		}
		if got := strings.Join(asked, " "); got != "submit upload fileinfo upload fileinfo finish" || s.Files != 2 || !s.Finished {
			t.Errorf("%s, %+v", got, s)
		}
	}
	got := d.finished()
	if len(got) != 1 || len(got[0].Files) != 2 || !bytes.Equal(got[0].Files[0].Data, picture) || got[0].Files[1].Info == nil || !bytes.Equal(got[0].XML, draft(t).XML) {
		t.Fatalf("%d reports finished", len(got))
	}
	if _, err := d.Retract(t.Context(), alertID); !errors.Is(err, ErrFinished) {
		t.Errorf("retract after finish: %v", err)
	}
}

// TestWhateverBreaksOffIsFiledOnce breaks each request and each note in the journal, in each
// way, and files again until it is done.
func TestWhateverBreaksOffIsFiledOnce(t *testing.T) {
	ways := map[string]standin.Fault{
		"vanish": {Vanish: true}, "500": {Status: 500}, "429": {Status: 429}, "corrupt": {Corrupt: true},
	}
	broken := 0
	for name, fault := range ways {
		for at := range 12 {
			t.Run(fmt.Sprint(name, at), func(t *testing.T) {
				d := newDesk(t)
				n, fell := 0, false
				d.server.Fail(func(r *http.Request) standin.Fault {
					n++
					if n-1 == at && (!fault.Corrupt || strings.HasSuffix(r.URL.Path, "/upload")) {
						fell = true
						return fault
					}
					return standin.Fault{}
				})
				_, err := d.File(t.Context(), alertID, caseID, draft(t))
				if fell {
					broken++
					if err == nil && fault.Status != 0 {
						t.Error("no error")
					}
				}
				for range 3 {
					if err == nil {
						break
					}
					_, err = d.File(t.Context(), alertID, caseID, draft(t))
				}
				if got := d.finished(); err != nil || len(got) != 1 || len(got[0].Files) != 2 {
					t.Fatalf("%d reports finished, %v", len(got), err)
				}
			})
		}
	}
	if broken < 3*6 {
		t.Errorf("only %d requests were broken", broken)
	}
}

func TestACrashAtAnyNoteOfTheJournal(t *testing.T) {
	errCrash := errors.New("crash")
	for at := range 8 {
		d := newDesk(t)
		n := 0
		d.memory.fail = func(State) error {
			if n++; n-1 == at {
				return errCrash
			}
			return nil
		}
		_, err := d.File(t.Context(), alertID, caseID, draft(t))
		if n > at && !errors.Is(err, errCrash) {
			t.Errorf("note %d: %v", at, err)
		}
		if _, err := d.File(t.Context(), alertID, caseID, draft(t)); err != nil {
			t.Errorf("note %d, again: %v", at, err)
		}
		if got := d.finished(); len(got) != 1 {
			t.Errorf("note %d: %d reports finished", at, len(got))
		}
	}
}

func TestWhatWasLeftOpenTooLongIsBegunAnew(t *testing.T) {
	for _, finishing := range []bool{true, false} {
		d := newDesk(t)
		d.server.Fail(func(r *http.Request) standin.Fault {
			if strings.HasSuffix(r.URL.Path, "/finish") == finishing && (finishing || strings.HasSuffix(r.URL.Path, "/upload")) {
				return standin.Fault{Status: 503}
			}
			return standin.Fault{}
		})
		if _, err := d.File(t.Context(), alertID, caseID, draft(t)); err == nil {
			t.Fatal("no error")
		}
		d.server.Fail(nil)
		d.clock.pass(25 * time.Hour)
		s, err := d.File(t.Context(), alertID, caseID, draft(t))
		if err != nil || len(d.finished()) != 1 || d.finished()[0].ID != s.ReportID || s.ReportID == d.server.Reports()[0].ID {
			t.Errorf("finishing %v: %v, %+v", finishing, err, s)
		}
	}
}

func TestRetractBeforeFinish(t *testing.T) {
	d := newDesk(t)
	d.server.Fail(func(r *http.Request) standin.Fault {
		if strings.HasSuffix(r.URL.Path, "/finish") {
			return standin.Fault{Status: 503}
		}
		return standin.Fault{}
	})
	dr := draft(t)
	dr.Uploads = nil
	// Finish may have counted: the retraction itself tells.
	if _, err := d.File(t.Context(), alertID, caseID, dr); err == nil {
		t.Fatal("no error")
	}
	if s, err := d.Retract(t.Context(), alertID); err != nil || s.ReportID != 0 || s.Finished || len(d.finished()) != 0 {
		t.Errorf("a finish that did not count: %+v, %v", s, err)
	}
	counted := newDesk(t)
	counted.server.Fail(func(r *http.Request) standin.Fault {
		return standin.Fault{Vanish: strings.HasSuffix(r.URL.Path, "/finish")}
	})
	if _, err := counted.File(t.Context(), alertID, caseID, dr); err == nil {
		t.Fatal("no error")
	}
	counted.server.Fail(func(*http.Request) standin.Fault { return standin.Fault{Status: 503} })
	if o, err := counted.Withdraw(t.Context(), alertID, true); err != nil || o.State != report.Unknown {
		t.Errorf("nobody to ask: %+v, %v", o, err)
	}
	counted.server.Fail(nil)
	if _, err := counted.Retract(t.Context(), alertID); !errors.Is(err, ErrFinished) {
		t.Errorf("a finish that counted: %v", err)
	}
	if o, err := counted.Withdraw(t.Context(), alertID, true); err != nil || o.State != report.Filed || o.Receipt == "" {
		t.Errorf("a finish that counted: %+v, %v", o, err)
	}
	// One that broke off before is taken back.
	other := newDesk(t)
	other.server.Fail(func(r *http.Request) standin.Fault {
		if strings.HasSuffix(r.URL.Path, "/upload") {
			return standin.Fault{Status: 503}
		}
		return standin.Fault{}
	})
	if _, err := other.File(t.Context(), alertID, caseID, draft(t)); err == nil {
		t.Fatal("no error")
	}
	s, err := other.Retract(t.Context(), alertID)
	if err != nil || s.ReportID != 0 || !other.server.Reports()[0].Retracted {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := other.Retract(t.Context(), "none"); err != nil {
		t.Errorf("of what was never filed: %v", err)
	}
}

func TestARefusalForGoodIsNotTriedAgain(t *testing.T) {
	d := newDesk(t)
	dr := draft(t)
	dr.XML = bytes.Replace(dr.XML, []byte("<incidentType>"), []byte("<platform>x</platform><incidentType>"), 1)
	s, err := d.File(t.Context(), alertID, caseID, dr)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Class != Final || refusal.Code != 4100 || refusal.Status != 400 || refusal.RequestID == "" {
		t.Errorf("got %v", err)
	}
	if len(s.Steps) != 1 || s.Steps[0].Outcome != "final" || s.Steps[0].Code != 4100 {
		t.Errorf("%+v", s.Steps)
	}
}
