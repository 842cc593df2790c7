package review

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestADossierIsWhatWasDecided(t *testing.T) {
	s := newStore(t)
	first, second := caseOf(1, "a", "b"), caseOf(2, "a", "b", "c")
	receive(t, s, first)
	who := with("reviewer-2", RoleSupervisor)
	if _, err := s.Dossier(t.Context(), caseID, who); !errors.Is(err, ErrUndecided) {
		t.Fatalf("undecided: %v", err)
	}
	decide(t, s, asked(t, first, Dismiss))
	receive(t, s, second)
	decide(t, s, asked(t, second, Confirm))
	receive(t, s, caseOf(3, "a", "b", "c")) // that nobody decided on stays

	d, err := s.Dossier(t.Context(), caseID, who)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.Record, raw(t, second)) || len(d.Earlier) != 1 || !bytes.Equal(d.Earlier[0], raw(t, first)) {
		t.Errorf("%d records, and not those that were decided on", 1+len(d.Earlier))
	}
	if len(d.Statements) != 2 || len(d.Decisions) != 2 {
		t.Fatalf("%d statements of %d decisions", len(d.Statements), len(d.Decisions))
	}
	logged := map[string]string{}
	for _, row := range pending(t, s) {
		if row.Entry != nil {
			logged[row.Entry.ID] = row.Entry.Digest
		}
	}
	for i, st := range d.Statements {
		if logged[d.Decisions[i].ID] != digest(st) {
			t.Errorf("statement %d is not the one of the log", i)
		}
	}
	if _, err := s.Dossier(t.Context(), caseID, Person{ID: "admin", Roles: []Role{RoleAdministrator}}); !errors.Is(err, ErrDenied) {
		t.Errorf("who sees no case: %v", err)
	}
	if _, err := s.Dossier(t.Context(), "nowhere", who); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such case: %v", err)
	}
}

func TestAnExportIsLogged(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a", "b"))
	manifest := strings.Repeat("ab", 32)
	who := with("reviewer-2", RoleAuditor)
	for range 2 { // the same bundle may go to two
		if err := s.Exported(t.Context(), caseID, who, manifest); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(kinds(t, s), " "); got != "case export export" {
		t.Errorf("the log is told of %s", got)
	}
	rows := pending(t, s)
	salt, err := s.Salt(t.Context(), caseID)
	if err != nil {
		t.Fatal(err)
	}
	if e := rows[len(rows)-1].Entry; e.Digest != Commitment(salt, manifest) || strings.Join(e.Refs, " ") != caseID+" reviewer/reviewer-2" {
		t.Errorf("%+v", e)
	}
	for name, err := range map[string]error{
		"a manifest without a digest": s.Exported(t.Context(), caseID, who, "manifest"),
		"nobody":                      s.Exported(t.Context(), caseID, Person{}, manifest),
		"who only reviews":            s.Exported(t.Context(), caseID, Reviewer("reviewer-1"), manifest),
		"who sees no case":            s.Exported(t.Context(), caseID, Person{ID: "admin", Roles: []Role{RoleAdministrator}}, manifest),
		"no such case":                s.Exported(t.Context(), "nowhere", who, manifest),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A bundle of a decision that is taken back a moment later would verify all the same.
func TestWhatCanBeTakenBackStays(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decideAs(t, s, c.ID, "anna", Confirm)
	sue := with("sue", RoleSupervisor)
	if _, err := s.Dossier(t.Context(), c.ID, sue); !errors.Is(err, ErrUndecided) {
		t.Errorf("one of two has said something: %v", err)
	}
	decideAs(t, s, c.ID, "ben", Confirm)
	if _, err := s.Dossier(t.Context(), c.ID, sue); !errors.Is(err, ErrUndoable) {
		t.Errorf("it can be taken back: %v", err)
	}
	clock.at = clock.at.Add(2 * time.Minute)
	if _, err := s.Dossier(t.Context(), c.ID, sue); err != nil {
		t.Errorf("it stands: %v", err)
	}
}
