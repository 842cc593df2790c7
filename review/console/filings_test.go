package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// alertNo is the id of a made-up alert.
func alertNo(name string) string { return signal.ID("made-up alert", name) }

// underWay puts filings of a case into a store, one of each state, as workers do.
func underWay(t testing.TB, s *review.Store, now time.Time, caseID string) {
	t.Helper()
	ctx := context.Background()
	save := func(name, centre string, priority int64, due time.Duration, changes ...func(*review.Filing)) {
		t.Helper()
		d := review.Filing{Alert: alertNo(name), Case: caseID, Centre: centre, Sequence: 1, Priority: priority, State: review.FilingQueued, Due: now.Add(due), Next: now, Revision: 1, Body: []byte(`{"canary-body":1}`)}
		err := s.OrderFilings(ctx, []review.Filing{d})
		for _, change := range changes {
			if err == nil {
				d.Attempts++
				change(&d)
				d, err = s.SaveFiling(ctx, d)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	to := func(state review.FilingState, says string) func(*review.Filing) {
		return func(d *review.Filing) { d.State, d.Says, d.Next = state, says, now.Add(10*time.Minute) }
	}
	asked := func(d *review.Filing) {
		err := s.SaveFilingJournal(ctx, d.Alert, []byte("{}"), []review.FilingStep{
			{At: now, Asked: "submit", Outcome: "ok", Request: "req-7f3a", Report: "90210"},
			{At: now, Asked: "upload", Outcome: "refused", Request: "req-7f3b", Report: "90210"},
		})
		if err != nil {
			t.Fatal(err)
		}
		d.State = review.FilingSending
	}
	save("failed", "us", 1_000_940, 20*time.Hour, to(review.FilingQueued, "The service is busy (503)."), asked, to(review.FilingFailed, "The service refused the report: 3003, the incident type is not one of its list."))
	save("held", "us", 940, 20*time.Hour, to(review.FilingHeld, "The report says nothing that leads to a person: put the platform's answer on the account into the folder of accounts."))
	save("unknown", "us", 930, 19*time.Hour, to(review.FilingUnknown, "The connection broke off while the report was finished."))
	save("late", "de-bka", 910, -3*time.Hour, to(review.FilingQueued, "The centre could not be reached: connection refused."))
	save("queued", "ca", 900, 22*time.Hour)
	save("filed", "us", 890, 20*time.Hour, func(d *review.Filing) { d.State, d.Receipt, d.Says = review.FilingFiled, "4711", "" })
}

// TestFilingsOnPages: a supervisor sees what needs a person and has it tried again, with a
// reason; an auditor reads; a reviewer sees where it stands, on the case's page alone.
func TestFilingsOnPages(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	underWay(t, s, clock.at, c.ID)
	server := serve(t, s, clock.now)
	sue, otto, anna := signIn(t, server, "sue", "supervisor"), signIn(t, server, "otto", "auditor"), signIn(t, server, "anna", "reviewer")

	const counted = `Filings <span class="n">3<`
	_, page := sue.get("/filings")
	for _, want := range []string{alertNo("failed"), alertNo("held"), alertNo("late"), "3003", "connection refused", counted, `class="late"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if f, l := strings.Index(page, alertNo("failed")), strings.Index(page, alertNo("late")); f > l || strings.Contains(page, alertNo("unknown")) {
		t.Error("not the most urgent first, or one that needs nobody")
	}
	for view, name := range map[string]string{"unknown": "unknown", "queued": "queued", "filed": "filed", "nonsense": "held"} {
		if _, page := sue.get("/filings?view=" + view); !strings.Contains(page, alertNo(name)) {
			t.Errorf("%s does not show it", view)
		}
	}
	_, page = sue.get("/filing/" + alertNo("failed"))
	for _, want := range []string{"req-7f3a", "req-7f3b", "90210", "asked: submit", "The centre refused it", `id="retry"`, "on its way", "The service is busy"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	retry := func(b browser, name, reason string) (int, string) {
		return b.post("/filing/"+alertNo(name)+"/retry", url.Values{"reason": {reason}})
	}
	if code, _ := retry(sue, "failed", " "); code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", code)
	}
	if code, page := retry(sue, "failed", "the type is mended"); code != http.StatusOK || !strings.Contains(page, "<b>sue</b> had it tried again") || !strings.Contains(page, "the type is mended") || strings.Contains(page, `id="retry"`) {
		t.Errorf("%d\n%s", code, page)
	}
	if code, _ := retry(sue, "failed", "again"); code != http.StatusConflict {
		t.Errorf("what is queued: %d", code)
	}
	if _, page := sue.get("/filing/" + alertNo("unknown")); !strings.Contains(page, "It is not sent blindly") || !strings.Contains(page, "Ask the centre now") {
		t.Errorf("the page of what is unknown\n%s", page)
	}
	if code, page := retry(sue, "unknown", "their desk is open now"); code != http.StatusOK || !strings.Contains(page, "had the centre asked") || !strings.Contains(page, "Ask the centre now") {
		t.Errorf("%d\n%s", code, page)
	}
	// An alert into a queue has a page and a retry of its own.
	queued := review.Filing{Alert: alertNo("queued"), Case: c.ID, Centre: "ca", Priority: 5, State: review.FilingQueued, Due: clock.at.Add(time.Hour), Next: clock.at, Revision: 1, Body: []byte("{}")}
	if err := s.OrderQueued(t.Context(), []review.Filing{queued}); err != nil {
		t.Fatal(err)
	}
	queued.State, queued.Says = review.FilingHeld, "no reference leads to an account"
	if _, err := s.SaveQueued(t.Context(), queued); err != nil {
		t.Fatal(err)
	}
	way := "/filing/" + queued.Alert + "?way=queue"
	if _, page := sue.get("/filings?view=held"); !strings.Contains(page, `href="`+way+`"`) {
		t.Errorf("what a queue lacks is not listed\n%s", page)
	}
	if _, page := sue.get(way); !strings.Contains(page, "into the queue of") || !strings.Contains(page, "no reference leads") || !strings.Contains(page, `name="way" value="queue"`) {
		t.Errorf("its page\n%s", page)
	}
	if code, page := sue.post("/filing/"+queued.Alert+"/retry", url.Values{"reason": {"it is there now"}, "way": {"queue"}}); code != http.StatusOK || !strings.Contains(page, "it is there now") || !strings.Contains(page, "into the queue of") {
		t.Errorf("%d\n%s", code, page)
	}
	if d, err := s.Filing(t.Context(), alertNo("unknown")); err != nil || d.State != review.FilingUnknown || !d.Next.Equal(clock.at) {
		t.Errorf("%+v, %v", d, err)
	}
	if _, page := sue.get("/queue"); !strings.Contains(page, `Filings <span class="n">2<`) {
		t.Error("the menu does not say how many are left")
	}

	if code, page := otto.get("/filing/" + alertNo("held")); code != http.StatusOK || strings.Contains(page, `id="retry"`) || !strings.Contains(page, "A supervisor can have it tried again") {
		t.Errorf("the auditor reads %d\n%s", code, page)
	}
	_, page = anna.get("/case/" + c.ID)
	if !strings.Contains(page, "On its way to centres") || !strings.Contains(page, "Held") || strings.Contains(page, "/filing") || strings.Contains(page, "leads to a person") {
		t.Errorf("the reviewer reads\n%s", page)
	}
	if _, page := sue.get("/case/" + c.ID); !strings.Contains(page, `href="/filing/`+alertNo("held")) {
		t.Error("the supervisor's page of the case has no way to the filing")
	}
	for b, may := range map[*browser]bool{&otto: true, &anna: false} {
		for _, path := range []string{"/filings", "/filing/" + alertNo("held")} {
			code, page := b.get(path)
			if (code == http.StatusOK) != may || !may && code != http.StatusForbidden || strings.Contains(page, "canary-body") {
				t.Errorf("%s: %d", path, code)
			}
		}
		if code, _ := retry(*b, "held", "because"); code != http.StatusForbidden {
			t.Errorf("retried: %d", code)
		}
	}
	if code, _ := sue.get("/filing/none"); code != http.StatusNotFound {
		t.Errorf("none such: %d", code)
	}
}
