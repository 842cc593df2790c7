package pages

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report/inbox"
)

// Options say what the pages are made of.
type Options struct {
	Store *inbox.Store
	Name  string // the centre's
	// OpenID signs people in, with roles of Roles. Without it the inbox is in development
	// mode: who knows Code says who they are, requests that do not come to loopback are
	// refused, and each page says so.
	OpenID *openid.Provider
	// Address is where browsers find the inbox that has one, without a path.
	Address string
	Code    string
	Life    signin.Lifetimes // zero means those that hold by default
	// Zone is the centre's, in which times stand beside UTC.
	Zone *time.Location
	// Sources says how it stands with what is read and with what goes out.
	Sources func() []Source
	Now     func() time.Time
	// Said is called after something was said, which is then to go out; it may be nil.
	Said func()
	// Fault is told of what went wrong here, without what it was about.
	Fault func(error)
}

// A Source is where records come from, or outcomes go.
type Source struct {
	Name string
	OK   bool
	Says string
}

// A desk serves the pages.
type desk struct {
	Options
	door  *signin.Door
	pages page.Templates
}

var (
	//go:embed static
	static embed.FS
	//go:embed templates/*.html
	templates embed.FS
)

// New returns the pages.
func New(o Options) (http.Handler, error) {
	d := &desk{Options: o}
	var err error
	if d.door, err = signin.New(signin.Options{
		OpenID: o.OpenID, Address: o.Address, Code: o.Code, Life: o.Life, Cookie: "vigil-inbox", What: "inbox", Now: o.Now, Enter: d.enter, Show: d.showSignIn, Fault: o.Fault,
	}); err != nil {
		return nil, fmt.Errorf("inbox pages: %w", err)
	}
	if d.pages, err = page.Parse(d.words(), signin.Templates, templates); err != nil {
		return nil, fmt.Errorf("inbox pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", page.Static(static))
	d.door.Routes(mux)
	if o.OpenID == nil {
		mux.HandleFunc("GET /signin", d.signInForm)
		mux.HandleFunc("POST /signin", d.signInByCode)
	}
	for pattern, h := range map[string]handler{
		"GET /{$}":             d.home,
		"GET /alerts":          d.list,
		"GET /alert/{id}":      d.alert,
		"GET /correction/{id}": d.correction,
		"GET /failed":          d.failed,
		"GET /journal":         d.journal,
		"GET /help":            d.help,
	} {
		mux.Handle(pattern, d.signed(h, RoleOfficer, RoleAuditor))
	}
	for pattern, h := range map[string]handler{
		"POST /alert/{id}/say":              d.say,
		"POST /alert/{id}/undo":             d.undo,
		"POST /alert/{id}/export":           d.export,
		"POST /alert/{id}/attachment/{sum}": d.attachment,
		"POST /correction/{id}/read":        d.read,
	} {
		mux.Handle(pattern, d.signed(h, RoleOfficer))
	}
	return d.door.Guard(mux, policy), nil
}

// A handler answers somebody who is signed in. What it returns becomes a page that says
// what is the matter.
type handler func(w http.ResponseWriter, r *http.Request, who person) error

// signed lets who has one of some roles through to a handler.
func (d *desk) signed(h handler, roles ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		have, ok := d.door.Of(r)
		if !ok {
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		}
		who := personOf(have)
		if !who.is(roles) {
			d.problem(w, r, who, errDenied)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			d.problem(w, r, who, badInput{errors.New("the form could not be read")})
			return
		}
		if err := h(w, r, who); err != nil {
			d.problem(w, r, who, err)
		}
	})
}

const maxForm = 64 << 10 // bytes

// policy lets nothing run or be shown that is not a file of ours.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// A frame is what each page has around it.
type frame struct {
	Title  string
	Here   string // the entry of the menu
	Centre string
	Name   string // the centre's
	Who    person
	Dev    bool
	To     string // where the page takes its reader by itself
	Theme  string // light, dark or empty for what the system says
	Now    time.Time
	Counts inbox.Counts
	Body   any
}

// show answers with a page.
func (d *desk) show(w http.ResponseWriter, r *http.Request, who person, code int, name, here, title string, body any) error {
	f := d.frame(r, who, here, title, body)
	if who.is(Roles) {
		var err error
		if f.Counts, err = d.Store.Counts(r.Context()); err != nil {
			return err
		}
	}
	return d.pages.Write(w, code, name, "frame", f)
}

// frame is what is around a page, as far as no store is asked for it.
func (d *desk) frame(r *http.Request, who person, here, title string, body any) frame {
	return frame{Title: title, Here: here, Centre: d.Store.Centre(), Name: d.Name, Who: who, Dev: d.OpenID == nil, Theme: page.Theme(r), Now: d.Now().UTC(), Body: body}
}

// badInput is what somebody sent that will not do, in words for them.
type badInput struct{ error }

// problem tells what is the matter. A fault is told in full only to who runs this.
func (d *desk) problem(w http.ResponseWriter, r *http.Request, who person, err error) {
	code, says := http.StatusInternalServerError, "something went wrong here, and nothing was done; try again, and tell whoever runs this if it goes on"
	var bad badInput
	switch {
	case errors.As(err, &bad):
		code, says = http.StatusUnprocessableEntity, bad.Error()
	case errors.Is(err, errDenied):
		code, says = http.StatusForbidden, errDenied.Error()
	case errors.Is(err, inbox.ErrNotFound):
		code, says = http.StatusNotFound, "this is not in the inbox"
	case errors.Is(err, context.Canceled):
	default:
		for _, known := range []error{inbox.ErrResult, inbox.ErrWhat, inbox.ErrNoWord, inbox.ErrNoSign} {
			if errors.Is(err, known) {
				code, says = http.StatusConflict, known.Error()
			}
		}
		if code == http.StatusInternalServerError {
			d.Fault(err)
		}
	}
	if err := d.show(w, r, who, code, "problem", "", "Not done", sentence(says)); err != nil {
		d.Fault(err)
		http.Error(w, "not done", http.StatusInternalServerError)
	}
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }
