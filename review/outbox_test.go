package review

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/signal"
)

const someDigest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestTheOutboxOutlivesACrash(t *testing.T) {
	path := storetest.Place(t)
	before := openAt(t, path)
	c := caseOf(1, "a", "b")
	receive(t, before, c)
	d := decide(t, before, asked(t, c, Confirm))
	if err := before.Done(context.Background(), pending(t, before)[0].Seq, "0"); err != nil {
		t.Fatal(err)
	}
	// The first store is left as a killed process leaves it: not closed.
	s := openAt(t, path)
	rows := pending(t, s)
	if got := kinds(t, s); !slices.Equal(got, []string{"decision", "ALERT"}) {
		t.Fatalf("the outbox has %v, want the decision's entry and then its alert", got)
	}
	if !reflect.DeepEqual(*rows[1].Decision, d) {
		t.Errorf("the alert is for\n%+v, want\n%+v", *rows[1].Decision, d)
	}
	stated, err := d.Statement().Digest()
	if err != nil {
		t.Fatal(err)
	}
	if e := rows[0].Entry; e.ID != d.ID || e.Digest != stated || !e.At.Equal(d.At) {
		t.Errorf("the decision's entry is %+v, want the digest %s of what is stated", e, stated)
	}
}

func TestDoneIsDoneOnce(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	d := decide(t, s, asked(t, c, Confirm))
	if _, ok, err := s.AuditIndex(ctx, d.ID); ok || err != nil {
		t.Errorf("an entry that is not appended has an index: %v, %v", ok, err)
	}
	for i, row := range pending(t, s)[:2] {
		for _, result := range []string{[]string{"40", "41"}[i], "99"} { // the second time by another process
			if err := s.Done(ctx, row.Seq, result); err != nil {
				t.Fatal(err)
			}
		}
	}
	if index, ok, err := s.AuditIndex(ctx, d.ID); index != 41 || !ok || err != nil {
		t.Errorf("got %d, %v, %v, want 41", index, ok, err)
	}
	alert := pending(t, s)
	if len(alert) != 1 || alert[0].Kind != KindAlert {
		t.Fatalf("the outbox has %v", kinds(t, s))
	}
	id := signal.ID("alert", "x")
	for range 2 {
		if err := s.Done(ctx, alert[0].Seq, id); err != nil {
			t.Fatal(err)
		}
	}
	told := pending(t, s)
	if len(told) != 1 {
		t.Fatalf("the outbox has %v, want one entry that tells of the alert", kinds(t, s))
	}
	stated, err := d.Statement().Digest()
	if err != nil {
		t.Fatal(err)
	}
	e := told[0].Entry
	if e.Kind != audit.KindAlert || e.ID != id || e.Digest != stated || !slices.Equal(e.Refs, []string{d.ID, caseID}) {
		t.Errorf("got %+v", e)
	}
}

func TestDoneRefusesAResultOfAnotherKind(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decide(t, s, asked(t, c, Confirm))
	rows := pending(t, s)
	for _, row := range rows {
		for _, bad := range []string{"", "x", "-1", "not an id", someDigest} {
			if err := s.Done(ctx, row.Seq, bad); err == nil {
				t.Errorf("%s row: the result %q was taken", row.Kind, bad)
			}
		}
	}
	if after := pending(t, s); len(after) != len(rows) {
		t.Errorf("%d rows wait, want %d", len(after), len(rows))
	}
	if err := s.Done(ctx, 999, "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// TestTheDatabaseRefusesAnAlertWithoutAConfirmingDecision shows that not even
// code that goes round Decide can order an alert.
func TestTheDatabaseRefusesAnAlertWithoutAConfirmingDecision(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	d := decide(t, s, asked(t, c, Dismiss))
	for _, args := range [][]any{
		{d.ID, "confirm"}, {d.ID, "dismiss"}, {d.ID, nil},
		{signal.ID("decision", "made up"), "confirm"}, {nil, "confirm"}, {nil, nil},
	} {
		_, err := s.db.Exec(`INSERT INTO outbox (kind, decision_id, verdict) VALUES ('alert', ?, ?)`, args...)
		if err == nil {
			t.Errorf("%v: an alert was ordered", args)
		}
	}
}

// TestNoAlertWithoutADecision does what may happen to a case in random order and
// checks after each step that the alerts ordered are those of the confirming
// decisions, one each.
func TestNoAlertWithoutADecision(t *testing.T) {
	ctx := context.Background()
	const seeds, steps = 4, 30
	alerts := 0
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := newStore(t)
		var confirmed []string
		names := []string{"a", "b"}
		for revision := range uint64(steps) {
			if rng.IntN(3) == 0 {
				names = append(names, string(rune('c'+len(names))))
			}
			c := caseOf(revision+1, names...)
			if rng.IntN(4) == 0 {
				c = c.withdrawn()
			}
			receive(t, s, c)
			d, err := s.Decide(ctx, asked(t, c, []Verdict{Confirm, Dismiss}[rng.IntN(2)]))
			if err != nil && !errors.Is(err, ErrNotOpen) {
				t.Fatal(err)
			}
			if err == nil && d.Decision.Verdict == Confirm {
				confirmed = append(confirmed, d.Decision.ID)
			}
			rows, err := s.Outbox(ctx, MaxLimit)
			if err != nil {
				t.Fatal(err)
			}
			var ordered []string
			for _, row := range rows {
				if row.Kind == KindAlert {
					ordered = append(ordered, row.Decision.ID)
				}
			}
			if !slices.Equal(ordered, confirmed) {
				t.Fatalf("seed %d, step %d: alerts for %v, confirmed %v", seed, revision, ordered, confirmed)
			}
		}
		alerts += len(confirmed)
	}
	if alerts < seeds {
		t.Errorf("only %d alerts in %d runs: the test hardly ran", alerts, seeds)
	}
}

// TestWhatIsWrittenDownHoldsNoText looks for a note, and for what the parts say,
// in everything that goes to the audit log.
func TestWhatIsWrittenDownHoldsNoText(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a", "b")
	c.Parts[1].Says = "canary-says"
	receive(t, s, c)
	if _, _, err := s.Show(context.Background(), caseID, Reviewer("reviewer-1")); err != nil {
		t.Fatal(err)
	}
	r := asked(t, c, Dismiss)
	r.Note = "canary-note"
	d := decide(t, s, r)
	seen := 0
	for _, row := range pending(t, s) {
		line, err := row.Entry.Encode()
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if strings.Contains(string(line), "canary") || strings.Contains(string(line), string(subject)) {
			t.Errorf("%s holds text or a subject", line)
		}
	}
	if seen != 3 {
		t.Errorf("looked at %d entries, want 3", seen)
	}
	text, err := d.Statement().encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "canary-note") || !strings.Contains(string(text), "canary-says") {
		t.Errorf("a statement has what the parts say and not the note: %s", text)
	}
}
