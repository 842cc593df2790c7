package pages

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
)

// A visitor has a browser's cookies, and follows no redirect.
type visitor struct {
	*served
	t      *testing.T
	client *http.Client
}

func visit(t *testing.T) *visitor {
	t.Helper()
	return visitTo(t, serve(t))
}

// visitTo is a visitor of an inbox that is served.
func visitTo(t *testing.T, s *served) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{s, t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// An answer is one whose body was read and closed.
type answer struct {
	StatusCode int
	Header     http.Header
}

// do sends a request and returns its answer.
func (v *visitor) do(method, path string, form url.Values, change ...func(*http.Request)) (answer, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, f := range change {
		f(r)
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		v.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header}, string(body)
}

func (v *visitor) signIn() {
	v.t.Helper()
	if res, body := v.do(http.MethodPost, "/signin", url.Values{"name": {"anna"}, "code": {testCode}}); res.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("sign in: %d %s", res.StatusCode, body)
	}
}

func TestWhoIsNotSignedInSeesNothing(t *testing.T) {
	v := visit(t)
	id := v.alerts[0].ID
	for _, path := range []string{"/", "/alerts", "/alert/" + id, "/failed", "/journal", "/help", "/correction/x"} {
		if res, body := v.do(http.MethodGet, path, nil); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/signin" || strings.Contains(body, id) {
			t.Errorf("%s: %d %q", path, res.StatusCode, body)
		}
	}
	for _, path := range []string{"/alert/" + id + "/say", "/alert/" + id + "/export", "/alert/" + id + "/attachment/" + file.SHA256} {
		if res, _ := v.do(http.MethodPost, path, url.Values{"result": {"known"}}); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	for _, form := range []url.Values{{"name": {"anna"}, "code": {"wrong"}}, {"name": {"a b"}, "code": {testCode}}, {}} {
		if res, _ := v.do(http.MethodPost, "/signin", form); res.StatusCode != http.StatusUnprocessableEntity || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%v: %d", form, res.StatusCode)
		}
	}
	if c, err := v.store.Counts(t.Context()); err != nil || c.Unsent != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	v.signIn()
	if _, body := v.do(http.MethodGet, "/alerts", nil); !strings.Contains(body, `<div class="dev" role="note"><strong>Development mode.`) {
		t.Error("it does not say that anybody can be anybody here")
	}
	if lines, err := v.store.Journal(t.Context(), "", 1); err != nil || lines[0].What != inbox.DidSignIn || lines[0].Who != "anna" || lines[0].Detail != "by the code" {
		t.Errorf("%+v, %v", lines, err)
	}
	if res, _ := v.do(http.MethodPost, "/signout", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign out: %d", res.StatusCode)
	}
	if res, _ := v.do(http.MethodGet, "/alerts", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after it: %d", res.StatusCode)
	}
}

// TestFromElsewhere: another site's page can send nothing here, nor point its name here.
func TestFromElsewhere(t *testing.T) {
	v := visit(t)
	v.signIn()
	id := v.alerts[0].ID
	res, _ := v.do(http.MethodPost, "/alert/"+id+"/say", url.Values{"result": {"known"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", res.StatusCode)
	}
	if res, _ := v.do(http.MethodGet, "/alerts", nil, func(r *http.Request) { r.Host = "inbox.example" }); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under another name: %d", res.StatusCode)
	}
	if res, _ := v.do(http.MethodPost, "/alert/"+id+"/say", url.Values{"result": {"known"}, "reference": {strings.Repeat("a", maxForm)}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a form that is too large: %d", res.StatusCode)
	}
}

func TestWhatAPageSays(t *testing.T) {
	v := visit(t)
	v.signIn()
	res, body := v.do(http.MethodGet, "/alert/"+v.alerts[0].ID, nil)
	for _, want := range []string{
		"Confirmed by one person, because a danger would not wait", "was encrypted to this centre", "Entry 1 is in the log", "&#43;9.00", "−7.00", "list-match",
		"<b>DEMOPHXX</b>", "TX-1-1", file.SHA256, "Asia/Manila", "&#43;08:00", "1 more came under this alert's id", "stream", "why it is urgent", `name="entry" value="e1"`, "not judged",
		"The sender says that a danger would not wait.", "/attachment/" + file.SHA256, "Who looked",
		"as its platform says", "user-4711", "Somebody@example.org, verified: false", "<code>203.0.113.10</code>, Login, ", "<dt>Goes on</dt><dd>true</dd>", "as they said it, by its SHA-256",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := res.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if strings.Contains(body, "<img") || strings.Contains(body, "style=") || strings.Contains(body, "onclick") {
		t.Error("it shows a picture, or has style or script of its own")
	}
	if _, body = v.do(http.MethodGet, "/alerts", nil); !strings.Contains(body, "Corrections to read first") || !strings.Contains(body, "Operation Elm: payment") || !strings.Contains(body, "known −25") {
		t.Errorf("the list:\n%s", body)
	}
	if _, body = v.do(http.MethodGet, "/failed", nil); !strings.Contains(body, "content") || !strings.Contains(body, "It is neither JSON") || strings.Contains(body, "<script>alert") {
		t.Errorf("what failed:\n%s", body)
	}
	if _, body = v.do(http.MethodGet, "/alert/"+v.alerts[3].ID, nil); !strings.Contains(body, "It came unsigned") || !strings.Contains(body, "Nothing says whether it goes on") {
		t.Errorf("an unsigned alert that lacks much:\n%s", body)
	}
	if _, body = v.do(http.MethodGet, "/journal?about="+v.alerts[0].ID, nil); strings.Count(body, "<td>view</td>") != 1 {
		t.Errorf("the journal:\n%s", body)
	}
	if res, _ = v.do(http.MethodGet, "/alert/none", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("what is not there: %d", res.StatusCode)
	}
}

func TestAWordByTheForm(t *testing.T) {
	v := visit(t)
	v.signIn()
	id := v.alerts[1].ID
	post := func(path string, form url.Values, want int) {
		t.Helper()
		if res, body := v.do(http.MethodPost, "/alert/"+id+path, form); res.StatusCode != want {
			t.Errorf("%v: %d, want %d\n%s", form, res.StatusCode, want, body)
		}
	}
	post("/say", url.Values{}, http.StatusConflict)
	post("/say", url.Values{"result": {"insufficient"}}, http.StatusUnprocessableEntity)
	post("/say", url.Values{"result": {"known"}, "reference": {"a b"}}, http.StatusUnprocessableEntity)
	post("/say", url.Values{"result": {"known"}, "list": {"l"}, "kind": {"pdq"}, "entry": {"e"}}, http.StatusUnprocessableEntity)
	post("/say", url.Values{"result": {"wrong"}, "list": {"l"}, "kind": {"pdq!"}, "entry": {"e"}}, http.StatusUnprocessableEntity)
	post("/undo", nil, http.StatusConflict)
	post("/say", url.Values{"result": {"insufficient"}, "missing": {"times", "urgency"}, "reference": {"PH-1"}}, http.StatusSeeOther)
	post("/say", url.Values{"result": {"wrong"}, "missing": {"times"}, "list": {"demo-list", "demo-list", "", "other"}, "kind": {"PDQ", "pdq", "", "md5"}, "entry": {"e1", "e0", "", "e2"}, "judged": {"wrong", "not", "wrong", "right"}}, http.StatusSeeOther)
	post("/undo", nil, http.StatusSeeOther)
	waiting, err := v.store.Unsent(t.Context(), 10)
	if err != nil || len(waiting) != 3 {
		t.Fatalf("%d, %v", len(waiting), err)
	}
	f, err := v.store.View(t.Context(), id, "test")
	if err != nil {
		t.Fatal(err)
	}
	wrong := f.Said[1]
	if wrong.Result != report.Wrong || len(wrong.Missing) != 0 || len(wrong.Entries) != 2 || !wrong.Entries[0].Wrong || wrong.Entries[0].HashKind != "pdq" || wrong.Entries[1].Wrong || f.Result != report.Insufficient || f.Said[0].By != "anna" {
		t.Errorf("%+v", f.Said)
	}
}

func TestWhatIsGivenOut(t *testing.T) {
	v := visit(t)
	v.signIn()
	id := v.alerts[0].ID
	res, body := v.do(http.MethodPost, "/alert/"+id+"/attachment/"+file.SHA256, nil)
	if body != "a made-up file" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment;") || res.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%q %v", body, res.Header)
	}
	if res, _ := v.do(http.MethodPost, "/alert/"+id+"/attachment/"+strings.Repeat("0", 64), nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("another digest: %d", res.StatusCode)
	}
	res, body = v.do(http.MethodPost, "/alert/"+id+"/export", url.Values{"format": {"vics"}})
	if !strings.Contains(body, file.SHA256) || !strings.Contains(res.Header.Get("Content-Disposition"), ".vics.json") {
		t.Errorf("%q %v", body, res.Header)
	}
	if res, _ = v.do(http.MethodPost, "/alert/"+v.alerts[3].ID+"/export", url.Values{"format": {"vics"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an alert without a hash: %d", res.StatusCode)
	}
	if res, _ = v.do(http.MethodPost, "/alert/"+id+"/export", url.Values{"format": {"pdf"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no format: %d", res.StatusCode)
	}
	lines, err := v.store.Journal(t.Context(), id, 10)
	if err != nil || len(lines) < 3 || lines[0].What != inbox.DidExport || lines[0].Who != "anna" {
		t.Errorf("%+v, %v", lines, err)
	}
}

func TestACorrectionIsRead(t *testing.T) {
	v := visit(t)
	v.signIn()
	unread, err := v.store.Unread(t.Context())
	if err != nil || len(unread) != 2 {
		t.Fatalf("%+v, %v", unread, err)
	}
	for _, n := range unread {
		_, body := v.do(http.MethodGet, "/correction/"+n.ID, nil)
		if !strings.Contains(body, "The sender took this alert back") || strings.Contains(body, "has not come to this inbox") == n.There {
			t.Errorf("%+v:\n%s", n, body)
		}
		if res, _ := v.do(http.MethodPost, "/correction/"+n.ID+"/read", nil); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%d", res.StatusCode)
		}
	}
	if left, err := v.store.Unread(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("%+v, %v", left, err)
	}
	if _, body := v.do(http.MethodGet, "/alerts", nil); strings.Contains(body, "Corrections to read first") {
		t.Error("what was read is still told of first")
	}
	if res, _ := v.do(http.MethodPost, "/correction/none/read", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("none: %d", res.StatusCode)
	}
}
