package console

import (
	"embed"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
)

//go:embed templates/*.html
var templates embed.FS

// A frame is what each page has around it.
type frame struct {
	Title    string
	Here     string // the entry of the menu
	Who      review.Person
	Name     string // what the provider calls them
	Dev      bool
	To       string // where the page takes its reader by itself
	Theme    string // light, dark or empty for what the system says
	NoKeys   bool   // single keys do nothing
	Now      time.Time
	Exposure review.Exposure
	Counted  bool // the exposure was asked for
	Undoable []review.Undoable
	Filings  int // that need a person, for who sees them
	Body     any
}

// show writes a page.
func (c *console) show(w http.ResponseWriter, r *http.Request, who review.Person, name, here, title string, body any) error {
	f := c.frame(r, who, here, title, body)
	if who.ID != "" {
		var err error
		if f.Exposure, err = c.Store.Exposure(r.Context(), who.ID); err != nil {
			return err
		}
		f.Counted = true
		if f.Undoable, err = c.Store.Undoable(r.Context(), who.ID); err != nil {
			return err
		}
	}
	if who.May(review.SeeFilings) {
		var err error
		if f.Filings, err = c.Store.FilingsWaiting(r.Context(), who); err != nil {
			return err
		}
	}
	return c.pages.Write(w, http.StatusOK, name, "frame", f)
}

// frame is what is around a page, as far as no store is asked for it.
func (c *console) frame(r *http.Request, who review.Person, here, title string, body any) frame {
	f := frame{Title: title, Here: here, Who: who, Name: who.ID, Dev: c.OpenID == nil, Theme: page.Theme(r), Now: c.Now().UTC(), Body: body}
	if have, ok := c.door.Of(r); ok && have.Name != "" && who.ID != "" {
		f.Name = have.Name
	}
	if cookie, err := r.Cookie("vigil-keys"); err == nil {
		f.NoKeys = cookie.Value == "off"
	}
	return f
}

var errForm = errors.New("the form could not be read")

// codes are what the rules' errors are in HTTP; all else that is a rule is a conflict.
var codes = []struct {
	err  error
	code int
}{
	{review.ErrDenied, http.StatusForbidden}, {review.ErrRecused, http.StatusForbidden}, {review.ErrNotFound, http.StatusNotFound},
	{review.ErrPause, http.StatusTooManyRequests}, {review.ErrEnough, http.StatusTooManyRequests}, {review.ErrImages, http.StatusTooManyRequests}, {review.ErrImageReason, http.StatusUnprocessableEntity},
	{ErrNotYet, http.StatusConflict}, {review.ErrErased, http.StatusGone}, {errForm, http.StatusBadRequest}, {review.ErrSearch, http.StatusBadRequest},
}

// problem tells what is the matter. A fault is told in full only to who runs this.
func (c *console) problem(w http.ResponseWriter, r *http.Request, who review.Person, err error) {
	code, says := http.StatusInternalServerError, "Something went wrong here. Nothing was decided. Try again, and tell whoever runs this if it goes on."
	for _, k := range codes {
		if errors.Is(err, k.err) {
			code, says = k.code, k.err.Error()
		}
	}
	var bad badInput
	var input review.InputError
	switch {
	case errors.As(err, &bad):
		code, says = http.StatusUnprocessableEntity, bad.Error()
	case errors.As(err, &input):
		code, says = http.StatusUnprocessableEntity, strings.ReplaceAll(input.Error(), "\n", "; ")
	case errors.Is(err, review.ErrDenied):
		says = denial(err)
	case code == http.StatusInternalServerError && review.IsRule(err):
		code, says = http.StatusConflict, review.RuleOf(err).Error()
	case code == http.StatusInternalServerError:
		c.Fault(err)
	}
	p := problemPage{code, sentence(says), r.PathValue("id")}
	if code == http.StatusNotFound {
		p.Says, p.Case = "There is nothing here by that name.", ""
	}
	f := c.frame(r, who, "", "Not done", p)
	if err := c.pages.Write(w, code, "problem", "frame", f); err != nil {
		c.Fault(err)
	}
}

// denial is what a role may not, of an error in which there is more.
func denial(err error) string {
	text := err.Error()
	text, _, _ = strings.Cut(text[strings.Index(text, review.ErrDenied.Error()):], "\n")
	return text
}

// A problemPage says what is the matter.
type problemPage struct {
	Code int
	Says string
	Case string // to which there is a way back
}

// badInput is what somebody typed that will not do, in words for them.
type badInput struct{ error }

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
