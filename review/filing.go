package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// A FilingState is where the delivery of an alert stands.
type FilingState string

// The states of a delivery.
const (
	FilingQueued  FilingState = "queued"
	FilingSending FilingState = "sending" // a worker has it; after its lease it is as good as unknown
	FilingUnknown FilingState = "unknown" // the centre may have it, and is asked before anything else
	FilingFiled   FilingState = "filed"   // the centre has it
	FilingFailed  FilingState = "failed"  // the centre will not take it as it is: for a person to look at
	FilingHeld    FilingState = "held"    // it says too little; it is looked at again from time to time
	// FilingWithdrawn is what was overtaken before the centre had it: nobody sends it any more.
	FilingWithdrawn FilingState = "withdrawn"
)

// A Filing is one alert, or one correction of an alert, on its way to one centre.
type Filing struct {
	Alert    string // its id, or the correction's, which is the idempotency key too
	Corrects string // id of the alert that a correction is of; empty for an alert
	Sequence int    // of the decision that it tells of, on its case
	Case     string
	Centre   string
	Priority int64 // the higher the sooner
	State    FilingState
	Attempts int
	Due      time.Time // until when the law wants it there
	Next     time.Time // from when on it is looked at; of one that is sending, the end of the lease
	Receipt  string    // the centre's own reference
	Says     string    // why it stands where it does, in words
	Revision int64     // grows with every change
	Body     []byte    // the alert's or correction's JSON, until it is filed or withdrawn
	// Superseded says that a later correction of the same alert is there.
	Superseded bool
}

// over reports whether nothing is done about a filing any more.
func (d Filing) over() bool { return d.State == FilingFiled || d.State == FilingWithdrawn }

// Late reports whether the law's time is over and the centre does not have it.
func (d Filing) Late(now time.Time) bool { return !d.over() && now.After(d.Due) }

// ErrFilingChanged says that a delivery was changed by another in between.
var ErrFilingChanged = errors.New("the delivery was changed by another in between")

// OrderFilings orders filings. One whose alert is there already stays as it is, so that an
// order may be repeated. A correction is ordered only where its alert was.
func (s *Store) OrderFilings(ctx context.Context, orders []Filing) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, d := range orders {
			if d.Corrects != "" {
				var there int
				if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM filings WHERE alert = ?`, d.Corrects).Scan(&there); err != nil {
					return err
				}
				if there == 0 {
					continue
				}
			}
			d, journal, err := recall(ctx, tx, d)
			if err != nil {
				return err
			}
			made, err := tx.ExecContext(ctx, `
				INSERT INTO filings (alert, corrects, sequence, case_id, centre, priority, state, attempts, due_at, next_at, receipt, says, revision, body, journal)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert) DO NOTHING`,
				d.Alert, d.Corrects, d.Sequence, d.Case, d.Centre, d.Priority, string(d.State), d.Attempts, d.Due.UnixMicro(), d.Next.UnixMicro(), d.Receipt, d.Says, d.Revision, d.Body, journal)
			if err != nil {
				return err
			}
			if n, err := made.RowsAffected(); err != nil || n == 0 {
				if err != nil {
					return err
				}
				continue
			}
			if err := noteStep(ctx, tx, d.Alert, FiledStep{At: s.now(), State: d.State, Says: d.Says}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	return nil
}

// chain is the alert that f is, or is a correction of; superseded whether a later correction of
// that alert is there.
const (
	chain      = `CASE WHEN f.corrects = '' THEN f.alert ELSE f.corrects END`
	superseded = `EXISTS (SELECT 1 FROM filings AS later WHERE later.corrects <> '' AND later.corrects = ` + chain + ` AND later.sequence > f.sequence)`
)

const selectFilings = `SELECT f.alert, f.corrects, f.sequence, f.case_id, f.centre, f.priority, f.state, f.attempts, f.due_at, f.next_at, f.receipt, f.says, f.revision, f.body,
	` + superseded + ` FROM filings AS f `

func loadFilings(ctx context.Context, q querier, where string, args ...any) (ds []Filing, err error) {
	rows, err := q.QueryContext(ctx, selectFilings+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load filings: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Filing
		var due, next int64
		if err := rows.Scan(&d.Alert, &d.Corrects, &d.Sequence, &d.Case, &d.Centre, &d.Priority, &d.State, &d.Attempts, &due, &next, &d.Receipt, &d.Says, &d.Revision, &d.Body, &d.Superseded); err != nil {
			return nil, fmt.Errorf("load filings: %w", err)
		}
		d.Due, d.Next = fromMicros(due), fromMicros(next)
		ds = append(ds, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load filings: %w", err)
	}
	return ds, nil
}

// NextFiling returns what is to be looked at first: of a centre's filings that are
// neither filed, withdrawn nor failed and whose time has come, the one of the highest
// priority, of several the one that is due soonest. What a correction overtook is looked at
// at once, where it failed too, and a correction only when that is over. False is nothing.
func (s *Store) NextFiling(ctx context.Context, centre string, now time.Time) (Filing, bool, error) {
	ds, err := loadFilings(ctx, s.db, `
		WHERE f.centre = ? AND f.state NOT IN ('filed', 'withdrawn')
			AND (f.state <> 'failed' AND f.next_at <= ? OR f.state IN ('queued', 'held', 'failed') AND `+superseded+`)
			AND (f.corrects = '' OR NOT EXISTS (
				SELECT 1 FROM filings AS older WHERE (older.alert = f.corrects OR older.corrects = f.corrects)
					AND older.sequence < f.sequence AND older.state NOT IN ('filed', 'withdrawn')))
		ORDER BY f.priority DESC, f.due_at, f.alert LIMIT 1`, centre, now.UnixMicro())
	if err != nil || len(ds) == 0 {
		return Filing{}, false, err
	}
	return ds[0], true, nil
}

// Filings lists those in a state, or all where it is empty, the most urgent first.
func (s *Store) Filings(ctx context.Context, state FilingState, limit int) ([]Filing, error) {
	return loadFilings(ctx, s.read, `WHERE ? = '' OR f.state = ? ORDER BY f.priority DESC, f.due_at, f.alert LIMIT ?`, string(state), string(state), bound(limit))
}

// Filing returns that of an alert.
func (s *Store) Filing(ctx context.Context, alert string) (Filing, error) {
	ds, err := loadFilings(ctx, s.db, `WHERE f.alert = ?`, alert)
	if err == nil && len(ds) == 0 {
		err = fmt.Errorf("delivery of alert %s: %w", alert, ErrNotFound)
	}
	if err != nil {
		return Filing{}, err
	}
	return ds[0], nil
}

// EarlierFilings are those that a centre has and that one refers to, the oldest first: of an
// alert, what was filed on its case before; of a correction, its alert and earlier corrections.
func (s *Store) EarlierFilings(ctx context.Context, d Filing) ([]Filing, error) {
	if d.Corrects != "" {
		return loadFilings(ctx, s.db, `WHERE (f.alert = ? OR f.corrects = ?) AND f.centre = ? AND f.state = 'filed' AND f.alert <> ? AND f.sequence < ? ORDER BY f.sequence, f.alert`,
			d.Corrects, d.Corrects, d.Centre, d.Alert, d.Sequence)
	}
	return loadFilings(ctx, s.db, `WHERE f.case_id = ? AND f.centre = ? AND f.state = 'filed' AND f.alert <> ? AND f.sequence <= ? ORDER BY f.sequence, f.alert`,
		d.Case, d.Centre, d.Alert, d.Sequence)
}

// Followed reports whether a later decision on a case has an alert of its own on its way to a
// centre.
func (s *Store) Followed(ctx context.Context, caseID, centre string, sequence int) (bool, error) {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM filings WHERE case_id = ? AND centre = ? AND corrects = '' AND sequence > ?`, caseID, centre, sequence).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("later deliveries of case %s: %w", caseID, err)
	}
	return n > 0, nil
}

// SaveFiling keeps a change and gives it a new revision, or returns ErrFilingChanged where another
// changed it in between. What came of an attempt gets an entry in the audit log, in the same
// transaction. The text of one that is over is not kept.
func (s *Store) SaveFiling(ctx context.Context, d Filing) (Filing, error) {
	told := digest(d.Body)
	d.Receipt, d.Says = plainText(d.Receipt), plainText(d.Says)
	err := s.write(ctx, func(tx *sql.Tx) error {
		body := d.Body
		if d.over() {
			body = []byte{}
		}
		still, err := heldStill(ctx, tx, `SELECT state, says FROM filings WHERE alert = ?`, d)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `
			UPDATE filings SET state = ?, attempts = ?, next_at = ?, receipt = ?, says = ?, body = ?, revision = revision + 1
			WHERE alert = ? AND revision = ?`,
			string(d.State), d.Attempts, d.Next.UnixMicro(), d.Receipt, d.Says, body, d.Alert, d.Revision)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(ErrFilingChanged, err)
		}
		if d.State == FilingSending || still {
			return nil // what comes of it is noted
		}
		st := FiledStep{At: s.now(), State: d.State, Report: d.Receipt, Says: d.Says, Entry: filingEntryID(d.Alert, d.Revision)}
		return noteDelivery(ctx, tx, d.Alert, st, told, filingRefs(d, d.Revision+1))
	})
	if err != nil {
		return d, fmt.Errorf("save delivery: %w", err)
	}
	d.Revision++
	if d.over() {
		d.Body = []byte{}
	}
	return d, nil
}

// filingEntryID is the id of the entry of a delivery's change from a revision to the next.
func filingEntryID(alert string, revision int64) string {
	return signal.ID("delivery", alert, strconv.FormatInt(revision, 10))
}

// filingRefs are those of the entry of a delivery that has come to a revision.
func filingRefs(d Filing, revision int64) []string {
	return loggable(d.Alert, d.Case, "centre/"+d.Centre, "state/"+string(d.State), "receipt/"+d.Receipt, "revision/"+strconv.FormatInt(revision, 10))
}

// SendingEntry is the entry of the audit log that says that a delivery is about to be sent: it
// is written before, so that a store that is restored can learn what may have arrived.
func SendingEntry(d Filing, at time.Time) audit.Entry {
	d.State, at = FilingSending, at.UTC()
	id := signal.ID("delivery-sending", d.Alert, strconv.FormatInt(d.Revision, 10), at.Format(time.RFC3339Nano))
	return audit.Entry{Kind: audit.KindDelivery, ID: id, Digest: digest([]byte(id)), At: at, Refs: filingRefs(d, d.Revision+1)}
}

var logged = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,128}$`)

// loggable keeps what may stand in the audit log: what a centre gave may be anything, and then
// only its digest does.
func loggable(all ...string) []string {
	var out []string
	for _, r := range all {
		kind, value, has := strings.Cut(r, "/")
		switch {
		case has && value == "":
		case logged.MatchString(r):
			out = append(out, r)
		default:
			out = append(out, kind+"/sha256:"+digest([]byte(value)))
		}
	}
	return out
}

// FilingJournal returns what a channel keeps of a delivery; empty where it kept nothing, or
// where there is no such delivery.
func (s *Store) FilingJournal(ctx context.Context, alert string) ([]byte, error) {
	var journal []byte
	err := s.db.QueryRowContext(ctx, `SELECT journal FROM filings WHERE alert = ?`, alert).Scan(&journal)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal of delivery %s: %w", alert, err)
	}
	return journal, nil
}

// A FilingStep is one thing that a channel asked of a centre, for the audit log.
type FilingStep struct {
	At      time.Time `json:"at"`
	Asked   string    `json:"asked"`
	Outcome string    `json:"outcome"`
	Request string    `json:"request,omitempty"` // id by which the centre knows it
	Report  string    `json:"report,omitempty"`  // reference of what it was about
}

// SaveFilingJournal keeps what a channel wants kept, with entries in the audit log for the
// steps that are new.
func (s *Store) SaveFilingJournal(ctx context.Context, alert string, journal []byte, steps []FilingStep) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE filings SET journal = ? WHERE alert = ?`, journal, alert)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(ErrNotFound, err)
		}
		for i, step := range steps {
			data, err := json.Marshal(step)
			if err != nil {
				return err
			}
			id := signal.ID("delivery-step", alert, strconv.Itoa(i), string(data))
			var there int
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE entry_id = ?`, id).Scan(&there); err != nil {
				return err
			}
			if there > 0 {
				continue
			}
			st := FiledStep{At: step.At, Asked: step.Asked, Outcome: step.Outcome, Request: step.Request, Report: step.Report, Entry: id}
			refs := loggable(alert, "asked/"+step.Asked, "outcome/"+step.Outcome, "request/"+step.Request, "report/"+step.Report)
			if err := noteDelivery(ctx, tx, alert, st, digest(data), refs); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("journal of delivery %s: %w", alert, err)
	}
	return nil
}
