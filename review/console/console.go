package console

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/console/openid"
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
	Life   Lifetimes // zero means DefaultLifetimes
	Now    func() time.Time
	// Fault is told of what went wrong here, without who or what it was about.
	Fault func(error)
}

// A console serves the pages.
type console struct {
	Options
	sessions *sessions
	attempts *attempts // to sign in with a provider
	tickets  tickets   // for pictures
	pages    page.Templates
}

//go:embed static
var static embed.FS

// New returns the pages.
func New(o Options) (http.Handler, error) {
	if o.OpenID == nil && len(o.Code) < minCode {
		return nil, errors.New("console: development mode needs a code to sign in with")
	}
	if o.Life == (Lifetimes{}) {
		o.Life = DefaultLifetimes()
	}
	c := &console{Options: o, tickets: tickets{by: map[string]ticket{}}}
	var err error
	if c.pages, err = page.Parse(templates, words); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	ours, says, secure := page.LoopbackHost, ErrNotLoopback, false
	if o.OpenID != nil {
		at, err := url.Parse(o.Address)
		if err != nil || at.Host == "" {
			return nil, fmt.Errorf("console: %q is no address", o.Address)
		}
		ours, says = func(host string) bool { return host == at.Host }, errors.New("this console has another name")
		secure = at.Scheme == "https"
	}
	c.sessions = newSessions(o.Now, o.Life, secure)
	mux := http.NewServeMux()
	c.signInPages(mux)
	mux.Handle("GET /static/", page.Cached(http.FileServerFS(static)))
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
	} {
		mux.Handle(pattern, c.signed(h))
	}
	return page.Secured(page.OnlyHost(ours, says, http.NewCrossOriginProtection().Handler(mux)), policy, secure), nil
}

// A handler answers somebody who is signed in. What it returns becomes a page that says
// what is the matter.
type handler func(w http.ResponseWriter, r *http.Request, who review.Person) error

func (c *console) signed(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		have, err := c.sessions.of(r)
		who := have.who
		if errors.Is(err, errUnknown) {
			if r.Header.Get("HX-Request") != "" {
				w.Header().Set("HX-Redirect", "/signin")
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		}
		if err == nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err = r.ParseForm(); err != nil {
				err = errForm
			} else {
				err = h(w, r, who)
			}
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
