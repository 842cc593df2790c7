package console

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
)

// errUnknown says that somebody has to sign in.
var errUnknown = errors.New("nobody is signed in")

// Lifetimes say when a session ends.
type Lifetimes struct {
	Idle    time.Duration // after so long without a request
	Longest time.Duration // in any case
	// StepUp is for how long a person who authenticated anew may see images.
	StepUp time.Duration
}

// DefaultLifetimes are what holds where nothing else is said.
func DefaultLifetimes() Lifetimes {
	return Lifetimes{Idle: 30 * time.Minute, Longest: 10 * time.Hour, StepUp: 5 * time.Minute}
}

// Validate returns what is wrong with lifetimes.
func (l Lifetimes) Validate() error {
	if l.Idle < time.Minute || l.Longest < l.Idle || l.Longest > 24*time.Hour || l.StepUp < time.Minute || l.StepUp > time.Hour {
		return errors.New("a session idles for 1m or more, ends within 24h, not before it may idle, and a step-up holds from 1m to 1h")
	}
	return nil
}

const maxSessions = 1000

// A session is somebody signed in.
type session struct {
	who         review.Person
	name        string // what the provider calls them
	token       string // the provider's, to sign out there with
	began, last time.Time
	proved      time.Time // when they authenticated anew; zero for never
}

// sessions are who is signed in, by the random token in their cookie. They live in this
// process: a restart signs everybody out.
type sessions struct {
	now    func() time.Time
	life   Lifetimes
	secure bool // the console is reached by https
	mu     sync.Mutex
	by     map[string]session
}

func newSessions(now func() time.Time, life Lifetimes, secure bool) *sessions {
	return &sessions{now: now, life: life, secure: secure, by: map[string]session{}}
}

// cookie makes a cookie that no other site's requests carry. Under https its name keeps
// other hosts of the same domain from setting it.
func (s *sessions) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode}
}

func (s *sessions) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

const sessionCookie = "vigil-session"

// begin signs somebody in and returns the cookie.
func (s *sessions) begin(one session) *http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for key, have := range s.by {
		if s.ended(have, now) || len(s.by) >= maxSessions {
			delete(s.by, key)
		}
	}
	token := rand.Text()
	one.began, one.last = now, now
	s.by[token] = one
	return s.cookie(sessionCookie, token)
}

func (s *sessions) ended(have session, now time.Time) bool {
	return now.Sub(have.last) >= s.life.Idle || now.Sub(have.began) >= s.life.Longest
}

// of returns the session of a request. What a page asks by itself, without its person,
// does not keep it alive.
func (s *sessions) of(r *http.Request) (session, error) {
	cookie, err := r.Cookie(s.cookieName(sessionCookie))
	if err != nil {
		return session{}, errUnknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.by[cookie.Value]
	now := s.now()
	if !ok || s.ended(have, now) {
		delete(s.by, cookie.Value)
		return session{}, errUnknown
	}
	if r.Header.Get("HX-Request") == "" || acted(r) {
		have.last = now
		s.by[cookie.Value] = have
	}
	return have, nil
}

// acted reports whether a page that asks by itself says that its person did something on it
// since it asked last: a script of ours sets the header, and no other site's can.
func acted(r *http.Request) bool { return r.Header.Get("Vigil-Acted") == "1" }

// key is the token that a request carries, or nothing.
func (s *sessions) key(r *http.Request) string {
	if cookie, err := r.Cookie(s.cookieName(sessionCookie)); err == nil {
		return cookie.Value
	}
	return ""
}

// end ends a session and returns what it was.
func (s *sessions) end(key string) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.by[key]
	delete(s.by, key)
	return have
}

// ErrNotLoopback says that development mode was to be served to others.
var ErrNotLoopback = errors.New("development mode, in which anybody can be anybody, is for loopback only")

// CheckLoopback refuses an address to listen at that is not on loopback.
func CheckLoopback(addr string) error {
	if !page.LoopbackAddr(addr) {
		return ErrNotLoopback
	}
	return nil
}
