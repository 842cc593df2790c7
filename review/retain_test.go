package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// reported confirms a case by two and carries its alert out.
func reported(t *testing.T, s *Store, clock *hands, c Case) {
	t.Helper()
	receive(t, s, c)
	decideAs(t, s, c.ID, "anna", Confirm)
	decideAs(t, s, c.ID, "ben", Confirm)
	clock.at = clock.at.Add(2 * time.Minute)
	empty(t, s)
}

// empty carries out all that is to leave.
func empty(t *testing.T, s *Store) (entries []audit.Entry) {
	t.Helper()
	for {
		orders, err := s.Orders(t.Context(), 0)
		for _, o := range orders {
			err = errors.Join(err, s.OrderDone(t.Context(), o.ID))
		}
		if err != nil {
			t.Fatal(err)
		}
		rows := pending(t, s)
		if len(rows) == 0 {
			return entries
		}
		for _, row := range rows {
			result := "7"
			if row.Kind == KindAlert {
				result = signal.ID("alert", row.Decision.ID)
			} else {
				entries = append(entries, *row.Entry)
			}
			if err := s.Done(t.Context(), row.Seq, result); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func termsOf(t *testing.T, s *Store, id string) []Term {
	t.Helper()
	terms, err := s.Terms(t.Context(), DefaultRetention(), id)
	if err != nil {
		t.Fatal(err)
	}
	return terms
}

func TestARetentionIsNeverShorterThanTheLaw(t *testing.T) {
	if err := DefaultRetention().Validate(); err != nil {
		t.Error(err)
	}
	for name, r := range map[string]Retention{
		"reported":  {Reported: Year - time.Hour, Dismissed: Year, Records: Year},
		"dismissed": {Reported: Year, Dismissed: time.Hour, Records: Year},
		"records":   {Reported: Year, Dismissed: Year, Records: Year - time.Hour},
	} {
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTermsCountFromTheReport goes through the states of a case and looks at its terms.
func TestTermsCountFromTheReport(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	if err := s.SaveCaseKey(t.Context(), c.ID, 1, "f1"); err != nil {
		t.Fatal(err)
	}
	if got := termsOf(t, s, c.ID); len(got) != 0 {
		t.Errorf("an open case has the terms %+v", got)
	}
	decideAs(t, s, c.ID, "anna", Confirm)
	decideAs(t, s, c.ID, "ben", Confirm)
	if got := termsOf(t, s, c.ID); len(got) != 0 {
		t.Errorf("before its report a case has the terms %+v", got)
	}
	clock.at = clock.at.Add(48 * time.Hour)
	told := clock.at
	empty(t, s)
	for _, term := range termsOf(t, s, c.ID) {
		if !term.Until.Equal(told.Add(Year)) || !strings.HasPrefix(term.Why, "reported") {
			t.Errorf("a reported case: %+v, told at %s", term, told)
		}
	}
	// A law that wants longer is heeded, one that wants less is not.
	for law, want := range map[time.Duration]time.Duration{2 * Year: 2 * Year, time.Hour: Year} {
		r := DefaultRetention()
		r.Law = func(Decision) time.Duration { return law }
		terms, err := s.Terms(t.Context(), r, c.ID)
		if err != nil || len(terms) != 2 || !terms[0].Until.Equal(told.Add(want)) {
			t.Errorf("a law of %s: %+v, %v", law, terms, err)
		}
	}
	// What is on its way to a centre still has no term, and counts from when it was filed.
	late := told.Add(72 * time.Hour)
	_, err := s.db.ExecContext(t.Context(), `
		INSERT INTO filings (alert, case_id, centre, priority, state, attempts, due_at, next_at, receipt, says, revision, body, journal)
		VALUES ('a1', ?, 'x', 1, 'unknown', 1, 1, ?, '', '', 1, ?, ?)`, c.ID, late.UnixMicro(), []byte("{}"), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if got := termsOf(t, s, c.ID); len(got) != 0 {
		t.Errorf("before it is filed a case has the terms %+v", got)
	}
	if _, err := s.db.ExecContext(t.Context(), `UPDATE filings SET state = 'filed'`); err != nil {
		t.Fatal(err)
	}
	if got := termsOf(t, s, c.ID); len(got) != 2 || !got[0].Until.Equal(late.Add(Year)) {
		t.Errorf("filed: %+v", got)
	}
	if _, err := s.db.ExecContext(t.Context(), `DELETE FROM filings`); err != nil {
		t.Fatal(err)
	}
	// Dismissed after: the report still counts.
	grown := caseOf(2, "a", "b", "c")
	receive(t, s, grown)
	if got := termsOf(t, s, c.ID); len(got) != 0 {
		t.Errorf("a case before people again has the terms %+v", got)
	}
	decideAs(t, s, c.ID, "anna", Dismiss)
	clock.at = clock.at.Add(2 * time.Minute)
	empty(t, s)
	terms := termsOf(t, s, c.ID)
	if len(terms) != 2 || !terms[0].Until.Equal(told.Add(Year)) || terms[1].Until.Before(told.Add(Year)) {
		t.Errorf("dismissed after a report: %+v", terms)
	}

	// One that was never told of goes soon, its records later.
	other := caseNo(7)
	receive(t, s, other)
	at := clock.at
	decideAs(t, s, other.ID, "anna", Dismiss)
	if err := s.SaveCaseKey(t.Context(), other.ID, 1, "f2"); err != nil {
		t.Fatal(err)
	}
	terms = termsOf(t, s, other.ID)
	if len(terms) != 2 || !terms[0].Until.Equal(at.Add(30*24*time.Hour)) || !terms[1].Until.Equal(at.Add(Year)) {
		t.Errorf("dismissed: %+v", terms)
	}
}

func TestALegalHoldKeepsWhatIsDue(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	reported(t, s, clock, c)
	sue := with("sue", RoleSupervisor)
	if err := s.Hold(t.Context(), c.ID, Reviewer("anna"), "a court asks"); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer holds: %v", err)
	}
	if err := s.Hold(t.Context(), c.ID, sue, " "); err == nil {
		t.Error("a hold without a reason")
	}
	if err := s.Hold(t.Context(), c.ID, sue, "a court asks"); err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.Add(2 * Year)
	if _, err := s.EraseRecords(t.Context(), DefaultRetention(), c.ID); !errors.Is(err, ErrNotDue) {
		t.Errorf("erased under a hold: %v", err)
	}
	if terms := termsOf(t, s, ""); len(terms) != 1 || !terms[0].Held {
		t.Errorf("%+v", terms)
	}
	if err := s.LiftHold(t.Context(), c.ID, sue, "the court has decided"); err != nil {
		t.Fatal(err)
	}
	if err := s.LiftHold(t.Context(), c.ID, sue, "once more"); !errors.Is(err, ErrNotHeld) {
		t.Errorf("lifted twice: %v", err)
	}
	if got := strings.Join(kinds(t, s), " "); got != "hold release" {
		t.Errorf("the log is told of %s", got)
	}
	if _, err := s.EraseRecords(t.Context(), DefaultRetention(), c.ID); err != nil {
		t.Error(err)
	}
	holds, err := s.Holds(t.Context(), sue, "")
	if err != nil || len(holds) != 1 || holds[0].LiftedBy != "sue" || holds[0].Reason != "erased" {
		t.Errorf("%+v, %v", holds, err)
	}
}

// TestErasureLeavesCommitmentsAlone erases a case about which everything happened that the
// log is told of, and holds the log's entries against what they were made of: with the
// salt each can be opened, and when the case is gone neither the salt nor anything that a
// digest was taken of is left in the store's file.
func TestErasureLeavesCommitmentsAlone(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "review.db")
	clock := &hands{start.Add(24 * time.Hour)}
	s, err := Open(ctx, path, clock.now, DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	c := caseOf(1, "a", "b")
	sue, sam := with("sue", RoleSupervisor), with("sam", RoleSupervisor)
	var entries []audit.Entry
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, empty(t, s)...)
	}
	receive(t, s, c)
	_, err = s.File(ctx, c.ID, Reviewer("anna"))
	do(err)
	first := by(t, c, Confirm, Reviewer("anna"))
	first.Note = "the note of the first"
	_, err = s.Decide(ctx, first)
	do(err)
	do(s.Undo(ctx, c.ID, Reviewer("anna")))
	do(s.Recuse(ctx, c.ID, sue, "carl", "knows the family"))
	glass := by(t, c, Confirm, Reviewer("ben"))
	glass.Danger = "a child is being hurt right now"
	out, err := s.Decide(ctx, glass)
	do(err)
	do(s.Oversee(ctx, out.Decision.ID, sue, true, "it was right"))
	do(s.Exported(ctx, c.ID, sam, strings.Repeat("ab", 32)))
	do(s.Hold(ctx, c.ID, sue, "a court asks"))
	do(s.LiftHold(ctx, c.ID, sue, "it asks no more"))

	salt, err := s.Salt(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	record := digest(raw(t, c))
	statement, err := out.Decision.Statement().Digest()
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]string{ // what each kind is a commitment to
		audit.KindCase: Commitment(salt, record), audit.KindView: Commitment(salt, record), audit.KindUndo: Commitment(salt, record),
		audit.KindRecusal: Commitment(salt, record), audit.KindExport: Commitment(salt, strings.Repeat("ab", 32)),
		audit.KindHold: Commitment(salt, digest([]byte("a court asks"))), audit.KindRelease: Commitment(salt, digest([]byte("it asks no more"))),
		audit.KindOversight: Commitment(salt, digest([]byte(out.Decision.ID+" upheld true"))),
		audit.KindDecision:  statement, audit.KindAlert: statement,
	}
	seen := map[string]bool{}
	for _, e := range entries {
		seen[e.Kind] = true
		if want, ok := opened[e.Kind]; ok && e.Digest != want {
			t.Errorf("%s: the salt does not open it", e.Kind)
		}
		if e.Digest == record {
			t.Errorf("%s has the record's own digest", e.Kind)
		}
	}
	for _, kind := range []string{
		audit.KindCase, audit.KindView, audit.KindOpinion, audit.KindUndo, audit.KindRecusal, audit.KindDecision, audit.KindAlert,
		audit.KindOversight, audit.KindExport, audit.KindHold, audit.KindRelease,
	} {
		if !seen[kind] {
			t.Errorf("nothing made an entry of the kind %s", kind)
		}
	}
	unsalted := out.Decision
	unsalted.Salt = ""
	if d, err := unsalted.Statement().Digest(); err != nil || d == statement {
		t.Error("a statement has no salt", err)
	}

	clock.at = clock.at.Add(Year + time.Hour)
	e, err := s.EraseRecords(ctx, DefaultRetention(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	rows := pending(t, s)
	if len(rows) != 1 || rows[0].Entry.Kind != audit.KindErasure || rows[0].Entry.Digest != digest([]byte(e.Text)) {
		t.Errorf("the log is told of %+v", rows)
	}
	if _, err := s.EraseRecords(ctx, DefaultRetention(), c.ID); err == nil {
		t.Error("it was erased twice")
	}
	if _, _, err := s.Show(ctx, c.ID, sue); !errors.Is(err, ErrErased) {
		t.Errorf("shown after: %v", err)
	}
	if list, err := s.Search(ctx, sue, string(subject)); err != nil || len(list) != 0 {
		t.Errorf("found by its subject after: %v, %v", list, err)
	}
	n := 0
	if err := s.Export(ctx, sue, start, clock.at, func(Exported) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("%d decisions are counted after, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		salt, out.Decision.Salt, string(subject), "the note of the first", "knows the family", glass.Danger, "it was right", "a court asks", "a user flagged the stream",
	} {
		if strings.Contains(string(file), text) {
			t.Errorf("%q is in the file still", text)
		}
	}

	// The case may come back, and is before people then.
	s, err = Open(ctx, path, clock.now, DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	receive(t, s, caseOf(2, "a", "z"))
	f, err := s.File(ctx, c.ID, Reviewer("anna"))
	if err != nil || f.Place != PlaceOpen || len(f.Decisions) != 1 || !f.Decisions[0].Erased {
		t.Errorf("%+v, %v", f, err)
	}
	if again, err := s.Salt(ctx, c.ID); err != nil || again == salt || again == "" {
		t.Errorf("it has the salt %q, %v", again, err)
	}
}

// TestAKeyIsDestroyedOnce goes through the steps of an erasure with the store opened anew
// between them, as after a crash.
func TestAKeyIsDestroyedOnce(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	if err := s.SaveCaseKey(t.Context(), c.ID, 1, "f1"); err != nil {
		t.Fatal(err)
	}
	w := SealedWindow{Name: "w.age", SHA256: strings.Repeat("0", 64), Size: 5}
	for _, want := range []bool{true, false} {
		if first, err := s.SaveSealed(t.Context(), c.ID, 1, w); err != nil || first != want {
			t.Fatal(first, err)
		}
	}
	if _, err := s.BeginErasure(t.Context(), DefaultRetention(), c.ID, 1); !errors.Is(err, ErrNotDue) {
		t.Fatalf("an open case: %v", err)
	}
	decideAs(t, s, c.ID, "anna", Dismiss)
	clock.at = clock.at.Add(2 * Year)
	if _, err := s.EraseRecords(t.Context(), DefaultRetention(), c.ID); !errors.Is(err, ErrNotDue) {
		t.Errorf("the records go before the key: %v", err)
	}
	e, err := s.BeginErasure(t.Context(), DefaultRetention(), c.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.BeginErasure(t.Context(), DefaultRetention(), c.ID, 1); err == nil {
		t.Error("it began twice")
	}
	if _, err := s.SaveSealed(t.Context(), c.ID, 1, w); !errors.Is(err, ErrErased) {
		t.Errorf("a window came under a key that goes: %v", err)
	}
	if g, f, err := s.CaseKey(t.Context(), c.ID); err != nil || g != 2 || f != "" {
		t.Errorf("the next key is %d %q, %v", g, f, err)
	}
	if list, err := s.Erasures(t.Context(), "", true); err != nil || len(list) != 1 || list[0].Text != e.Text {
		t.Errorf("under way: %+v, %v", list, err)
	}
	if slices.Contains(kinds(t, s), audit.KindErasure) {
		t.Error("the log is told before the key is gone")
	}
	for range 2 {
		if err := s.FinishErasure(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	for _, row := range pending(t, s) {
		if row.Entry != nil && row.Entry.Kind == audit.KindErasure {
			told++
			if row.Entry.Digest != digest([]byte(e.Text)) {
				t.Error("the entry is not of the certificate")
			}
		}
	}
	if told != 1 {
		t.Errorf("the log is told %d times", told)
	}
	var got Certificate
	if err := json.Unmarshal([]byte(e.Text), &got); err != nil || got.Key != "f1" || !slices.Equal(got.Windows, []SealedWindow{w}) || len(got.Salt) != 32 {
		t.Errorf("certificate %s, %v", e.Text, err)
	}
	if _, err := s.EraseRecords(t.Context(), DefaultRetention(), c.ID); err != nil {
		t.Error(err)
	}
}

// TestEverySaltedKindIsCovered makes an entry of each kind about a case and sees that its
// digest does not go into the outbox as it was given, but where what it is of has a salt.
func TestEverySaltedKindIsCovered(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a"))
	given := digest([]byte("what somebody might guess"))
	for _, kind := range []string{audit.KindCase, audit.KindView, audit.KindOpinion, audit.KindUndo, audit.KindRecusal, audit.KindOversight, audit.KindExport, audit.KindHold, audit.KindRelease} {
		err := s.write(context.Background(), func(tx *sql.Tx) error {
			return enqueueEntry(t.Context(), tx, audit.Entry{Kind: kind, ID: "x/" + kind, Digest: given, At: start, Refs: []string{"reviewer/a", caseID}})
		})
		if err != nil {
			t.Fatal(err)
		}
		rows := pending(t, s)
		if got := rows[len(rows)-1].Entry; got.ID != "x/"+kind || got.Digest == given {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}
