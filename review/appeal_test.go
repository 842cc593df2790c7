package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// confirmedBy lets two persons confirm a case with a match and the rest of it leave.
func confirmedBy(t *testing.T, s *Store, clock *hands, c Case, one, two string) action.Record {
	t.Helper()
	for _, who := range []string{one, two} {
		if _, err := s.Decide(context.Background(), by(t, c, Confirm, Reviewer(who))); err != nil {
			t.Fatal(err)
		}
	}
	clock.at = clock.at.Add(time.Minute + time.Second)
	got := leaves(t, s)
	if len(got) != 1 {
		t.Fatalf("%d actions leave", len(got))
	}
	for _, row := range pending(t, s) {
		result := "1"
		if row.Kind == KindAlert {
			result = signal.ID("alert", row.Decision.ID)
		}
		if err := s.Done(context.Background(), row.Seq, result); err != nil {
			t.Fatal(err)
		}
	}
	return got[0]
}

func answer(t *testing.T, c Case, a Appeal, who string, o AppealOutcome) AnswerRequest {
	t.Helper()
	return AnswerRequest{AppealID: a.ID, Digest: digest(raw(t, c)), Outcome: o, Reason: AnswerReasons(o)[0], By: Reviewer(who)}
}

// TestAReversalTakesEverythingBack follows an appeal that is right: the case is dismissed,
// the alert taken back, the action lifted, and the owner of the list told, all at once.
func TestAReversalTakesEverythingBack(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b").withSignal(matchOf("known", 3, 1))
	receive(t, s, c)
	asked := confirmedBy(t, s, clock, c, "anna", "ben")
	a, fresh, err := s.Object(ctx, "demo", asked.ID, "It was a drawing lesson.")
	if err != nil || !fresh || !a.Due.Equal(clock.at.Add(DefaultAppeal)) {
		t.Fatalf("%+v, %v, %v", a, fresh, err)
	}
	if again, fresh, err := s.Object(ctx, "demo", asked.ID, "It was a drawing lesson."); err != nil || fresh || again.ID != a.ID {
		t.Errorf("the same again: %+v, %v, %v", again, fresh, err)
	}
	if _, _, err := s.Object(ctx, "demo", asked.ID, "Something else."); !errors.Is(err, ErrOtherWords) {
		t.Errorf("other words: %v", err)
	}
	for _, judge := range []string{"anna", "ben"} {
		if _, err := s.AnswerAppeal(ctx, answer(t, c, a, judge, Reversed)); !errors.Is(err, ErrJudge) {
			t.Errorf("%s answers: %v", judge, err)
		}
	}
	bad := answer(t, c, a, "carl", Reversed)
	bad.Digest = strings.Repeat("0", 64)
	if _, err := s.AnswerAppeal(ctx, bad); !errors.Is(err, ErrStale) {
		t.Errorf("unseen: %v", err)
	}
	got, err := s.AnswerAppeal(ctx, answer(t, c, a, "carl", Reversed))
	if err != nil || got.Outcome != Reversed || got.Decision == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := s.AnswerAppeal(ctx, answer(t, c, a, "dora", Upheld)); !errors.Is(err, ErrAnswered) {
		t.Errorf("answered twice: %v", err)
	}
	if state := stateOf(t, s); state != StateDismissed {
		t.Errorf("the case is %s", state)
	}
	d, ok, err := s.LastDecision(ctx, caseID)
	if err != nil || !ok || d.Verdict != Dismiss || d.Sequence != 2 || d.Reviewer != "carl" {
		t.Errorf("the decision is %+v, %v", d, err)
	}
	orders, err := s.Orders(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, o := range orders {
		kinds = append(kinds, o.Kind)
		switch o.Kind {
		case OrderCorrection:
			var c Correction
			if err := json.Unmarshal(o.Record, &c); err != nil {
				t.Fatal(err)
			}
			was, alerts, err := s.AlertsOf(ctx, c.Decision)
			if err != nil || was.Sequence != 1 || len(alerts) != 1 || alerts[0] != signal.ID("alert", was.ID) || c.By != d.ID || c.Appeal != a.ID {
				t.Errorf("the correction is %+v of %d, %s, %v", c, was.Sequence, alerts, err)
			}
		case OrderAction:
			r, err := action.Decode(o.Record)
			if err != nil || r.Action != action.Lift || !slices.Equal(r.Ends, []string{asked.ID}) || r.Appeal != a.ID {
				t.Errorf("the action is %+v, %v", r, err)
			}
		case OrderFeedback:
			var f Feedback
			if err := json.Unmarshal(o.Record, &f); err != nil || f.ID != o.ID || (f.Case == "") == (f.List == "") || f.List != "" && f.Entry != "0123456789abcdef" {
				t.Errorf("the feedback is %s, %v", o.Record, err)
			}
		}
	}
	if want := []string{OrderCorrection, OrderAction, OrderFeedback, OrderFeedback}; !slices.Equal(kinds, want) {
		t.Errorf("%v leave, want %v", kinds, want)
	}
	leaves(t, s)
	seen, err := s.AppealOf(ctx, "demo", a.ID)
	if err != nil || len(seen.Follows) != 1 {
		t.Errorf("the platform reads %+v, %v", seen, err)
	}
	if _, err := s.AppealOf(ctx, "elsewhere", a.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another platform reads it: %v", err)
	}
}

// TestOtherAnswers goes through the rest: upheld, corrected, a hold without a decision, a
// case that has grown.
func TestOtherAnswers(t *testing.T) {
	ctx := context.Background()
	setup := func(t *testing.T) (*Store, *hands, Case, Appeal) {
		s, clock := strictStore(t)
		c := caseOf(1, "a", "b").withSignal(matchOf("known", 3, 1))
		receive(t, s, c)
		a, _, err := s.Object(ctx, "demo", confirmedBy(t, s, clock, c, "anna", "ben").ID, "No.")
		if err != nil {
			t.Fatal(err)
		}
		return s, clock, c, a
	}
	t.Run("upheld", func(t *testing.T) {
		s, _, c, a := setup(t)
		if _, err := s.AnswerAppeal(ctx, answer(t, c, a, "carl", Upheld)); err != nil {
			t.Fatal(err)
		}
		if orders, err := s.Orders(ctx, 0); err != nil || len(orders) > 0 || stateOf(t, s) != StateConfirmed {
			t.Errorf("%v leave, %v", orders, err)
		}
	})
	t.Run("corrected", func(t *testing.T) {
		s, _, c, a := setup(t)
		r := answer(t, c, a, "carl", Corrected)
		if _, err := s.AnswerAppeal(ctx, r); err == nil {
			t.Error("a correction that changes nothing was taken")
		}
		r.Action = action.Warn
		if _, err := s.AnswerAppeal(ctx, r); err != nil {
			t.Fatal(err)
		}
		got := leaves(t, s)
		if len(got) != 2 || got[0].Action != action.Lift || got[1].Action != action.Warn || stateOf(t, s) != StateConfirmed {
			t.Errorf("%+v, the case is %s", got, stateOf(t, s))
		}
		for _, row := range pending(t, s) {
			if row.Kind == KindAlert {
				t.Error("a second alert is ordered")
			}
		}
	})
	t.Run("grown", func(t *testing.T) {
		s, _, _, a := setup(t)
		grown := caseOf(2, "a", "b", "c").withSignal(matchOf("known", 3, 1))
		receive(t, s, grown)
		if _, err := s.Decide(ctx, by(t, grown, Confirm, Reviewer("dora"))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AnswerAppeal(ctx, answer(t, grown, a, "carl", Reversed)); err != nil {
			t.Fatal(err)
		}
		f, err := s.File(ctx, caseID, Reviewer("eva"))
		if err != nil || f.Case.State != StateReopened || f.Place != PlaceSecond {
			t.Errorf("what is new is %s in %s, %v", f.Case.State, f.Place, err)
		}
	})
	t.Run("a hold", func(t *testing.T) {
		s, clock := strictStore(t)
		s.policy = atOncePolicy()
		clock.at = start.Add(10 * time.Minute)
		c := caseOf(1, "a").withSignal(matchOf("known", 5, 1))
		receive(t, s, c)
		hold := leaves(t, s)[0]
		a, _, err := s.Object(ctx, "demo", hold.ID, "No.")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.AnswerAppeal(ctx, answer(t, c, a, "anna", Corrected)); err == nil {
			t.Error("a hold was corrected")
		}
		if _, err := s.AnswerAppeal(ctx, answer(t, c, a, "anna", Reversed)); err != nil {
			t.Fatal(err)
		}
		if got := leaves(t, s); len(got) != 1 || got[0].Action != action.Lift || stateOf(t, s) != StateOpen {
			t.Errorf("%+v", got)
		}
		if _, _, err := s.Object(ctx, "demo", leavesNone(t, s, c), "No."); !errors.Is(err, ErrNotFound) {
			t.Errorf("an appeal against nothing: %v", err)
		}
	})
	t.Run("what cannot be appealed against", func(t *testing.T) {
		s, clock, c, a := setup(t)
		r := answer(t, c, a, "carl", Corrected)
		r.Action = action.Warn
		if _, err := s.AnswerAppeal(ctx, r); err != nil {
			t.Fatal(err)
		}
		got := leaves(t, s)
		if _, _, err := s.Object(ctx, "demo", got[0].ID, "No."); !errors.Is(err, ErrNoAppeal) {
			t.Errorf("against a lift: %v", err)
		}
		clock.at = clock.at.Add(time.Hour)
		second, _, err := s.Object(ctx, "demo", got[1].ID, "Nor that.")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.AnswerAppeal(ctx, answer(t, c, second, "carl", Reversed)); !errors.Is(err, ErrJudge) {
			t.Errorf("who corrected answers the next appeal: %v", err)
		}
		if _, err := s.AnswerAppeal(ctx, answer(t, c, second, "dora", Reversed)); err != nil {
			t.Fatal(err)
		}
		orders, err := s.Orders(ctx, 0)
		if err != nil || orders[0].Kind != OrderCorrection || orders[1].Kind != OrderAction {
			t.Errorf("%v, %v", orders, err)
		}
	})
}

// leavesNone returns an id of no action.
func leavesNone(t *testing.T, s *Store, _ Case) string {
	t.Helper()
	if got := leaves(t, s); len(got) > 0 {
		t.Errorf("%+v leave", got)
	}
	return strings.Repeat("0", 32)
}

// TestAnAppealBeforeTheAlertLeft: an alert that nobody fetched yet does not leave after a
// reversal.
func TestAnAppealBeforeTheAlertLeft(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decideAs(t, s, caseID, "anna", Confirm)
	decideAs(t, s, caseID, "ben", Confirm)
	clock.at = clock.at.Add(time.Minute + time.Second)
	a, _, err := s.Object(ctx, "demo", leaves(t, s)[0].ID, "No.")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AnswerAppeal(ctx, answer(t, c, a, "carl", Reversed)); err != nil {
		t.Fatal(err)
	}
	// The action was handed out with the decision's hold, so the alert may be on its way: it
	// leaves, and is taken back behind it.
	orders, err := s.Orders(ctx, 0)
	if err != nil || orders[0].Kind != OrderCorrection {
		t.Fatalf("%v, %v", orders, err)
	}
	var first Correction
	if err := json.Unmarshal(orders[0].Record, &first); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.AlertsOf(ctx, first.Decision); !errors.Is(err, ErrFirst) {
		t.Errorf("the correction goes before the alert: %v", err)
	}
}

func TestObjectionsThatAreRefused(t *testing.T) {
	for text, want := range map[string]error{
		"":                        ErrObjection,
		" \n":                     ErrObjection,
		"a\x00b":                  ErrObjection,
		"\xff":                    ErrObjection,
		strings.Repeat("x", 4001): ErrObjection,
		"write to me@example.org": ErrContact,
		"call +49 151 2345 6789":  ErrContact,
		"call (0151) 234-567 89":  ErrContact,
		"Am 1.2.2026 um 12:30 war ich auf Sendung, 3 Leute sahen zu.": nil,
		"On 2026-03-01 12:30 and on 02.03.2026 18:00 I was on.":       nil,
		strings.Repeat("x", 4000):                                     nil,
	} {
		if err := CheckObjection(text); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

// TestNobodyAnswersAnAppealAgainstTheirOwnWord lets people decide, object, answer, undo and
// have no part in random order, and holds the answers that were let happen against who had a
// word in it, as the test saw it.
func TestNobodyAnswersAnAppealAgainstTheirOwnWord(t *testing.T) {
	ctx := context.Background()
	counts := map[string]int{}
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 26))
		s, clock := strictStore(t)
		people := []Person{
			with("anna", RoleReviewer), with("ben", RoleReviewer), with("carl", RoleReviewer), with("dora", RoleReviewer), with("eva", RoleReviewer), with("sue", RoleSupervisor),
			with("audrey", RoleAuditor), with("adam", RoleAdministrator), {ID: "bot", Roles: []Role{RoleReviewer}, StandIn: true},
		}
		revision := uint64(1)
		c := caseOf(revision, "a", "b").withSignal(matchOf("known", 3, 1))
		receive(t, s, c)
		spoke := map[string]bool{} // who had a word in a decision that stands
		var words []string         // that wait for another's
		recused := map[string]bool{}
		answered := map[string]bool{}
		var sent []action.Record
		for step := range 100 {
			clock.at = clock.at.Add(time.Duration(1+rng.IntN(50)) * time.Second)
			who := people[rng.IntN(len(people))]
			switch rng.IntN(9) {
			case 0, 1, 2:
				out, err := s.Decide(ctx, by(t, c, []Verdict{Confirm, Dismiss}[rng.IntN(8)/7], who))
				if err != nil {
					break
				}
				if words = append(words, who.ID); out.Final {
					for _, id := range words {
						spoke[id] = true
					}
					words = nil
				}
			case 3:
				if len(sent) == 0 {
					break
				}
				if _, fresh, err := s.Object(ctx, "demo", sent[rng.IntN(len(sent))].ID, "No."); err == nil && fresh {
					counts["objected"]++
				}
			case 4, 5, 7, 8:
				list, err := s.Appeals(ctx, with("x", RoleReviewer), 0)
				if err != nil {
					t.Fatal(err)
				}
				if len(list) == 0 {
					break
				}
				a := list[min(rng.IntN(4), rng.IntN(len(list)))] // those that wait come first
				o := []AppealOutcome{Upheld, Reversed, Corrected, Corrected}[rng.IntN(4)]
				r := answer(t, c, a, who.ID, o)
				r.By = who
				if r.Reason = AnswerReasons(o)[rng.IntN(len(AnswerReasons(o)))]; o == Corrected {
					r.Action = action.Choices()[rng.IntN(5)]
				}
				got, err := s.AnswerAppeal(ctx, r)
				if errors.Is(err, ErrJudge) {
					counts["refused"]++
				}
				if err != nil {
					break
				}
				counts[string(o)]++
				switch {
				case !who.Is(RoleReviewer, RoleSupervisor) || who.StandIn:
					t.Errorf("seed %d, step %d: %s answered", seed, step, who.ID)
				case spoke[who.ID]:
					t.Errorf("seed %d, step %d: %s answered an appeal against their own word", seed, step, who.ID)
				case recused[who.ID]:
					t.Errorf("seed %d, step %d: %s answered, and has no part in it", seed, step, who.ID)
				case answered[a.ID]:
					t.Errorf("seed %d, step %d: answered twice", seed, step)
				}
				answered[a.ID] = true
				if got.Decision != "" {
					spoke[who.ID] = true
				}
			case 6:
				switch rng.IntN(3) {
				case 0: // undoing would make two lists of who spoke; leaving does not
					sent = append(sent, leaves(t, s)...)
				case 1:
					revision++
					c = caseOf(revision, "a", "b", fmt.Sprint("n", revision)).withSignal(matchOf("known", 3, 1))
					receive(t, s, c)
					words = nil
				case 2:
					if rng.IntN(4) == 0 && s.Recuse(ctx, caseID, who, who.ID, "knows them") == nil {
						recused[who.ID] = true
						if slices.Contains(words, who.ID) {
							words = nil
						}
					}
				}
			}
			// At most one alert in force of what no reversal took back, and nothing in force
			// after a dismissal.
			var odd int
			err := s.db.QueryRow(`SELECT count(*) FROM actions a JOIN cases c ON c.id = a.case_id
				WHERE c.state = 'dismissed' AND a.ended_by = '' AND a.action NOT IN ('lift')`).Scan(&odd)
			if err != nil || odd > 0 {
				t.Fatalf("seed %d, step %d: %d actions in force of a dismissed case, %v", seed, step, odd, err)
			}
		}
	}
	for _, what := range []string{"objected", "refused", "upheld", "reversed", "corrected"} {
		if counts[what] < 2 {
			t.Errorf("%q happened %d times: the test hardly ran", what, counts[what])
		}
	}
}

// TestNumbersCountTheDecisionThatStands: a case that was confirmed and reversed is one that
// was decided, one that was nothing and one reversal; one that was corrected and then
// reversed no more than that.
func TestNumbersCountTheDecisionThatStands(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	sue := with("sue", RoleSupervisor)
	for i, outcomes := range [][]AppealOutcome{{Reversed}, {Corrected, Reversed}, {Upheld}} {
		c := matched(caseNo(i), "known", true)
		receive(t, s, c)
		asked := confirmedBy(t, s, clock, c, "anna", "ben")
		for j, o := range outcomes {
			clock.at = clock.at.Add(time.Hour)
			a, _, err := s.Object(ctx, "demo", asked.ID, "It was a drawing lesson.")
			if err != nil {
				t.Fatal(err)
			}
			r := answer(t, c, a, []string{"carl", "dora"}[j], o)
			if o == Corrected {
				r.Reason, r.Action = "known-material", action.Warn
			}
			if _, err := s.AnswerAppeal(ctx, r); err != nil {
				t.Fatal(err)
			}
			clock.at = clock.at.Add(2 * time.Minute)
			if left := leaves(t, s); o == Corrected {
				asked = left[len(left)-1]
			}
		}
	}
	wrong, err := s.Wrongness(ctx, sue, start)
	if err != nil || !slices.Contains(wrong, Wrongness{Mark: "list:known", Decided: 3, Wrong: 2, Reversed: 2}) {
		t.Errorf("%+v, %v", wrong, err)
	}
	if got, err := s.Answers(ctx, sue, start); err != nil || got != (Answers{Upheld: 1, Reversed: 2, Corrected: 1}) || got.All() != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Answers(ctx, sue, clock.at); err != nil || got.All() != 0 {
		t.Errorf("later: %+v, %v", got, err)
	}
	if _, err := s.Answers(ctx, Reviewer("anna"), start); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer: %v", err)
	}
	said := map[string]int{}
	err = s.Export(ctx, sue, start, clock.at.Add(time.Hour), func(e Exported) error {
		said[fmt.Sprint(e.Verdict, " on ", e.OnAppeal, ", then ", e.Replaced)]++
		return nil
	})
	want := map[string]int{
		"confirm on , then reversed": 1, "confirm on , then corrected": 1, "confirm on corrected, then reversed": 1,
		"dismiss on reversed, then ": 2, "confirm on , then ": 1,
	}
	if err != nil || !maps.Equal(said, want) {
		t.Errorf("exported %v, %v", said, err)
	}

	// A store of before has the same, out of its appeals.
	if s.postgres {
		return
	}
	before := fmt.Sprint(said)
	all, err := steps(false)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`DROP TABLE replacements`, all[11]} {
		if _, err := s.db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	clear(said)
	err = s.Export(ctx, sue, start, clock.at.Add(time.Hour), func(e Exported) error {
		said[fmt.Sprint(e.Verdict, " on ", e.OnAppeal, ", then ", e.Replaced)]++
		return nil
	})
	if got := fmt.Sprint(said); err != nil || got != before {
		t.Errorf("after the migration %s, before %s, %v", got, before, err)
	}
}
