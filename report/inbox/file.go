package inbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/seal"
)

// A File is an alert with all that the inbox has about it.
type File struct {
	Item
	Alert       report.Alert
	Payload     []byte // its JSON, as it was signed
	Source      string
	Place       int64
	Copies      int
	Steps       []Step
	Quality     report.Completeness
	Related     []Related
	Corrections []Told // the newest first
	Said        []Said // the newest first
	Forged      []Failure
	Attached    []Attached
}

// A Told is a correction with what checking it found.
type Told struct {
	Notice
	report.Correction
	Steps []Step
}

// An Attached is a file that came beside an alert.
type Attached struct {
	SHA256, MediaType string
	Bytes             int
}

// View returns an alert and notes who looked at it.
func (s *Store) View(ctx context.Context, id, who string) (f File, err error) {
	if f, err = s.file(ctx, id); err != nil {
		return f, err
	}
	return f, s.Log(ctx, who, DidView, id, "")
}

func (s *Store) file(ctx context.Context, id string) (f File, err error) {
	var seq int64
	var steps string
	var data []byte
	rows, err := s.read.QueryContext(ctx, items+` WHERE a.id = ?`, id)
	found, err := list(rows, err, scanItem)
	if err != nil {
		return f, fmt.Errorf("alert %.64q: %w", id, err)
	}
	if len(found) == 0 {
		return f, fmt.Errorf("alert %.64q: %w", id, ErrNotFound)
	}
	f.Item = found[0]
	err = s.read.QueryRowContext(ctx, `SELECT r.seq, r.source, r.place, r.copies, r.steps, r.payload, r.data FROM received r JOIN alerts a ON a.received = r.seq WHERE a.id = ?`, id).
		Scan(&seq, &f.Source, &f.Place, &f.Copies, &steps, &f.Payload, &data)
	if err != nil {
		return f, fmt.Errorf("alert %s: %w", id, err)
	}
	if err := json.Unmarshal([]byte(steps), &f.Steps); err != nil {
		return f, fmt.Errorf("alert %s: its steps: %w", id, err)
	}
	if f.Alert, err = report.DecodeAlert(f.Payload); err != nil {
		return f, fmt.Errorf("alert %s: %w", id, err)
	}
	f.Quality = report.Gate{}.Judge(f.Alert)
	if f.Known, err = s.known(ctx, id); err == nil {
		f.Related, err = s.related(ctx, id)
	}
	if err == nil {
		f.Said, err = words(ctx, s.read, id)
	}
	if err == nil {
		f.Corrections, err = s.corrections(ctx, id)
	}
	if err == nil {
		rows, e := s.read.QueryContext(ctx, failures+` AND about = ? ORDER BY seq DESC LIMIT 20`, id)
		f.Forged, err = failure(rows, e)
	}
	if err != nil {
		return f, fmt.Errorf("alert %s: %w", id, err)
	}
	for _, a := range s.attached(data) {
		f.Attached = append(f.Attached, Attached{a.SHA256, a.MediaType, len(a.Data)})
	}
	f.Reasons = Reasons(f.Facts, Stand{
		Now: s.now(), Came: f.Came, Within: s.set.Within, Known: f.Known, Repeat: f.repeated, Reviewed: f.earlier, Retract: f.Outcome == report.Retracted,
	})
	f.Points = Sum(f.Reasons)
	return f, nil
}

// attached opens what lies beside an alert, whose digests are checked with that.
func (s *Store) attached(data []byte) []seal.Attachment {
	if !seal.IsEncrypted(data) {
		return nil
	}
	c := &Checked{}
	if !s.keys.open(c, data) {
		return nil
	}
	return c.Attached
}

// Attachment returns a file that came beside an alert, whose SHA-256 is checked as it is
// taken out, and notes who took it.
func (s *Store) Attachment(ctx context.Context, alert, sum, who string) (a seal.Attachment, err error) {
	var data []byte
	err = s.read.QueryRowContext(ctx, `SELECT r.data FROM received r JOIN alerts a ON a.received = r.seq WHERE a.id = ?`, alert).Scan(&data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("attachment of alert %.64q: %w", alert, err)
	}
	for _, a := range s.attached(data) {
		if a.SHA256 == sum && digest(a.Data) == sum {
			return a, s.Log(ctx, who, DidDownload, alert, sum)
		}
	}
	return a, fmt.Errorf("attachment %.64q of alert %.64q: %w", sum, alert, ErrNotFound)
}

// corrections returns those of an alert, the newest first.
func (s *Store) corrections(ctx context.Context, alert string) (all []Told, err error) {
	rows, err := s.read.QueryContext(ctx, notices+` WHERE c.alert = ? ORDER BY c.sequence DESC LIMIT 50`, alert)
	heads, err := notice(rows, err)
	if err != nil {
		return nil, err
	}
	for _, n := range heads {
		t := Told{Notice: n}
		var data []byte
		var steps string
		if err := s.read.QueryRowContext(ctx, `SELECT r.payload, r.steps FROM received r JOIN corrections c ON c.received = r.seq WHERE c.id = ?`, n.ID).Scan(&data, &steps); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(steps), &t.Steps); err != nil {
			return nil, err
		}
		if t.Correction, err = report.DecodeCorrection(data); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// Correction returns one whose alert has not come, or has.
func (s *Store) Correction(ctx context.Context, id string) (t Told, err error) {
	var alert string
	err = s.read.QueryRowContext(ctx, `SELECT alert FROM corrections WHERE id = ?`, id).Scan(&alert)
	if errors.Is(err, sql.ErrNoRows) {
		return t, fmt.Errorf("correction %.64q: %w", id, ErrNotFound)
	}
	if err != nil {
		return t, fmt.Errorf("correction %s: %w", id, err)
	}
	all, err := s.corrections(ctx, alert)
	for _, one := range all {
		if one.Notice.ID == id {
			return one, nil
		}
	}
	if err == nil {
		err = ErrNotFound
	}
	return t, fmt.Errorf("correction %s: %w", id, err)
}

// Now is the store's time, for pages.
func (s *Store) Now() time.Time { return s.now() }
