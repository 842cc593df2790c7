//go:build chromium

package pages

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
)

// The tests here sign people in with a real provider, whose issuer VIGIL_OPENID names:
// deploy/oidc/with-keycloak.sh starts one, with the people of its realm.json.

func serveOpenID(t testing.TB) *served {
	t.Helper()
	issuer := os.Getenv("VIGIL_OPENID")
	if issuer == "" {
		t.Fatal("VIGIL_OPENID names no issuer: deploy/oidc/with-keycloak.sh sets it")
	}
	return serve(t, func(o *Options, address string) {
		o.Code, o.Address = "", address
		o.OpenID = openid.New(openid.Options{
			Issuer: issuer, Client: "vigil-inbox", Secret: "for-tests-alone", Address: address, Callback: signin.CallbackPath, Claim: "groups", Now: time.Now, Scopes: []string{"profile"},
			Roles: map[string][]string{"officers": {RoleOfficer}, "audit": {RoleAuditor}},
		})
		if err := o.OpenID.Find(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
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
	s.do(chromedp.Navigate(s.URL+"/"), chromedp.WaitVisible(`a[href="/signin/go"]`), chromedp.Focus(`a[href="/signin/go"]`), chromedp.KeyEvent(kb.Enter))
	s.password(name)
	s.do(chromedp.WaitVisible(".me .name"))
}

// post sends a form that no page of ours shows to who is signed in, and returns what the
// page after it says.
func (s *stage) post(path string) string {
	s.t.Helper()
	s.do(chromedp.Navigate(s.URL+"/help"), chromedp.Evaluate[chromedp.Void](`(() => { const f = document.createElement('form'); f.method = 'post'; f.action = `+asJSON(path)+`;
		f.innerHTML = '<input name="result" value="known"><input name="format" value="vics">'; document.body.append(f); f.submit(); })()`), chromedp.WaitVisible(".note.alert[role=alert]"))
	return ask(s, chromedp.Text("main"))
}

// TestAnOfficerSignsInWithAProvider, opens the most urgent alert, acknowledges it and goes;
// an auditor after her sees that, and can say nothing.
func TestAnOfficerSignsInWithAProvider(t *testing.T) {
	s := newStageOf(t, serveOpenID(t))
	id := s.alerts[0].ID
	s.do(chromedp.Navigate(s.URL+"/alert/"+id), chromedp.WaitVisible(`a[href="/signin/go"]`))
	if got := s.path(); got != "/signin" {
		t.Fatalf("unsigned at %s", got)
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("the door " + scheme)
	}
	s.theme("light")
	s.come("olga")
	if got, text := s.path(), ask(s, chromedp.Text("body")); got != "/alerts" || !strings.Contains(text, "Olga Made-Up officer") || strings.Contains(text, "Development mode") {
		t.Errorf("olga is at %s and reads\n%s", got, text)
	}
	s.key("j", "a.row:focus")
	s.key(kb.Enter, "#say")
	s.key("1", "input[value=acknowledged]:checked")
	s.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.WaitVisible(".past li"))
	if text := ask(s, chromedp.Text(".past")); s.path() != "/alert/"+id || !strings.Contains(text, "acknowledged") || !strings.Contains(text, "Olga Made-Up") {
		t.Errorf("at %s it says %q", s.path(), text)
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.do(chromedp.Navigate(s.URL+"/journal"), chromedp.WaitReady("main h1"))
		s.axe("journal of people " + scheme)
	}
	s.theme("light")
	s.shot("journal", false)
	f, err := s.store.View(t.Context(), id, "test")
	if err != nil || f.Result != report.Acknowledged || len(f.Said) != 1 || !entryForm.MatchString(f.Said[0].By) || !strings.HasSuffix(f.Said[0].By, " Olga Made-Up") {
		t.Errorf("%+v, %v", f.Said, err)
	}

	// Who signs out is forgotten there too: the next one is asked for a name.
	s.do(chromedp.Click(`form[action="/signout"] button`), chromedp.WaitVisible(`a[href="/signin/go"]`))
	s.come("otto")
	s.do(chromedp.Navigate(s.URL+"/alert/"+id), chromedp.WaitVisible(".past li"))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("an auditor's " + scheme)
	}
	if n := ask(s, chromedp.Evaluate[int](`document.querySelectorAll('main form, main button').length`)); n != 0 || !strings.Contains(ask(s, chromedp.Text(".me")), "auditor") {
		t.Errorf("an auditor finds %d forms and buttons", n)
	}
	for _, path := range []string{"/say", "/undo", "/export", "/attachment/" + file.SHA256} {
		if text := s.post("/alert/" + id + path); !strings.Contains(text, "This is for officers") {
			t.Errorf("an auditor at %s reads\n%s", path, text)
		}
	}
	if f, err := s.store.View(t.Context(), id, "test"); err != nil || len(f.Said) != 1 {
		t.Errorf("%+v, %v", f.Said, err)
	}
	lines, err := s.store.Journal(t.Context(), "", 20)
	if err != nil || slices.ContainsFunc(lines, func(l inbox.Line) bool {
		return strings.HasSuffix(l.Who, "Otto Made-Up") && l.What != inbox.DidSignIn && l.What != inbox.DidView
	}) {
		t.Errorf("%+v, %v", lines, err)
	}
}

func TestWhoHasNoRoleIsToldWhatIsMissing(t *testing.T) {
	s := newStageOf(t, serveOpenID(t))
	s.do(chromedp.Navigate(s.URL+"/"), chromedp.Click(`a[href="/signin/go"]`))
	s.password("anna") // who has a part in the console, and none here
	s.do(chromedp.WaitVisible(`a[href="/signin/go?other=1"]`))
	if text := ask(s, chromedp.Text("main")); !strings.Contains(text, "You have no part in this inbox") || !strings.Contains(text, "moderators") || !strings.Contains(text, "groups") {
		t.Errorf("anna reads\n%s", text)
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("no role " + scheme)
	}
	s.theme("light")
	s.shot("norole", false)
	for _, path := range []string{"/alerts", "/alert/" + s.alerts[0].ID, "/failed", "/journal", "/help"} {
		s.do(chromedp.Navigate(s.URL+path), chromedp.WaitVisible(`a[href="/signin/go"]`))
		if got, text := s.path(), ask(s, chromedp.Text("body")); got != "/signin" || strings.Contains(text, "Alerts") {
			t.Errorf("at %s she gets %s and reads\n%s", path, got, text)
		}
	}
	// Somebody else can sign in, though the provider knows her.
	s.do(chromedp.Navigate(s.URL+"/signin/go?other=1"), chromedp.WaitVisible("#password"))
}
