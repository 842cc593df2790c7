package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A File is a case as a person may see it: what the case says, where it stands, and what
// people said of it that this person may know.
type File struct {
	Case      Case
	Place     Place
	Danger    Danger
	Since     time.Time // when it began to wait there
	Due       time.Time
	ClaimedBy string
	Until     time.Time
	Decisions []Decision // that stand, oldest first
	// Words are those that went into decisions, and the person's own; who settles a
	// dispute sees those of both. What a first person said is not told to a second.
	Words   []Opinion
	Spoke   bool // the person has a word on it that waits for another's
	Recused []string
	Related []Related
	Actions []Asked // what platforms were asked to do
	Appeals []Appeal
	Filings []ShownFiling // on their way to centres, or there; without what they tell
	// Outcomes are what centres said of its alerts, by centre, in their order.
	Outcomes []AlertOutcome
}

// A Related is another case in which somebody of this one is.
type Related struct {
	Queued
	Shared int // how many they share
	// Payer says that no one they share is this case's subject: only payers or guests are.
	Payer bool
}

// maxRelated limits the related cases that are shown, and maxNear those that are looked
// at: a payer who is in thousands of cases tells little of any.
const (
	maxRelated = 12
	maxNear    = 200
)

// File opens a case for a person, which leaves a trace as Show does.
func (s *Store) File(ctx context.Context, id string, who Person) (f File, err error) {
	if f.Case, f.Decisions, err = s.Show(ctx, id, who); err != nil {
		return f, err
	}
	var since, due, until int64
	err = s.read.QueryRowContext(ctx, `SELECT `+placeShown+`, q.danger, q.since_at, q.due_at, q.claimed_by, q.claimed_until FROM queue q WHERE q.case_id = ?`, id).
		Scan(&f.Place, &f.Danger, &since, &due, &f.ClaimedBy, &until)
	if err != nil {
		return f, fmt.Errorf("case file: %w", err)
	}
	f.Since, f.Due, f.Until = fromMicros(since), fromMicros(due), fromMicros(until)
	if !s.now().Before(f.Until) {
		f.ClaimedBy = ""
	}
	words, err := loadOpinions(ctx, s.read, `WHERE case_id = ? ORDER BY sequence`, id)
	if err != nil {
		return f, err
	}
	for _, w := range words {
		waits := w.Decision == "" && w.Ended == ""
		f.Spoke = f.Spoke || waits && w.Person == who.ID
		if w.Person == who.ID || w.Decision != "" && w.Ended == "" || waits && f.Place == PlaceSplit && who.May(Settle) {
			f.Words = append(f.Words, w)
		}
	}
	if f.Actions, err = s.asked(ctx, s.read, id); err != nil {
		return f, err
	}
	if f.Appeals, err = loadAppeals(ctx, s.read, `WHERE p.case_id = ? ORDER BY p.at, p.id`, id); err != nil {
		return f, err
	}
	if f.Outcomes, err = outcomesOf(ctx, s.read, id); err != nil {
		return f, err
	}
	if f.Filings, err = s.caseFilings(ctx, id); err != nil {
		return f, err
	}
	if f.Related, err = s.related(ctx, id, f.Case.Subject, who); err != nil {
		return f, err
	}
	return f, nil
}

// placeShown is where a case waits, as people are told: of one that came back blind and was
// judged, that it waits for a second person, as of any other.
const placeShown = `CASE WHEN q.place = 'closed' AND EXISTS (SELECT 1 FROM probes b WHERE b.case_id = q.case_id) THEN 'second' ELSE q.place END`

func (s *Store) related(ctx context.Context, id string, subject signal.Subject, who Person) (list []Related, err error) {
	rows, err := s.read.QueryContext(ctx, `
		WITH near AS (
			SELECT theirs.case_id, CASE WHEN theirs.token <> ? THEN 1 ELSE 0 END AS payer
			FROM people mine JOIN people theirs ON theirs.token = mine.token AND theirs.case_id <> mine.case_id
			WHERE mine.case_id = ? LIMIT ?),
		shared AS (SELECT case_id, count(*) AS persons, min(payer) AS payer FROM near GROUP BY case_id)
		SELECT c.id, c.subject, c.state, c.probability, c.last_at, `+placeShown+`, q.danger, s.persons, s.payer
		FROM shared s JOIN cases c ON c.id = s.case_id JOIN queue q ON q.case_id = c.id
		WHERE `+hasNoPart+` ORDER BY s.persons DESC, q.priority DESC, c.id LIMIT ?`, string(subject), id, maxNear, who.ID, maxRelated)
	if err != nil {
		return nil, fmt.Errorf("related cases: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r Related
		var last int64
		if err := rows.Scan(&r.ID, &r.Subject, &r.State, &r.Probability, &last, &r.Place, &r.Danger, &r.Shared, &r.Payer); err != nil {
			return nil, fmt.Errorf("related cases: %w", err)
		}
		r.Last = fromMicros(last)
		list = append(list, r)
	}
	return list, rows.Err()
}

// An Undoable is a word that its person can still take back.
type Undoable struct {
	CaseID  string
	Verdict Verdict
	Final   bool // it made a decision
	Until   time.Time
}

// undoable are the words that can still be taken back, of those since a time.
const undoable = `
	WHERE at > ? AND ended = '' AND step <> 'break-glass'
		AND sequence = (SELECT max(later.sequence) FROM opinions later WHERE later.case_id = opinions.case_id AND later.ended = '')
		AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.decision_id = opinions.decision_id AND h.handed_at IS NOT NULL)`

func (s *Store) undoableSince() int64 { return s.now().Add(-s.policy.Undo).UnixMicro() }

// Undoable returns what a person can still take back, the newest first.
func (s *Store) Undoable(ctx context.Context, who string) ([]Undoable, error) {
	words, err := loadOpinions(ctx, s.read, undoable+` AND person = ? ORDER BY at DESC LIMIT 5`, s.undoableSince(), who)
	if err != nil {
		return nil, err
	}
	var list []Undoable
	for _, w := range words {
		list = append(list, Undoable{CaseID: w.CaseID, Verdict: w.Verdict, Final: w.Decision != "", Until: w.At.Add(s.policy.Undo)})
	}
	return list, nil
}

// A Stand is where a case stands, without what it says: it is no view.
type Stand struct {
	Digest    string // of the newest record
	Place     Place
	ClaimedBy string
	Until     time.Time
}

// Stand returns it for a person who may look at the case.
func (s *Store) Stand(ctx context.Context, id string, who Person) (st Stand, err error) {
	if !who.May(Look) {
		return st, fmt.Errorf("stand: %w %s", ErrDenied, Look)
	}
	var until int64
	err = s.read.QueryRowContext(ctx, `
		SELECT c.digest, `+placeShown+`, q.claimed_by, q.claimed_until FROM cases c JOIN queue q ON q.case_id = c.id WHERE c.id = ?`, id).
		Scan(&st.Digest, &st.Place, &st.ClaimedBy, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return st, fmt.Errorf("stand: %w", ErrNotFound)
	}
	if err != nil {
		return st, fmt.Errorf("stand: %w", err)
	}
	if st.Until = fromMicros(until); !s.now().Before(st.Until) {
		st.ClaimedBy = ""
	}
	return st, nil
}
