package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// ErrUndecided says that nobody has decided the case, so that its evidence stays.
var ErrUndecided = errors.New("the case has no decision that stands")

// ErrUndoable says that a decision does not leave while it can be taken back.
var ErrUndoable = errors.New("the decision can still be taken back: try again when the time for that is over")

// A Dossier is what of a decided case may be taken out: the exact bytes of the records
// that people decided on, and their decisions as the audit log has the digests of.
type Dossier struct {
	Case       string // id
	Record     []byte // of the last decision
	Earlier    [][]byte
	Statements []json.RawMessage // oldest first
	Decisions  []Decision        // the same, as they are kept
	// Salt opens the commitments of the case's entries in the audit log.
	Salt string
}

// Dossier returns what a person may take out of a case, which leaves a trace as Show does.
// ErrUndecided means that there is nothing, and ErrUndoable that it has to wait.
func (s *Store) Dossier(ctx context.Context, id string, who Person) (Dossier, error) {
	if !who.May(TakeOut) {
		return Dossier{}, fmt.Errorf("dossier: %w %s", ErrDenied, TakeOut)
	}
	_, decisions, err := s.Show(ctx, id, who)
	if err != nil {
		return Dossier{}, err
	}
	if len(decisions) == 0 {
		return Dossier{}, fmt.Errorf("dossier of case %s: %w", id, ErrUndecided)
	}
	words, err := loadOpinions(ctx, s.read, undoable+` AND decision_id = ?`, s.undoableSince(), decisions[len(decisions)-1].ID)
	if err != nil {
		return Dossier{}, err
	}
	if len(words) > 0 {
		return Dossier{}, fmt.Errorf("dossier of case %s: %w", id, ErrUndoable)
	}
	salt, err := s.Salt(ctx, id)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{Case: id, Decisions: decisions, Salt: salt}
	last := decisions[len(decisions)-1].CaseDigest
	seen := map[string]bool{}
	for _, one := range decisions {
		stated, err := one.Statement().encode()
		if err != nil {
			return Dossier{}, err
		}
		d.Statements = append(d.Statements, stated)
		if seen[one.CaseDigest] {
			continue
		}
		seen[one.CaseDigest] = true
		var record []byte
		err = s.read.QueryRowContext(ctx, `SELECT record FROM records WHERE digest = ?`, one.CaseDigest).Scan(&record)
		if err != nil {
			return Dossier{}, fmt.Errorf("dossier: load record: %w", err)
		}
		if digest(record) != one.CaseDigest {
			return Dossier{}, fmt.Errorf("dossier: the record with digest %s was changed in the store", one.CaseDigest)
		}
		if one.CaseDigest == last {
			d.Record = record
		} else {
			d.Earlier = append(d.Earlier, record)
		}
	}
	return d, nil
}

var isDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Exported notes, for the audit log, that a person takes a case's evidence out in a bundle
// whose manifest has a SHA-256. It is to be called before the bundle leaves.
func (s *Store) Exported(ctx context.Context, id string, who Person, manifest string) error {
	if err := who.check(); err != nil {
		return err
	}
	if !isDigest.MatchString(manifest) {
		return errors.New("exported: the manifest must be named by its SHA-256")
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		f, err := s.loadFacts(ctx, tx, id, who)
		if err != nil {
			return err
		}
		if err := allow(TakeOut, f); err != nil {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindExport, ID: signal.ID("export", id, manifest, strconv.FormatInt(f.now.UnixMicro(), 10)),
			Digest: manifest, At: f.now, Refs: []string{id, "reviewer/" + who.ID},
		})
	})
	if err != nil {
		return fmt.Errorf("exported: %w", err)
	}
	return nil
}
