package console

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/review"
)

// personOf is who a session is of, for the rules.
func personOf(have signin.Session) review.Person {
	who := review.Person{ID: have.ID}
	for _, role := range have.Roles {
		who.Roles = append(who.Roles, review.Role(role))
	}
	return who
}

// showSignIn writes a page for who is not signed in.
func (c *console) showSignIn(w http.ResponseWriter, r *http.Request, p signin.Page) {
	name, body := p.Name, p.Body
	if name == "" {
		name, body = "problem", problemPage{Code: p.Code, Says: sentence(p.Err.Error())}
	}
	f := c.frame(r, review.Person{}, "", p.Title, body)
	f.To = p.To
	if err := c.pages.Write(w, p.Code, name, "frame", f); err != nil {
		c.problem(w, r, review.Person{}, err)
	}
}

// Development mode: who knows the code says who they are. Without it, every user of this
// machine could decide cases.

func (c *console) signInForm(w http.ResponseWriter, r *http.Request) {
	if err := c.show(w, r, review.Person{}, "signin", "", "Sign in", struct {
		Roles []review.Role
		Code  string
	}{review.Roles, r.URL.Query().Get("code")}); err != nil {
		c.problem(w, r, review.Person{}, err)
	}
}

func (c *console) signInByCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, review.Person{}, errForm)
		return
	}
	one := signin.Session{ID: r.PostForm.Get("name")}
	for _, role := range r.PostForm["role"] {
		if slices.Contains(review.Roles, review.Role(role)) {
			one.Roles = append(one.Roles, role)
		}
	}
	if !signin.IsName(one.ID) || len(one.Roles) == 0 {
		c.problem(w, r, review.Person{}, badInput{fmt.Errorf("a name is 1 to 64 letters, digits, dots, dashes and underscores, and has a role")})
		return
	}
	if err := c.door.CheckCode(r); err != nil {
		c.problem(w, r, review.Person{}, badInput{err})
		return
	}
	c.door.Begin(w, r, one)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
