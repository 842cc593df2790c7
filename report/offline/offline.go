// Package offline lets a client reach a stand-in without a network, as tests with a clock of
// their own need.
package offline

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
)

// ErrNoAnswer is what a client sees where a stand-in did what was asked and broke off.
var ErrNoAnswer = errors.New("the connection was closed before an answer came")

// RoundTrip gives a request to a handler, as http.RoundTripper does to a server. One that
// panics with http.ErrAbortHandler breaks off.
func RoundTrip(h http.Handler, r *http.Request) (res *http.Response, err error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	w := httptest.NewRecorder()
	defer func() {
		if thrown := recover(); thrown != nil {
			if abort, ok := thrown.(error); !ok || !errors.Is(abort, http.ErrAbortHandler) {
				panic(thrown)
			}
			res, err = nil, ErrNoAnswer
		}
	}()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}
