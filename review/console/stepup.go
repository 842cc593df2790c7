package console

import (
	"net/http"

	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/review"
)

// Stepping up: who is to see an image says once more who they are, so that a screen left
// alone shows none.

func (c *console) stepUpForm(w http.ResponseWriter, r *http.Request, who review.Person) error {
	return c.show(w, r, who, "stepup", "", "Show that it is you", struct {
		To   string
		Code bool
		For  signin.Lifetimes
	}{signin.OwnPath(r.URL.Query().Get("to")), c.OpenID == nil, c.door.Life()})
}

// stepUpAtProvider has somebody who is signed in authenticate anew.
func (c *console) stepUpAtProvider(w http.ResponseWriter, r *http.Request, _ review.Person) error {
	c.door.Anew(w, r, r.URL.Query().Get("to"))
	return nil
}

// stepUpByCode is how development mode does it.
func (c *console) stepUpByCode(w http.ResponseWriter, r *http.Request, _ review.Person) error {
	if err := c.door.CheckCode(r); err != nil {
		return badInput{err}
	}
	have, _ := c.door.Of(r)
	have.Proved = c.Now()
	c.door.Begin(w, r, have)
	http.Redirect(w, r, signin.OwnPath(r.PostForm.Get("to")), http.StatusSeeOther)
	return nil
}
