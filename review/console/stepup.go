package console

import (
	"net/http"

	"github.com/vigil-stream/vigil/review"
)

// Stepping up: who is to see an image says once more who they are, so that a screen left
// alone shows none.

func (c *console) signInPages(mux *http.ServeMux) {
	mux.Handle("GET /stepup", c.signed(c.stepUpForm))
	if c.OpenID == nil {
		mux.HandleFunc("GET /signin", c.signInForm)
		mux.HandleFunc("POST /signin", c.signIn)
		mux.HandleFunc("POST /signout", c.signOut)
		mux.Handle("POST /stepup", c.signed(c.stepUpByCode))
		return
	}
	c.attempts = &attempts{by: map[string]attempt{}}
	mux.HandleFunc("GET /signin", c.signInDoor)
	mux.HandleFunc("GET /signin/go", c.toProvider)
	mux.HandleFunc("GET "+CallbackPath, c.fromProvider)
	mux.HandleFunc("POST /signout", c.signOutThere)
	mux.Handle("GET /stepup/go", c.signed(c.stepUpAtProvider))
}

func (c *console) stepUpForm(w http.ResponseWriter, r *http.Request, who review.Person) error {
	return c.show(w, r, who, "stepup", "", "Show that it is you", struct {
		To   string
		Code bool
		For  Lifetimes
	}{ownPath(r.URL.Query().Get("to")), c.OpenID == nil, c.Life})
}

// stepUpByCode is how development mode does it.
func (c *console) stepUpByCode(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if err := c.checkCode(r); err != nil {
		return err
	}
	c.sessions.end(c.sessions.key(r))
	http.SetCookie(w, c.sessions.begin(session{who: who, proved: c.Now()}))
	http.Redirect(w, r, ownPath(r.PostForm.Get("to")), http.StatusSeeOther)
	return nil
}
