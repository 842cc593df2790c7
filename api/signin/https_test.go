package signin

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
)

// TestBehindAProxy goes the whole way by one that ends https and hands on the name.
func TestBehindAProxy(t *testing.T) {
	var inner string
	s := newSiteAt(t, func(behind *httptest.Server) *httptest.Server {
		inner = behind.URL
		to, err := url.Parse(behind.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }})
		t.Cleanup(proxy.Close)
		return proxy
	})
	s.come()
	if code, says := s.do(http.MethodGet, "/x"); code != http.StatusOK || !strings.Contains(says, "Anna") {
		t.Errorf("signed in: %d %s", code, says)
	}
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	have := s.client.Jar.Cookies(at)
	if len(have) != 2 {
		t.Errorf("cookies: %v", have)
	}
	for _, c := range have {
		if !strings.HasPrefix(c.Name, "__Host-vigil-") {
			t.Errorf("the cookie %s", c.Name)
		}
	}
	s.URL = inner // past the proxy it has another name
	if code, _ := s.do(http.MethodGet, "/x"); code != http.StatusMisdirectedRequest {
		t.Errorf("past the proxy: %d", code)
	}
}

// TestCookiesUnderHTTPS: behind a proxy that ends https nothing else carries them.
func TestCookiesUnderHTTPS(t *testing.T) {
	d, err := New(Options{OpenID: openid.New(openid.Options{}), Address: "https://inbox.example", Cookie: "vigil-test", Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	d.Begin(w, r, Session{ID: "anna"})
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-vigil-test" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("%+v", c)
	}
	w = httptest.NewRecorder()
	r.Host = "inbox.example"
	d.Guard(http.NotFoundHandler(), "p").ServeHTTP(w, r)
	if w.Code != http.StatusNotFound || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, o := range []Options{{Code: "short"}, {OpenID: openid.New(openid.Options{}), Address: "inbox.example"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
