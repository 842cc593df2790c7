package signin

import (
	"context"
	"crypto/subtle"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/page"
)

// Options say how people sign in.
type Options struct {
	// OpenID signs people in. Without it the pages are in development mode: who knows Code
	// says who they are, and requests that do not come to loopback are refused.
	OpenID *openid.Provider
	// Address is where browsers find the pages that have one, without a path.
	Address string
	Code    string
	Life    Lifetimes // zero means DefaultLifetimes
	// Cookie is the name of the cookie: services at two ports of a host share those.
	Cookie string
	// What the pages are called in a sentence, as in "this console".
	What string
	Now  func() time.Time
	// Enter is told of who signs in with the provider, before they are; it may be nil.
	Enter func(context.Context, Session) error
	// Show writes a page of Templates, or a problem.
	Show func(http.ResponseWriter, *http.Request, Page)
	// Fault is told of what went wrong, here or at the provider.
	Fault func(error)
}

// A Page is one to be shown to who is not signed in.
type Page struct {
	Code  int
	Name  string // in Templates; empty for a problem
	Title string
	To    string // where it takes its reader by itself
	Body  any
	Err   error // the problem, in words for who tried
}

// Templates are the pages, without the frame around them. A frame has its reader go to
// the page's To.
//
//go:embed templates/*.html
var Templates embed.FS

// minCode is how long the code is at least.
const minCode = 16

// A Door lets people in and knows who is.
type Door struct {
	o        Options
	sessions *sessions
	attempts attempts
	ours     func(host string) bool
	says     error // to who comes under another name
}

// New returns a way to sign in.
func New(o Options) (*Door, error) {
	if o.OpenID == nil && len(o.Code) < minCode {
		return nil, errors.New("development mode needs a code to sign in with")
	}
	if o.Life == (Lifetimes{}) {
		o.Life = DefaultLifetimes()
	}
	d := &Door{o: o, attempts: attempts{by: map[string]attempt{}}, ours: page.LoopbackHost, says: ErrNotLoopback}
	secure := false
	if o.OpenID != nil {
		at, err := url.Parse(o.Address)
		if err != nil || at.Host == "" {
			return nil, fmt.Errorf("%q is no address", o.Address)
		}
		d.ours, d.says = func(host string) bool { return host == at.Host }, fmt.Errorf("this %s has another name", o.What)
		secure = at.Scheme == "https"
	}
	d.sessions = newSessions(o.Now, o.Life, o.Cookie, secure)
	return d, nil
}

// Routes adds the ways in and out. The form of development mode is each service's own.
func (d *Door) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /signout", d.signOut)
	if d.o.OpenID != nil {
		mux.HandleFunc("GET /signin", d.first)
		mux.HandleFunc("GET /signin/go", d.toProvider)
		mux.HandleFunc("GET "+CallbackPath, d.fromProvider)
	}
}

// Guard lets requests through that come under the right name and from no other site, and
// has each answer say to the browser what it may do.
func (d *Door) Guard(next http.Handler, policy string) http.Handler {
	return page.Secured(page.OnlyHost(d.ours, d.says, http.NewCrossOriginProtection().Handler(next)), policy, d.sessions.secure)
}

// Of returns the session of a request, and whether there is one.
func (d *Door) Of(r *http.Request) (Session, bool) { return d.sessions.of(r) }

// Key names the session of a request to who keeps something for it alone.
func (d *Door) Key(r *http.Request) string { return d.sessions.key(r) }

// Stepped reports whether who sends a request authenticated anew a short while ago.
func (d *Door) Stepped(r *http.Request) bool {
	have, ok := d.sessions.of(r)
	return ok && !have.Proved.IsZero() && d.o.Now().Sub(have.Proved) < d.o.Life.StepUp
}

// Life is when sessions end.
func (d *Door) Life() Lifetimes { return d.o.Life }

// Begin signs somebody in, in place of who was before in this browser.
func (d *Door) Begin(w http.ResponseWriter, r *http.Request, one Session) {
	d.sessions.end(d.sessions.key(r))
	http.SetCookie(w, d.sessions.begin(one))
}

// signOut ends the session here, and at the provider where it says how.
func (d *Door) signOut(w http.ResponseWriter, r *http.Request) {
	have := d.sessions.end(d.sessions.key(r))
	gone := d.sessions.cookie(d.o.Cookie, "")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	if have.token != "" {
		if end := d.o.OpenID.End(r.Context(), have.token, "/signin"); end != "" {
			d.forward(w, r, "You are signed out here", "The sign-in service may still know you. Go on, and it forgets you too.", end)
			return
		}
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// IsName reports whether a text will do as the name that somebody gives in development mode.
func IsName(text string) bool { return nameForm.MatchString(text) }

// ErrCode says that a form has not the code.
var ErrCode = errors.New("that is not the code: whoever started Vigil finds it where its log says")

// CheckCode says whether a form that was read has the code.
func (d *Door) CheckCode(r *http.Request) error {
	if d.o.Code == "" || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("code")), []byte(d.o.Code)) != 1 {
		return ErrCode
	}
	return nil
}

// ErrNotLoopback says that development mode was to be served to others.
var ErrNotLoopback = errors.New("development mode, in which anybody can be anybody, is for loopback only")

// CheckLoopback refuses an address to listen at that is not on loopback.
func CheckLoopback(addr string) error {
	if !page.LoopbackAddr(addr) {
		return ErrNotLoopback
	}
	return nil
}
