package review

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/storetest"
)

// helped says that the subject of a case may be a victim.
func (c Case) helped() Case {
	c.State = StateHelp
	return c
}

// TestAPossibleVictimIsNeverConfirmed: a case for help waits for a person, can be
// dismissed, and no report of it leaves.
func TestAPossibleVictimIsNeverConfirmed(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a").helped())
	if got := stateOf(t, s); got != StateHelp {
		t.Fatalf("state %s", got)
	}
	list, err := s.List(context.Background(), Filter{States: []State{StateHelp}})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	shown, _, err := s.Show(context.Background(), caseID, Reviewer("r1"))
	if err != nil || shown.State != StateHelp {
		t.Fatalf("%s, %v", shown.State, err)
	}
	r := Request{CaseID: caseID, Digest: shown.Digest, Verdict: Confirm, Reason: "several-signs", By: Reviewer("r1")}
	if _, err := s.Decide(context.Background(), r); !errors.Is(err, ErrNotOpen) {
		t.Errorf("confirmed: %v", err)
	}
	receive(t, s, caseOf(2, "a"))
	if got := stateOf(t, s); got != StateOpen {
		t.Errorf("once it is a case again it is %s", got)
	}
	receive(t, s, caseOf(3, "a").helped())
	shown, _, err = s.Show(context.Background(), caseID, Reviewer("r1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Digest, r.Verdict, r.Reason = shown.Digest, Dismiss, "lawful-explanation"
	if _, err := s.Decide(context.Background(), r); err != nil {
		t.Error(err)
	}
	receive(t, s, caseOf(4, "a").helped())
	if got := stateOf(t, s); got != StateDismissed {
		t.Errorf("what a person decided is %s once the same is told again", got)
	}
}

// TestMigrationKeepsCases: a store of the first version, with all that refers to its
// cases, is taken over whole.
func TestMigrationKeepsCases(t *testing.T) {
	storetest.OnlyFile(t)
	path := storetest.Place(t)
	s := openAt(t, path)
	receive(t, s, caseOf(1, "a"))
	d := settle(t, s, Confirm, "several-signs")
	receive(t, s, caseOf(2, "a", "b"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Back to the first version: the check of then, and no word of the second.
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	first, err := fs.ReadFile(migrations, "migrations/0001_store.sql")
	if err != nil {
		t.Fatal(err)
	}
	table := cut(t, string(first), "CREATE TABLE cases (", ") STRICT;")
	for _, statement := range []string{
		`PRAGMA foreign_keys = OFF`, `CREATE TABLE before AS SELECT * FROM cases`, `DROP TABLE cases`, table,
		`INSERT INTO cases SELECT * FROM before`, `DROP TABLE before`, `DELETE FROM migrations WHERE version = 2`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if _, err := db.Exec(`UPDATE cases SET state = 'help'`); err == nil {
		t.Fatal("the first version took the new state")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	s = openAt(t, path)
	if got := stateOf(t, s); got != StateReopened {
		t.Errorf("the case is %s", got)
	}
	_, decisions, err := s.Show(context.Background(), caseID, Reviewer("r1"))
	if err != nil || len(decisions) != 1 || decisions[0].ID != d.ID {
		t.Errorf("decisions %+v, %v", decisions, err)
	}
	var broken int
	if err := s.db.QueryRow(`SELECT count(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil || broken != 0 {
		t.Errorf("%d rows refer to nothing, %v", broken, err)
	}
	receive(t, s, caseOf(3, "a", "b").helped())
}

func TestDecidedGivesTheLastOfEach(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a"))
	settle(t, s, Dismiss, "lawful-explanation")
	receive(t, s, caseOf(2, "a", "b", "c"))
	last := settle(t, s, Confirm, "several-signs")
	var got []Decision
	if err := s.Decided(context.Background(), func(d Decision) error { got = append(got, d); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].ID != last.ID || len(got[0].Case.Signals) != 3 {
		t.Errorf("%+v", got)
	}
	stop := errors.New("enough")
	if err := s.Decided(context.Background(), func(Decision) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// settle decides the case as it stands.
func settle(t *testing.T, s *Store, v Verdict, reason string) Decision {
	t.Helper()
	shown, _, err := s.Show(context.Background(), caseID, Reviewer("r1"))
	if err != nil {
		t.Fatal(err)
	}
	return decide(t, s, Request{CaseID: caseID, Digest: shown.Digest, Verdict: v, Reason: reason, By: Reviewer("r1")})
}

// cut returns the part of a text from one mark to another, both in it.
func cut(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, from)
	body, _, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("no %s … %s", from, to)
	}
	return from + body + to
}
