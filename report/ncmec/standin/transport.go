package standin

import (
	"net/http"

	"github.com/vigil-stream/vigil/report/offline"
)

// RoundTrip implements http.RoundTripper, so that a client reaches the stand-in without a
// network.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) { return offline.RoundTrip(s, r) }
