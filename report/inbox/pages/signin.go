package pages

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report/inbox"
)

// The roles. Who has none sees nothing.
const (
	RoleOfficer = "officer" // sees, takes out, and says what came of alerts
	RoleAuditor = "auditor" // sees, and says nothing
)

// Roles are all of them.
var Roles = []string{RoleOfficer, RoleAuditor}

var errDenied = errors.New("this is for officers: your role sees what is here, takes nothing out and says nothing")

// A person is somebody signed in; the zero person is nobody.
type person struct {
	entry string // what the journal calls them
	Name  string
	Roles []string
}

func (p person) is(roles []string) bool {
	return slices.ContainsFunc(p.Roles, func(role string) bool { return slices.Contains(roles, role) })
}

// Says reports whether they may say what came of an alert.
func (p person) Says() bool { return p.is([]string{RoleOfficer}) }

// Role is the most that they may.
func (p person) Role() string {
	if p.Says() {
		return RoleOfficer
	}
	return RoleAuditor
}

// personOf is who a session is of. The journal has what stays the same of them, and behind
// it how the provider calls them then.
func personOf(have signin.Session) person {
	p := person{entry: have.ID, Name: have.ID, Roles: have.Roles}
	if name := plain(have.Name); name != "" {
		p.entry, p.Name = have.ID+" "+name, name
	}
	return p
}

const maxName = 80 // runes

// plain is a name without what is not seen in it, and not at any length.
func plain(name string) string {
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, name)), " ")
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	return name
}

// A named is somebody of the journal, as pages show them.
type named struct{ Name, ID string }

var entryForm = regexp.MustCompile(`^(p-[0-9a-f]{16}) (.+)$`)

// namedOf takes an entry of the journal apart.
func namedOf(entry string) named {
	if m := entryForm.FindStringSubmatch(entry); m != nil {
		return named{m[2], m[1]}
	}
	return named{Name: entry}
}

// enter notes that somebody signs in.
func (d *desk) enter(ctx context.Context, have signin.Session) error {
	return d.Store.Log(ctx, personOf(have).entry, inbox.DidSignIn, "", "by the sign-in service, "+strings.Join(have.Roles, ", "))
}

// showSignIn writes a page for who is not signed in.
func (d *desk) showSignIn(w http.ResponseWriter, r *http.Request, p signin.Page) {
	name, body := p.Name, p.Body
	if name == "" {
		name, body = "problem", sentence(p.Err.Error())
	}
	f := d.frame(r, person{}, "", p.Title, body)
	f.To = p.To
	if err := d.pages.Write(w, p.Code, name, "frame", f); err != nil {
		d.problem(w, r, person{}, err)
	}
}

// Development mode: who knows the code says who they are. Without it every user of the
// machine could read the inbox. It is no proof of who somebody is, which is why it is for
// one machine.

func (d *desk) signInForm(w http.ResponseWriter, r *http.Request) {
	if err := d.show(w, r, person{}, http.StatusOK, "signin", "", "Sign in", r.URL.Query().Get("code")); err != nil {
		d.problem(w, r, person{}, err)
	}
}

func (d *desk) signInByCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		d.problem(w, r, person{}, badInput{errors.New("the form could not be read")})
		return
	}
	one := signin.Session{ID: r.PostForm.Get("name"), Roles: []string{RoleOfficer}}
	err := d.door.CheckCode(r)
	switch {
	case !signin.IsName(one.ID):
		err = badInput{errors.New("a name is 1 to 64 letters, digits, dots, dashes and underscores")}
	case err != nil:
		err = badInput{err}
	default:
		err = d.Store.Log(r.Context(), one.ID, inbox.DidSignIn, "", "by the code")
	}
	if err != nil {
		d.problem(w, r, person{}, err)
		return
	}
	d.door.Begin(w, r, one)
	http.Redirect(w, r, "/alerts", http.StatusSeeOther)
}
