package standin

import (
	"errors"
	"net/http"
	"net/http/httptest"
)

// ErrNoAnswer is what a client sees where the stand-in did what was asked and broke off.
var ErrNoAnswer = errors.New("the connection was closed before an answer came")

// RoundTrip implements http.RoundTripper, so that a client reaches the stand-in without a
// network, as tests with a clock of their own need.
func (s *Server) RoundTrip(r *http.Request) (res *http.Response, err error) {
	w := httptest.NewRecorder()
	defer func() {
		if thrown := recover(); thrown != nil {
			if abort, ok := thrown.(error); !ok || !errors.Is(abort, http.ErrAbortHandler) {
				panic(thrown)
			}
			res, err = nil, ErrNoAnswer
		}
	}()
	s.ServeHTTP(w, r)
	return w.Result(), nil
}
