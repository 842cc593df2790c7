package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// leave lets what waits in a store's outbox leave: alerts for the centres given.
func leave(t testing.TB, s *review.Store, centres ...string) {
	t.Helper()
	rows, err := s.Outbox(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		result := []string{fmt.Sprint(row.Seq)}
		if d := row.Decision; d != nil {
			result = nil
			for _, centre := range centres {
				result = append(result, review.AlertID(d.CaseID, d.Sequence, centre))
			}
		}
		if err := s.Done(t.Context(), row.Seq, result...); err != nil {
			t.Fatal(err)
		}
	}
}

// said lets a centre say something of the alert of a case's first decision.
func said(t testing.TB, s *review.Store, caseID, centre, result string, more func(*review.AlertOutcome)) review.AlertOutcome {
	t.Helper()
	o := review.AlertOutcome{
		Alert: review.AlertID(caseID, 1, centre), CaseID: caseID, Centre: centre, Sequence: 1, Result: result, At: start.Add(time.Hour),
	}
	o.ID = signal.ID("outcome", o.Alert, centre, "1")
	if more != nil {
		more(&o)
	}
	if err := s.TakeOutcome(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestWhatCentresSaidIsShown: on the case's page to all who may see it, counted beside what
// reviewers decided for a supervisor, to each reviewer their own, and a wrong one put before
// a supervisor, who had no word in it, once.
func TestWhatCentresSaidIsShown(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	server := serve(t, s, clock.now)
	anna, ben := signIn(t, server, "anna", "reviewer"), signIn(t, server, "ben", "reviewer", "supervisor")
	sue, otto := signIn(t, server, "sue", "supervisor"), signIn(t, server, "otto", "auditor")
	for _, b := range []browser{anna, ben} {
		if code, page := b.decide(c.ID, "confirm/known-material"); code != http.StatusOK {
			t.Fatalf("%d %s", code, page)
		}
	}
	if _, page := sue.get("/supervise"); !strings.Contains(page, "No centre has said anything") || strings.Contains(page, "Wrong, says a centre") {
		t.Error("before any word a supervisor reads of some")
	}
	clock.at = clock.at.Add(2 * time.Minute)
	leave(t, s, "ph", "us")
	said(t, s, c.ID, "us", review.ResultInsufficient, func(o *review.AlertOutcome) { o.Missing = []string{"originals", "whole"} })
	wrong := said(t, s, c.ID, "ph", review.ResultWrong, func(o *review.AlertOutcome) {
		o.Entries, o.Reference = []review.OutcomeEntry{{List: "reference", HashKind: "pdq", Entry: "e5b1c0a4d2", Wrong: true}}, "PH-77"
	})
	shows := func(b browser, path string, want ...string) {
		t.Helper()
		code, page := b.get(path)
		for _, w := range want {
			if code != http.StatusOK || !strings.Contains(page, w) {
				t.Errorf("%s: %d, without %q", path, code, w)
			}
		}
	}
	for _, b := range []browser{anna, sue, otto} {
		shows(b, "/case/"+c.ID, "What centres said of it", "ph says that the alert was wrong", "Insufficient", "missing: originals, whole", "matched wrongly", "PH-77")
	}
	row := `<td class="num">1</td><td class="num">2 <span class="few">few</span></td><td class="num">0</td><td class="num">0</td><td class="num">1</td><td class="num"><span class="late">1</span></td></tr>`
	shows(sue, "/supervise", "Wrong, says a centre", `<th scope="row">Known material</th>`+row, `<th scope="row">anna</th>`+row, `<th scope="row">reference</th>`+row,
		`<th scope="row">family</th>`+row, "<b>originals</b> 1", `<th scope="row">ph</th><td class="num">–</td><td class="num">1 <span class="few">few</span>`)
	shows(anna, "/me", "What came of what you confirmed", row)
	if _, page := otto.get("/me"); strings.Contains(page, "What came of") {
		t.Error("an auditor confirms nothing")
	}
	if _, page := otto.get("/supervise"); strings.Contains(page, "/weigh/") || !strings.Contains(page, "Wrong, says a centre") {
		t.Error("an auditor sees it, and weighs nothing")
	}
	if code, text := sue.get("/export?as=csv&from=2026-02-01&to=2026-04-01"); code != http.StatusOK || !strings.Contains(text, ",ph:wrong us:insufficient\n") || !strings.Contains(text, "replaced,outcomes\n") {
		t.Errorf("export: %d %s", code, text)
	}
	for _, test := range []struct {
		by     browser
		upheld string
		want   int
	}{{anna, "no", 403}, {otto, "no", 403}, {ben, "no", 409}, {sue, "maybe", 422}, {sue, "no", 200}, {sue, "yes", 409}} {
		if code, _ := test.by.post("/weigh/"+wrong.ID, url.Values{"upheld": {test.upheld}, "remark": {"a drawing"}}); code != test.want {
			t.Errorf("upheld %s: %d, want %d", test.upheld, code, test.want)
		}
	}
	if _, page := sue.get("/supervise"); strings.Contains(page, "Wrong, says a centre") {
		t.Error("it is still before a supervisor")
	}
	shows(anna, "/case/"+c.ID, "sue looked at it: the decision was wrong")
}
