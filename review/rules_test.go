package review

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/signal"
)

// hands is a clock that a test sets.
type hands struct{ at time.Time }

func (h *hands) now() time.Time { return h.at }

func strictStore(t testing.TB) (*Store, *hands) {
	t.Helper()
	h := &hands{start.Add(24 * time.Hour)}
	s, err := Open(context.Background(), storetest.Place(t), h.now, DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, h
}

func with(id string, roles ...Role) Person { return Person{ID: id, Roles: roles} }

// TestEveryRoleByEveryAction walks the roles of the table against one written down apart.
func TestEveryRoleByEveryAction(t *testing.T) {
	//                        reviewer supervisor auditor administrator
	want := map[Action][4]bool{
		List: {true, true, true, false}, Look: {true, true, true, false}, SeeImages: {true, true, false, false}, Glimpse: {true, true, false, false}, Keep: {true, true, false, false},
		Claim: {true, true, false, false}, Release: {true, true, false, false}, Take: {false, true, false, false},
		Decide: {true, true, false, false}, Second: {true, true, false, false}, Settle: {false, true, false, false},
		BreakGlass: {true, true, false, false}, Undo: {true, true, false, false},
		Recuse: {true, true, false, false}, Exclude: {false, true, false, false}, Oversee: {false, true, false, false},
		Answer: {true, true, false, false}, Weigh: {false, true, false, false},
		Supervise: {false, true, true, false}, Export: {false, true, true, false}, Administer: {false, false, false, true},
		LoadGolden: {false, true, false, false}, TakeOut: {false, true, true, false}, Hold: {false, true, false, false}, LiftHold: {false, true, false, false},
		SeeFilings: {false, true, true, false}, RetryFiling: {false, true, false, false},
	}
	if len(want) != len(rules) {
		t.Fatalf("%d actions here, %d in the table", len(want), len(rules))
	}
	for action, row := range want {
		for i, role := range Roles {
			if got := with("x", role).May(action); got != row[i] {
				t.Errorf("%s may %s: %v, want %v", role, action, got, row[i])
			}
			if err := allow(action, facts{who: with("x", role)}); errors.Is(err, ErrDenied) == row[i] {
				t.Errorf("%s: %s: %v", role, action, err)
			}
		}
		if with("x").May(action) || with("x", "root").May(action) {
			t.Errorf("somebody without a role may %s", action)
		}
	}
	if with("x", Roles...).May("anything else") {
		t.Error("an action that is not in the table is allowed")
	}
}

// A told is something that a person was let do, as the test saw it.
type told struct {
	what    string
	who     string
	verdict Verdict
	digest  string
	at      time.Time
	danger  bool
}

// A history is what the test saw happen to the one case, apart from the store.
type history struct {
	since   []told // words that still count, after the last new record
	decided *told
	past    [][]told // the words that made each decision that stands, the last one's last
	alerts  map[string]time.Time
}

// TestRulesHoldWhateverPeopleDo lets persons of all roles do anything to a case in random
// order while records come and time goes by, and holds what the store let happen against
// rules told anew here.
func TestRulesHoldWhateverPeopleDo(t *testing.T) {
	const seeds, steps = 8, 130
	counts := map[string]int{}
	for seed := range uint64(seeds) {
		walk(t, rand.New(rand.NewPCG(seed, 8)), steps, counts)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, what := range []string{"first", "second", "split", "settled", "undone", "voided", "glass", "alert", "dismissed", "claim refused", "recused", "denied", "claim ran out", "looked at twice"} {
		if counts[what] < 1 {
			t.Errorf("%q never happened: the test hardly ran", what)
		}
	}
}

func walk(t *testing.T, rng *rand.Rand, steps int, counts map[string]int) {
	ctx := context.Background()
	s, clock := strictStore(t)
	s.policy.SecondLook = rng.IntN(2) * 50 // of half of the records
	people := []Person{
		with("anna", RoleReviewer), with("ben", RoleReviewer), with("carl", RoleReviewer), with("sue", RoleSupervisor), with("sam", RoleSupervisor),
		with("audrey", RoleAuditor), with("adam", RoleAdministrator), with("nobody"), {ID: "bot", Roles: []Role{RoleReviewer}, StandIn: true},
	}
	var h history
	h.alerts = map[string]time.Time{}
	names, revision := []string{"a", "b"}, uint64(1)
	c := caseOf(revision, names...)
	receive(t, s, c)
	old := c
	recused := map[string]bool{}
	holder, until := "", time.Time{}

	for range steps {
		who := people[rng.IntN(len(people))]
		bound := who.Is(RoleReviewer, RoleSupervisor)
		held := holder != "" && clock.at.Before(until) && holder != who.ID
		switch rng.IntN(12) {
		case 0: // a new record
			revision++
			if rng.IntN(2) == 0 {
				names = append(names, fmt.Sprint("n", revision))
			}
			old, c = c, caseOf(revision, names...)
			if rng.IntN(5) == 0 {
				c = c.withdrawn()
			}
			receive(t, s, c)
			if len(h.since) > 0 {
				counts["voided"]++
			}
			h.since = nil
			if st := stateOf(t, s); !st.waits() {
				holder = ""
			} else if h.decided != nil {
				h.decided = nil // it was put before people again
			}
		case 1, 2, 3, 4, 5:
			r := asked(t, c, []Verdict{Confirm, Confirm, Dismiss}[rng.IntN(3)])
			r.By = who
			if rng.IntN(8) == 0 {
				r = asked(t, old, r.Verdict)
				r.By = who
			}
			if rng.IntN(10) == 0 && r.Verdict == Confirm {
				r.Danger = "a child is being hurt right now"
			}
			out, err := s.Decide(ctx, r)
			if err != nil {
				if errors.Is(err, ErrDenied) {
					counts["denied"]++
				}
				if errors.Is(err, ErrClaimed) {
					counts["claim refused"]++
				}
				if !IsRule(err) {
					t.Fatal(err)
				}
				break
			}
			word := told{"word", who.ID, r.Verdict, r.Digest, clock.at, r.Danger != ""}
			switch {
			case !bound || who.StandIn:
				t.Errorf("%s with %v decided", who.ID, who.Roles)
			case recused[who.ID]:
				t.Errorf("%s decided, and has no part in the case", who.ID)
			case held:
				t.Errorf("%s decided what %s has in hand", who.ID, holder)
			case r.Digest != digest(raw(t, c)):
				t.Errorf("%s decided on an old record", who.ID)
			case h.decided != nil:
				t.Errorf("%s decided what was decided", who.ID)
			}
			for _, w := range h.since {
				if w.who == who.ID && !word.danger {
					t.Errorf("%s spoke twice", who.ID)
				}
			}
			holder = ""
			third := len(h.since) == 2
			h.since = append(h.since, word)
			agree, others := 0, 0
			for _, w := range h.since {
				if w.verdict == Confirm {
					agree++
				} else {
					others++
				}
			}
			twice := s.policy.SecondLook > 0 && len(h.since) == 1 && r.Verdict == Dismiss && !out.Final
			if twice {
				counts["looked at twice"]++
			}
			switch {
			case third && !word.danger && !who.Is(RoleSupervisor):
				t.Errorf("%s settled, and is no supervisor", who.ID)
			case out.Final && r.Verdict == Confirm && !word.danger && agree < 2:
				t.Errorf("%s confirmed alone", who.ID)
			case out.Final && r.Verdict == Dismiss && len(h.since) == 2 && others < 2:
				t.Errorf("%s dismissed what another confirms", who.ID)
			case !out.Final && len(h.since) == 2 && (agree == 2 || others == 2):
				t.Errorf("%s was the second to say so, and it decided nothing", who.ID)
			case !out.Final && r.Verdict == Dismiss && len(h.since) == 1 && !twice:
				t.Errorf("%s dismissed, and nobody was to look at it twice", who.ID)
			}
			if out.Final {
				h.decided, h.past, h.since = &word, append(h.past, h.since), nil
				counts[map[bool]string{true: "settled", false: "second"}[third]]++
				if word.danger {
					counts["glass"]++
				}
				if r.Verdict == Dismiss {
					counts["dismissed"]++
				}
			} else {
				counts[[]string{"", "first", "split"}[len(h.since)]]++
			}
		case 6:
			at, err := s.Claim(ctx, caseID, who)
			if err == nil {
				if !bound || recused[who.ID] || held || !stateOf(t, s).waits() {
					t.Errorf("%s claimed", who.ID)
				}
				if holder != "" && holder != who.ID {
					counts["claim ran out"]++
				}
				holder, until = who.ID, at
			} else if !IsRule(err) {
				t.Fatal(err)
			}
		case 7:
			if err := s.Release(ctx, caseID, who); err == nil {
				if holder != who.ID || !clock.at.Before(until) {
					t.Errorf("%s released what %s has", who.ID, holder)
				}
				holder = ""
			}
		case 8:
			err := s.Undo(ctx, caseID, who)
			if err == nil {
				counts["undone"]++
				undo(t, &h, who, clock.at)
				if len(h.since) > 0 && h.since[0].digest != digest(raw(t, c)) {
					h.since = nil
				}
				if st := stateOf(t, s); !st.waits() {
					h.since = nil
				}
			} else if !IsRule(err) {
				t.Fatal(err)
			}
		case 9:
			if rng.IntN(12) > 0 {
				break
			}
			whom := people[rng.IntN(len(people))].ID
			if err := s.Recuse(ctx, caseID, who, whom, "knows the family"); err == nil {
				counts["recused"]++
				if whom != who.ID && !who.Is(RoleSupervisor) || !bound {
					t.Errorf("%s gave %s no part", who.ID, whom)
				}
				recused[whom] = true
				if slices.ContainsFunc(h.since, func(w told) bool { return w.who == whom }) {
					h.since = nil
				}
				if holder == whom {
					holder = ""
				}
			}
		default:
			clock.at = clock.at.Add(time.Duration(rng.IntN(40)) * time.Second)
			if rng.IntN(4) == 0 {
				clock.at = clock.at.Add(20 * time.Minute)
			}
		}
		clock.at = clock.at.Add(time.Millisecond)
		if st := stateOf(t, s); st.waits() {
			h.decided = nil
		}
		leave(t, s, &h, clock.at, counts)
		var wrong int
		err := s.db.QueryRow(`SELECT count(*) FROM tallies WHERE cases <> (SELECT count(*) FROM queue WHERE queue.place = tallies.place)`).Scan(&wrong)
		if err != nil || wrong > 0 {
			t.Errorf("%d tallies are wrong, %v", wrong, err)
		}
		if t.Failed() {
			return
		}
	}
}

// undo takes the last word back, which must be the person's own, of the last minute, and
// nothing of it gone.
func undo(t *testing.T, h *history, who Person, now time.Time) {
	words := h.since
	if len(words) == 0 {
		if len(h.past) == 0 {
			t.Errorf("%s took back a word, and there is none", who.ID)
			return
		}
		words, h.past = h.past[len(h.past)-1], h.past[:len(h.past)-1]
	}
	last := words[len(words)-1]
	if last.who != who.ID || now.Sub(last.at) >= time.Minute || last.danger {
		t.Errorf("%s took back the word of %s after %s, in danger %v", who.ID, last.who, now.Sub(last.at), last.danger)
	}
	h.decided, h.since = nil, slices.Clone(words[:len(words)-1])
}

// leave looks at what may leave the outbox, and does it.
func leave(t *testing.T, s *Store, h *history, now time.Time, counts map[string]int) {
	for _, row := range pending(t, s) {
		if row.Kind != KindAlert {
			if err := s.Done(context.Background(), row.Seq, "1"); err != nil {
				t.Fatal(err)
			}
			continue
		}
		d := row.Decision
		if _, ok := h.alerts[d.ID]; ok {
			t.Errorf("decision %s leaves twice", d.ID)
		}
		h.alerts[d.ID] = now
		counts["alert"]++
		switch {
		case d.Danger == "" && now.Sub(d.At) < time.Minute:
			t.Errorf("an alert leaves after %s", now.Sub(d.At))
		case d.Danger == "" && (d.Persons != 2 || d.Second == "" || d.Second == d.Reviewer):
			t.Errorf("an alert leaves by %v", d.People())
		case d.Danger != "" && d.Persons != 1:
			t.Errorf("an alert in danger by %d persons", d.Persons)
		}
		if err := s.Done(context.Background(), row.Seq, signal.ID("alert", d.ID)); err != nil {
			t.Fatal(err)
		}
	}
}
