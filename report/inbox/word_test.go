package inbox

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

// TestWordsGoOutOnce says several things, crashes between sending and noting it, and
// verifies what leaves.
func TestWordsGoOutOnce(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	a := d.alert(0)
	d.take(0, inboxtest.JSON(t, a))
	for _, w := range []Word{
		{Result: report.Acknowledged}, {Result: report.Insufficient, Missing: []string{"times", "urgency"}, Reference: "PH-1"},
		{Result: report.Wrong, Entries: []report.EntryOutcome{{List: "demo-list", HashKind: "pdq", Entry: "e1", Wrong: true}}},
	} {
		w.Alert, w.By = a.ID, "anna"
		if _, err := d.Say(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	undone, err := d.Undo(ctx, a.ID, "ben")
	if err != nil || undone.Result != report.Insufficient || undone.Sequence != 4 || !slices.Equal(undone.Missing, []string{"times", "urgency"}) {
		t.Errorf("%+v, %v", undone, err)
	}
	waiting, err := d.Unsent(ctx, 10)
	if err != nil || len(waiting) != 4 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	seen := map[string]bool{}
	for i, l := range waiting {
		o, err := report.OpenOutcome(l.Value, "ph", inboxtest.NewLog(t, 5).Verifier)
		if err != nil || o.ID != l.ID || o.Sequence != i+1 || o.Case != a.Statement.Case {
			t.Errorf("%+v, %v", o, err)
		}
		seen[l.ID] = true
	}
	if err := d.Sent(ctx, waiting[0].ID); err != nil {
		t.Fatal(err)
	}
	d.again() // the second was sent too, and nobody noted it
	rest, err := d.Unsent(ctx, 10)
	if err != nil || len(rest) != 3 || !seen[rest[0].ID] || string(rest[0].Value) != string(waiting[1].Value) {
		t.Errorf("after a crash: %+v, %v", rest, err)
	}
	f := d.view(a.ID)
	if len(f.Said) != 4 || f.Said[0].By != "ben" || f.Said[3].Sent.IsZero() || !f.Said[0].Sent.IsZero() || f.Result != report.Insufficient {
		t.Errorf("%+v", f.Said)
	}
	if c := d.counts(); c.Waits != 0 || c.Answered != 1 || c.Unsent != 3 {
		t.Errorf("%+v", c)
	}
}

func TestWhatMayNotBeSaid(t *testing.T) {
	d := newDesk(t)
	a := d.alert(0)
	d.take(0, inboxtest.JSON(t, a))
	for _, c := range []struct {
		w    Word
		want error
	}{
		{Word{Alert: a.ID, Result: "fine"}, ErrResult}, {Word{Alert: a.ID, Result: report.Insufficient}, ErrWhat},
		{Word{Alert: a.ID, Result: report.Known, Missing: []string{"times"}}, ErrWhat}, {Word{Alert: "x", Result: report.Known}, ErrNotFound},
		{Word{Alert: a.ID, Result: report.Known, Entries: []report.EntryOutcome{{List: "l", HashKind: "pdq", Entry: "e"}}}, ErrWhat},
	} {
		if _, err := d.Say(t.Context(), c.w); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.w, err)
		}
	}
	for _, w := range []Word{{Result: report.Insufficient, Missing: []string{"everything"}}, {Result: report.Known, Reference: "a b"}} {
		w.Alert = a.ID
		if _, err := d.Say(t.Context(), w); err == nil {
			t.Errorf("%+v was said", w)
		}
	}
	if _, err := d.Undo(t.Context(), a.ID, "anna"); !errors.Is(err, ErrNoWord) {
		t.Errorf("undo of nothing: %v", err)
	}
	if c := d.counts(); c.Unsent != 0 || c.Waits != 1 {
		t.Errorf("%+v", c)
	}
}

// TestTheJournalOnlyGrows: nobody can change what it says, with the store's own connection.
func TestTheJournalOnlyGrows(t *testing.T) {
	d := newDesk(t)
	a := d.alert(0)
	d.take(0, inboxtest.JSON(t, a))
	d.view(a.ID)
	lines, err := d.Journal(t.Context(), a.ID, 10)
	if err != nil || len(lines) != 1 || lines[0].Who != "anna" || lines[0].What != DidView {
		t.Fatalf("%+v, %v", lines, err)
	}
	for _, q := range []string{`UPDATE journal SET who = 'ben'`, `DELETE FROM journal`} {
		if _, err := d.db.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "only grows") {
			t.Errorf("%s: %v", q, err)
		}
	}
}
