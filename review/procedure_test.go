package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/signal"
)

func by(t testing.TB, c Case, v Verdict, who Person) Request {
	r := asked(t, c, v)
	r.By = who
	return r
}

func TestTwoPersonsConfirmTheSame(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	one := caseOf(1, "a", "b")
	receive(t, s, one)
	out, err := s.Decide(ctx, by(t, one, Confirm, Reviewer("anna")))
	if err != nil || out.Final || !out.UndoUntil.Equal(clock.at.Add(time.Minute)) {
		t.Fatalf("the first word: %+v, %v", out, err)
	}
	if got := kinds(t, s); !slices.Equal(got, []string{"case", "opinion"}) {
		t.Errorf("the outbox has %v", got)
	}
	if _, err := s.Decide(ctx, by(t, one, Confirm, Reviewer("anna"))); !errors.Is(err, ErrSame) {
		t.Errorf("twice the same: %v", err)
	}

	// A newer record, though it says nothing more, voids what was said of the one before.
	two := caseOf(2, "a", "b")
	two.Last = two.Last.Add(time.Second)
	receive(t, s, two)
	if _, err := s.Decide(ctx, by(t, one, Confirm, Reviewer("ben"))); !errors.Is(err, ErrStale) {
		t.Errorf("of the old record: %v", err)
	}
	if out, err := s.Decide(ctx, by(t, two, Confirm, Reviewer("ben"))); err != nil || out.Final {
		t.Fatalf("ben is the first now: %+v, %v", out, err)
	}
	second := by(t, two, Confirm, Reviewer("anna"))
	second.Reason = "paid-abuse-suspected"
	out, err = s.Decide(ctx, second)
	if err != nil || !out.Final {
		t.Fatalf("anna is the second: %+v, %v", out, err)
	}
	d := out.Decision
	if d.Reviewer != "ben" || d.Second != "anna" || d.Persons != 2 || d.Reason != Reasons(Confirm)[0] {
		t.Errorf("got %+v", d)
	}
	if st := d.Statement(); st.Second != "anna" || st.Persons != 2 || st.Danger {
		t.Errorf("states %+v", st)
	}
	clock.at = d.At.Add(time.Minute - time.Microsecond)
	if slices.Contains(kinds(t, s), "ALERT") {
		t.Error("the alert leaves within the minute")
	}
	clock.at = clock.at.Add(time.Microsecond)
	if !slices.Contains(kinds(t, s), "ALERT") {
		t.Error("the alert does not leave after the minute")
	}
}

func TestASupervisorSettlesADispute(t *testing.T) {
	ctx := context.Background()
	for _, verdict := range []Verdict{Confirm, Dismiss} {
		s, _ := strictStore(t)
		c := caseOf(1, "a", "b")
		receive(t, s, c)
		for i, v := range []Verdict{Confirm, Dismiss} {
			if out, err := s.Decide(ctx, by(t, c, v, with([]string{"anna", "sue"}[i], RoleSupervisor))); err != nil || out.Final {
				t.Fatalf("%+v, %v", out, err)
			}
		}
		if _, err := s.Decide(ctx, by(t, c, verdict, Reviewer("carl"))); !errors.Is(err, ErrDenied) {
			t.Errorf("a reviewer settles: %v", err)
		}
		if _, err := s.Decide(ctx, by(t, c, verdict, with("sue", RoleSupervisor))); !errors.Is(err, ErrSame) {
			t.Errorf("one of the two settles: %v", err)
		}
		out, err := s.Decide(ctx, by(t, c, verdict, with("sam", RoleSupervisor)))
		if err != nil || !out.Final || out.Decision.Verdict != verdict {
			t.Fatalf("%+v, %v", out, err)
		}
		if want := map[Verdict][]string{Confirm: {"anna", "sam"}, Dismiss: {"sue", "sam"}}[verdict]; !slices.Equal(out.Decision.People(), want) {
			t.Errorf("by %v, want %v", out.Decision.People(), want)
		}
	}
}

func TestBreakingTheGlassLeavesAtOnceAndIsOverseen(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	r := by(t, c, Confirm, with("sue", RoleSupervisor))
	r.Danger = "a child is being hurt now"
	out, err := s.Decide(ctx, r)
	if err != nil || !out.Final || !out.UndoUntil.IsZero() {
		t.Fatalf("%+v, %v", out, err)
	}
	d := out.Decision
	if st := d.Statement(); st.Persons != 1 || !st.Danger {
		t.Errorf("states %+v", st)
	}
	if !slices.Contains(kinds(t, s), "ALERT") {
		t.Error("the alert waits")
	}
	if err := s.Undo(ctx, caseID, r.By); !errors.Is(err, ErrTooLate) {
		t.Errorf("undone: %v", err)
	}
	sam := with("sam", RoleSupervisor)
	if ds, err := s.Unseen(ctx, sam); err != nil || len(ds) != 1 || ds[0].ID != d.ID {
		t.Fatalf("to oversee: %v, %v", ds, err)
	}
	if err := s.Oversee(ctx, d.ID, r.By, true, ""); !errors.Is(err, ErrOversee) {
		t.Errorf("overseen by who decided: %v", err)
	}
	if err := s.Oversee(ctx, d.ID, sam, false, "could have waited"); err != nil {
		t.Fatal(err)
	}
	if err := s.Oversee(ctx, d.ID, sam, true, ""); !errors.Is(err, ErrOversee) {
		t.Errorf("overseen twice: %v", err)
	}
	if ds, err := s.Unseen(ctx, sam); err != nil || len(ds) != 0 {
		t.Errorf("still to oversee: %v, %v", ds, err)
	}
	want := Looked{CaseID: caseID, Reviewer: r.By.ID, By: "sam", At: clock.at, Remark: "could have waited"}
	if list, err := s.Looked(ctx, with("aud", RoleAuditor), clock.at); err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("what came of it: %+v, %v", list, err)
	}
	if list, err := s.Looked(ctx, sam, clock.at.Add(time.Second)); err != nil || len(list) != 0 {
		t.Errorf("before the time: %v, %v", list, err)
	}
	if _, err := s.Looked(ctx, with("rita", RoleReviewer), clock.at); !errors.Is(err, ErrDenied) {
		t.Errorf("told to a reviewer: %v", err)
	}
	clock.at = clock.at.Add(time.Hour)
	if got := kinds(t, s); got[len(got)-1] != "oversight" {
		t.Errorf("the outbox has %v", got)
	}
}

// TestNoUndoOnceTheAlertWasHandedOut sets the clock back after the alert was given to the
// one who carries it.
func TestNoUndoOnceTheAlertWasHandedOut(t *testing.T) {
	ctx := context.Background()
	for handed, want := range map[bool]error{false: nil, true: ErrTooLate} {
		s, clock := strictStore(t)
		c := caseOf(1, "a", "b")
		receive(t, s, c)
		for _, who := range []string{"anna", "ben"} {
			clock.at = clock.at.Add(time.Second)
			if _, err := s.Decide(ctx, by(t, c, Confirm, Reviewer(who))); err != nil {
				t.Fatal(err)
			}
		}
		decided := clock.at
		if handed {
			clock.at = decided.Add(time.Minute)
			if !slices.Contains(kinds(t, s), "ALERT") {
				t.Fatal("nothing was handed out")
			}
			clock.at = decided.Add(time.Second)
		}
		if err := s.Undo(ctx, caseID, Reviewer("ben")); !errors.Is(err, want) {
			t.Errorf("handed out %v: got %v, want %v", handed, err, want)
		}
		clock.at = decided.Add(2 * time.Minute)
		if got := slices.Contains(kinds(t, s), "ALERT"); got != handed {
			t.Errorf("handed out %v: an alert is there: %v", handed, got)
		}
		if handed {
			continue
		}
		// The first person's word stands, and a second may decide anew.
		out, err := s.Decide(ctx, by(t, c, Confirm, Reviewer("carl")))
		if err != nil || !out.Final || out.Decision.Sequence != 2 || out.Decision.Second != "carl" {
			t.Errorf("decided anew: %+v, %v", out, err)
		}
		var learnt int
		if err := s.Decided(ctx, func(Decision) error { learnt++; return nil }); err != nil || learnt != 1 {
			t.Errorf("%d decisions, %v, want the one that stands", learnt, err)
		}
	}
}

// TestTenReviewersAtOnce lets ten people in two stores on one file claim what is next and
// decide it, until nothing is left.
func TestTenReviewersAtOnce(t *testing.T) {
	ctx := context.Background()
	path := storetest.Place(t)
	const cases, reviewers = 60, 10
	var stores []*Store
	for range 2 {
		s, err := Open(ctx, path, time.Now, DefaultPolicy())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		stores = append(stores, s)
	}
	for i := range cases {
		receive(t, stores[0], caseNo(i))
	}
	var mu sync.Mutex
	words := map[string][]string{}
	var wg sync.WaitGroup
	for i := range reviewers {
		s, who := stores[i%2], Reviewer(fmt.Sprint("reviewer-", i))
		wg.Go(func() {
			for {
				id, err := s.ClaimNext(ctx, who, PlaceSecond, PlaceOpen)
				if errors.Is(err, ErrNotFound) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				c, _, err := s.Show(ctx, id, who)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.Decide(ctx, Request{CaseID: id, Digest: c.Digest, Verdict: Confirm, Reason: "several-signs", By: who}); err != nil {
					t.Errorf("who holds the case could not decide it: %v", err)
					return
				}
				mu.Lock()
				words[id] = append(words[id], who.ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	decided := 0
	err := stores[0].Decided(ctx, func(d Decision) error {
		decided++
		if got := words[d.CaseID]; len(got) != 2 || got[0] == got[1] || !slices.Contains(got, d.Reviewer) || !slices.Contains(got, d.Second) {
			t.Errorf("case %s was decided by %v, and %v said so", d.CaseID, d.People(), got)
		}
		return nil
	})
	if err != nil || decided < cases-1 {
		// One may be left whose second person was at another case when all else was done.
		t.Errorf("%d of %d cases decided, %v", decided, cases, err)
	}
	var double int
	err = stores[1].db.QueryRow(`SELECT count(*) FROM (SELECT case_id FROM decisions GROUP BY case_id HAVING count(*) > 1) AS twice`).Scan(&double)
	if err != nil || double != 0 {
		t.Errorf("%d cases decided twice, %v", double, err)
	}
}

// TestAnOlderStoreIsDescribed takes away what version 3 made and opens the store again.
func TestAnOlderStoreIsDescribed(t *testing.T) {
	ctx := context.Background()
	path := storetest.Place(t)
	s := openAt(t, path)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decide(t, s, asked(t, c, Confirm))
	before := decidedIn(t, s)
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"reconciled", "filing_steps", "leases", "outcome_looks", "outcomes", "replacements", "probes", "golden_cases", "blind_secret", "appeals", "receipts", "deliveries", "filings", "queued", "account_requests", "actions", "orders", "choices", "salts", "decision_salts", "sightings", "case_keys", "sealed_windows", "legal_holds", "erasures",
			"opinions", "procedures", "holds", "recusals", "queue", "marks", "decision_marks", "people", "limits", "tallies", "image_views"} {
			if _, err := tx.ExecContext(ctx, `DROP TABLE `+table); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DROP INDEX decisions_at; DROP INDEX views_viewer`)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM migrations WHERE version >= 3`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	var place, marks string
	err = s.db.QueryRow(`SELECT place, (SELECT string_agg(mark, ' ') FROM marks) FROM queue`).Scan(&place, &marks)
	if err != nil || place != "closed" || marks != "kind:flag" {
		t.Errorf("described as %s, %s, %v", place, marks, err)
	}
	// What was decided before is stated in the same bytes, but for what was not kept then.
	after := decidedIn(t, s)
	if after.Persons != 0 || after.ID != before.ID || after.CaseDigest != before.CaseDigest {
		t.Errorf("got %+v", after)
	}
}

func decidedIn(t *testing.T, s *Store) Decision {
	t.Helper()
	var last Decision
	if err := s.Decided(context.Background(), func(d Decision) error { last = d; return nil }); err != nil {
		t.Fatal(err)
	}
	return last
}

// TestUndoAfterANewerRecord takes a decision back when the case has changed since: what the
// first person said was of the record before, and the case begins anew.
func TestUndoAfterANewerRecord(t *testing.T) {
	ctx := context.Background()
	for _, withdrawn := range []bool{false, true} {
		s, _ := strictStore(t)
		one, two := caseOf(1, "a", "b"), caseOf(2, "a", "b", "c")
		receive(t, s, one)
		decideAs(t, s, caseID, "anna", Confirm)
		decideAs(t, s, caseID, "ben", Confirm)
		if withdrawn {
			two = two.withdrawn()
		}
		receive(t, s, two)
		if err := s.Undo(ctx, caseID, Reviewer("ben")); err != nil {
			t.Fatal(err)
		}
		f, err := s.File(ctx, caseID, Reviewer("carl"))
		if err != nil {
			t.Fatal(err)
		}
		want, state := PlaceOpen, StateOpen
		if withdrawn {
			want, state = PlaceClosed, StateWithdrawn
		}
		if f.Place != want || f.Case.State != state {
			t.Errorf("withdrawn %v: it is %s, in %s", withdrawn, f.Case.State, f.Place)
		}
		if withdrawn {
			continue
		}
		if out, err := s.Decide(ctx, by(t, two, Confirm, Reviewer("anna"))); err != nil || out.Final {
			t.Errorf("anna begins anew: %+v, %v", out.Final, err)
		}
	}
}

// TestAShareOfDismissalsIsLookedAtTwice has a first dismissal looked at by a second person,
// who is told nothing, and shows that the choice is the case's and no person's.
func TestAShareOfDismissalsIsLookedAtTwice(t *testing.T) {
	ctx := context.Background()
	s, _ := strictStore(t)
	s.policy.SecondLook = 30
	twice := 0
	const cases = 100
	for i := range cases {
		c := caseNo(i)
		receive(t, s, c)
		out := decideAs(t, s, c.ID, "anna", Dismiss)
		if s.policy.lookedAtTwice(digest(raw(t, c))) == out.Final {
			t.Errorf("case %d: final is %v", i, out.Final)
		}
		if out.Final {
			continue
		}
		twice++
		if err := s.Undo(ctx, c.ID, Reviewer("anna")); err != nil {
			t.Fatal(err)
		}
		if decideAs(t, s, c.ID, "anna", Dismiss).Final {
			t.Errorf("case %d: another try was not looked at", i)
		}
		f, err := s.File(ctx, c.ID, Reviewer("ben"))
		if err != nil || f.Place != PlaceSecond || len(f.Words) != 0 {
			t.Fatalf("ben is shown %+v in %s, %v", f.Words, f.Place, err)
		}
		verdict := []Verdict{Dismiss, Confirm}[twice%2]
		out = decideAs(t, s, c.ID, "ben", verdict)
		if out.Final != (verdict == Dismiss) || out.Final && !slices.Equal(out.Decision.People(), []string{"anna", "ben"}) {
			t.Errorf("case %d: ben says %s: %v by %v", i, verdict, out.Final, out.Decision.People())
		}
	}
	if twice < 15 || twice > 45 {
		t.Errorf("%d of %d were looked at twice, want some 30", twice, cases)
	}
}

// Who may not settle what two see differently does not keep it from those who may.
func TestADifferenceIsForSupervisors(t *testing.T) {
	s, _ := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decideAs(t, s, c.ID, "anna", Confirm)
	decideAs(t, s, c.ID, "ben", Dismiss)
	if _, err := s.Claim(t.Context(), c.ID, Reviewer("carl")); !errors.Is(err, ErrStep) {
		t.Errorf("carl: %v", err)
	}
	if _, err := s.Claim(t.Context(), c.ID, with("sue", RoleSupervisor)); err != nil {
		t.Errorf("sue: %v", err)
	}
}

func TestWhoHasNoPartIsShownNothing(t *testing.T) {
	s, _ := strictStore(t)
	ctx := t.Context()
	one, two := caseNo(1), caseNo(2)
	payer := Pair{Payer: signal.Subject("sub_" + strings.Repeat("f", 32)), Transfers: 1, Parts: []Part{}}
	one.Pairs, two.Pairs = []Pair{payer}, []Pair{payer}
	receive(t, s, one)
	receive(t, s, two)
	anna := Reviewer("anna")
	if f, err := s.File(ctx, one.ID, anna); err != nil || len(f.Related) != 1 {
		t.Fatalf("related: %+v, %v", f.Related, err)
	}
	if err := s.Recuse(ctx, two.ID, anna, "anna", "a neighbour"); err != nil {
		t.Fatal(err)
	}
	if page, err := s.Queue(ctx, anna, QueueFilter{Place: PlaceOpen}); err != nil || len(page.Items) != 1 || page.Items[0].ID != one.ID {
		t.Errorf("the queue: %+v, %v", page.Items, err)
	}
	if list, err := s.Search(ctx, anna, two.ID); err != nil || len(list) != 0 {
		t.Errorf("found: %+v, %v", list, err)
	}
	if f, err := s.File(ctx, one.ID, anna); err != nil || len(f.Related) != 0 {
		t.Errorf("related: %+v, %v", f.Related, err)
	}
	if page, err := s.Queue(ctx, Reviewer("ben"), QueueFilter{Place: PlaceOpen}); err != nil || len(page.Items) != 2 {
		t.Errorf("ben's queue: %+v, %v", page.Items, err)
	}
}
