package pages

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/report/inbox"
)

// Signing in. Who knows the code says who they are: without it every user of the machine
// could read the inbox. It is no proof of who somebody is, which is why the pages are for
// one machine.

const (
	minCode       = 16
	sessionCookie = "vigil-inbox"
	maxSessions   = 1000
	idle          = 30 * time.Minute
	longest       = 10 * time.Hour
)

type session struct {
	who         string
	began, last time.Time
}

// sessions are who is signed in, by the random token in their cookie. A restart signs
// everybody out.
type sessions struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]session
}

func (s *sessions) begin(who string) *http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for token, have := range s.by {
		if s.ended(have, now) || len(s.by) >= maxSessions {
			delete(s.by, token)
		}
	}
	token := rand.Text()
	s.by[token] = session{who, now, now}
	return cookie(token)
}

func (s *sessions) ended(have session, now time.Time) bool {
	return now.Sub(have.last) >= idle || now.Sub(have.began) >= longest
}

// of returns who sent a request.
func (s *sessions) of(r *http.Request) (string, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.by[c.Value]
	now := s.now()
	if !ok || s.ended(have, now) {
		delete(s.by, c.Value)
		return "", false
	}
	have.last = now
	s.by[c.Value] = have
	return have.who, true
}

func (s *sessions) end(r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.by, c.Value)
	}
}

// cookie is one that no other site's requests carry.
func cookie(value string) *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

func (d *desk) signInForm(w http.ResponseWriter, r *http.Request) {
	if err := d.show(w, r, "", http.StatusOK, "signin", "", "Sign in", r.URL.Query().Get("code")); err != nil {
		d.problem(w, r, "", err)
	}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (d *desk) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		d.problem(w, r, "", badInput{errors.New("the form could not be read")})
		return
	}
	who := r.PostForm.Get("name")
	var err error
	switch {
	case !nameForm.MatchString(who):
		err = badInput{errors.New("a name is 1 to 64 letters, digits, dots, dashes and underscores")}
	case subtle.ConstantTimeCompare([]byte(r.PostForm.Get("code")), []byte(d.Code)) != 1:
		err = badInput{errors.New("that is not the code: whoever started the inbox finds it where its log says")}
	default:
		err = d.Store.Log(r.Context(), who, inbox.DidSignIn, "", "")
	}
	if err != nil {
		d.problem(w, r, "", err)
		return
	}
	d.sessions.end(r)
	http.SetCookie(w, d.sessions.begin(who))
	http.Redirect(w, r, "/alerts", http.StatusSeeOther)
}

func (d *desk) signOut(w http.ResponseWriter, r *http.Request) {
	d.sessions.end(r)
	gone := cookie("")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

// ErrNotLoopback says that the pages were to be served to others.
var ErrNotLoopback = errors.New("the inbox's pages, on which a code and a name are all that signs in, are for loopback only")

// CheckLoopback refuses an address to listen at that is not on loopback.
func CheckLoopback(addr string) error {
	if !page.LoopbackAddr(addr) {
		return ErrNotLoopback
	}
	return nil
}
