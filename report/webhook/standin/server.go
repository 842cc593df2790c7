// Package standin plays a centre that takes alerts by webhook: it checks signatures, takes a
// message once under its key, tells what it has, and fails as a test wants. It keeps what it
// got in memory.
package standin

import (
	"crypto/hmac"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/report/offline"
	signing "github.com/vigil-stream/vigil/review/webhook"
)

const maxBody = 64 << 20 // bytes

// A Message is one that the centre took.
type Message struct {
	ID, Type string
	Body     []byte
	Receipt  string
	Times    int // how often it came; the centre took the first
}

// Fault is how the centre fails at a request.
type Fault struct {
	Status int  // answer this, and take nothing
	Vanish bool // do what was asked, and break off before the answer
}

// Server is the centre: POST to any path takes a message, GET of /…/ID tells of one.
type Server struct {
	secret signing.Secret
	now    func() time.Time

	mu       sync.Mutex
	messages []*Message
	fault    func(*http.Request) Fault
}

// New makes a centre that knows the secret of who delivers to it.
func New(secret signing.Secret, now func() time.Time) *Server {
	return &Server{secret: secret, now: now}
}

// Fail makes f say how each request fails; nil ends it.
func (s *Server) Fail(f func(*http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Messages returns copies of what it has, in the order in which it came.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Message, len(s.messages))
	for i, m := range s.messages {
		out[i] = *m
	}
	return out
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	var f Fault
	if fault != nil { // it may take its time
		f = fault(r)
	}
	if f.Status != 0 {
		if f.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "30")
		}
		w.WriteHeader(f.Status)
		return
	}
	status, receipt := s.take(r)
	if f.Vanish {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if receipt != "" {
		_, _ = fmt.Fprintf(w, `{"receipt": %q}`, receipt)
	}
}

func (s *Server) take(r *http.Request) (status int, receipt string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return http.StatusBadRequest, ""
	}
	id := r.Header.Get("webhook-id")
	at, err := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
	if err != nil || s.now().Sub(time.Unix(at, 0)).Abs() > 5*time.Minute ||
		!hmac.Equal([]byte(r.Header.Get("webhook-signature")), []byte(signing.Sign([]signing.Secret{s.secret}, id, time.Unix(at, 0), body))) {
		return http.StatusUnauthorized, ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		asked := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		for _, m := range s.messages {
			if m.ID == asked {
				return http.StatusOK, m.Receipt
			}
		}
		return http.StatusNotFound, ""
	}
	if r.Method != http.MethodPost || id == "" || r.Header.Get("Idempotency-Key") != strconv.Quote(id) || r.Header.Get("ce-type") == "" {
		return http.StatusBadRequest, ""
	}
	for _, m := range s.messages {
		if m.ID == id {
			m.Times++
			return http.StatusAccepted, m.Receipt
		}
	}
	m := &Message{ID: id, Type: r.Header.Get("ce-type"), Body: body, Receipt: fmt.Sprintf("W-%d", len(s.messages)+1), Times: 1}
	s.messages = append(s.messages, m)
	return http.StatusAccepted, m.Receipt
}

// RoundTrip implements http.RoundTripper, so that a client reaches the centre without a
// network.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) { return offline.RoundTrip(s, r) }
