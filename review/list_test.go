package review

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// matched gives a case a match on a list, in a stream that goes on if live.
func matched(c Case, list string, live bool) Case {
	at := c.First
	add := func(s signal.Signal) {
		s.ID, s.Revision, s.Subject, s.Start, s.End, s.Says = signal.ID(string(s.Kind), string(c.Subject), list), 1, c.Subject, at, at, "seen"
		c.Signals = append(c.Signals, s)
	}
	add(signal.Signal{Kind: signal.KindMatch, Match: &signal.Match{Stream: "s1", Platform: "demo", HashKind: "pdq", List: list, ListVersion: "1", Entry: "e1", Distance: 3, Radius: 31, FramesMatched: 2, FramesSeen: 3}})
	add(signal.Signal{Kind: signal.KindSession, Session: &signal.Session{Stream: "s1", Platform: "demo", Private: true, Ended: !live,
		Guests: []signal.Subject{"sub_000000000000000000000000000000ff"}}})
	return c
}

func TestPagesByKeyShowEachCaseOnce(t *testing.T) {
	ctx := context.Background()
	s, _ := strictStore(t)
	anna := Reviewer("anna")
	want := map[string]bool{}
	for i := range 57 {
		c := caseNo(i)
		if i%3 == 0 {
			c = matched(c, "listed", i%2 == 0)
		}
		receive(t, s, c)
		want[c.ID] = true
	}
	seen := map[string]bool{}
	var order []Queued
	after := ""
	for page := 0; ; page++ {
		got, err := s.Queue(ctx, anna, QueueFilter{Place: PlaceOpen, After: after, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range got.Items {
			if seen[q.ID] {
				t.Errorf("%s is on two pages", q.ID)
			}
			seen[q.ID] = true
		}
		order = append(order, got.Items...)
		if page == 1 { // one that was shown goes, and a pressing one comes: neither moves the rest
			decideAs(t, s, got.Items[0].ID, "ben", Dismiss)
			receive(t, s, matched(caseNo(900), "listed", true))
		}
		if after = got.Next; after == "" {
			break
		}
	}
	for id := range want {
		if !seen[id] {
			t.Errorf("%s was on no page", id)
		}
	}
	if !slices.IsSortedFunc(order, func(a, b Queued) int { return int(b.Danger) - int(a.Danger) }) || order[0].Danger != DangerBoth || order[56].Danger != DangerNone {
		t.Error("the pressing are not first")
	}
	for _, bad := range []string{"x", "1", "1.", ".a", "1.zz", "1.' OR 1=1 --"} {
		if _, err := s.Queue(ctx, anna, QueueFilter{Place: PlaceOpen, After: bad}); err == nil {
			t.Errorf("the key %q was taken", bad)
		}
	}
}

func decideAs(t testing.TB, s *Store, id, who string, v Verdict) Outcome {
	t.Helper()
	c, _, err := s.Show(context.Background(), id, Reviewer(who))
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Decide(context.Background(), Request{CaseID: id, Digest: c.Digest, Verdict: v, Reason: Reasons(v)[0], Note: "note of " + who, By: Reviewer(who)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFiltersOfTheQueue(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	anna := Reviewer("anna")
	for i := range 6 {
		receive(t, s, matched(caseNo(i), []string{"one", "two"}[i%2], false))
	}
	if _, err := s.Claim(ctx, caseNo(0).ID, anna); err != nil {
		t.Fatal(err)
	}
	decideAs(t, s, caseNo(1).ID, "ben", Dismiss)
	decideAs(t, s, caseNo(2).ID, "ben", Confirm)
	for name, c := range map[string]struct {
		f    QueueFilter
		want int
	}{
		"open":              {QueueFilter{Place: PlaceOpen}, 4},
		"second":            {QueueFilter{Place: PlaceSecond}, 1},
		"closed":            {QueueFilter{Place: PlaceClosed}, 1},
		"of a list":         {QueueFilter{Place: PlaceOpen, Mark: "list:one"}, 2},
		"of no list":        {QueueFilter{Place: PlaceOpen, Mark: "list:none"}, 0},
		"of a kind, closed": {QueueFilter{Place: PlaceClosed, Mark: "kind:match"}, 1},
		"in nobody's hands": {QueueFilter{Place: PlaceOpen, Unclaimed: true}, 3},
		"in hers":           {QueueFilter{Claimed: "anna"}, 1},
		"in another's":      {QueueFilter{Claimed: "carl"}, 0},
	} {
		page, err := s.Queue(ctx, anna, c.f)
		if err != nil || len(page.Items) != c.want {
			t.Errorf("%s: %d, %v, want %d", name, len(page.Items), err, c.want)
		}
	}
	clock.at = clock.at.Add(time.Hour)
	if page, err := s.Queue(ctx, anna, QueueFilter{Place: PlaceOpen, Unclaimed: true}); err != nil || len(page.Items) != 4 {
		t.Errorf("after the claim ran out: %d, %v", len(page.Items), err)
	}
	marks, err := s.Marks(ctx)
	if want := []string{"kind:flag", "kind:match", "kind:session", "list:one", "list:two"}; err != nil || !slices.Equal(marks, want) {
		t.Errorf("marks %v, %v", marks, err)
	}
	backlog, err := s.Backlog(ctx, anna)
	if err != nil || backlog[0].Cases != 4 || backlog[0].Overdue != 0 || backlog[1].Cases != 1 {
		t.Errorf("backlog %+v, %v", backlog, err)
	}
	clock.at = clock.at.Add(4 * time.Hour)
	if backlog, err = s.Backlog(ctx, anna); err != nil || backlog[0].Overdue != 4 {
		t.Errorf("backlog later %+v, %v", backlog, err)
	}
}

func TestSearchAndRelated(t *testing.T) {
	ctx := context.Background()
	s, _ := strictStore(t)
	anna := Reviewer("anna")
	a, b, c := matched(caseNo(0), "one", false), matched(caseNo(1), "one", false), caseNo(2)
	for _, c := range []Case{a, b, c} {
		receive(t, s, c)
	}
	for text, want := range map[string]int{
		a.ID: 1, a.ID[:4]: 1, string(c.Subject): 1, "sub_000000000000000000000000000000ff": 2, "0000000000": 0, "sub_" + a.ID: 0,
	} {
		if got, err := s.Search(ctx, anna, text); err != nil || len(got) != want {
			t.Errorf("%s: %d, %v, want %d", text, len(got), err, want)
		}
	}
	for _, bad := range []string{"", "abc", "x' OR 1=1", "sub_1", "%%%%"} {
		if _, err := s.Search(ctx, anna, bad); !errors.Is(err, ErrSearch) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	f, err := s.File(ctx, a.ID, anna)
	if err != nil || len(f.Related) != 1 || f.Related[0].ID != b.ID || f.Related[0].Shared != 1 || !f.Related[0].Payer {
		t.Errorf("related %+v, %v", f.Related, err)
	}
}

// TestTheSecondPersonIsNotTold opens a case for everybody at every step.
func TestTheSecondPersonIsNotTold(t *testing.T) {
	ctx := context.Background()
	s, _ := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	told := func(who Person) []string {
		t.Helper()
		f, err := s.File(ctx, caseID, who)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, w := range f.Words {
			names = append(names, w.Person)
		}
		return names
	}
	anna, ben, sam, ada := Reviewer("anna"), Reviewer("ben"), with("sam", RoleSupervisor), with("ada", RoleAuditor)
	check := func(step string, want map[string][]string) {
		t.Helper()
		for _, who := range []Person{anna, ben, sam, ada} {
			if got := told(who); !slices.Equal(got, want[who.ID]) {
				t.Errorf("%s: %s is told of %v, want %v", step, who.ID, got, want[who.ID])
			}
		}
	}
	decideAs(t, s, caseID, "anna", Confirm)
	check("after the first", map[string][]string{"anna": {"anna"}})
	decideAs(t, s, caseID, "ben", Dismiss)
	both := []string{"anna", "ben"}
	check("when they differ", map[string][]string{"anna": {"anna"}, "ben": {"ben"}, "sam": both})
	if _, err := s.Decide(ctx, by(t, c, Confirm, sam)); err != nil {
		t.Fatal(err)
	}
	all := []string{"anna", "ben", "sam"}
	check("settled", map[string][]string{"anna": all, "ben": all, "sam": all, "ada": all})
}

func TestNumbers(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	sue := with("sue", RoleSupervisor)
	for i := range 4 {
		receive(t, s, matched(caseNo(i), "one", false))
	}
	decideAs(t, s, caseNo(0).ID, "anna", Confirm)
	decideAs(t, s, caseNo(0).ID, "ben", Confirm)
	clock.at = clock.at.Add(time.Second)
	decideAs(t, s, caseNo(1).ID, "anna", Confirm)
	decideAs(t, s, caseNo(1).ID, "ben", Dismiss)
	clock.at = clock.at.Add(time.Second)
	decideAs(t, s, caseNo(2).ID, "anna", Dismiss) // a false match
	decideAs(t, s, caseNo(3).ID, "carl", Dismiss)
	if err := s.Undo(ctx, caseNo(3).ID, Reviewer("carl")); err != nil {
		t.Fatal(err)
	}
	// A dismissal that a second person looks at, and sees in the same way.
	s.policy.SecondLook = 100
	receive(t, s, caseNo(5))
	decideAs(t, s, caseNo(5).ID, "dora", Dismiss)
	decideAs(t, s, caseNo(5).ID, "emil", Dismiss)
	since := start
	list, err := s.Agreement(ctx, sue, since)
	want := []Agreement{{"anna", 3, 0, 0, 2, 0}, {"ben", 2, 2, 1, 1, 0}, {"carl", 0, 0, 0, 0, 1}, {"dora", 1, 0, 0, 0, 0}, {"emil", 1, 1, 1, 0, 0}}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("agreement %+v, %v\nwant %+v", list, err, want)
	}
	wrong, err := s.Wrongness(ctx, sue, since)
	if err != nil || !slices.Contains(wrong, Wrongness{"list:one", 2, 1, 0}) {
		t.Errorf("wrong %+v, %v", wrong, err)
	}
	var out []Exported
	err = s.Export(ctx, sue, since, clock.at.Add(time.Hour), func(e Exported) error { out = append(out, e); return nil })
	if err != nil || len(out) != 3 || out[0].Persons != 2 || out[1].Reason != "false-match" || !slices.Contains(out[0].Marks, "list:one") {
		t.Errorf("exported %+v, %v", out, err)
	}
	if _, err := s.Claim(ctx, caseNo(3).ID, sue); err != nil {
		t.Fatal(err)
	}
	if in, err := s.InHand(ctx, sue); err != nil || len(in) != 1 || in[0].ClaimedBy != "sue" {
		t.Errorf("in hand %+v, %v", in, err)
	}
	for _, who := range []Person{Reviewer("anna"), with("adam", RoleAdministrator)} {
		if _, err := s.Agreement(ctx, who, since); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %v", who.ID, err)
		}
		if err := s.Export(ctx, who, since, since, nil); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %v", who.ID, err)
		}
	}
	if u, err := s.Undoable(ctx, "ben"); err != nil || len(u) != 2 {
		t.Errorf("ben can take back %+v, %v", u, err)
	}
	clock.at = clock.at.Add(2 * time.Minute)
	if u, err := s.Undoable(ctx, "ben"); err != nil || len(u) != 0 {
		t.Errorf("after the minute ben can take back %+v, %v", u, err)
	}
}
