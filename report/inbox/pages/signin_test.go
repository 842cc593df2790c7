package pages

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/openid/openidtest"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report/inbox"
)

// A behind is a visitor of an inbox whose provider lets the test say who comes, and when.
type behind struct {
	*visitor
	provider *openidtest.StandIn
	later    atomic.Int64 // by how much its clock is ahead, for who signs in
}

func visitBehind(t *testing.T) *behind {
	t.Helper()
	b := &behind{}
	now := func() time.Time { return time.Now().Add(time.Duration(b.later.Load())) }
	b.provider = openidtest.New(t, "vigil-inbox", now)
	b.visitor = visitTo(t, serve(t, func(o *Options, address string) {
		o.Code, o.Address, o.Now = "", address, now
		o.OpenID = openid.New(openid.Options{
			Issuer: b.provider.URL, Client: "vigil-inbox", Address: address, Callback: signin.CallbackPath, Claim: "groups", Now: now,
			Roles: map[string][]string{"officers": {RoleOfficer}, "audit": {RoleAuditor}},
		})
	}))
	return b
}

// come signs in with the provider as somebody of some groups, and returns what was answered.
func (b *behind) come(name, subject string, groups ...string) (answer, string) {
	b.t.Helper()
	b.provider.Claims["name"], b.provider.Claims["sub"], b.provider.Claims["groups"] = name, subject, groups
	res, _ := b.do(http.MethodGet, "/signin/go", nil)
	at, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, res.Header.Get("Location"), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	there, err := b.client.Do(at)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = there.Body.Close()
	back, ok := strings.CutPrefix(there.Header.Get("Location"), b.URL)
	if !ok {
		b.t.Fatalf("the provider sends to %q", there.Header.Get("Location"))
	}
	return b.do(http.MethodGet, back, nil)
}

// everything is each page and each act of an inbox, with the code that an officer gets.
func (b *behind) everything() (pages, acts map[string]int) {
	id := b.alerts[0].ID
	unread, err := b.store.Unread(b.t.Context())
	if err != nil || len(unread) == 0 {
		b.t.Fatal(unread, err)
	}
	return map[string]int{"/": 303, "/alerts": 200, "/alert/" + id: 200, "/failed": 200, "/journal": 200, "/help": 200, "/correction/" + unread[0].ID: 200},
		map[string]int{
			"/alert/" + id + "/say": 303, "/alert/" + id + "/undo": 409, "/alert/" + id + "/export": 200,
			"/alert/" + id + "/attachment/" + file.SHA256: 200, "/correction/" + unread[0].ID + "/read": 303,
		}
}

var acknowledge = url.Values{"result": {"acknowledged"}, "format": {"vics"}}

func TestAnOfficerBehindAProvider(t *testing.T) {
	b := visitBehind(t)
	if res, body := b.do(http.MethodGet, "/signin", nil); res.StatusCode != http.StatusOK || !strings.Contains(body, `href="/signin/go"`) || strings.Contains(body, "Development mode") {
		t.Errorf("the door: %d %s", res.StatusCode, body)
	}
	if res, _ := b.do(http.MethodPost, "/signin", url.Values{"name": {"anna"}, "code": {testCode}}); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("by a name and a code: %d", res.StatusCode)
	}
	res, body := b.come("Olga  \u202eMade-Up", "4712", "officers", "kitchen")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `http-equiv="refresh" content="0;url=/"`) {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	pages, acts := b.everything()
	for path, want := range pages {
		if res, _ := b.do(http.MethodGet, path, nil); res.StatusCode != want {
			t.Errorf("GET %s: %d", path, res.StatusCode)
		}
	}
	for path, want := range acts {
		if strings.HasSuffix(path, "/undo") {
			continue // in which order they come is left open
		}
		if res, _ := b.do(http.MethodPost, path, acknowledge); res.StatusCode != want {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
	id := b.alerts[0].ID
	lines, err := b.store.Journal(t.Context(), "", 50)
	if err != nil {
		t.Fatal(err)
	}
	who := map[string]string{}
	for _, l := range lines {
		if l.Who != "inbox" {
			who[l.What] = l.Who
		}
		if l.What == inbox.DidSignIn && l.Detail != "by the sign-in service, officer" {
			t.Errorf("the sign-in: %+v", l)
		}
	}
	// The provider's name of her may change, and may hold anything; what it stands behind not.
	stable, name, _ := strings.Cut(who[inbox.DidSignIn], " ")
	if !entryForm.MatchString(who[inbox.DidSignIn]) || name != "Olga Made-Up" {
		t.Errorf("the journal calls her %q", who[inbox.DidSignIn])
	}
	for _, what := range []string{inbox.DidSay, inbox.DidView, inbox.DidExport, inbox.DidDownload, inbox.DidRead} {
		if who[what] != who[inbox.DidSignIn] {
			t.Errorf("%s was done by %q", what, who[what])
		}
	}
	f, err := b.store.View(t.Context(), id, "test")
	if err != nil || len(f.Said) != 1 || f.Said[0].By != who[inbox.DidSignIn] {
		t.Errorf("%+v, %v", f.Said, err)
	}
	// The word that leaves tells nothing of her.
	if left, err := b.store.Unsent(t.Context(), 1); err != nil || len(left) != 1 || strings.Contains(string(left[0].Value), stable) || strings.Contains(string(left[0].Value), "Olga") {
		t.Errorf("%s, %v", left, err)
	}
	if _, body := b.do(http.MethodGet, "/journal", nil); !strings.Contains(body, "Olga Made-Up <code class=\"sub\">"+stable+"</code>") {
		t.Error("the page of the journal does not show who it was")
	}
	res, body = b.do(http.MethodPost, "/signout", nil)
	if res.StatusCode != http.StatusOK || !strings.Contains(body, b.provider.URL+"/end?") {
		t.Errorf("out: %d %s", res.StatusCode, body)
	}
	if res, _ := b.do(http.MethodGet, "/alerts", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after it: %d", res.StatusCode)
	}
}

func TestAnAuditorSeesAndSaysNothing(t *testing.T) {
	b := visitBehind(t)
	b.come("Otto", "4713", "audit")
	pages, acts := b.everything()
	for path, want := range pages {
		if res, body := b.do(http.MethodGet, path, nil); res.StatusCode != want || strings.Contains(body, `method="post"`) && strings.Count(body, `method="post"`) != 1 {
			t.Errorf("GET %s: %d, or it has a form beside that to sign out", path, res.StatusCode)
		}
	}
	for path := range acts {
		if res, body := b.do(http.MethodPost, path, acknowledge); res.StatusCode != http.StatusForbidden || !strings.Contains(body, "This is for officers") {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
	if c, err := b.store.Counts(t.Context()); err != nil || c.Unsent != 0 || c.Unread == 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWhoHasNoRoleIsLetNowhere(t *testing.T) {
	b := visitBehind(t)
	for name, groups := range map[string][]string{"another group": {"kitchen"}, "no group": {}, "a role's own name": {"officer"}} {
		res, body := b.come("Carl", "4714", groups...)
		if res.StatusCode != http.StatusForbidden || !strings.Contains(body, "You have no part in this inbox") || strings.Contains(body, "<nav") {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
		pages, acts := b.everything()
		for path := range pages {
			if res, _ := b.do(http.MethodGet, path, nil); res.Header.Get("Location") != "/signin" {
				t.Errorf("%s: GET %s: %d", name, path, res.StatusCode)
			}
		}
		for path := range acts {
			if res, _ := b.do(http.MethodPost, path, acknowledge); res.Header.Get("Location") != "/signin" {
				t.Errorf("%s: POST %s: %d", name, path, res.StatusCode)
			}
		}
	}
	if lines, err := b.store.Journal(t.Context(), "", 9); err != nil || len(lines) > 0 && lines[0].Who != "inbox" {
		t.Errorf("%+v, %v", lines, err)
	}
}

func TestAnInboxesSessionEndsAndIsOurs(t *testing.T) {
	b := visitBehind(t)
	b.come("Olga", "4712", "officers")
	say := "/alert/" + b.alerts[0].ID + "/say"
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"another site": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"another name": {func(r *http.Request) { r.Host = "inbox.example" }, http.StatusMisdirectedRequest},
	} {
		if res, _ := b.do(http.MethodPost, say, acknowledge, c.change); res.StatusCode != c.want {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	b.later.Store(int64(signin.DefaultLifetimes().Idle))
	if res, _ := b.do(http.MethodPost, say, acknowledge); res.Header.Get("Location") != "/signin" {
		t.Errorf("when it is over: %d", res.StatusCode)
	}
	if c, err := b.store.Counts(t.Context()); err != nil || c.Unsent != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	b.come("Olga", "4712", "officers")
	if res, _ := b.do(http.MethodPost, say, acknowledge); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") == "/signin" {
		t.Errorf("anew: %d", res.StatusCode)
	}
}
