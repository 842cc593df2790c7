//go:build chromium

package console

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/review"
)

// The tests here sign people in with a real provider, whose issuer VIGIL_OPENID names:
// deploy/oidc/with-keycloak.sh starts one, with the people of its realm.json.

func serveOpenID(t testing.TB, s *review.Store, now func() time.Time) *httptest.Server {
	t.Helper()
	issuer := os.Getenv("VIGIL_OPENID")
	if issuer == "" {
		t.Fatal("VIGIL_OPENID names no issuer: deploy/oidc/with-keycloak.sh sets it")
	}
	var pages http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	provider := openid.New(openid.Options{
		Issuer: issuer, Client: "vigil-console", Secret: "for-tests-alone", Address: server.URL, Callback: signin.CallbackPath, Claim: "groups", Now: now, Scopes: []string{"profile"},
		Roles: map[string][]string{"moderators": {"reviewer"}, "leads": {"supervisor"}, "audit": {"auditor"}, "operations": {"administrator"}},
	})
	if err := provider.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	if pages, err = New(Options{Store: s, Now: now, OpenID: provider, Address: server.URL, Frames: preservedOf(t, 3), Fault: func(err error) { t.Error(err) }}); err != nil {
		t.Fatal(err)
	}
	return server
}

// password types one into the provider's form, which shows a name where it knows it.
func (s *stage) password(name string) {
	s.t.Helper()
	s.do(chromedp.WaitVisible("#password"))
	if ask(s, chromedp.Evaluate[bool](`!!document.querySelector('input#username:not([type=hidden])')`)) {
		s.do(chromedp.SendKeys("#username", name))
	}
	s.do(chromedp.SendKeys("#password", name+"-password"+kb.Enter))
}

// come signs somebody in with the provider, by the keyboard.
func (s *stage) come(name string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(`a[href="/signin/go"]`), chromedp.Focus(`a[href="/signin/go"]`), chromedp.KeyEvent(kb.Enter))
	s.password(name)
	s.do(chromedp.WaitVisible(".me .name"))
}

// leave signs out, here and there.
func (s *stage) leave() {
	s.t.Helper()
	s.do(chromedp.Click(`form[action="/signout"] button`), chromedp.WaitVisible(`a[href="/signin/go"]`))
}

// status is what the console answers to the browser's own request.
func (s *stage) status(path string) int {
	s.t.Helper()
	return ask(s, chromedp.Evaluate[int](`fetch(`+asJSON(path)+`).then((r) => r.status)`, chromedp.EvalAwaitPromise))
}

// choose asks for the first image in the clear.
func (s *stage) choose() {
	s.t.Helper()
	s.key("1", "input[name=frame]:checked")
	s.do(chromedp.SetValue("#reason", "tell-age"), chromedp.Submit("#reason"))
}

func TestPeopleSignInWithAProvider(t *testing.T) {
	s := newStageOf(t, serveOpenID)
	s.do(chromedp.Navigate(s.base+"/queue"), chromedp.WaitVisible(`a[href="/signin/go"]`))
	if got := s.path(); got != "/signin" {
		t.Fatalf("unsigned at %s", got)
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("the door " + scheme)
	}
	s.theme("light")
	s.shot("door", false)

	s.come("anna")
	if got, text := s.path(), ask(s, chromedp.Text("body")); got != "/queue" || !strings.Contains(text, "Anna Made-Up") || strings.Contains(text, "Development mode") || strings.Contains(text, "anna@example.org") {
		t.Errorf("anna is at %s and reads\n%s", got, text)
	}
	if code := s.status("/supervise"); code != http.StatusForbidden {
		t.Errorf("a reviewer gets %d at the supervisor's page", code)
	}
	// What she does is kept under a pseudonym.
	s.key("n", "#decide")
	page, err := s.store.Queue(s.ctx, review.Reviewer("x"), review.QueueFilter{Place: review.PlaceOpen, Limit: 1})
	if err != nil || !strings.HasPrefix(page.Items[0].ClaimedBy, "p-") {
		t.Errorf("the case is in the hands of %q, %v", page.Items[0].ClaimedBy, err)
	}

	// Before an image the provider has to ask for the password again, though it knows her.
	at := s.path()
	s.key("i", ".frame img")
	s.choose()
	s.do(chromedp.WaitVisible(`main a.button`))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("step up " + scheme)
	}
	s.theme("light")
	s.shot("stepup", false)
	s.do(chromedp.Focus(`main a.button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#password"), chromedp.SendKeys("#password", "a guess"+kb.Enter), chromedp.WaitVisible(`#password[aria-invalid=true]`))
	s.password("anna")
	s.do(chromedp.WaitVisible(".frame img"))
	if got := s.path(); got != at+"/images" {
		t.Errorf("after the step-up at %s", got)
	}
	for range 2 { // it holds for a while
		s.choose()
		s.do(chromedp.WaitVisible(".clear img"))
		s.key("b", ".frame img")
	}
	s.clock.back(-6 * time.Minute)
	s.choose()
	s.do(chromedp.WaitVisible(`main a.button`), chromedp.WaitNotPresent("img"))
	s.clock.back(0)
	views, err := s.store.ImageViews(s.ctx, strings.TrimPrefix(at, "/case/"), review.Person{ID: "x", Roles: []review.Role{review.RoleAuditor}})
	if err != nil || len(views) != 2 || !strings.HasPrefix(views[0].Viewer, "p-") || views[0].Reason != "tell-age" || len(views[0].Frame) != 64 {
		t.Errorf("logged %+v, %v", views, err)
	}

	// A session ends without requests; the provider still knows her then.
	s.clock.back(-40 * time.Minute)
	s.do(chromedp.Navigate(s.base+"/queue"), chromedp.WaitVisible(`a[href="/signin/go"]`))
	s.clock.back(0)
	s.do(chromedp.Click(`a[href="/signin/go"]`), chromedp.WaitVisible(".me .name"))

	// Who signs out is forgotten there too: the next one is asked for a name.
	s.leave()
	if got := s.path(); got != "/signin" {
		t.Errorf("signed out at %s", got)
	}
	for name, want := range map[string]map[string]int{
		"sue":  {"/queue": 200, "/supervise": 200, "/me": 200, at + "/images": 409},
		"otto": {"/queue": 200, "/supervise": 200, at: 200, at + "/images": 403},
		"ada":  {"/queue": 403, at: 403, at + "/images": 403, "/search?q=abcd": 403, "/supervise": 403, "/me": 200},
	} {
		s.come(name)
		for path, code := range want {
			if got := s.status(path); got != code {
				t.Errorf("%s gets %d at %s", name, got, path)
			}
		}
		if name == "otto" {
			s.do(chromedp.Navigate(s.base+at), chromedp.WaitVisible("#images"))
			if text := ask(s, chromedp.Text("main")); ask(s, chromedp.Evaluate[int](`document.images.length`)) != 0 || !strings.Contains(text, "Who saw which in the clear (2)") {
				t.Errorf("an auditor sees an image, or not who did\n%s", text)
			}
		}
		s.leave()
	}
}

func TestWhoHasNoRoleIsToldWhatIsMissing(t *testing.T) {
	s := newStageOf(t, serveOpenID)
	s.do(chromedp.Navigate(s.base+"/"), chromedp.Click(`a[href="/signin/go"]`))
	s.password("carl")
	s.do(chromedp.WaitVisible(`a[href="/signin/go?other=1"]`))
	if text := ask(s, chromedp.Text("main")); !strings.Contains(text, "kitchen") || !strings.Contains(text, "groups") {
		t.Errorf("carl reads\n%s", text)
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("no role " + scheme)
	}
	s.theme("light")
	s.shot("norole", false)
	if got := ask(s, chromedp.Evaluate[string](`fetch('/queue').then((r) => new URL(r.url).pathname)`, chromedp.EvalAwaitPromise)); got != "/signin" {
		t.Errorf("and then gets %s", got)
	}
	// Somebody else can sign in, though the provider knows carl.
	s.do(chromedp.Click(`a[href="/signin/go?other=1"]`), chromedp.WaitVisible("#password"))

	// An answer that was not begun in this browser makes no session.
	s.do(chromedp.Navigate(s.base+signin.CallbackPath+"?state=AAAAAAAAAAAAAAAAAAAAAAAAAA&code=x"), chromedp.WaitVisible(".note"))
	s.axe("not signed in")
	if text := ask(s, chromedp.Text("main")); !strings.Contains(text, "not begun here") {
		t.Errorf("a forged answer: %s", text)
	}
}
