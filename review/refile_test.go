package review

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// filedIn brings a filing into a state, as a worker does.
func filedIn(t *testing.T, s *Store, alert string, state FilingState, says string) Filing {
	t.Helper()
	d, err := s.Filing(t.Context(), alert)
	if err != nil {
		t.Fatal(err)
	}
	d.State, d.Says, d.Attempts, d.Next = state, says, d.Attempts+1, s.now().Add(time.Hour)
	if d, err = s.SaveFiling(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// What is held is looked at again and again; only what it lacks otherwise is news, to the page
// and to the log. A hold after an attempt is always told: the log was told of the attempt.
func TestAHoldIsToldOnce(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a")
	receive(t, s, c)
	sue, alert := with("sue", RoleSupervisor), signal.ID("alert")
	ordered(t, s, c, Filing{Alert: alert, Due: clock.at.Add(time.Hour), Next: clock.at})
	queued := Filing{Alert: alert, Case: c.ID, Centre: "us", State: FilingQueued, Due: clock.at.Add(time.Hour), Next: clock.at, Revision: 1, Body: []byte("{}")}
	if err := s.OrderQueued(t.Context(), []Filing{queued}); err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		state FilingState
		says  string
		steps int // that there are then, with that it was ordered
	}{
		{FilingHeld, "no account", 2}, {FilingHeld, "no account", 2}, {FilingHeld, "no person", 3}, {FilingHeld, "no account", 4},
		{FilingSending, "no account", 4}, {FilingHeld, "no account", 5}, {FilingQueued, "no account", 6},
	} {
		filedIn(t, s, alert, of.state, of.says)
		queued.State, queued.Says, queued.Next = of.state, of.says, queued.Next.Add(time.Minute)
		var err error
		if queued, err = s.SaveQueued(t.Context(), queued); err != nil {
			t.Fatal(err)
		}
		for _, byQueue := range []bool{false, true} {
			d, steps, err := s.ShownFiling(t.Context(), alert, byQueue, sue)
			if err != nil || len(steps) != of.steps || d.State != of.state || !byQueue && d.Next.Before(clock.at.Add(time.Hour)) {
				t.Errorf("%s, %q: %d steps and should be %d, %s, %v", of.state, of.says, len(steps), of.steps, d.State, err)
			}
		}
	}
}

// TestAFilingIsTriedAgainByHand in every state: what may be with the centre stays unknown,
// and who said so, and that they did, is kept and on its way into the log.
func TestAFilingIsTriedAgainByHand(t *testing.T) {
	sue := with("sue", RoleSupervisor)
	for state, want := range map[FilingState]FilingState{
		FilingQueued: "", FilingSending: "", FilingFiled: "", FilingWithdrawn: "",
		FilingFailed: FilingQueued, FilingHeld: FilingQueued, FilingUnknown: FilingUnknown,
	} {
		s, clock := strictStore(t)
		c := caseOf(1, "a")
		receive(t, s, c)
		alert := signal.ID("alert")
		ordered(t, s, c, Filing{Alert: alert, Due: clock.at.Add(time.Hour), Next: clock.at})
		was := filedIn(t, s, alert, state, "why it stands so")
		clock.at = clock.at.Add(time.Minute)
		before := len(pending(t, s))
		d, err := s.RetryFiling(t.Context(), alert, sue, "the account is known now")
		if want == "" {
			if !errors.Is(err, ErrNoRetry) || !IsRule(err) || len(pending(t, s)) != before {
				t.Errorf("%s: %v", state, err)
			}
			continue
		}
		if err != nil || d.State != want || !d.Next.Equal(clock.at) || d.Revision != was.Revision+1 || d.Says != was.Says || len(d.Body) == 0 || (d.Attempts == 0) != (want == FilingQueued) {
			t.Errorf("%s: %+v, %v", state, d, err)
		}
		if _, err := s.SaveFiling(t.Context(), was); !errors.Is(err, ErrFilingChanged) {
			t.Errorf("%s: a worker that saw it before: %v", state, err)
		}
		if next, ok, err := s.NextFiling(t.Context(), "us", clock.at); err != nil || !ok || next.State != want {
			t.Errorf("%s: next is %+v, %v, %v", state, next, ok, err)
		}
		rows := pending(t, s)
		entry := rows[len(rows)-1].Entry
		if len(rows) != before+1 || entry == nil || entry.Kind != audit.KindDelivery || !slices.Contains(entry.Refs, "reviewer/sue") || !slices.Contains(entry.Refs, "asked/retry") || strings.Contains(strings.Join(entry.Refs, " "), "account") {
			t.Errorf("%s: logged %+v", state, entry)
		}
		shown, steps, err := s.ShownFiling(t.Context(), alert, false, sue)
		if err != nil || len(shown.Body) != 0 || len(steps) != 3 {
			t.Fatalf("%s: %+v, %+v, %v", state, shown, steps, err)
		}
		last := steps[2]
		if last.Person != "sue" || last.Says != "the account is known now" || last.State != want || last.Entry != entry.ID || last.Index != "" {
			t.Errorf("%s: the step is %+v", state, last)
		}
		if err := s.Done(t.Context(), rows[len(rows)-1].Seq, "41"); err != nil {
			t.Fatal(err)
		}
		if _, steps, err = s.ShownFiling(t.Context(), alert, false, sue); err != nil || steps[2].Index != "41" {
			t.Errorf("%s: once logged %+v, %v", state, steps, err)
		}
		since := map[bool]time.Time{true: clock.at, false: clock.at.Add(-time.Minute)}[want != state]
		if shown, _, _ := s.ShownFiling(t.Context(), alert, false, sue); !shown.Since.Equal(since) {
			t.Errorf("%s: since %s, want %s", state, shown.Since, since)
		}
	}
}

func TestWhoSeesAndRetriesFilings(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a")
	receive(t, s, c)
	alert := signal.ID("alert")
	ordered(t, s, c, Filing{Alert: alert, Due: clock.at.Add(time.Hour), Next: clock.at})
	filedIn(t, s, alert, FilingHeld, "no account")
	for _, who := range []Person{Reviewer("anna"), with("ada", RoleAdministrator), with("otto", RoleAuditor)} {
		sees := who.Is(RoleAuditor)
		if _, err := s.ShownFilings(t.Context(), who, ViewHeld, 0); errors.Is(err, ErrDenied) == sees {
			t.Errorf("%s lists: %v", who.ID, err)
		}
		if _, _, err := s.ShownFiling(t.Context(), alert, false, who); errors.Is(err, ErrDenied) == sees {
			t.Errorf("%s looks: %v", who.ID, err)
		}
		if _, err := s.FilingCounts(t.Context(), who); errors.Is(err, ErrDenied) == sees {
			t.Errorf("%s counts: %v", who.ID, err)
		}
		if _, err := s.RetryFiling(t.Context(), alert, who, "because"); !errors.Is(err, ErrDenied) {
			t.Errorf("%s retries: %v", who.ID, err)
		}
	}
	sue := with("sue", RoleSupervisor)
	if err := s.Recuse(t.Context(), c.ID, sue, sue.ID, "a cousin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RetryFiling(t.Context(), alert, sue, "because"); !errors.Is(err, ErrRecused) {
		t.Errorf("who has no part in the case: %v", err)
	}
	if _, err := s.RetryFiling(t.Context(), alert, with("sam", RoleSupervisor), " "); err == nil {
		t.Error("tried again without a reason")
	}
	if _, err := s.RetryFiling(t.Context(), "none", with("sam", RoleSupervisor), "because"); !errors.Is(err, ErrNotFound) {
		t.Errorf("none such: %v", err)
	}
}

// TestFilingsByView puts one of each state and lateness into each view, the urgent first.
func TestFilingsByView(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1, "a")
	receive(t, s, c)
	sue := with("sue", RoleSupervisor)
	id := map[string]string{}
	for i, of := range []struct {
		name     string
		state    FilingState
		late     bool
		priority int64
	}{
		{"queued", FilingQueued, false, 1}, {"queued late", FilingQueued, true, 9}, {"sending", FilingSending, false, 2}, {"held", FilingHeld, false, 3},
		{"failed", FilingFailed, false, 7}, {"unknown", FilingUnknown, false, 4}, {"unknown late", FilingUnknown, true, 5}, {"filed", FilingFiled, true, 6},
		{"overtaken", FilingFailed, true, 8},
	} {
		alert := signal.ID("alert", of.name)
		id[alert] = of.name
		due := clock.at.Add(time.Hour)
		if of.late {
			due = clock.at.Add(-time.Hour)
		}
		ordered(t, s, c, Filing{Alert: alert, Sequence: i + 1, Priority: of.priority, Due: due, Next: clock.at})
		filedIn(t, s, alert, of.state, "")
	}
	correction := Filing{Alert: signal.ID("correction"), Corrects: signal.ID("alert", "overtaken"), Sequence: 99, Due: clock.at.Add(time.Hour), Next: clock.at}
	id[correction.Alert] = "correction"
	ordered(t, s, c, correction)
	// Alerts into queues are among them; one may be under way both ways.
	held := Filing{Alert: signal.ID("alert", "held"), Case: c.ID, Centre: "ca", Priority: 10, State: FilingQueued, Due: clock.at.Add(time.Hour), Next: clock.at, Revision: 1, Body: []byte("{}")}
	if err := s.OrderQueued(t.Context(), []Filing{held}); err != nil {
		t.Fatal(err)
	}
	held.State, held.Says = FilingHeld, "no reference leads to an account"
	if _, err := s.SaveQueued(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	counts, err := s.FilingCounts(t.Context(), sue)
	if err != nil {
		t.Fatal(err)
	}
	for view, want := range map[FilingView]string{
		ViewAttention: "held in a queue, queued late, failed, unknown late, held",
		ViewLate:      "queued late, overtaken, unknown late",
		ViewFailed:    "overtaken, failed", ViewHeld: "held in a queue, held", ViewUnknown: "unknown late, unknown",
		ViewQueued: "queued late, sending, queued, correction", ViewFiled: "filed",
	} {
		list, err := s.ShownFilings(t.Context(), sue, view, 0)
		var got []string
		for _, d := range list {
			got = append(got, id[d.Alert]+map[bool]string{true: " in a queue"}[d.ByQueue])
			if len(d.Body) != 0 || d.Since.IsZero() {
				t.Errorf("%s: %+v", id[d.Alert], d)
			}
		}
		if err != nil || strings.Join(got, ", ") != want {
			t.Errorf("%s: %s, want %s, %v", view, strings.Join(got, ", "), want, err)
		}
		if n := counts[view]; view != ViewFiled && n != len(list) {
			t.Errorf("%s: counted %d of %d", view, n, len(list))
		}
	}
	if _, err := s.RetryFiling(t.Context(), signal.ID("alert", "overtaken"), sue, "because"); !errors.Is(err, ErrNoRetry) {
		t.Errorf("what a correction overtook is tried again: %v", err)
	}
	if n, err := s.FilingsWaiting(t.Context(), sue); err != nil || n != 5 {
		t.Errorf("%d need a person, %v", n, err)
	}
	clock.at = clock.at.Add(time.Minute)
	if d, err := s.RetryQueued(t.Context(), held.Alert, sue, "the platform has answered"); err != nil || d.State != FilingQueued {
		t.Errorf("%+v, %v", d, err)
	}
	d, steps, err := s.ShownFiling(t.Context(), held.Alert, true, sue)
	if err != nil || !d.ByQueue || d.Centre != "ca" || len(d.Body) != 0 || !d.Since.Equal(clock.at) || len(steps) != 3 || steps[1].Says != held.Says || steps[1].Entry == "" || steps[2].Person != "sue" {
		t.Errorf("%+v, %+v, %v", d, steps, err)
	}
	if d, steps, err = s.ShownFiling(t.Context(), held.Alert, false, sue); err != nil || d.ByQueue || d.State != FilingHeld || len(steps) != 2 {
		t.Errorf("by the channel: %+v, %+v, %v", d, steps, err)
	}
	f, err := s.File(t.Context(), c.ID, sue)
	if err != nil || len(f.Filings) != 11 || len(f.Filings[0].Body) != 0 {
		t.Errorf("the case has %d, %v", len(f.Filings), err)
	}
}
