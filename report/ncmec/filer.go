package ncmec

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// A Filer carries reports from submit to finish. Whatever breaks off, a report is finished
// once: what is not finished reaches nobody and is taken back before it is begun anew, and
// whether a finish that broke off counted is asked of the service.
type Filer struct {
	Client  *Client
	Journal Journal
	Now     func() time.Time
}

// A Journal keeps how far the report of an alert is.
type Journal interface {
	// Load returns the zero State where there is none yet.
	Load(ctx context.Context, alert string) (State, error)
	Save(ctx context.Context, s State) error
}

// A State is how far the report of an alert is.
type State struct {
	Alert     string `json:"alert"`
	Case      string `json:"case"`
	ReportID  int64  `json:"report_id,omitempty"` // of the report that is open or finished
	Files     int    `json:"files,omitempty"`     // that are in it
	Finishing bool   `json:"finishing,omitempty"` // finish was sent, or is about to be
	Finished  bool   `json:"finished,omitempty"`
	Steps     []Step `json:"steps,omitempty"`
}

// A Step is one thing that was asked of the service.
type Step struct {
	At        time.Time `json:"at"`
	Asked     string    `json:"asked"`
	RequestID string    `json:"request_id,omitempty"`
	ReportID  int64     `json:"report_id,omitempty"`
	FileID    string    `json:"file_id,omitempty"`
	Code      int       `json:"code"`
	Outcome   string    `json:"outcome"` // ok, or what the error's class says, or unknown
}

// maxSteps limits the steps that are kept of one report; the newest stay.
const maxSteps = 500

// File files a draft under an alert's id, once. It may be called again with the same alert
// after any error; it files nothing where the report is finished already.
func (f *Filer) File(ctx context.Context, alert, caseID string, d Draft) (State, error) {
	s, err := f.Journal.Load(ctx, alert)
	if err != nil {
		return s, err
	}
	if s.Finished {
		return s, nil
	}
	s.Alert, s.Case = alert, caseID
	if err := f.settle(ctx, &s); err != nil || s.Finished {
		return s, err
	}
	a, err := f.note(&s, "submit", func() (Answer, error) { return f.Client.Submit(ctx, d.XML) })
	if err != nil {
		// A report that was opened without our knowing its number is never finished, and
		// the service deletes it.
		return s, errors.Join(err, f.Journal.Save(ctx, s))
	}
	s.ReportID = a.ReportID
	if err := f.Journal.Save(ctx, s); err != nil {
		return s, err
	}
	for i, up := range d.Uploads {
		if err := f.upload(ctx, &s, up); err != nil {
			return s, errors.Join(fmt.Errorf("file %d of %d: %w", i+1, len(d.Uploads), err), f.Journal.Save(ctx, s))
		}
		s.Files++
		if err := f.Journal.Save(ctx, s); err != nil {
			return s, err
		}
	}
	s.Finishing = true
	if err := f.Journal.Save(ctx, s); err != nil {
		return s, err
	}
	return s, f.finish(ctx, &s)
}

// Retract takes back the report of an alert that is not finished, where its finish broke off
// too. It returns ErrFinished where it is: then a follow-up says what has changed.
func (f *Filer) Retract(ctx context.Context, alert string) (State, error) {
	s, err := f.Journal.Load(ctx, alert)
	if err != nil {
		return s, err
	}
	if !s.Finished {
		if err := f.takeBack(ctx, &s); err != nil {
			return s, err
		}
	}
	if s.Finished {
		return s, fmt.Errorf("report %d: %w", s.ReportID, ErrFinished)
	}
	return s, nil
}

// ErrFinished says that a report can no longer be taken back.
var ErrFinished = errors.New("the report is finished")

// settle finds out what became of a report that was begun before: finished, or taken back.
func (f *Filer) settle(ctx context.Context, s *State) error {
	if !s.Finishing {
		return f.takeBack(ctx, s)
	}
	if err := f.finish(ctx, s); ofClass(err) != Gone && ofClass(err) != Retired {
		return err
	}
	return f.begun(ctx, s)
}

// takeBack takes back a report that is open, or finds that it is finished.
func (f *Filer) takeBack(ctx context.Context, s *State) error {
	if s.ReportID == 0 {
		return nil
	}
	_, err := f.note(s, "retract", func() (Answer, error) { return f.Client.Retract(ctx, s.ReportID) })
	switch ofClass(err) {
	case Finished:
		s.Finished, s.Finishing = true, true
		return f.Journal.Save(ctx, *s)
	case OK, Gone, Retired:
		return f.begun(ctx, s)
	}
	return errors.Join(err, f.Journal.Save(ctx, *s))
}

// begun notes that no report is open: the next begins anew.
func (f *Filer) begun(ctx context.Context, s *State) error {
	s.ReportID, s.Files, s.Finishing = 0, 0, false
	return f.Journal.Save(ctx, *s)
}

// finish closes a report; that it was finished before is as good.
func (f *Filer) finish(ctx context.Context, s *State) error {
	_, err := f.note(s, "finish", func() (Answer, error) { return f.Client.Finish(ctx, s.ReportID) })
	if class := ofClass(err); class == OK || class == Finished {
		s.Finished, err = true, nil
	}
	return errors.Join(err, f.Journal.Save(ctx, *s))
}

func (f *Filer) upload(ctx context.Context, s *State, up Upload) error {
	a, err := f.note(s, "upload", func() (Answer, error) { return f.Client.Upload(ctx, s.ReportID, up.Details.Name, up.Data) })
	if err != nil {
		return err
	}
	d := up.Details
	d.ReportID, d.FileID = s.ReportID, a.FileID
	if err := d.Check(); err != nil {
		return err
	}
	text, err := Encode(d)
	if err != nil {
		return err
	}
	_, err = f.note(s, "fileinfo", func() (Answer, error) { return f.Client.FileInfo(ctx, text) })
	return err
}

// note asks, and keeps what was asked with the number by which the service knows it.
func (f *Filer) note(s *State, asked string, ask func() (Answer, error)) (Answer, error) {
	a, err := ask()
	step := Step{At: f.Now().UTC(), Asked: asked, RequestID: a.RequestID, ReportID: s.ReportID, FileID: a.FileID, Code: a.Code, Outcome: "ok"}
	if a.ReportID > 0 {
		step.ReportID = a.ReportID
	}
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		step.Outcome = refusal.Class.String()
		if refusal.Code == 0 && refusal.Status != 0 {
			step.Outcome += ", HTTP " + strconv.Itoa(refusal.Status)
		}
	case err != nil:
		step.Outcome = "unknown"
	}
	s.Steps = append(s.Steps, step)
	s.Steps = s.Steps[max(0, len(s.Steps)-maxSteps):]
	return a, err
}

// ofClass is the class of an error: OK for none, and -1 where it is not the service's.
func ofClass(err error) Class {
	var r *Refusal
	switch {
	case err == nil:
		return OK
	case errors.As(err, &r):
		return r.Class
	}
	return -1
}
