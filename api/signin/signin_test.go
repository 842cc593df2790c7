package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/openid/openidtest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A site is pages behind a door, with a provider that lets the test say who comes.
type site struct {
	*httptest.Server
	t        *testing.T
	door     *Door
	provider *openidtest.StandIn
	now      time.Time
	client   *http.Client
	shown    []Page
	faults   []error
	enter    error
}

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteAt(t, func(http *httptest.Server) *httptest.Server { return http })
}

// newSiteAt is one that browsers reach by what is in front of it.
func newSiteAt(t *testing.T, front func(*httptest.Server) *httptest.Server) *site {
	t.Helper()
	s := &site{t: t, now: start}
	clock := func() time.Time { return s.now }
	mux := http.NewServeMux()
	var pages http.Handler
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	t.Cleanup(inner.Close)
	s.Server = front(inner)
	s.provider = openidtest.New(t, "vigil", clock)
	var err error
	s.door, err = New(Options{
		OpenID: openid.New(openid.Options{
			Issuer: s.provider.URL, Client: "vigil", Address: s.URL, Callback: CallbackPath, Claim: "groups", Now: clock,
			Roles: map[string][]string{"moderators": {"reader"}},
		}),
		Address: s.URL, Cookie: "vigil-test", What: "test", Now: clock,
		Enter: func(context.Context, Session) error { return s.enter },
		Show: func(w http.ResponseWriter, _ *http.Request, p Page) {
			s.shown = append(s.shown, p)
			w.WriteHeader(p.Code)
		},
		Fault: func(err error) { s.faults = append(s.faults, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.door.Routes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		have, ok := s.door.Of(r)
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/anew" {
			s.door.Anew(w, r, "/after")
			return
		}
		_, _ = fmt.Fprint(w, have.ID, " ", have.Name, " ", have.Roles, " ", s.door.Stepped(r))
	})
	pages = s.door.Guard(mux, "default-src 'none'")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.client = s.Client()
	s.client.Jar = jar
	return s
}

// do asks for a page and returns its code and what it says.
func (s *site) do(method, path string, change ...func(*http.Request)) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// last is the page that was shown last.
func (s *site) last() Page {
	s.t.Helper()
	if len(s.shown) == 0 {
		s.t.Fatal("no page was shown")
	}
	return s.shown[len(s.shown)-1]
}

// come goes to the provider and back.
func (s *site) come() {
	s.t.Helper()
	if code, _ := s.do(http.MethodGet, "/signin/go"); code != http.StatusOK || s.last().Name != "forward" || s.last().To != "/" {
		s.t.Fatalf("signing in: %d %+v", code, s.last())
	}
}

func TestInAndOut(t *testing.T) {
	s := newSite(t)
	if code, _ := s.do(http.MethodGet, "/x"); code != http.StatusUnauthorized {
		t.Errorf("before: %d", code)
	}
	if code, _ := s.do(http.MethodGet, "/signin"); code != http.StatusOK || s.last().Name != "door" {
		t.Errorf("the door: %d %+v", code, s.last())
	}
	s.come()
	_, says := s.do(http.MethodGet, "/x")
	if id, rest, _ := strings.Cut(says, " "); !strings.HasPrefix(id, "p-") || rest != "Anna [reader] false" {
		t.Errorf("signed in as %q", says)
	}
	code, _ := s.do(http.MethodPost, "/signout")
	if to := s.last().To; code != http.StatusOK || s.last().Name != "forward" || !strings.HasPrefix(to, s.provider.URL+"/end?") || !strings.Contains(to, "post_logout_redirect_uri="+url.QueryEscape(s.URL+"/signin")) {
		t.Errorf("out: %d %+v", code, s.last())
	}
	if code, _ := s.do(http.MethodGet, "/x"); code != http.StatusUnauthorized {
		t.Errorf("after: %d", code)
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	s := newSite(t)
	s.provider.Claims["groups"] = []string{"kitchen"}
	code, _ := s.do(http.MethodGet, "/signin/go")
	if told, _ := s.last().Body.(noPart); code != http.StatusForbidden || s.last().Name != "norole" || told.What != "test" || !told.There || !slices.Equal(told.Groups, []string{"kitchen"}) {
		t.Errorf("no role: %d %+v", code, s.last())
	}
	delete(s.provider.Claims, "groups")
	if code, _ := s.do(http.MethodGet, CallbackPath+"?state=AAAAAAAAAAAAAAAAAAAAAAAAAA&code=x"); code != http.StatusBadRequest || !errors.Is(s.last().Err, openid.ErrState) {
		t.Errorf("a forged answer: %d %+v", code, s.last())
	}
	if len(s.faults) != 0 {
		t.Errorf("who tries is no fault of ours: %v", s.faults)
	}
	s.provider.TokenCode, s.provider.TokenSays = http.StatusUnauthorized, `{"error":"invalid_client"}`
	if code, _ := s.do(http.MethodGet, "/signin/go"); code != http.StatusBadGateway || s.last().Err.Error() != openid.ErrToken.Error() || len(s.faults) != 1 {
		t.Errorf("a provider that refuses us: %d %+v, %v", code, s.last(), s.faults)
	}
	s.provider.TokenCode = 0
	s.enter = errors.New("the journal is full: secret-canary")
	if code, _ := s.do(http.MethodGet, "/signin/go"); code != http.StatusInternalServerError || strings.Contains(s.last().Err.Error(), "canary") || len(s.faults) != 2 {
		t.Errorf("what cannot be noted: %d %+v, %v", code, s.last(), s.faults)
	}
	if code, _ := s.do(http.MethodGet, "/x"); code != http.StatusUnauthorized {
		t.Errorf("after all of these: %d", code)
	}
	s.enter = nil
	s.come() // and who has a role, is
	if code, _ := s.do(http.MethodGet, "/x"); code != http.StatusOK {
		t.Errorf("with a role: %d", code)
	}
}

func TestAuthenticatingAnew(t *testing.T) {
	s := newSite(t)
	s.come()
	if code, _ := s.do(http.MethodGet, "/anew"); code != http.StatusOK || s.last().To != "/after" {
		t.Errorf("%d %+v", code, s.last())
	}
	if _, says := s.do(http.MethodGet, "/x"); !strings.HasSuffix(says, "true") {
		t.Errorf("anew: %q", says)
	}
	s.now = s.now.Add(s.door.Life().StepUp)
	if _, says := s.do(http.MethodGet, "/x"); !strings.HasSuffix(says, "false") {
		t.Errorf("when it is over: %q", says)
	}
	// Somebody else does not go on where the first one was.
	s.provider.Claims["sub"] = "4712"
	if _, _ = s.do(http.MethodGet, "/anew"); s.last().To != "/" {
		t.Errorf("another person goes on to %q", s.last().To)
	}
}

func TestASessionEnds(t *testing.T) {
	s := newSite(t)
	s.come()
	life := s.door.Life()
	for began := s.now; ; { // requests keep it, up to its longest
		s.now = s.now.Add(life.Idle - time.Minute)
		code, _ := s.do(http.MethodGet, "/x")
		if old := s.now.Sub(began); (code == http.StatusOK) != (old < life.Longest) {
			t.Fatalf("after %s: %d", old, code)
		}
		if code != http.StatusOK {
			break
		}
	}
	s.come()
	byItself := func(acted string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("HX-Request", "true"); r.Header.Set("Vigil-Acted", acted) }
	}
	s.now = s.now.Add(life.Idle - time.Minute)
	_, _ = s.do(http.MethodGet, "/x", byItself("1")) // its person did something
	s.now = s.now.Add(life.Idle - time.Minute)
	if code, _ := s.do(http.MethodGet, "/x", byItself("")); code != http.StatusOK {
		t.Errorf("what is done on a page does not keep it: %d", code)
	}
	s.now = s.now.Add(time.Minute)
	if code, _ := s.do(http.MethodGet, "/x"); code != http.StatusUnauthorized {
		t.Errorf("what a page asks by itself keeps it: %d", code)
	}
}

func TestFromElsewhere(t *testing.T) {
	s := newSite(t)
	s.come()
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"another site": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"another name": {func(r *http.Request) { r.Host = "127.0.0.1:1" }, http.StatusMisdirectedRequest},
		"ours":         {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, http.StatusOK},
	} {
		if code, _ := s.do(http.MethodPost, "/x", c.change); code != c.want {
			t.Errorf("%s: %d", name, code)
		}
	}
	for addr, ok := range map[string]bool{"127.0.0.1:9620": true, "[::1]:1": true, "localhost:1": true, "0.0.0.0:1": false, ":9620": false, "10.0.0.1:1": false, "example.org:1": false} {
		if err := CheckLoopback(addr); (err == nil) != ok {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
