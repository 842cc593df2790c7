package console

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/console/openid"
)

// Signing in with a provider. The browser goes there and comes back from another site, so
// that it carries no strict cookie: what was begun is found by a cookie of its own, and a
// page of ours takes the person on, since a redirect would carry none either.

// CallbackPath is to where the provider sends people back.
const CallbackPath = "/signin/back"

const (
	attemptCookie = "vigil-signin"
	// A sign-in that was begun ends within attemptTime; a thousand may be under way.
	attemptTime = 10 * time.Minute
	maxAttempts = 1000
)

// An attempt is a sign-in that was begun.
type attempt struct {
	openid.Attempt
	browser string // the value of its cookie
	session string // that is to go on, where somebody authenticates anew
	to      string // path to go on to
	began   time.Time
}

// attempts are those under way, by their state.
type attempts struct {
	mu sync.Mutex
	by map[string]attempt
}

func (a *attempts) add(one attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	oldest := one
	for state, have := range a.by {
		if one.began.Sub(have.began) >= attemptTime {
			delete(a.by, state)
		} else if have.began.Before(oldest.began) {
			oldest = have
		}
	}
	if len(a.by) >= maxAttempts {
		delete(a.by, oldest.State)
	}
	a.by[one.State] = one
}

// take returns an attempt, once, to the browser that began it.
func (a *attempts) take(state, browser string, now time.Time) (attempt, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	have, ok := a.by[state]
	if !ok || browser == "" || have.browser != browser || now.Sub(have.began) >= attemptTime {
		return attempt{}, false
	}
	delete(a.by, state)
	return have, true
}

// signInDoor is the page before the provider's.
func (c *console) signInDoor(w http.ResponseWriter, r *http.Request) {
	if err := c.show(w, r, review.Person{}, "door", "", "Sign in", nil); err != nil {
		c.problem(w, r, review.Person{}, err)
	}
}

// toProvider begins a sign-in. Who asks to be somebody else authenticates anew.
func (c *console) toProvider(w http.ResponseWriter, r *http.Request) {
	c.begin(w, r, attempt{to: "/"}, r.URL.Query().Get("other") == "1")
}

// stepUpAtProvider has somebody who is signed in authenticate anew.
func (c *console) stepUpAtProvider(w http.ResponseWriter, r *http.Request, _ review.Person) error {
	c.begin(w, r, attempt{to: ownPath(r.URL.Query().Get("to")), session: c.sessions.key(r)}, true)
	return nil
}

func (c *console) begin(w http.ResponseWriter, r *http.Request, a attempt, fresh bool) {
	var address string
	var err error
	if a.Attempt, address, err = c.OpenID.Begin(r.Context(), fresh); err != nil {
		c.signInProblem(w, r, err)
		return
	}
	a.began = c.Now()
	if cookie, err := r.Cookie(c.sessions.cookieName(attemptCookie)); err == nil && len(cookie.Value) == len(rand.Text()) {
		a.browser = cookie.Value // another of its windows may be signing in too
	} else {
		a.browser = rand.Text()
	}
	c.attempts.add(a)
	cookie := c.sessions.cookie(attemptCookie, a.browser)
	cookie.SameSite, cookie.MaxAge = http.SameSiteLaxMode, int(attemptTime.Seconds())
	http.SetCookie(w, cookie)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// fromProvider takes what the provider sent, makes a session of it, and takes the person
// on. Who authenticated anew gets a new session in place of the old one; if that is another
// person, they begin at the beginning.
func (c *console) fromProvider(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var browser string
	if cookie, err := r.Cookie(c.sessions.cookieName(attemptCookie)); err == nil {
		browser = cookie.Value
	}
	a, ok := c.attempts.take(q.Get("state"), browser, c.Now())
	if !ok {
		c.signInProblem(w, r, openid.ErrState)
		return
	}
	login, err := c.OpenID.Finish(r.Context(), a.Attempt, q)
	if err != nil {
		c.signInProblem(w, r, err)
		return
	}
	one := session{who: login.Who, name: login.Name, token: login.Token}
	if login.Fresh {
		one.proved = c.Now()
	}
	if old := c.sessions.end(a.session); old.who.ID != login.Who.ID {
		a.to = "/"
	}
	http.SetCookie(w, c.sessions.begin(one))
	c.forward(w, r, "You are signed in", "", a.to)
}

// forward is a page that takes somebody on by itself.
func (c *console) forward(w http.ResponseWriter, r *http.Request, title, says, to string) {
	f := c.frame(r, review.Person{}, "", title, struct{ Title, Says, To string }{title, says, to})
	f.To = to
	if err := c.pages.Write(w, http.StatusOK, "forward", "frame", f); err != nil {
		c.problem(w, r, review.Person{}, err)
	}
}

// signOutThere ends the session here, and at the provider where it says how.
func (c *console) signOutThere(w http.ResponseWriter, r *http.Request) {
	have := c.sessions.end(c.sessions.key(r))
	gone := c.sessions.cookie(sessionCookie, "")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	if have.token != "" {
		if end := c.OpenID.End(r.Context(), have.token, "/signin"); end != "" {
			c.forward(w, r, "You are signed out here", "The sign-in service may still know you. Go on, and it forgets you too.", end)
			return
		}
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

// signInProblem says why somebody is not signed in. What a provider did wrong is told to
// who runs this.
func (c *console) signInProblem(w http.ResponseWriter, r *http.Request, err error) {
	code, says := http.StatusForbidden, err.Error()
	var none openid.NoRole
	switch {
	case errors.As(err, &none):
		f := c.frame(r, review.Person{}, "", "No part in this console", none)
		if err := c.pages.Write(w, code, "norole", "frame", f); err != nil {
			c.problem(w, r, review.Person{}, err)
		}
		return
	case errors.Is(err, openid.ErrProvider):
		c.Fault(err)
		code, says = http.StatusBadGateway, openid.ErrProvider.Error()+": try again in a minute"
	case errors.Is(err, openid.ErrToken):
		c.Fault(err)
		code, says = http.StatusBadGateway, openid.ErrToken.Error()
	case errors.Is(err, openid.ErrState):
		code = http.StatusBadRequest
	}
	f := c.frame(r, review.Person{}, "", "Not signed in", problemPage{Code: code, Says: sentence(says)})
	if err := c.pages.Write(w, code, "problem", "frame", f); err != nil {
		c.Fault(err)
	}
}

// ownPath is a path of this console, or its beginning where text is none: nobody is sent
// on to another site.
func ownPath(text string) string {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\\r\n\t") {
		return "/"
	}
	return text
}
