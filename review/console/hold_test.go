package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/review"
)

// TestALegalHoldOnThePage: a supervisor sets one and lifts it, an auditor reads who did, and
// a reviewer finds nothing of it.
func TestALegalHoldOnThePage(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	server := serve(t, s, clock.now)
	sue, otto, anna := signIn(t, server, "sue", "supervisor"), signIn(t, server, "otto", "auditor"), signIn(t, server, "anna", "reviewer")
	hold, lift := "/case/"+c.ID+"/hold", "/case/"+c.ID+"/lift"
	if code, _ := sue.post(lift, url.Values{"reason": {"no longer asked for"}}); code != http.StatusConflict {
		t.Errorf("lifts what is not held: %d", code)
	}
	if code, _ := sue.post(hold, url.Values{"reason": {"  "}}); code != http.StatusUnprocessableEntity {
		t.Errorf("holds without a reason: %d", code)
	}
	if code, page := sue.post(hold, url.Values{"reason": {"the court's letter 12/26"}}); code != http.StatusOK || !strings.Contains(page, "Nothing of this case is erased") || strings.Contains(page, "Hold this case") {
		t.Errorf("%d\n%s", code, page)
	}
	if code, _ := sue.post(hold, url.Values{"reason": {"again"}}); code != http.StatusConflict {
		t.Errorf("holds twice: %d", code)
	}
	for b, sees := range map[*browser]bool{&otto: true, &anna: false} {
		_, page := b.get("/case/" + c.ID)
		if got := strings.Contains(page, "letter 12/26"); got != sees || strings.Contains(page, "Lift the hold") {
			t.Errorf("sees the hold: %v, and may lift it: %v", got, strings.Contains(page, "Lift the hold"))
		}
		for _, path := range []string{hold, lift} {
			if code, _ := b.post(path, url.Values{"reason": {"because"}}); code != http.StatusForbidden {
				t.Errorf("%s: %d", path, code)
			}
		}
	}
	if code, page := sue.post(lift, url.Values{"reason": {"the court is done"}}); code != http.StatusOK || !strings.Contains(page, "the court is done") || !strings.Contains(page, "Hold this case") {
		t.Errorf("%d\n%s", code, page)
	}
	list, err := s.Holds(t.Context(), review.Person{ID: "x", Roles: []review.Role{review.RoleAuditor}}, c.ID)
	if err != nil || len(list) != 1 || list[0].SetBy != "sue" || list[0].LiftedBy != "sue" || list[0].Reason != "the court's letter 12/26" {
		t.Errorf("%+v, %v", list, err)
	}
	kinds := map[string]int{}
	rows, err := s.Outbox(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Entry != nil {
			kinds[row.Entry.Kind]++
		}
	}
	if kinds["hold"] != 1 || kinds["release"] != 1 {
		t.Errorf("logged %v", kinds)
	}
}
