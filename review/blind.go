package review

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Golden is a case whose right answer is known. All in it is made up or rendered.
type Golden struct {
	ID     string          `json:"id"`
	Answer Verdict         `json:"answer"`
	Why    string          `json:"why"` // it is the right answer
	Case   json.RawMessage `json:"case"`
}

func (g Golden) check() error {
	if !personForm.MatchString(g.ID) {
		return errors.New("id: want 1 to 64 letters, digits, dots, dashes and underscores")
	}
	if g.Answer != Confirm && g.Answer != Dismiss {
		return fmt.Errorf("%s: answer: must be %q or %q", g.ID, Confirm, Dismiss)
	}
	c, err := DecodeCase(g.Case)
	if err != nil {
		return fmt.Errorf("%s: %w", g.ID, err)
	}
	if c.State != StateOpen {
		return fmt.Errorf("%s: case: /state: must be open", g.ID)
	}
	return nil
}

// maxGoldens bounds the golden cases that are loaded at a time.
const maxGoldens = 10_000

// LoadGolden keeps golden cases, in place of those of the same ids: all or, where one is
// wrong, none.
func (s *Store) LoadGolden(ctx context.Context, by Person, all []Golden) error {
	if err := errors.Join(by.check(), allow(LoadGolden, facts{who: by})); err != nil {
		return fmt.Errorf("load golden cases: %w", err)
	}
	if len(all) > maxGoldens {
		return fmt.Errorf("load golden cases: %d, and the limit is %d", len(all), maxGoldens)
	}
	for i, g := range all {
		if err := g.check(); err != nil {
			return fmt.Errorf("load golden cases: %d: %w", i+1, err)
		}
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, g := range all {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO golden_cases (id, record, answer, why, loaded_by, at) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET record = excluded.record, answer = excluded.answer, why = excluded.why,
					loaded_by = excluded.loaded_by, at = excluded.at`,
				g.ID, string(g.Case), string(g.Answer), g.Why, by.ID, s.now().UnixMicro())
			if err != nil {
				return fmt.Errorf("load golden case %s: %w", g.ID, err)
			}
		}
		return nil
	})
}

// mixBack is how far back closed cases are looked at for what is to come back.
const mixBack = 48 * time.Hour

// Mix puts before people what nobody can tell from other cases: of the cases that were
// closed lately the share that the policy wants judged once more, by somebody else, and
// golden cases. Which, follows from the decision's id and a secret. It returns how many
// came; to call it again brings none of them again.
func (s *Store) Mix(ctx context.Context) (came int, err error) {
	if s.policy.Again == 0 && s.policy.Golden == 0 {
		return 0, nil
	}
	now := s.now()
	decisions, err := loadDecisions(ctx, s.db, `
		WHERE d.at > ? AND d.at <= ? AND p.undone_at IS NULL AND d.stand_in = 0 ORDER BY d.at, d.id`,
		now.Add(-mixBack).UnixMicro(), now.Add(-s.policy.Undo).UnixMicro())
	if err != nil {
		return 0, fmt.Errorf("mix: %w", err)
	}
	for _, d := range decisions {
		if d.Erased {
			continue
		}
		n, err := s.mixFor(ctx, d)
		if err != nil {
			return came, fmt.Errorf("mix: %w", err)
		}
		came += n
	}
	return came, nil
}

func (s *Store) mixFor(ctx context.Context, d Decision) (came int, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		secret, err := blindSecret(ctx, tx)
		if err != nil {
			return err
		}
		var again, golden bool
		err = tx.QueryRowContext(ctx, `
			SELECT (SELECT count(*) FROM probes WHERE decision = ? AND kind = 'again') > 0,
				(SELECT count(*) FROM probes WHERE decision = ? AND kind = 'golden') > 0`, d.ID, d.ID).Scan(&again, &golden)
		if err != nil {
			return err
		}
		if !again && chosen(secret, "again", d.ID) < uint64(s.policy.Again) {
			var record []byte
			if err := tx.QueryRowContext(ctx, `SELECT record FROM records WHERE digest = ?`, d.CaseDigest).Scan(&record); err != nil {
				return err
			}
			if err := s.probe(ctx, tx, secret, record, "again", d, "", d.Verdict); err != nil {
				return err
			}
			came++
		}
		if golden || chosen(secret, "golden", d.ID) >= uint64(s.policy.Golden) {
			return nil
		}
		g, err := pickGolden(ctx, tx, secret, d.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // none is loaded
		}
		if err != nil {
			return err
		}
		came++
		return s.probe(ctx, tx, secret, g.Case, "golden", d, g.ID, g.Answer)
	})
	return came, err
}

// chosen is a number below 100 that follows from a secret, a purpose and an id.
func chosen(secret, what, id string) uint64 { return keyed(secret, what, id) % 100 }

func keyed(secret, what, id string) uint64 {
	return binary.BigEndian.Uint64(keyedBytes(secret, what, id))
}

func keyedBytes(secret, what, id string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(what + "\n" + id))
	return mac.Sum(nil)
}

func blindSecret(ctx context.Context, tx *sql.Tx) (secret string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT secret FROM blind_secret WHERE one = 1`).Scan(&secret)
	if errors.Is(err, sql.ErrNoRows) {
		secret = newSalt()
		_, err = tx.ExecContext(ctx, `INSERT INTO blind_secret (one, secret) VALUES (1, ?)`, secret)
	}
	return secret, err
}

func pickGolden(ctx context.Context, tx *sql.Tx, secret, decision string) (g Golden, err error) {
	var n int64
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM golden_cases`).Scan(&n); err != nil {
		return g, err
	}
	if n == 0 {
		return g, sql.ErrNoRows
	}
	var record string
	err = tx.QueryRowContext(ctx, `SELECT id, record, answer FROM golden_cases ORDER BY id LIMIT 1 OFFSET ?`,
		int64(keyed(secret, "which", decision)%uint64(n))).Scan(&g.ID, &record, &g.Answer)
	g.Case = json.RawMessage(record)
	return g, err
}

var tokenForm = regexp.MustCompile(`sub_[0-9a-f]{32}`)

// disguised is a record with other names in it for everybody, the same for the same, so
// that it is found by nobody's, and is near no other case.
func disguised(secret, decision, kind string, record []byte) ([]byte, error) {
	var was struct {
		ID      string         `json:"id"`
		Subject signal.Subject `json:"subject"`
	}
	if err := json.Unmarshal(record, &was); err != nil {
		return nil, err
	}
	other := func(token string) string {
		return "sub_" + hex.EncodeToString(keyedBytes(secret, "name/"+kind+"/"+decision, token)[:16])
	}
	out := tokenForm.ReplaceAllFunc(record, func(t []byte) []byte { return []byte(other(string(t))) })
	return bytes.ReplaceAll(out, []byte(was.ID), []byte(signal.ID("case", other(string(was.Subject))))), nil
}

// probe puts a record into the queue under another name. Who had a part in the decision
// that occasioned it has none in it.
func (s *Store) probe(ctx context.Context, tx *sql.Tx, secret string, record []byte, kind string, d Decision, golden string, answer Verdict) error {
	raw, err := disguised(secret, d.ID, kind, record)
	if err != nil {
		return err
	}
	c, err := DecodeCase(raw)
	if err != nil {
		return fmt.Errorf("a record under another name: %s", err.Error()) // it is no record that came
	}
	state := StateOpen
	if c.State == StateHelp {
		state = StateHelp
	}
	if err := s.save(ctx, tx, c, raw, "", state); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO probes (case_id, kind, decision, golden, answer, at) VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, kind, d.ID, golden, string(answer), s.now().UnixMicro())
	if err == nil { // windows are kept for the case itself
		_, err = tx.ExecContext(ctx, `DELETE FROM sightings WHERE case_id = ?`, c.ID)
	}
	if err != nil || kind != "again" {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO recusals (case_id, person, reason, said_by, at)
		SELECT DISTINCT CAST(? AS TEXT), person, '', '', CAST(? AS BIGINT) FROM (
			SELECT person FROM opinions WHERE case_id = ? UNION SELECT viewer FROM views WHERE case_id = ?) AS before`,
		c.ID, s.now().UnixMicro(), d.CaseID, d.CaseID)
	return err
}

// errProbe is a fault of this program: the rules let nobody come there.
var errProbe = errors.New("a case that came back blind is decided by nobody, and nothing follows from it")

// noProbe returns errProbe for a case that came back blind.
func noProbe(ctx context.Context, tx *sql.Tx, caseID string) error {
	var probes int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM probes WHERE case_id = ?`, caseID).Scan(&probes); err != nil {
		return fmt.Errorf("look for a blind case: %w", err)
	}
	if probes > 0 {
		return errProbe
	}
	return nil
}

// A Blind is how well what came back blind agrees with what was said before.
type Blind struct {
	// Again counts closed cases by what was decided first and said blind, and Waiting those
	// that nobody has judged yet, golden ones too.
	Again   [2][2]int // confirm, dismiss
	Waiting int
	Golden  []GoldenScore // by person
}

// A GoldenScore is how often a person gave the known answer.
type GoldenScore struct {
	Person       string
	Right, Asked int
}

// Pairs is how many cases were judged twice.
func (b Blind) Pairs() int { return b.Again[0][0] + b.Again[0][1] + b.Again[1][0] + b.Again[1][1] }

// Agreed is in how many of them both say the same.
func (b Blind) Agreed() int { return b.Again[0][0] + b.Again[1][1] }

// Kappa is Cohen's kappa (Cohen 1960, A coefficient of agreement for nominal scales): the
// agreement beyond what chance gives, 1 where it is perfect. False where it is not defined,
// as where there is no case or all are judged alike.
func (b Blind) Kappa() (float64, bool) {
	n := float64(b.Pairs())
	if n == 0 {
		return 0, false
	}
	row := float64(b.Again[0][0]+b.Again[0][1]) / n
	col := float64(b.Again[0][0]+b.Again[1][0]) / n
	chance := row*col + (1-row)*(1-col)
	if chance == 1 {
		return 0, false
	}
	return (float64(b.Agreed())/n - chance) / (1 - chance), true
}

// Blind returns it for what was judged since a time. It names no case.
func (s *Store) Blind(ctx context.Context, who Person, since time.Time) (b Blind, err error) {
	if !who.May(Supervise) {
		return b, fmt.Errorf("blind: %w %s", ErrDenied, Supervise)
	}
	err = s.read.QueryRowContext(ctx, `
		SELECT count(*) FROM probes p WHERE NOT EXISTS (SELECT 1 FROM opinions o WHERE o.case_id = p.case_id AND o.ended = '')`).Scan(&b.Waiting)
	if err != nil {
		return b, fmt.Errorf("blind: %w", err)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT p.kind, p.answer, o.verdict, o.person FROM probes p JOIN opinions o ON o.case_id = p.case_id AND o.ended = ''
		WHERE o.at >= ? ORDER BY o.person`, since.UnixMicro())
	if err != nil {
		return b, fmt.Errorf("blind: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	at := map[Verdict]int{Confirm: 0, Dismiss: 1}
	for rows.Next() {
		var kind, person string
		var answer, said Verdict
		if err := rows.Scan(&kind, &answer, &said, &person); err != nil {
			return b, fmt.Errorf("blind: %w", err)
		}
		if kind == "again" {
			b.Again[at[answer]][at[said]]++
			continue
		}
		if n := len(b.Golden); n == 0 || b.Golden[n-1].Person != person {
			b.Golden = append(b.Golden, GoldenScore{Person: person})
		}
		g := &b.Golden[len(b.Golden)-1]
		if g.Asked++; answer == said {
			g.Right++
		}
	}
	return b, rows.Err()
}
