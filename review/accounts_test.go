package review

import (
	"errors"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/action"
)

func TestAnAccountIsAskedForAndKeptOnce(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a")
	receive(t, s, c)
	at := s.now()
	ask := func(last time.Time) account.Request {
		r, ok := account.Ask(c.ID, action.View{Platform: "demo", Subject: c.Subject, Streams: []string{"s1"}, Grounds: []string{"flag"}, Last: last}, at)
		if !ok {
			t.Fatal("nothing is asked")
		}
		for range 2 {
			if err := s.AskAccount(t.Context(), c.ID, r); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	before := len(kinds(t, s))
	r, old := ask(at), ask(at.Add(-30*24*time.Hour))
	if got := kinds(t, s)[before:]; len(got) != 2 {
		t.Errorf("the log is told of %v", got)
	}
	list, err := s.AccountsToAsk(t.Context(), "demo", 0)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if err := s.AccountAsked(t.Context(), r.ID, DeliveryWaiting, 503, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if list, err = s.AccountsToAsk(t.Context(), "demo", 0); err != nil || len(list) != 1 || list[0].ID != old.ID {
		t.Error(list, err)
	}
	if _, err := s.AccountRequest(t.Context(), "other", r.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another platform finds it: %v", err)
	}
	ordered(t, s, c, Filing{Alert: "f", Due: at.Add(time.Hour), Next: at.Add(time.Hour)})
	if err := s.OrderQueued(t.Context(), []Filing{{Alert: "q", Case: c.ID, Centre: "us", State: FilingHeld, Due: at.Add(time.Hour), Next: at.Add(time.Hour), Revision: 1, Body: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	k := KeptAccount{SHA256: "aa", Generation: 1, Sealed: []byte("sealed")}
	for i, want := range []bool{true, false} {
		if fresh, err := s.TakeAccount(t.Context(), "demo", r.ID, k); err != nil || fresh != want {
			t.Errorf("%d: %t, %v", i, fresh, err)
		}
	}
	if next, err := s.NextQueued(t.Context(), s.now(), 0); err != nil || len(next) != 1 {
		t.Errorf("what waited for it is not looked at: %v, %v", next, err)
	}
	if _, err := s.TakeAccount(t.Context(), "demo", r.ID, KeptAccount{Unknown: "erased"}); !errors.Is(err, ErrOtherWords) {
		t.Errorf("other words: %v", err)
	}
	if _, err := s.TakeAccount(t.Context(), "other", r.ID, k); !errors.Is(err, ErrNotFound) {
		t.Errorf("another platform: %v", err)
	}
	kept, err := s.AccountRequest(t.Context(), "demo", r.ID)
	if err != nil || string(kept.Kept.Sealed) != "sealed" || kept.Answered.IsZero() || kept.Attempts != 1 {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, err := s.db.ExecContext(t.Context(), `INSERT INTO erasures (id, case_id, generation, certificate, began_at) VALUES ('e', ?, 1, '{}', 1)`, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TakeAccount(t.Context(), "demo", old.ID, k); !errors.Is(err, ErrErased) {
		t.Errorf("under a key that goes: %v", err)
	}
}
