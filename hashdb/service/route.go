package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// route is one operation. The OpenAPI document has the same ones; a test compares.
type route struct {
	method, path string
	open         bool // Needs no key.
	peer         bool // Of the peer's family: errors in its form.
	handle       func(*call) error
}

func (v *service) table() []route {
	return []route{
		{method: "POST", path: "/v1/lookup", handle: v.lookupHashes},
		{method: "POST", path: "/v1/lookup/image", handle: v.lookupImage},
		{method: "GET", path: "/v1/lists", handle: v.lists},
		{method: "GET", path: "/v1/openapi.yaml", open: true, handle: openAPI},
		{method: "GET", path: "/m/lookup", peer: true, handle: v.peerLookup},
		{method: "POST", path: "/m/lookup", peer: true, handle: v.peerLookupFile},
		{method: "GET", path: "/m/raw_lookup", peer: true, handle: v.peerRawLookup},
		{method: "GET", path: "/m/index/status", peer: true, handle: v.peerIndexStatus},
		{method: "POST", path: "/h/hash", peer: true, handle: v.peerHash},
		{method: "GET", path: "/c/banks", peer: true, handle: v.peerBanks},
		{method: "GET", path: "/status", open: true, peer: true, handle: v.peerStatus},
		{method: "GET", path: "/status/live", open: true, peer: true, handle: peerLive},
	}
}

// call is one request on its way.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	holder *holder
	now    time.Time
	status int // What was answered; 0 as long as nothing was.
}

// json answers 200 with a value.
func (c *call) json(value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.answer(http.StatusOK, "application/json", body)
	return nil
}

func (c *call) answer(status int, contentType string, body []byte) {
	c.status = status
	c.w.Header().Set("Content-Type", contentType)
	send(c.w, status, body)
}

// refuse answers with a problem.
func (c *call) refuse(p *problem, peer bool) {
	c.status = p.Status
	p.write(c.w, peer)
}

// ServeHTTP answers one request. Every answer is made whole before its first byte is
// sent, so that a fault never looks like an answer cut short.
func (v *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r, now: v.Now()}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	methods, known := v.routes[r.URL.Path]
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves out the body.
	}
	rt, ok := methods[method]
	name := "other"
	if known {
		name = r.URL.Path
	}
	defer func() {
		key := ""
		if c.holder != nil {
			key = c.holder.Name
		}
		v.Observe(name, key, c.status, v.Now().Sub(c.now))
	}()
	switch {
	case ok:
		v.serve(rt, c)
	case known:
		p := problemf(http.StatusMethodNotAllowed, "%s takes other methods", r.URL.Path)
		p.allow = strings.Join(allowed(methods), ", ")
		c.refuse(p, isPeer(methods))
	default:
		c.refuse(problemf(http.StatusNotFound, "no such path; GET /v1/openapi.yaml describes those that there are"), false)
	}
}

func allowed(methods map[string]route) []string {
	var names []string
	for m := range methods {
		names = append(names, m)
		if m == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return names
}

func isPeer(methods map[string]route) bool {
	for _, rt := range methods {
		return rt.peer
	}
	return false
}

// serve runs a route's handler for those who may call it.
func (v *service) serve(rt route, c *call) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if err, ok := fault.(error); c.status != 0 || ok && errors.Is(err, http.ErrAbortHandler) {
			panic(fault) // Too late for an answer: net/http cuts the connection.
		}
		v.Report(fmt.Errorf("%s %s: panic: %s\n%s", rt.method, rt.path, describe(fault), stack()))
		c.refuse(problemf(http.StatusInternalServerError, "the service failed"), rt.peer)
	}()
	err := v.enter(rt, c)
	if err == nil {
		return
	}
	var p *problem
	if !errors.As(err, &p) {
		v.Report(fmt.Errorf("%s %s: %w", rt.method, rt.path, err))
		p = problemf(http.StatusInternalServerError, "the service failed; this is not an answer about any hash")
	}
	c.refuse(p, rt.peer)
}

// describe says what a panic was about. Only the runtime's texts are known to hold
// nothing of the request's.
func describe(fault any) string {
	var e runtime.Error
	if err, ok := fault.(error); ok && errors.As(err, &e) {
		return e.Error()
	}
	return fmt.Sprintf("%T", fault)
}

// stack tells where a panic came from. debug.Stack would show the arguments too, of
// which one may be a hash.
func stack() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	var text strings.Builder
	for {
		f, more := frames.Next()
		_, _ = fmt.Fprintf(&text, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return text.String()
		}
	}
}

// enter checks the key and the load, and runs the handler.
func (v *service) enter(rt route, c *call) error {
	if rt.open {
		return rt.handle(c)
	}
	v.refreshKeys(c.now)
	if c.holder = v.authenticate(c.r); c.holder == nil {
		return problemf(http.StatusUnauthorized, "want a valid key, as in Authorization: Bearer KEY")
	}
	defer v.inFlight.Add(-1)
	if v.inFlight.Add(1) > int64(v.MaxInFlight) {
		return problemf(http.StatusServiceUnavailable, "%d requests are being served, which is the most", v.MaxInFlight).after(time.Second)
	}
	// So that one holder's slow requests do not lock the others out.
	share := max(1, v.MaxInFlight/2)
	defer c.holder.inFlight.Add(-1)
	if c.holder.inFlight.Add(1) > int64(share) {
		return problemf(http.StatusServiceUnavailable, "%d requests of the key are being served, which is the most", share).after(time.Second)
	}
	return rt.handle(c)
}

// refreshKeys looks whether the key file changed, when it is time to.
func (v *service) refreshKeys(now time.Time) {
	last := v.reloaded.Load()
	// A clock that is set back must not keep a key that was taken back alive.
	passed := now.UnixNano() - last
	if passed >= 0 && passed < int64(reloadEvery) || !v.reloaded.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	if _, err := v.keys.Reload(); err != nil {
		v.Report(err)
	}
}

// authenticate returns who calls, nil when the key is missing or wrong.
func (v *service) authenticate(r *http.Request) *holder {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return nil
	}
	scheme, key, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return v.keys.find(strings.TrimLeft(key, " "))
}

// charge takes n hashes from the caller's quota.
func (v *service) charge(c *call, n int) error {
	if most := c.holder.quota.most(); n > most {
		return problemf(http.StatusRequestEntityTooLarge, "%d hashes, and the key's quota never allows more than %d at once", n, most)
	}
	if wait := c.holder.quota.take(c.now, n); wait > 0 {
		return problemf(http.StatusTooManyRequests, "the key's quota of hashes is used up; it allows %d a minute and %d a day", c.holder.PerMinute, c.holder.PerDay).after(wait)
	}
	return nil
}

// work runs do with one of the workers' hashers, when one is free in time.
func (v *service) work(c *call, do func(*pdq.Hasher) error) error {
	ctx, cancel := context.WithTimeout(c.r.Context(), v.Timeout)
	defer cancel()
	select {
	case h := <-v.workers:
		defer func() { v.workers <- h }()
		return do(h)
	case <-ctx.Done():
		return problemf(http.StatusServiceUnavailable, "too much is asked at once").after(time.Second)
	}
}
