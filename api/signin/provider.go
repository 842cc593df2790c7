package signin

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/vigil-stream/vigil/api/openid"
)

// Signing in with a provider. The browser goes there and comes back from another site, so
// that it carries no strict cookie: what was begun is found by a cookie of its own, and a
// page of ours takes the person on, since a redirect would carry none either.

// CallbackPath is to where the provider sends people back.
const CallbackPath = "/signin/back"

// first is the page before the provider's.
func (d *Door) first(w http.ResponseWriter, r *http.Request) {
	d.o.Show(w, r, Page{Code: http.StatusOK, Name: "door", Title: "Sign in"})
}

// toProvider begins a sign-in. Who asks to be somebody else authenticates anew.
func (d *Door) toProvider(w http.ResponseWriter, r *http.Request) {
	d.begin(w, r, attempt{to: "/"}, r.URL.Query().Get("other") == "1")
}

// Anew has somebody who is signed in authenticate anew, and go on to a path then.
func (d *Door) Anew(w http.ResponseWriter, r *http.Request, to string) {
	d.begin(w, r, attempt{to: OwnPath(to), session: d.sessions.key(r)}, true)
}

func (d *Door) begin(w http.ResponseWriter, r *http.Request, a attempt, fresh bool) {
	var address string
	var err error
	if a.Attempt, address, err = d.o.OpenID.Begin(r.Context(), fresh); err != nil {
		d.problem(w, r, err)
		return
	}
	a.began = d.o.Now()
	if cookie, err := r.Cookie(d.sessions.cookieName(attemptCookie)); err == nil && len(cookie.Value) == len(rand.Text()) {
		a.browser = cookie.Value // another of its windows may be signing in too
	} else {
		a.browser = rand.Text()
	}
	d.attempts.add(a)
	cookie := d.sessions.cookie(attemptCookie, a.browser)
	cookie.SameSite, cookie.MaxAge = http.SameSiteLaxMode, int(attemptTime.Seconds())
	http.SetCookie(w, cookie)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// fromProvider takes what the provider sent, makes a session of it, and takes the person
// on. Who authenticated anew gets a new session in place of the old one; if that is another
// person, they begin at the beginning.
func (d *Door) fromProvider(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var browser string
	if cookie, err := r.Cookie(d.sessions.cookieName(attemptCookie)); err == nil {
		browser = cookie.Value
	}
	a, ok := d.attempts.take(q.Get("state"), browser, d.o.Now())
	if !ok {
		d.problem(w, r, openid.ErrState)
		return
	}
	login, err := d.o.OpenID.Finish(r.Context(), a.Attempt, q)
	if err != nil {
		d.problem(w, r, err)
		return
	}
	one := Session{ID: login.ID, Roles: login.Roles, Name: login.Name, token: login.Token}
	if login.Fresh {
		one.Proved = d.o.Now()
	}
	if d.o.Enter != nil {
		if err := d.o.Enter(r.Context(), one); err != nil {
			d.o.Fault(err)
			d.o.Show(w, r, Page{Code: http.StatusInternalServerError, Title: "Not signed in", Err: errHere})
			return
		}
	}
	if old := d.sessions.end(a.session); old.ID != login.ID {
		a.to = "/"
	}
	http.SetCookie(w, d.sessions.begin(one))
	d.forward(w, r, "You are signed in", "", a.to)
}

// forward is a page that takes somebody on by itself.
func (d *Door) forward(w http.ResponseWriter, r *http.Request, title, says, to string) {
	d.o.Show(w, r, Page{Code: http.StatusOK, Name: "forward", Title: title, To: to, Body: struct{ Title, Says, To string }{title, says, to}})
}

// problem says why somebody is not signed in. What a provider did wrong is told to who
// runs this.
func (d *Door) problem(w http.ResponseWriter, r *http.Request, err error) {
	p := Page{Code: http.StatusForbidden, Title: "Not signed in", Err: err}
	var none openid.NoRole
	switch {
	case errors.As(err, &none):
		p.Name, p.Title = "norole", "No part in this "+d.o.What
		p.Body = noPart{none, d.o.What}
	case errors.Is(err, openid.ErrProvider):
		d.o.Fault(err)
		p.Code, p.Err = http.StatusBadGateway, errAway
	case errors.Is(err, openid.ErrToken):
		d.o.Fault(err)
		p.Code, p.Err = http.StatusBadGateway, openid.ErrToken
	case errors.Is(err, openid.ErrState):
		p.Code = http.StatusBadRequest
	}
	d.o.Show(w, r, p)
}

// noPart is what who has no role is told.
type noPart struct {
	openid.NoRole
	What string
}

var (
	errAway = errors.New(openid.ErrProvider.Error() + ": try again in a minute")
	errHere = errors.New("something went wrong here, and you are not signed in: try again, and tell whoever runs this if it goes on")
)

// OwnPath is a path of these pages, or their beginning where text is none: nobody is sent
// on to another site.
func OwnPath(text string) string {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\\r\n\t") {
		return "/"
	}
	return text
}
