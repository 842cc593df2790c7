package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serve answers a request with a server of one key and some routes.
func serve(t *testing.T, r *http.Request, o Options, routes ...Route[plain]) *httptest.ResponseRecorder {
	t.Helper()
	key, digest := NewKey()
	keys, err := NewKeys("things", plain{Key: Key{Name: "a", SHA256: digest, PerMinute: 10, PerDay: 100}, May: []string{"this"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	NewServer(keys, o, routes...).ServeHTTP(w, r)
	return w
}

func TestPaths(t *testing.T) {
	say := func(what string) func(*Call[plain]) error {
		return func(c *Call[plain]) error { return c.JSON(200, what+c.R.PathValue("thing")) }
	}
	routes := []Route[plain]{
		{Method: "GET", Path: "/things", Open: true, Handle: say("all")},
		{Method: "POST", Path: "/things", Handle: say("new")},
		{Method: "GET", Path: "/things/{thing}/size", Handle: say("size of ")},
		{Method: "GET", Path: "/things/{thing}", Handle: say("")},
	}
	for _, try := range []struct {
		method, path string
		status       int
		body, seen   string
	}{
		{"GET", "/things", 200, `"all"`, "/things  200"},
		{"HEAD", "/things", 200, ``, "/things  200"},
		{"POST", "/things", 200, `"new"`, "/things a 200"},
		{"PUT", "/things", 405, "takes other methods", "/things  405"},
		{"GET", "/things/x", 200, `"x"`, "/things/{thing} a 200"},
		{"GET", "/things/a%2Fb/size", 200, `"size of a/b"`, "/things/{thing}/size a 200"},
		{"GET", "/things/%7Bthing%7D/size", 200, `"size of {thing}"`, "/things/{thing}/size a 200"},
		{"POST", "/things/x/size", 405, "/things/{thing}/size takes", "/things/{thing}/size  405"},
		{"GET", "/things//size", 404, "no such path", "other  404"},
		{"GET", "/things/x/size/", 404, "no such path", "other  404"},
		{"GET", "/", 404, "no such path", "other  404"},
	} {
		var seen string
		o := Options{Observe: func(route, key string, status int, _ time.Duration) { seen = fmt.Sprint(route, " ", key, " ", status) }}
		w := serve(t, httptest.NewRequest(try.method, try.path, nil), o, routes...)
		if w.Code != try.status || !strings.Contains(w.Body.String(), try.body) || seen != try.seen {
			t.Errorf("%s %s: %d %s, observed %q", try.method, try.path, w.Code, w.Body, seen)
		}
		if try.status == 405 && !strings.Contains(w.Header().Get("Allow"), "GET") {
			t.Errorf("%s %s allows %q", try.method, try.path, w.Header().Get("Allow"))
		}
	}
}

// TestFaultsOfOurOwn tells the client nothing of an error or a panic, and its owner
// where it came from.
func TestFaultsOfOurOwn(t *testing.T) {
	for name, handle := range map[string]func(*Call[plain]) error{
		"error": func(*Call[plain]) error { return errors.New("inner") },
		"panic": func(*Call[plain]) error { panic("secret") },
	} {
		var report error
		w := serve(t, httptest.NewRequest("GET", "/", nil), Options{Report: func(err error) { report = err }}, Route[plain]{Method: "GET", Path: "/", Handle: handle})
		if w.Code != 500 || strings.Contains(w.Body.String(), "inner") || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if report == nil || strings.Contains(report.Error(), "secret") {
			t.Errorf("%s: reported %v", name, report)
		}
	}
}

func TestProblemForms(t *testing.T) {
	var f Faults
	for i := range 12 {
		f.Add(fmt.Sprintf("#/%d", i), "want %s", "less")
	}
	handle := func(*Call[plain]) error { return f.Problem(400).After(1500 * time.Millisecond) }
	w := serve(t, httptest.NewRequest("GET", "/", nil), Options{}, Route[plain]{Method: "GET", Path: "/", Handle: handle})
	if w.Code != 400 || w.Header().Get("Retry-After") != "2" || w.Header().Get("Content-Type") != "application/problem+json" ||
		!strings.HasPrefix(w.Body.String(), `{"title":"Bad Request","status":400,"detail":"#/0: want less","errors":[{`) || strings.Count(w.Body.String(), "pointer") != maxFaults {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	form := func(p *Problem) any { return map[string]int{"code": p.Status} }
	w = serve(t, httptest.NewRequest("GET", "/", nil), Options{}, Route[plain]{Method: "GET", Path: "/", Form: form, Handle: handle})
	if w.Code != 400 || w.Body.String() != `{"code":400}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestChargeAndRefund(t *testing.T) {
	handle := func(c *Call[plain]) error {
		if err := c.Charge(11); err == nil || !strings.Contains(err.Error(), "11 things") {
			t.Errorf("11 of 10: %v", err)
		}
		if err := c.Charge(8); err != nil {
			t.Error(err)
		}
		if err := c.Charge(8); err == nil || !strings.Contains(err.Error(), "10 a minute") {
			t.Errorf("8 of 2: %v", err)
		}
		c.Refund(8)
		if c.Key.May[0] != "this" {
			t.Errorf("%+v", c.Key)
		}
		return c.Charge(8)
	}
	ran := serve(t, httptest.NewRequest("GET", "/", nil), Options{}, Route[plain]{Method: "GET", Path: "/", Handle: func(c *Call[plain]) error {
		if err := handle(c); err != nil {
			return err
		}
		return c.JSON(200, nil)
	}})
	if ran.Code != 200 {
		t.Errorf("%d %s", ran.Code, ran.Body)
	}
}

func TestDecodeJSON(t *testing.T) {
	type body struct {
		A string `json:"a"`
		B []int  `json:"b"`
	}
	for text, says := range map[string]string{
		`{"a":"x","b":[1]}`: "", `{"a":1}`: "byte 6: a is a JSON number, want a string", `[]`: "the body is a JSON array, want an object",
		`{"a":"x"`: "ends too soon", `{"c":1}`: "a member that it does not take", `{} {}`: "something follows", "{\"a\":\"\xff\"}": "not UTF-8",
		``: "ends too soon", `{"b":{}}`: "b is a JSON object, want an array", `nul`: "ends too soon", `{"a":x}`: "byte 6: not JSON",
	} {
		var v body
		err := DecodeJSON([]byte(text), &v)
		var p *Problem
		if (err == nil) != (says == "") || err != nil && (!errors.As(err, &p) || p.Status != 400 || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
