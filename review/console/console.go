package console

import (
	"embed"
	"errors"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// Options say what the pages are made of.
type Options struct {
	Store *review.Store
	// Identity says who sends a request. Without one the console is in development mode:
	// who knows Code chooses a name and roles, requests that do not come to loopback are
	// refused, and each page says so.
	Identity Identity
	Code     string
	Now      func() time.Time
	// Fault is told of what went wrong here, without who or what it was about.
	Fault func(error)
}

// A console serves the pages.
type console struct {
	Options
	sessions *Sessions // of development mode; nil otherwise
	pages    pages
}

//go:embed static
var static embed.FS

// New returns the pages.
func New(o Options) (http.Handler, error) {
	if o.Identity == nil && len(o.Code) < minCode {
		return nil, errors.New("console: development mode needs a code to sign in with")
	}
	c := &console{Options: o}
	var err error
	if c.pages, err = parsePages(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	if c.Identity == nil {
		c.sessions = NewSessions(o.Now)
		c.Identity = c.sessions
		mux.HandleFunc("GET /signin", c.signInForm)
		mux.HandleFunc("POST /signin", c.signIn)
		mux.HandleFunc("POST /signout", c.signOut)
	}
	mux.Handle("GET /static/", cached(http.FileServerFS(static)))
	for pattern, h := range map[string]handler{
		"GET /{$}":                 c.home,
		"GET /queue":               c.queue,
		"GET /queue/rows":          c.queueRows,
		"POST /next":               c.next,
		"GET /case/{id}":           c.showCase,
		"GET /case/{id}/stand":     c.stand,
		"POST /case/{id}/claim":    c.claim,
		"POST /case/{id}/release":  c.release,
		"POST /case/{id}/take":     c.take,
		"POST /case/{id}/decide":   c.decide,
		"POST /case/{id}/undo":     c.undo,
		"POST /case/{id}/recuse":   c.recuse,
		"GET /search":              c.search,
		"GET /supervise":           c.supervise,
		"POST /oversee/{decision}": c.oversee,
		"GET /export":              c.export,
		"GET /me":                  c.me,
		"POST /me/pages":           c.setPages,
		"POST /me/limits":          c.setOwnLimits,
		"POST /limits":             c.setLimits,
		"GET /help":                c.help,
	} {
		mux.Handle(pattern, c.signed(h))
	}
	h := http.NewCrossOriginProtection().Handler(mux)
	if c.sessions != nil {
		h = onlyLoopback(h)
	}
	return secured(h), nil
}

// A handler answers somebody who is signed in. What it returns becomes a page that says
// what is the matter.
type handler func(w http.ResponseWriter, r *http.Request, who review.Person) error

func (c *console) signed(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := c.Identity.Identify(r)
		if errors.Is(err, ErrUnknown) {
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

// secured sets what each answer says to the browser.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), autoplay=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=300")
		next.ServeHTTP(w, r)
	})
}
