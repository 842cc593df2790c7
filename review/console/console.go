package console

import (
	"context"
	"embed"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/review"
)

// Options say what the pages are made of.
type Options struct {
	Store *review.Store
	// OpenID signs people in. Without it the console is in development mode: who knows
	// Code chooses a name and roles, requests that do not come to loopback are refused, and
	// each page says so.
	OpenID *openid.Provider
	// Address is where browsers find the console that has one, without a path.
	Address string
	Code    string
	// Frames opens what was preserved. Without it no image is shown.
	Frames Frames
	// Bundle writes what may be taken out of a case into a file and returns it, open at its
	// start, with what closes and removes it; nil where nothing can be.
	Bundle func(ctx context.Context, id string, who review.Person) (file io.ReadSeeker, closes func() error, err error)
	Life   signin.Lifetimes // zero means those that hold by default
	Now    func() time.Time
	// Fault is told of what went wrong here, without who or what it was about.
	Fault func(error)
}

// A console serves the pages.
type console struct {
	Options
	door    *signin.Door
	tickets tickets // for pictures
	pages   page.Templates
}

//go:embed static
var static embed.FS

// New returns the pages.
func New(o Options) (http.Handler, error) {
	c := &console{Options: o, tickets: tickets{by: map[string]ticket{}}}
	var err error
	if c.pages, err = page.Parse(words, signin.Templates, templates); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if c.door, err = signin.New(signin.Options{
		OpenID: o.OpenID, Address: o.Address, Code: o.Code, Life: o.Life, Cookie: "vigil-session", What: "console", Now: o.Now, Show: c.showSignIn, Fault: o.Fault,
	}); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	mux := http.NewServeMux()
	c.door.Routes(mux)
	if o.OpenID == nil {
		mux.HandleFunc("GET /signin", c.signInForm)
		mux.HandleFunc("POST /signin", c.signInByCode)
		mux.Handle("POST /stepup", c.signed(c.stepUpByCode))
	} else {
		mux.Handle("GET /stepup/go", c.signed(c.stepUpAtProvider))
	}
	mux.Handle("GET /static/", page.Static(static))
	for pattern, h := range map[string]handler{
		"GET /{$}":                   c.home,
		"GET /queue":                 c.queue,
		"GET /queue/rows":            c.queueRows,
		"POST /next":                 c.next,
		"GET /case/{id}":             c.showCase,
		"GET /case/{id}/stand":       c.stand,
		"POST /case/{id}/claim":      c.claim,
		"POST /case/{id}/release":    c.release,
		"POST /case/{id}/take":       c.take,
		"POST /case/{id}/decide":     c.decide,
		"POST /case/{id}/undo":       c.undo,
		"POST /case/{id}/recuse":     c.recuse,
		"GET /case/{id}/images":      c.images,
		"POST /case/{id}/images":     c.seeImage,
		"GET /picture/{ticket}":      c.picture,
		"POST /case/{id}/bundle":     c.bundle,
		"POST /case/{id}/hold":       c.hold,
		"POST /case/{id}/lift":       c.liftHold,
		"GET /appeals":               c.appeals,
		"GET /appeal/{id}":           c.appeal,
		"POST /appeal/{id}/answer":   c.answer,
		"GET /filings":               c.filings,
		"GET /filing/{alert}":        c.filing,
		"POST /filing/{alert}/retry": c.retry,
		"GET /search":                c.search,
		"GET /supervise":             c.supervise,
		"POST /oversee/{decision}":   c.oversee,
		"POST /weigh/{outcome}":      c.weigh,
		"GET /export":                c.export,
		"GET /me":                    c.me,
		"POST /me/pages":             c.setPages,
		"POST /me/limits":            c.setOwnLimits,
		"POST /limits":               c.setLimits,
		"GET /help":                  c.help,
		"GET /stepup":                c.stepUpForm,
	} {
		mux.Handle(pattern, c.signed(h))
	}
	return c.door.Guard(mux, policy), nil
}

// A handler answers somebody who is signed in. What it returns becomes a page that says
// what is the matter.
type handler func(w http.ResponseWriter, r *http.Request, who review.Person) error

func (c *console) signed(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		have, ok := c.door.Of(r)
		if !ok {
			if r.Header.Get("HX-Request") != "" {
				w.Header().Set("HX-Redirect", "/signin")
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		}
		who := personOf(have)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err := errForm
		if r.ParseForm() == nil {
			err = h(w, r, who)
		}
		if err != nil {
			c.problem(w, r, who, err)
		}
	})
}

const maxForm = 64 << 10 // bytes

// policy lets nothing run or be shown that is not a file of ours.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
