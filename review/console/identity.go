package console

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// An Identity says who sends a request. ErrUnknown is for who has to sign in first.
type Identity interface {
	Identify(r *http.Request) (review.Person, error)
}

// ErrUnknown says that somebody has to sign in.
var ErrUnknown = errors.New("nobody is signed in")

const (
	cookieName = "vigil-session"
	// idle is after how long without a request a session ends, longest after how long in
	// any case.
	idle, longest = 30 * time.Minute, 10 * time.Hour
	maxSessions   = 1000
)

// A session is somebody signed in.
type session struct {
	who         review.Person
	began, last time.Time
}

// Sessions are who is signed in, by the random token in their cookie. They live in this
// process: a restart signs everybody out.
type Sessions struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]session
}

// NewSessions are none yet.
func NewSessions(now func() time.Time) *Sessions {
	return &Sessions{now: now, by: map[string]session{}}
}

// Begin signs somebody in and returns the cookie.
func (s *Sessions) Begin(who review.Person, secure bool) *http.Cookie {
	var token [32]byte
	_, _ = rand.Read(token[:]) // it cannot fail
	name := base64.RawURLEncoding.EncodeToString(token[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for key, have := range s.by {
		if ended(have, now) || len(s.by) >= maxSessions {
			delete(s.by, key)
		}
	}
	s.by[name] = session{who, now, now}
	return &http.Cookie{Name: cookieName, Value: name, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode}
}

func ended(s session, now time.Time) bool {
	return now.Sub(s.last) >= idle || now.Sub(s.began) >= longest
}

// Identify returns who is signed in. What a page asks by itself, without its person, does
// not keep a session alive.
func (s *Sessions) Identify(r *http.Request) (review.Person, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return review.Person{}, ErrUnknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.by[cookie.Value]
	now := s.now()
	if !ok || ended(have, now) {
		delete(s.by, cookie.Value)
		return review.Person{}, ErrUnknown
	}
	if r.Header.Get("HX-Request") == "" {
		have.last = now
		s.by[cookie.Value] = have
	}
	return have.who, nil
}

// End signs somebody out.
func (s *Sessions) End(r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.by, cookie.Value)
		s.mu.Unlock()
	}
}

// ErrNotLoopback says that development mode was to be served to others.
var ErrNotLoopback = errors.New("development mode, in which anybody can be anybody, is for loopback only")

// CheckLoopback refuses an address to listen at that is not on loopback.
func CheckLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !loopback(host) {
		return ErrNotLoopback
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// onlyLoopback refuses requests that came here under another name, as a page in the same
// browser can make them do by pointing its own name at this machine.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !loopback(host) {
			http.Error(w, ErrNotLoopback.Error(), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
