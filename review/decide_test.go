package review

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/signal"
)

func TestDecideBindsToWhatWasSeen(t *testing.T) {
	s := newStore(t)
	c := caseOf(4, "a", "b")
	receive(t, s, c)
	r := asked(t, c, Confirm)
	r.Note, r.By.StandIn = "call the colleague", true
	d := decide(t, s, r)
	if d.ID != signal.ID("decision", caseID, "1") || d.Sequence != 1 || d.CaseDigest != r.Digest ||
		d.Case.Digest != r.Digest || d.Case.Revision != 4 || !d.StandIn || d.At.Location() != time.UTC {
		t.Errorf("got %+v", d)
	}
	shown, ds, err := s.Show(context.Background(), caseID, Reviewer("reviewer-2"))
	if err != nil {
		t.Fatal(err)
	}
	if shown.State != StateConfirmed || len(ds) != 1 || !reflect.DeepEqual(ds[0], d) {
		t.Errorf("shown %s with\n%+v, want\n%+v", shown.State, ds, d)
	}

	// A newer record does not change what was decided.
	receive(t, s, caseOf(5, "a", "b", "c"))
	_, ds, err = s.Show(context.Background(), caseID, Reviewer("reviewer-2"))
	if err != nil || !reflect.DeepEqual(ds[0], d) {
		t.Errorf("after a newer record: %+v, %v", ds, err)
	}
}

func TestDecideRefusesAStaleView(t *testing.T) {
	s := newStore(t)
	seen := caseOf(1, "a", "b")
	receive(t, s, seen)
	receive(t, s, caseOf(2, "a", "b", "c"))
	if _, err := s.Decide(context.Background(), asked(t, seen, Confirm)); !errors.Is(err, ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
	if got := kinds(t, s); slices.Contains(got, "ALERT") || slices.Contains(got, "decision") {
		t.Errorf("outbox has %v after a refused decision", got)
	}
	if got := stateOf(t, s); got != StateOpen {
		t.Errorf("the case is %s", got)
	}
}

func TestDecideRefusesBadRequests(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	for name, spoil := range map[string]func(*Request){
		"no digest":       func(r *Request) { r.Digest = "" },
		"no verdict":      func(r *Request) { r.Verdict = "" },
		"odd verdict":     func(r *Request) { r.Verdict = "maybe" },
		"other's reason":  func(r *Request) { r.Reason = Reasons(Dismiss)[0] },
		"no reason":       func(r *Request) { r.Reason = "" },
		"no reviewer":     func(r *Request) { r.By.ID = "" },
		"an e-mail":       func(r *Request) { r.By.ID = "someone@example.org" },
		"a long note":     func(r *Request) { r.Note = strings.Repeat("x", MaxNote+1) },
		"a note not UTF8": func(r *Request) { r.Note = "\xff" },
	} {
		r := asked(t, c, Confirm)
		spoil(&r)
		if _, err := s.Decide(context.Background(), r); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	r := asked(t, c, Confirm)
	r.CaseID = signal.ID("case", "nobody")
	if _, err := s.Decide(context.Background(), r); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if rows := kinds(t, s); !slices.Equal(rows, []string{"case"}) {
		t.Errorf("outbox has %v", rows)
	}
}

// TestOneOfManyReviewersDecides lets reviewers in two stores on one file, as two
// processes would have them, decide the same case at once.
func TestOneOfManyReviewersDecides(t *testing.T) {
	path := storetest.Place(t)
	stores := []*Store{openAt(t, path), openAt(t, path)}
	c := caseOf(1, "a", "b")
	receive(t, stores[0], c)
	const reviewers = 12
	errs := make([]error, reviewers)
	var wg sync.WaitGroup
	for i := range reviewers {
		r := asked(t, c, []Verdict{Confirm, Dismiss}[i%2])
		r.By.ID = fmt.Sprintf("reviewer-%d", i)
		wg.Go(func() { _, errs[i] = stores[i/2%2].Decide(context.Background(), r) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrNotOpen) {
			t.Errorf("got %v, want ErrNotOpen", err)
		}
	}
	_, ds, err := stores[1].Show(context.Background(), caseID, Reviewer("auditor"))
	if err != nil {
		t.Fatal(err)
	}
	if won != 1 || len(ds) != 1 {
		t.Fatalf("%d reviewers decided and %d decisions are kept, want 1", won, len(ds))
	}
	// Each store has a clock of its own here; an alert is due by one that is past both.
	late, err := Open(t.Context(), path, func() time.Time { return start.Add(48 * time.Hour) }, OnePerson())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = late.Close() })
	if alert := slices.Contains(kinds(t, late), "ALERT"); alert != (ds[0].Verdict == Confirm) {
		t.Errorf("an alert is due: %v, after %s", alert, ds[0].Verdict)
	}
}

func TestDecidedAgainAfterReopening(t *testing.T) {
	s := newStore(t)
	one, two := caseOf(1, "a", "b"), caseOf(2, "a", "b", "c")
	receive(t, s, one)
	first := decide(t, s, asked(t, one, Dismiss))
	if _, err := s.Decide(context.Background(), asked(t, one, Confirm)); !errors.Is(err, ErrNotOpen) {
		t.Errorf("got %v, want ErrNotOpen", err)
	}
	receive(t, s, two)
	s.clock = func() time.Time { return start } // set back by a day
	second := decide(t, s, asked(t, two, Confirm))
	if second.Sequence != 2 || second.ID == first.ID || !second.At.After(first.At) {
		t.Errorf("got %+v after %+v", second, first)
	}
	// Growth is measured against the last decision.
	receive(t, s, caseOf(3, "a", "b", "c"))
	if got := stateOf(t, s); got != StateConfirmed {
		t.Errorf("the case is %s", got)
	}
}

func TestAViewIsInTheOutboxBeforeItReturns(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	for range 2 {
		if _, _, err := s.Show(context.Background(), caseID, Reviewer("reviewer-9")); err != nil {
			t.Fatal(err)
		}
	}
	rows := pending(t, s)
	if len(rows) != 3 {
		t.Fatalf("%d rows, want the case and two views", len(rows))
	}
	salt, err := s.Salt(t.Context(), caseID)
	if err != nil || salt == "" {
		t.Fatal(salt, err)
	}
	for _, row := range rows[1:] {
		e := row.Entry
		if e.Kind != audit.KindView || e.Digest != Commitment(salt, digest(raw(t, c))) || !slices.Equal(e.Refs, []string{caseID, "reviewer/reviewer-9"}) {
			t.Errorf("got %+v", e)
		}
	}
	if rows[1].Entry.ID == rows[2].Entry.ID {
		t.Error("two views have one id")
	}
	if _, _, err := s.Show(context.Background(), caseID, Reviewer("")); err == nil {
		t.Error("a view without a viewer was let through")
	}
	if _, _, err := s.Show(context.Background(), signal.ID("case", "nobody"), Reviewer("reviewer-9")); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	// What a person saw stays, even when it is neither the newest nor decided.
	receive(t, s, caseOf(2, "a", "b"))
	var n int
	if err := s.db.QueryRow(`SELECT count(*) FROM records`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d records kept, %v, want 2", n, err)
	}
}

func TestAChangedRecordIsNotShown(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	if _, err := s.db.Exec(`UPDATE records SET record = ?`, raw(t, caseOf(1, "a", "z"))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Show(context.Background(), caseID, Reviewer("reviewer-1")); err == nil {
		t.Error("a record that was changed on the disk was shown")
	}
	if _, err := s.Decide(context.Background(), asked(t, c, Confirm)); err == nil {
		t.Error("a record that was changed on the disk was decided")
	}
}
