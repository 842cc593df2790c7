package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Route is one operation. A test of each service compares them with its OpenAPI
// document.
type Route[G Grant] struct {
	Method string
	// Path is one that is served as it is, or has segments in braces, as in
	// /v1/streams/{stream}: those stand for any segment that is not empty, which the
	// request's PathValue has.
	Path   string
	Open   bool // Needs no key.
	Form   Form // Of its errors; nil for RFC 9457.
	Handle func(*Call[G]) error
}

// A Form makes the JSON of an error, for clients of somebody else's services.
type Form func(*Problem) any

// Options say how a Server works. The zero value of each stands for what its comment
// says.
type Options struct {
	// MaxInFlight is how many requests with a key are served at once, 128. One key has
	// half of them at most.
	MaxInFlight int
	Now         func() time.Time // time.Now.
	// Observe is told of each request when it has been answered: the route's path, or
	// "other"; the key's name, empty when there was none; the status.
	Observe func(route, key string, status int, took time.Duration)
	// Report is told what went wrong on our side: a handler's error that is no Problem,
	// a panic, a bad key file.
	Report func(error)
}

// WithDefaults returns o with what is not set as its comments say.
func (o Options) WithDefaults() Options {
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 128
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(string, string, int, time.Duration) {}
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	return o
}

// reloadEvery is how long a change of the key file may go unseen.
const reloadEvery = 10 * time.Second

// methods are the routes of one path, by method.
type methods[G Grant] map[string]Route[G]

// Server is a handler for all of a service's paths, to be mounted at the root.
type Server[G Grant] struct {
	options  Options
	keys     *Keys[G]
	exact    map[string]methods[G] // By path.
	patterns map[string]methods[G] // By path with braces.
	inFlight atomic.Int64
	reloaded atomic.Int64 // When the key file was last looked at, in ns of Unix time.
}

// NewServer returns a server of the routes. Where two are of one method and path the
// latter stands.
func NewServer[G Grant](keys *Keys[G], o Options, routes ...Route[G]) *Server[G] {
	s := &Server[G]{options: o.WithDefaults(), keys: keys, exact: map[string]methods[G]{}, patterns: map[string]methods[G]{}}
	for _, r := range routes {
		paths := s.exact
		if strings.Contains(r.Path, "{") {
			paths = s.patterns
		}
		if paths[r.Path] == nil {
			paths[r.Path] = methods[G]{}
		}
		paths[r.Path][r.Method] = r
	}
	s.reloaded.Store(s.options.Now().UnixNano())
	return s
}

// ServeHTTP answers one request. Every answer is made whole before its first byte is
// sent, so that a fault never looks like an answer cut short.
func (s *Server[G]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call[G]{W: w, R: r, Now: s.options.Now()}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	path, methods := s.find(r)
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves out the body.
	}
	defer func() {
		key := ""
		if c.holder != nil {
			key = c.holder.name
		}
		s.options.Observe(path, key, c.status, s.options.Now().Sub(c.Now))
	}()
	rt, ok := methods[method]
	switch {
	case ok:
		s.serve(rt, c)
	case methods != nil:
		p := Problemf(http.StatusMethodNotAllowed, "%s takes other methods", path)
		p.allow = strings.Join(methods.allowed(), ", ")
		c.refuse(p, methods.form())
	default:
		c.refuse(Problemf(http.StatusNotFound, "no such path; GET /v1/openapi.yaml describes those that there are"), nil)
	}
}

// find returns the path of the routes that a request is for, and none for "other".
func (s *Server[G]) find(r *http.Request) (string, methods[G]) {
	if m := s.exact[r.URL.Path]; m != nil {
		return r.URL.Path, m
	}
	for pattern, m := range s.patterns {
		if match(pattern, r) {
			return pattern, m
		}
	}
	return "other", nil
}

// match reports whether a request's path has a pattern's segments, and sets its path
// values. A slash in a value is sent as %2F.
func match(pattern string, r *http.Request) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(r.URL.EscapedPath(), "/")
	if len(want) != len(have) {
		return false
	}
	for i, segment := range have {
		value, err := url.PathUnescape(segment)
		name, variable := strings.CutPrefix(want[i], "{")
		switch {
		case err != nil || value == "" && want[i] != "", !variable && value != want[i]:
			return false
		case variable:
			r.SetPathValue(strings.TrimSuffix(name, "}"), value)
		}
	}
	return true
}

func (m methods[G]) allowed() []string {
	var names []string
	for method := range m {
		names = append(names, method)
		if method == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return names
}

// form returns the form of errors of a path's routes, which is one.
func (m methods[G]) form() Form {
	for _, rt := range m {
		return rt.Form
	}
	return nil
}

// serve runs a route's handler for those who may call it.
func (s *Server[G]) serve(rt Route[G], c *Call[G]) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if err, ok := fault.(error); c.status != 0 || ok && errors.Is(err, http.ErrAbortHandler) {
			panic(fault) // Too late for an answer: net/http cuts the connection.
		}
		s.options.Report(fmt.Errorf("%s %s: panic: %s\n%s", rt.Method, rt.Path, describe(fault), stack()))
		c.refuse(Problemf(http.StatusInternalServerError, "the service failed"), rt.Form)
	}()
	err := s.enter(rt, c)
	if err == nil {
		return
	}
	var p *Problem
	if !errors.As(err, &p) {
		s.options.Report(fmt.Errorf("%s %s: %w", rt.Method, rt.Path, err))
		p = Problemf(http.StatusInternalServerError, "the service failed; this is no answer to what was asked")
	}
	c.refuse(p, rt.Form)
}

// enter checks the key and the load, and runs the handler.
func (s *Server[G]) enter(rt Route[G], c *Call[G]) error {
	if rt.Open {
		return rt.Handle(c)
	}
	s.refreshKeys(c.Now)
	h := s.authenticate(c.R)
	if h == nil {
		return Problemf(http.StatusUnauthorized, "want a valid key, as in Authorization: Bearer KEY")
	}
	c.holder, c.unit, c.Key = h, s.keys.unit, &h.grant
	most := s.options.MaxInFlight
	defer s.inFlight.Add(-1)
	if s.inFlight.Add(1) > int64(most) {
		return Problemf(http.StatusServiceUnavailable, "%d requests are being served, which is the most", most).After(time.Second)
	}
	// So that one holder's slow requests do not lock the others out.
	share := max(1, most/2)
	defer h.inFlight.Add(-1)
	if h.inFlight.Add(1) > int64(share) {
		return Problemf(http.StatusServiceUnavailable, "%d requests of the key are being served, which is the most", share).After(time.Second)
	}
	return rt.Handle(c)
}

// refreshKeys looks whether the key file changed, when it is time to.
func (s *Server[G]) refreshKeys(now time.Time) {
	last := s.reloaded.Load()
	// A clock that is set back must not keep a key that was taken back alive.
	passed := now.UnixNano() - last
	if passed >= 0 && passed < int64(reloadEvery) || !s.reloaded.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	if _, err := s.keys.Reload(); err != nil {
		s.options.Report(err)
	}
}

// authenticate returns who calls, nil when the key is missing or wrong.
func (s *Server[G]) authenticate(r *http.Request) *holder[G] {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return nil
	}
	scheme, key, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return s.keys.find(strings.TrimLeft(key, " "))
}
