package console

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/vigil-stream/vigil/review"
)

// Development mode: who knows the code says who they are. Without it, every user of this
// machine could decide cases.

// minCode is how long the code is at least.
const minCode = 16

func (c *console) signInForm(w http.ResponseWriter, r *http.Request) {
	if err := c.show(w, r, review.Person{}, "signin", "", "Sign in", struct {
		Roles []review.Role
		Code  string
	}{review.Roles, r.URL.Query().Get("code")}); err != nil {
		c.problem(w, r, review.Person{}, err)
	}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, review.Person{}, errForm)
		return
	}
	who := review.Person{ID: r.PostForm.Get("name")}
	for _, role := range r.PostForm["role"] {
		if slices.Contains(review.Roles, review.Role(role)) {
			who.Roles = append(who.Roles, review.Role(role))
		}
	}
	if !nameForm.MatchString(who.ID) || len(who.Roles) == 0 {
		c.problem(w, r, review.Person{}, badInput{fmt.Errorf("a name is 1 to 64 letters, digits, dots, dashes and underscores, and has a role")})
		return
	}
	if err := c.checkCode(r); err != nil {
		c.problem(w, r, review.Person{}, err)
		return
	}
	c.sessions.end(c.sessions.key(r))
	http.SetCookie(w, c.sessions.begin(session{who: who}))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// checkCode says whether a form has the code.
func (c *console) checkCode(r *http.Request) error {
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("code")), []byte(c.Code)) != 1 {
		return badInput{fmt.Errorf("that is not the code: whoever started Vigil finds it where its log says")}
	}
	return nil
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	c.sessions.end(c.sessions.key(r))
	gone := c.sessions.cookie(sessionCookie, "")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}
