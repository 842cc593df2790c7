package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// TestACaseIsTakenOutFromItsPage presses the button as each role, and sees that who may not
// has none and gets nothing by asking.
func TestACaseIsTakenOutFromItsPage(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.OnePerson())
	c := caseOf(1, 1, start)
	receive(t, s, c)
	asked, closed := 0, 0
	var says error
	h, err := New(Options{Store: s, Now: clock.now, Code: testCode, Fault: func(err error) { t.Error(err) },
		Bundle: func(_ context.Context, id string, who review.Person) (io.ReadSeeker, func() error, error) {
			if asked++; id != c.ID || !who.May(review.TakeOut) {
				t.Errorf("asked for %s by %+v", id, who)
			}
			if says != nil {
				return nil, nil, says
			}
			return strings.NewReader("a bundle"), func() error { closed++; return nil }, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	const button = "Take this case out"
	sue := signIn(t, server, "sue", "supervisor")
	if _, page := sue.get("/case/" + c.ID); strings.Contains(page, button) {
		t.Error("an undecided case has the button")
	}
	anna := signIn(t, server, "anna", "reviewer")
	anna.post("/case/"+c.ID+"/claim", nil)
	if code, page := anna.decide(c.ID, "confirm/known-material"); code != http.StatusOK {
		t.Fatal(code, page)
	}
	for role, may := range map[string]bool{"reviewer": false, "supervisor": true, "auditor": true, "administrator": false} {
		b := signIn(t, server, "x-"+role, role)
		_, page := b.get("/case/" + c.ID)
		if strings.Contains(page, button) != may {
			t.Errorf("%s has the button: %v", role, !may)
		}
		before := asked
		code, body := b.post("/case/"+c.ID+"/bundle", url.Values{})
		if may != (code == http.StatusOK && body == "a bundle" && asked == before+1) || !may && (code != http.StatusForbidden || asked != before) {
			t.Errorf("%s: %d %s", role, code, body)
		}
	}
	if closed != asked {
		t.Errorf("%d were given out, %d closed", asked, closed)
	}
	for want, err := range map[int]error{http.StatusConflict: ErrNotYet, http.StatusGone: review.ErrErased, http.StatusNotFound: review.ErrNotFound} {
		says = errors.Join(err)
		if code, _ := sue.post("/case/"+c.ID+"/bundle", url.Values{}); code != want {
			t.Errorf("%v: %d", err, code)
		}
	}
}

// TestSupervisorsSeeHowBlindOpinionsAgree has a case come back, and looks at what its page
// and the supervisor's tell.
func TestSupervisorsSeeHowBlindOpinionsAgree(t *testing.T) {
	clock := &hands{start}
	policy := review.DefaultPolicy()
	policy.Again = 100
	s := newStore(t, clock.now, policy)
	server := serve(t, s, clock.now)
	c := caseOf(1, 1, start)
	receive(t, s, c)
	for _, name := range []string{"anna", "ben"} {
		b := signIn(t, server, name, "reviewer")
		b.post("/case/"+c.ID+"/claim", nil)
		if code, page := b.decide(c.ID, "confirm/several-signs"); code != http.StatusOK {
			t.Fatal(code, page)
		}
		clock.at = clock.at.Add(time.Second)
	}
	clock.at = clock.at.Add(2 * time.Minute)
	if n, err := s.Mix(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	carl := signIn(t, server, "carl", "reviewer")
	code, page := carl.post("/next", nil)
	if code != http.StatusOK || !strings.Contains(page, "/decide") {
		t.Fatal(code, page)
	}
	for _, tells := range []string{"anna", "ben", c.ID, string(c.Subject), "blind", "again, "} {
		if strings.Contains(page, tells) {
			t.Errorf("the page tells %q", tells)
		}
	}
	_, rest, _ := strings.Cut(page, `action="/case/`)
	alias, _, _ := strings.Cut(rest, "/")
	if code, page := carl.decide(alias, "dismiss/false-match"); code != http.StatusOK || !strings.Contains(page, "Another person looks at it now") {
		t.Errorf("%d %s", code, page)
	}
	if code, page := carl.get("/search?q=" + alias); code != http.StatusOK || strings.Contains(page, "closed") {
		t.Errorf("search tells: %d %s", code, page)
	}
	sue := signIn(t, server, "sue", "supervisor")
	if code, page := sue.get("/supervise"); code != http.StatusOK || !strings.Contains(page, "Judged again, blind") || !strings.Contains(page, "100 % of closed cases") ||
		!strings.Contains(page, `<th scope="row">Confirmed</th><td class="num">0</td><td class="num">1</td>`) || !strings.Contains(page, "kappa") {
		t.Errorf("%d %s", code, page)
	}
}
