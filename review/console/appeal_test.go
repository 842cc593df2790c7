package console

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
)

// objected lets two persons confirm a case, the action leave, and the account object.
func objected(t testing.TB, s *review.Store, later func(time.Duration), id string) review.Appeal {
	t.Helper()
	ctx := context.Background()
	for _, who := range []string{"anna", "ben"} {
		c, _, err := s.Show(ctx, id, review.Reviewer(who))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decide(ctx, review.Request{CaseID: id, Digest: c.Digest, Verdict: review.Confirm, Reason: "live-abuse-suspected", By: review.Reviewer(who)}); err != nil {
			t.Fatal(err)
		}
	}
	later(2 * time.Minute)
	orders, err := s.Orders(ctx, 0)
	if err != nil || len(orders) != 1 {
		t.Fatalf("%v, %v", orders, err)
	}
	r, err := action.Decode(orders[0].Record)
	if err == nil {
		err = s.OrderDone(ctx, r.ID)
	}
	if err == nil {
		err = s.TakeReceipt(ctx, r.Platform, action.Receipt{ActionID: r.ID, State: action.StateDone, At: r.At.Add(3 * time.Second)})
	}
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := s.Object(ctx, r.Platform, r.ID, "It was a drawing lesson. Please look at it again.")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAnAppealOnPages: it is listed, who decided finds no form, and somebody else reverses.
func TestAnAppealOnPages(t *testing.T) {
	h := &hands{start.Add(time.Hour)}
	s := newStore(t, h.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	a := objected(t, s, func(d time.Duration) { h.at = h.at.Add(d) }, c.ID)
	server := serve(t, s, h.now)

	anna, carl := signIn(t, server, "anna", "reviewer"), signIn(t, server, "carl", "reviewer")
	if code, page := carl.get("/queue"); code != 200 || !strings.Contains(page, `href="/appeals">Appeals <span class="n">1</span>`) {
		t.Errorf("the queue shows no appeal: %d", code)
	}
	if code, page := carl.get("/appeals"); code != 200 || !strings.Contains(page, a.ID) || !strings.Contains(page, "of 3 d") {
		t.Errorf("the appeals: %d\n%s", code, page)
	}
	if code, page := anna.get("/appeal/" + a.ID); code != 200 || strings.Contains(page, `id="answer"`) || !strings.Contains(page, "You had a word in the decision") {
		t.Errorf("anna finds a form: %d", code)
	}
	seen, _, err := s.Show(context.Background(), c.ID, review.Reviewer("carl"))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"digest": {seen.Digest}, "answer": {"reversed/lawful-explanation"}, "note": {"asked the platform"}}
	if code, _ := anna.post("/appeal/"+a.ID+"/answer", form); code != 409 {
		t.Errorf("anna answers: %d", code)
	}
	if code, page := carl.get("/appeal/" + a.ID); code != 200 || !strings.Contains(page, "drawing lesson") || !strings.Contains(page, "interrupt the streams") || !strings.Contains(page, "done <span") {
		t.Errorf("carl reads %d\n%s", code, page)
	}
	if code, _ := carl.post("/appeal/"+a.ID+"/answer", url.Values{"digest": form["digest"]}); code != 422 {
		t.Errorf("no answer: %d", code)
	}
	if code, page := carl.post("/appeal/"+a.ID+"/answer", form); code != 200 || !strings.Contains(page, "The decision was wrong") {
		t.Errorf("carl answers: %d\n%s", code, page)
	}
	if _, page := carl.get("/case/" + c.ID); !strings.Contains(page, "lift what was asked before") || !strings.Contains(page, "Dismissed") {
		t.Errorf("the case shows no reversal:\n%s", page)
	}
}

// TestTheActionIsChosenOnThePage: what the first person and the second choose is on the form,
// and for a case of payments alone there is nothing to choose.
func TestTheActionIsChosenOnThePage(t *testing.T) {
	h := &hands{start.Add(time.Hour)}
	s := newStore(t, h.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	server := serve(t, s, h.now)
	for _, name := range []string{"anna", "ben"} {
		b := signIn(t, server, name, "reviewer")
		b.post("/case/"+c.ID+"/claim", nil)
		if _, page := b.get("/case/" + c.ID); !strings.Contains(page, `<option value="warn">warn the account</option>`) {
			t.Fatal("no action to choose")
		}
		if code, page := b.post("/case/"+c.ID+"/decide", url.Values{"digest": {b.digest(c.ID)}, "reason": {"confirm/several-signs"}, "action": {"warn"}}); code != 200 {
			t.Fatalf("%d\n%s", code, page)
		}
	}
	h.at = h.at.Add(2 * time.Minute)
	orders, err := s.Orders(context.Background(), 0)
	if err != nil || len(orders) != 1 {
		t.Fatal(orders, err)
	}
	if r, err := action.Decode(orders[0].Record); err != nil || r.Action != action.Warn {
		t.Errorf("asked for %+v, %v", r, err)
	}
}
