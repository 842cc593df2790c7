package signin

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"
	"time"
)

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

// A Session is somebody signed in.
type Session struct {
	ID          string // what they are called in stores and logs
	Roles       []string
	Name        string    // what the provider calls them
	Proved      time.Time // when they authenticated anew; zero for never
	token       string    // the provider's, to sign out there with
	began, last time.Time
}

// sessions are who is signed in, by the random token in their cookie. They live in this
// process: a restart signs everybody out.
type sessions struct {
	now    func() time.Time
	life   Lifetimes
	name   string // of the cookie
	secure bool   // the pages are reached by https
	mu     sync.Mutex
	by     map[string]Session
}

func newSessions(now func() time.Time, life Lifetimes, name string, secure bool) *sessions {
	return &sessions{now: now, life: life, name: name, secure: secure, by: map[string]Session{}}
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

// begin signs somebody in and returns the cookie.
func (s *sessions) begin(one Session) *http.Cookie {
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
	return s.cookie(s.name, token)
}

func (s *sessions) ended(have Session, now time.Time) bool {
	return now.Sub(have.last) >= s.life.Idle || now.Sub(have.began) >= s.life.Longest
}

// of returns the session of a request, and whether there is one. What a page asks by
// itself, without its person, does not keep it alive.
func (s *sessions) of(r *http.Request) (Session, bool) {
	key := s.key(r)
	if key == "" {
		return Session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.by[key]
	now := s.now()
	if !ok || s.ended(have, now) {
		delete(s.by, key)
		return Session{}, false
	}
	if r.Header.Get("HX-Request") == "" || Acted(r) {
		have.last = now
		s.by[key] = have
	}
	return have, true
}

// Acted reports whether a page that asks by itself says that its person did something on it
// since it asked last: a script of ours sets the header, and no other site's can.
func Acted(r *http.Request) bool { return r.Header.Get("Vigil-Acted") == "1" }

// key is the token that a request carries, or nothing.
func (s *sessions) key(r *http.Request) string {
	if cookie, err := r.Cookie(s.cookieName(s.name)); err == nil {
		return cookie.Value
	}
	return ""
}

// end ends a session and returns what it was.
func (s *sessions) end(key string) Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.by[key]
	delete(s.by, key)
	return have
}
