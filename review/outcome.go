package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// The results that a centre gives, by their names in report.
const (
	ResultAcknowledged = "acknowledged"
	ResultActionable   = "actionable"
	ResultKnown        = "known"
	ResultInsufficient = "insufficient"
	ResultWrong        = "wrong"
)

// An AlertOutcome is what a centre said came of an alert. That the centre said it must have been
// checked: the store believes it.
type AlertOutcome struct {
	ID        string         `json:"id"`
	Alert     string         `json:"alert"`
	CaseID    string         `json:"case"`
	Centre    string         `json:"centre"`
	Sequence  int            `json:"sequence"` // of what the centre said of the alert, the highest holds
	Result    string         `json:"result"`
	At        time.Time      `json:"at"`
	Missing   []string       `json:"missing,omitempty"` // checks that an insufficient alert fails
	Entries   []OutcomeEntry `json:"entries,omitempty"`
	Reference string         `json:"reference,omitempty"` // the centre's own

	Holds  bool   `json:"-"` // no later word of the centre on the alert took its place
	Looked string `json:"-"` // which supervisor looked at it, of one that says wrong
	Upheld bool   `json:"-"` // and found the decision right all the same
	Over   bool   `json:"-"` // another decision took the place of that which the alert told of
}

// Open reports whether the word says that the alert was wrong, and waits for a supervisor.
func (o AlertOutcome) Open() bool {
	return o.Holds && o.Result == ResultWrong && o.Looked == "" && !o.Over
}

// An OutcomeEntry is what a centre said of an entry of a list that the alert names.
type OutcomeEntry struct {
	List     string `json:"list"`
	HashKind string `json:"hash_kind"`
	Entry    string `json:"entry"`
	Wrong    bool   `json:"wrong"`
}

// AlertID is the id of the alert of a decision to a centre; the sequence is the decision's in
// its case. An alert sent twice has one id.
func AlertID(caseID string, sequence int, centre string) string {
	return signal.ID("alert", caseID, strconv.Itoa(sequence), centre)
}

// TakeOutcome keeps a centre's word, and orders what it says of lists' entries to be told to
// their owners. One that comes again changes nothing, and whichever order words come in, the
// one of the highest sequence holds. One of an alert that did not go to the centre, one about
// an entry that the alert does not name, and a second one under a sequence that was used for
// another are Rejections. Where the alert is leaving just now, the error is ErrFirst.
func (s *Store) TakeOutcome(ctx context.Context, o AlertOutcome) error {
	o.At = o.At.UTC()
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("outcome: %w", err)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		var before string
		err := tx.QueryRowContext(ctx, `SELECT digest FROM outcomes WHERE id = ?`, o.ID).Scan(&before)
		switch {
		case err == nil && before != digest(text):
			return signal.Reject("outcome-conflict", "/sequence: the centre said something else of this alert under the same one")
		case err == nil:
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		decision, err := toldOf(ctx, tx, o)
		if err != nil {
			return err
		}
		ds, err := loadDecisions(ctx, tx, `WHERE d.id = ?`, decision)
		if err != nil {
			return err
		}
		d, record := ds[0], string(text)
		if d.Erased {
			record, o.Entries = "", nil // who was matched with what is not to be known any more
		}
		for i, e := range o.Entries {
			if !slices.ContainsFunc(d.Case.Signals, func(sig signal.Signal) bool {
				m := sig.Match
				return m != nil && m.List == e.List && m.HashKind == e.HashKind && m.Entry == e.Entry
			}) {
				return signal.Reject("outcome-entry", "/entries/%d: nothing in the case matched it", i)
			}
		}
		var newest int
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(sequence), 0) FROM outcomes WHERE alert = ?`, o.Alert).Scan(&newest); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO outcomes (id, alert, case_id, decision_id, centre, sequence, result, missing, at, digest, record)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			o.ID, o.Alert, o.CaseID, d.ID, o.Centre, o.Sequence, o.Result, strings.Join(o.Missing, " "), o.At.UnixMicro(), digest(text), record)
		if err != nil {
			return err
		}
		if o.Sequence > newest {
			if err := s.tellOwners(ctx, tx, o); err != nil {
				return err
			}
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindOutcome, ID: o.ID, Digest: digest(text), At: s.now(), Refs: refs(o.Alert, o.CaseID, d.ID, "centre/"+o.Centre),
		})
	})
	if err != nil {
		return fmt.Errorf("outcome: %w", err)
	}
	return nil
}

// toldOf returns the decision whose alert an outcome is of: it must have gone to the centre.
func toldOf(ctx context.Context, tx *sql.Tx, o AlertOutcome) (_ string, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT d.id, d.sequence, b.done_at IS NOT NULL, coalesce(b.result, '')
		FROM decisions d JOIN outbox b ON b.decision_id = d.id WHERE d.case_id = ?`, o.CaseID)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, result string
		var sequence int
		var done bool
		if err := rows.Scan(&id, &sequence, &done, &result); err != nil {
			return "", err
		}
		switch {
		case AlertID(o.CaseID, sequence, o.Centre) != o.Alert:
		case !done:
			return "", fmt.Errorf("alert %s: %w", o.Alert, ErrFirst)
		case slices.Contains(strings.Fields(result), o.Alert):
			return id, rows.Err()
		}
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	return "", signal.Reject("unknown-alert", "/alert: is none that went to the centre")
}

// tellOwners orders what a centre said of entries to be told to the owners of their lists.
func (s *Store) tellOwners(ctx context.Context, tx *sql.Tx, o AlertOutcome) error {
	for _, e := range o.Entries {
		f := Feedback{ID: signal.ID("feedback", o.ID, e.List, e.HashKind, e.Entry), List: e.List, HashKind: e.HashKind, Entry: e.Entry, Right: !e.Wrong}
		if err := s.enqueueJSON(ctx, tx, Order{ID: f.ID, Kind: OrderFeedback, CaseID: o.CaseID}, f); err != nil {
			return err
		}
	}
	return nil
}

// outcomesOf returns what centres said of a case's alerts, in the order in which they said it.
func outcomesOf(ctx context.Context, q querier, caseID string) (list []AlertOutcome, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT o.id, o.alert, o.centre, o.sequence, o.result, o.missing, o.at, o.record, coalesce(k.person, ''), coalesce(k.upheld, 0) <> 0,
			EXISTS (SELECT 1 FROM replacements r WHERE r.decision_id = o.decision_id)
		FROM outcomes o LEFT JOIN outcome_looks k ON k.outcome_id = o.id WHERE o.case_id = ? ORDER BY o.centre, o.alert, o.sequence`, caseID)
	if err != nil {
		return nil, fmt.Errorf("outcomes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		o := AlertOutcome{CaseID: caseID}
		var missing, record string
		var at int64
		if err := rows.Scan(&o.ID, &o.Alert, &o.Centre, &o.Sequence, &o.Result, &missing, &at, &record, &o.Looked, &o.Upheld, &o.Over); err != nil {
			return nil, fmt.Errorf("outcomes: %w", err)
		}
		if o.Missing, o.At = strings.Fields(missing), fromMicros(at); record != "" {
			if err := json.Unmarshal([]byte(record), &o); err != nil {
				return nil, fmt.Errorf("outcome %s: %w", o.ID, err)
			}
		}
		o.Holds = true
		if n := len(list); n > 0 && list[n-1].Alert == o.Alert {
			list[n-1].Holds = false
		}
		list = append(list, o)
	}
	return list, rows.Err()
}
