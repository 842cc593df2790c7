package review

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
)

// countStore has cases that two people confirmed, each told to the centre ph; the first ones
// got the answers given. It returns the ids of the answers too.
func countStore(t testing.TB, cases int, results ...string) (*Store, *hands, []string) {
	t.Helper()
	s, h := strictStore(t)
	var ids []string
	for i := range cases {
		c := caseNo(i)
		receive(t, s, c)
		for _, who := range []string{"anna", "ben"} {
			r := asked(t, c, Confirm)
			r.By = Reviewer(who)
			if _, err := s.Decide(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		h.at = h.at.Add(time.Hour)
		alert := AlertID(c.ID, 1, "ph")
		for _, row := range pending(t, s) {
			result := []string{fmt.Sprint(row.Seq)}
			if row.Kind == KindAlert {
				result = []string{alert}
			}
			if err := s.Done(t.Context(), row.Seq, result...); err != nil {
				t.Fatal(err)
			}
		}
		if i >= len(results) {
			continue
		}
		o := wordOf("ph", 2, results[i])
		o.Alert, o.CaseID = alert, c.ID
		first := o
		first.Sequence, first.Result = 1, ResultAcknowledged
		o.ID, first.ID = "o"+alert, "f"+alert
		if o.Result == ResultInsufficient {
			o.Missing = []string{"shown", "times"}
		}
		ids = append(ids, o.ID)
		for _, word := range []AlertOutcome{o, first} {
			if err := s.TakeOutcome(t.Context(), word); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s, h, ids
}

func TestOutcomesAreCountedBesideWhatReviewersDecided(t *testing.T) {
	s, h, _ := countStore(t, 6, ResultActionable, ResultActionable, ResultKnown, ResultInsufficient, ResultWrong)
	sue := with("sue", RoleSupervisor)
	all, err := s.Outcomes(t.Context(), sue, start)
	if err != nil {
		t.Fatal(err)
	}
	row := OutcomeCount{Name: "ph", Actionable: 2, Known: 1, Insufficient: 1, Wrong: 1}
	if len(all.Centres) != 1 || all.Centres[0] != row || row.Answered() != 5 || !row.Few() {
		t.Errorf("by centre %+v", all.Centres)
	}
	row.Confirmed = 6
	for name, list := range map[string][]OutcomeCount{Reasons(Confirm)[0]: all.Reasons, "kind:flag": all.Marks} {
		if row.Name = name; len(list) != 1 || list[0] != row {
			t.Errorf("by %s: %+v", name, list)
		}
	}
	if len(all.People) != 2 || all.People[0].Name != "anna" || all.People[1].Wrong != 1 {
		t.Errorf("by person %+v", all.People)
	}
	if want := []Missing{{"ph", "shown", 1}, {"ph", "times", 1}}; len(all.Missing) != 2 || all.Missing[0] != want[0] || all.Missing[1] != want[1] {
		t.Errorf("missing are %+v", all.Missing)
	}
	own, err := s.OwnOutcomes(t.Context(), Reviewer("ben"), start)
	if row.Name = "ben"; err != nil || own != row {
		t.Errorf("ben reads %+v, %v", own, err)
	}
	if own, err := s.OwnOutcomes(t.Context(), Reviewer("carl"), start); err != nil || own != (OutcomeCount{Name: "carl"}) {
		t.Errorf("carl reads %+v, %v", own, err)
	}
	if later, err := s.Outcomes(t.Context(), sue, h.at); err != nil || len(later.Centres) != 0 || len(later.Reasons) != 0 {
		t.Errorf("later %+v, %v", later, err)
	}
	if _, err := s.Outcomes(t.Context(), Reviewer("anna"), start); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer reads everybody's: %v", err)
	}
	told := map[string]int{}
	if err := s.Export(t.Context(), sue, start, h.at, func(e Exported) error {
		told[fmt.Sprint(e.Outcomes)]++
		return nil
	}); err != nil || told["[ph:actionable]"] != 2 || told["[ph:wrong]"] != 1 || told["[]"] != 1 {
		t.Errorf("exported %v, %v", told, err)
	}
}

// TestAWrongAlertIsPutBeforeASupervisor: once, until one who had no word in it looked.
func TestAWrongAlertIsPutBeforeASupervisor(t *testing.T) {
	s, _, ids := countStore(t, 3, ResultWrong, ResultKnown, ResultWrong)
	// The decision on the third does not stand any more, so that there is nothing to ask.
	if _, err := s.db.Exec(`INSERT INTO replacements (decision_id, by_decision, outcome) SELECT decision_id, decision_id, 'reversed' FROM outcomes WHERE id = '` + ids[2] + `'`); err != nil {
		t.Fatal(err)
	}
	if f, err := s.File(t.Context(), caseNo(2).ID, with("sue", RoleSupervisor)); err != nil || f.Outcomes[1].Open() {
		t.Errorf("%+v, %v", f.Outcomes, err)
	}
	sue := with("sue", RoleSupervisor)
	list, err := s.Contested(t.Context(), sue)
	if err != nil || len(list) != 1 || list[0].Outcome != ids[0] || list[0].Reviewer != "anna" && list[0].Reviewer != "ben" {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := s.Contested(t.Context(), Reviewer("anna")); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer: %v", err)
	}
	for name, test := range map[string]struct {
		outcome string
		by      Person
		want    error
	}{
		"a reviewer":                 {ids[0], Reviewer("carl"), ErrDenied},
		"a supervisor who was first": {ids[0], with("anna", RoleSupervisor), ErrOversee},
		"a supervisor who was next":  {ids[0], with("ben", RoleSupervisor), ErrOversee},
		"a word that says no wrong":  {ids[1], sue, ErrOversee},
		"no word":                    {"nothing", sue, ErrNotFound},
	} {
		if err := s.Weigh(t.Context(), test.outcome, test.by, true, ""); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := caseNo(0)
	f, err := s.File(t.Context(), c.ID, sue)
	if err != nil || len(f.Outcomes) != 2 || f.Outcomes[0].Open() || !f.Outcomes[1].Open() {
		t.Errorf("%+v, %v", f.Outcomes, err)
	}
	if err := s.Weigh(t.Context(), ids[0], sue, false, "a drawing"); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Contested(t.Context(), sue); err != nil || len(list) != 0 {
		t.Errorf("still %+v, %v", list, err)
	}
	if list, err := s.Looked(t.Context(), sue, start); err != nil || len(list) != 1 || list[0].By != "sue" || list[0].Upheld || list[0].Remark != "a drawing" || list[0].Centre == "" {
		t.Errorf("what came of it: %+v, %v", list, err)
	}
	if err := s.Weigh(t.Context(), ids[0], sue, true, ""); !errors.Is(err, ErrOversee) {
		t.Errorf("again: %v", err)
	}
	f, err = s.File(t.Context(), c.ID, sue)
	if err != nil || f.Outcomes[1].Open() || f.Outcomes[1].Looked != "sue" || f.Outcomes[1].Upheld || f.Case.State != StateConfirmed {
		t.Errorf("%+v, %s, %v", f.Outcomes, f.Case.State, err)
	}
	logged := false
	for _, row := range pending(t, s) {
		logged = logged || row.Entry.Kind == audit.KindOversight && row.Entry.ID == "oversight/"+ids[0]
	}
	if !logged {
		t.Error("the look is not on its way into the log")
	}
}
