package review

import (
	"errors"
	"testing"
	"time"
)

// TestEveryNeedOfEveryAction begins with facts in which nothing stands against an action,
// and breaks one at a time: the rule that is broken must be named, and where an action
// does not look at a fact it must not matter.
func TestEveryNeedOfEveryAction(t *testing.T) {
	now := start
	base := func(a Action) facts {
		f := facts{
			who: with("me", RoleReviewer, RoleSupervisor, RoleAdministrator), now: now, policy: DefaultPolicy(),
			state: StateOpen, current: "d", seen: "d", first: "d", holder: "me", danger: "a danger in many words",
			lastBy: "me", lastAt: now.Add(-time.Second), deciders: []string{"other"}, oversee: true, waiting: true, judges: []string{"other"},
		}
		f.held = a == LiftHold
		f.step = map[Action]step{Second: seconded, Settle: disputed}[a]
		return f
	}
	breaks := []struct {
		name  string
		spoil func(*facts)
		err   error
		of    []Action
	}{
		{"closed", func(f *facts) { f.state = StateConfirmed }, ErrNotOpen, []Action{Claim, Keep, Decide, Second, Settle, BreakGlass}},
		{"recused", func(f *facts) { f.recused = true }, ErrRecused, []Action{Look, Glimpse, SeeImages, TakeOut, Claim, Decide, Second, Settle, BreakGlass, Answer, RetryFiling}},
		{"another's", func(f *facts) { f.holder = "other" }, ErrClaimed, []Action{Claim, Decide, Second, Settle, BreakGlass}},
		{"not in hand", func(f *facts) { f.holder = "other" }, ErrNotYours, []Action{Glimpse, SeeImages, Keep, Release}},
		{"nobody's", func(f *facts) { f.holder = "" }, ErrNotYours, []Action{Glimpse, SeeImages, Keep, Release, Take}},
		{"changed", func(f *facts) { f.seen = "e" }, ErrStale, []Action{Decide, Second, Settle, BreakGlass, Answer}},
		{"changed since the first", func(f *facts) { f.first = "e" }, ErrStale, []Action{Second, Settle}},
		{"spoke", func(f *facts) { f.spoke = true }, ErrSame, []Action{Claim, Second, Settle}},
		{"another step", func(f *facts) { f.step = 7 }, ErrStep, []Action{Decide, Second, Settle}},
		{"few words", func(f *facts) { f.danger = "hurry" }, ErrDanger, []Action{BreakGlass}},
		{"a program", func(f *facts) { f.who.StandIn = true }, ErrStandIn, []Action{Decide, Second, Settle, BreakGlass, Answer}},
		{"another's word", func(f *facts) { f.lastBy = "other" }, ErrTooLate, []Action{Undo}},
		{"a minute ago", func(f *facts) { f.lastAt = now.Add(-time.Minute) }, ErrTooLate, []Action{Undo}},
		{"gone", func(f *facts) { f.gone = true }, ErrTooLate, []Action{Undo}},
		{"overseen", func(f *facts) { f.oversee = false }, ErrOversee, []Action{Oversee, Weigh}},
		{"tired", func(f *facts) { f.exposure.Rest = now.Add(time.Second) }, ErrPause, []Action{Claim, SeeImages}},
		{"enough", func(f *facts) { f.exposure.Reached = true }, ErrEnough, []Action{Claim}},
		{"many images", func(f *facts) { f.exposure.NoImages = true }, ErrImages, []Action{SeeImages}},
		{"audits", func(f *facts) { f.who.Roles = append(f.who.Roles, RoleAuditor) }, ErrDenied, []Action{Glimpse, SeeImages}},
		{"held", func(f *facts) { f.held = true }, ErrHeld, []Action{Hold}},
		{"not held", func(f *facts) { f.held = false }, ErrNotHeld, []Action{LiftHold}},
		{"erased", func(f *facts) { f.erased = true }, ErrErased, []Action{TakeOut, Hold}},
		{"answered", func(f *facts) { f.waiting = false }, ErrAnswered, []Action{Answer}},
		{"a judge", func(f *facts) { f.judges = []string{"me"} }, ErrJudge, []Action{Answer}},
		{"own", func(f *facts) { f.deciders = []string{"me"} }, ErrOversee, []Action{Oversee, Weigh}},
	}
	checked := 0
	for action := range rules {
		if err := allow(action, base(action)); err != nil {
			t.Fatalf("%s with nothing against it: %v", action, err)
		}
		for _, b := range breaks {
			f := base(action)
			b.spoil(&f)
			want := error(nil)
			for _, a := range b.of {
				if a == action {
					want = b.err
				}
			}
			err := allow(action, f)
			// "another's" and "not in hand" are one fact, told by two errors.
			if want == nil && (errors.Is(err, ErrClaimed) || errors.Is(err, ErrNotYours)) && f.holder == "other" {
				continue
			}
			if !errors.Is(err, want) || (want == nil) != (err == nil) {
				t.Errorf("%s, %s: got %v, want %v", action, b.name, err, want)
			}
			checked++
		}
	}
	if checked < 200 {
		t.Errorf("checked %d pairs", checked)
	}
	f := base(Decide)
	f.who.StandIn, f.policy = true, OnePerson()
	if err := allow(Answer, f); !errors.Is(err, ErrStandIn) {
		t.Errorf("a program answers an appeal: %v", err)
	}
	if err := allow(Decide, f); err != nil {
		t.Errorf("a program where the policy takes one person: %v", err)
	}
}
