package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
)

// blindStore has every closed case come back, and a golden one with it.
func blindStore(t *testing.T) (*Store, *hands) {
	t.Helper()
	s, clock := strictStore(t)
	s.policy.Again, s.policy.Golden = 100, 100
	return s, clock
}

// probesIn returns the ids under which cases came back, by kind.
func probesIn(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), `SELECT kind, case_id FROM probes ORDER BY case_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string][]string{}
	for rows.Next() {
		var kind, id string
		if err := rows.Scan(&kind, &id); err != nil {
			t.Fatal(err)
		}
		all[kind] = append(all[kind], id)
	}
	return all
}

func goldenOf(t *testing.T, id string, answer Verdict, n int) Golden {
	t.Helper()
	c := caseNo(n)
	return Golden{ID: id, Answer: answer, Why: "it was rendered so", Case: raw(t, c)}
}

func TestAClosedCaseComesBackBlind(t *testing.T) {
	ctx := t.Context()
	s, clock := blindStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decideAs(t, s, c.ID, "anna", Confirm)
	decideAs(t, s, c.ID, "ben", Confirm)
	if n, err := s.Mix(ctx); err != nil || n != 0 {
		t.Fatalf("within the minute %d came back, %v", n, err)
	}
	clock.at = clock.at.Add(2 * time.Minute)
	empty(t, s)
	for _, want := range []int{1, 0} {
		if n, err := s.Mix(ctx); err != nil || n != want {
			t.Fatalf("%d came back, want %d, %v", n, want, err)
		}
	}
	alias := probesIn(t, s)["again"][0]
	// Its windows are those of the case.
	w := SealedWindow{Name: "w.age", SHA256: strings.Repeat("0", 64), Size: 5}
	if err := s.SaveCaseKey(ctx, c.ID, 1, "f"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveSealed(ctx, c.ID, 1, w); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.Kept(ctx, alias); err != nil || len(kept) != 1 || kept[0].CaseID != c.ID || kept[0].Name != w.Name {
		t.Errorf("%+v, %v", kept, err)
	}
	carl := Reviewer("carl")
	f, err := s.File(ctx, alias, carl)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{string(subject), c.ID, "anna", "ben", "blind", "probe"} {
		if strings.Contains(string(shown), secret) {
			t.Errorf("what carl is shown tells %q: %s", secret, shown)
		}
	}
	if f.Place != PlaceOpen || len(f.Decisions) != 0 || len(f.Words) != 0 || len(f.Related) != 0 || f.Case.Score != c.Score || len(f.Case.Signals) != len(c.Signals) {
		t.Errorf("carl is shown %+v", f)
	}
	// By its subject the first is found alone, and the first is near nothing.
	if list, err := s.Search(ctx, carl, string(subject)); err != nil || len(list) != 1 || list[0].ID != c.ID {
		t.Errorf("found by the subject: %+v, %v", list, err)
	}
	if list, err := s.Search(ctx, carl, string(f.Case.Subject)); err != nil || len(list) != 1 || list[0].ID != alias {
		t.Errorf("found by the other name: %+v, %v", list, err)
	}
	// Who had a part in the first has none in this.
	for _, who := range []string{"anna", "ben"} {
		if _, err := s.Claim(ctx, alias, Reviewer(who)); !errors.Is(err, ErrRecused) {
			t.Errorf("%s: %v", who, err)
		}
		if id, err := s.ClaimNext(ctx, Reviewer(who), PlaceOpen); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s has %s next, %v", who, id, err)
		}
	}
	// Nor do they see it anywhere, where all that they could be told is that they know it.
	shows := func(who Person, f QueueFilter) bool {
		t.Helper()
		page, err := s.Queue(ctx, who, f)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(page.Items, func(q Queued) bool { return q.ID == alias })
	}
	if list, err := s.Search(ctx, Reviewer("anna"), alias); err != nil || len(list) != 0 {
		t.Errorf("anna finds %+v, %v", list, err)
	}
	if shows(Reviewer("anna"), QueueFilter{Place: PlaceOpen}) || !shows(carl, QueueFilter{Place: PlaceOpen}) {
		t.Error("anna has it in her queue, or carl has not")
	}
	if id, err := s.ClaimNext(ctx, carl, PlaceOpen); err != nil || id != alias {
		t.Errorf("carl has %s next, %v", id, err)
	}
	empty(t, s)
	for _, danger := range []string{"a child is being hurt right now", ""} {
		r := Request{CaseID: alias, Digest: f.Case.Digest, Verdict: Confirm, Reason: "known-material", By: carl, Danger: danger}
		out, err := s.Decide(ctx, r)
		if err != nil || out.Final {
			t.Fatalf("%+v, %v", out, err)
		}
		if danger != "" {
			if err := s.Undo(ctx, alias, carl); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock.at = clock.at.Add(time.Hour)
	for _, e := range empty(t, s) {
		if e.Kind == audit.KindAlert || e.Kind == audit.KindDecision {
			t.Errorf("it leaves: %+v", e)
		}
	}
	for _, query := range []string{
		`SELECT count(*) FROM decisions WHERE case_id = ?`, `SELECT count(*) FROM sightings WHERE case_id = ?`,
		`SELECT count(*) FROM orders WHERE case_id = ?`, `SELECT count(*) FROM actions WHERE case_id = ?`,
		`SELECT count(*) FROM outbox o JOIN decisions d ON d.id = o.decision_id WHERE d.case_id = ?`,
	} {
		var n int
		if err := s.db.QueryRowContext(ctx, query, alias).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", query, n, err)
		}
	}
	// To all it looks as one that waits for a second person, and none can be.
	dora := Reviewer("dora")
	for _, who := range []Person{carl, dora} {
		f, err := s.File(ctx, alias, who)
		if err != nil || f.Place != PlaceSecond {
			t.Errorf("%s sees it in %s, %v", who.ID, f.Place, err)
		}
	}
	if shows(carl, QueueFilter{Place: PlaceClosed}) || shows(dora, QueueFilter{Place: PlaceClosed}) {
		t.Error("it is among the closed, which no case is that waits for a second person")
	}
	if list, err := s.Search(ctx, dora, alias); err != nil || len(list) != 1 || list[0].Place != PlaceSecond {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := s.Claim(ctx, alias, dora); !errors.Is(err, ErrNotOpen) {
		t.Errorf("dora claims it: %v", err)
	}
	if _, err := s.Decide(ctx, Request{CaseID: alias, Digest: f.Case.Digest, Verdict: Confirm, Reason: "known-material", By: dora, Danger: "a child is being hurt right now"}); !errors.Is(err, ErrStep) {
		t.Errorf("dora decides it: %v", err)
	}
	n := 0
	if err := s.Decided(ctx, func(d Decision) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("%d cases count as decided, %v", n, err)
	}
	b, err := s.Blind(ctx, with("sue", RoleSupervisor), start)
	if err != nil || b.Again != [2][2]int{{1, 0}, {0, 0}} || b.Waiting != 0 {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := s.Blind(ctx, carl, start); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer is told: %v", err)
	}
	// It goes with the case.
	clock.at = clock.at.Add(2 * Year)
	e, err := s.BeginErasure(ctx, DefaultRetention(), c.ID, 1)
	if err == nil {
		err = s.FinishErasure(ctx, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.EraseRecords(ctx, DefaultRetention(), c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.File(ctx, alias, dora); !errors.Is(err, ErrErased) {
		t.Errorf("after the case was erased: %v", err)
	}
}

func TestGoldenCasesAreMixedIn(t *testing.T) {
	ctx := t.Context()
	s, clock := blindStore(t)
	s.policy.Again = 0
	sue := with("sue", RoleSupervisor)
	if err := s.LoadGolden(ctx, Reviewer("anna"), nil); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer loads: %v", err)
	}
	for want, g := range map[string]Golden{
		"answer": {ID: "g", Answer: "maybe", Case: raw(t, caseNo(1))}, "id:": {ID: "g h", Answer: Dismiss, Case: raw(t, caseNo(1))},
		"case":  {ID: "g", Answer: Dismiss, Case: json.RawMessage(`{}`)},
		"state": {ID: "g", Answer: Dismiss, Case: raw(t, caseNo(1).withdrawn())},
	} {
		if err := s.LoadGolden(ctx, sue, []Golden{goldenOf(t, "g0", Dismiss, 900), g}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	const cases = 6
	closeCases := func(from int) {
		for i := from; i < from+cases; i++ {
			c := caseNo(i)
			receive(t, s, c)
			decideAs(t, s, c.ID, "anna", Dismiss)
		}
		clock.at = clock.at.Add(2 * time.Minute)
		empty(t, s)
	}
	closeCases(0)
	if n, err := s.Mix(ctx); err != nil || n != 0 {
		t.Fatalf("%d came where none was loaded, %v", n, err)
	}
	if err := s.LoadGolden(ctx, sue, []Golden{goldenOf(t, "g1", Dismiss, 901), goldenOf(t, "g2", Confirm, 902)}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Mix(ctx); err != nil || n != cases {
		t.Fatalf("%d came, %v", n, err)
	}
	for i, id := range probesIn(t, s)["golden"] {
		who, verdict := "ben", Dismiss
		if i%2 == 0 {
			who = "carl"
		}
		if out := decideAs(t, s, id, who, verdict); out.Final {
			t.Error("a golden case was decided")
		}
	}
	b, err := s.Blind(ctx, sue, start)
	if err != nil || len(b.Golden) != 2 || b.Golden[0].Asked+b.Golden[1].Asked != cases || b.Pairs() != 0 {
		t.Fatalf("%+v, %v", b, err)
	}
	var known int
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM probes WHERE answer = 'dismiss'`).Scan(&known); err != nil || b.Golden[0].Right+b.Golden[1].Right != known {
		t.Errorf("%+v of %d that are to be dismissed, %v", b.Golden, known, err)
	}
	n := 0
	if err := s.Export(ctx, sue, start, clock.at.Add(time.Hour), func(Exported) error { n++; return nil }); err != nil || n != cases {
		t.Errorf("%d decisions are counted, %v", n, err)
	}
}

// TestTheChoiceIsASecret chooses about the share that is asked for, alike whenever, and
// otherwise under another secret.
func TestTheChoiceIsASecret(t *testing.T) {
	const n = 4000
	count, both := 0, 0
	for i := range n {
		id := fmt.Sprint("decision-", i)
		one, two := chosen("s1", "again", id) < 10, chosen("s2", "again", id) < 10
		if one {
			count++
		}
		if one && two {
			both++
		}
	}
	if count < n/10-80 || count > n/10+80 || both > count/4 {
		t.Errorf("%d of %d, %d under both secrets", count, n, both)
	}
}

func TestKappa(t *testing.T) {
	for name, c := range map[string]struct {
		table [2][2]int
		want  float64
		ok    bool
	}{
		"none": {}, "all alike": {table: [2][2]int{{9, 0}, {0, 0}}},
		"perfect": {[2][2]int{{5, 0}, {0, 5}}, 1, true},
		// The example of Wikipedia, Cohen's kappa: 20, 5, 10, 15 give 0.4.
		"published": {[2][2]int{{20, 5}, {10, 15}}, 0.4, true},
		"chance":    {[2][2]int{{25, 25}, {25, 25}}, 0, true},
		"opposite":  {[2][2]int{{0, 5}, {5, 0}}, -1, true},
	} {
		got, ok := Blind{Again: c.table}.Kappa()
		if ok != c.ok || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}
