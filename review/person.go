package review

import (
	"errors"
	"regexp"
	"slices"
)

// A Role says what a person may do; rules.go says what.
type Role string

// The roles. A person without one may do nothing.
const (
	RoleReviewer      Role = "reviewer"      // looks and decides
	RoleSupervisor    Role = "supervisor"    // that too, settles what two see differently, and oversees
	RoleAuditor       Role = "auditor"       // looks at everything but images, and decides nothing
	RoleAdministrator Role = "administrator" // sets limits, and sees no case
)

// Roles are all of them.
var Roles = []Role{RoleReviewer, RoleSupervisor, RoleAuditor, RoleAdministrator}

// A Person is who acts, as the caller found out.
type Person struct {
	// ID is a pseudonym: it enters the audit log and the alert.
	ID    string
	Roles []Role
	// StandIn says that it is a program in a person's place.
	StandIn bool
}

// Reviewer returns a person who reviews.
func Reviewer(id string) Person { return Person{ID: id, Roles: []Role{RoleReviewer}} }

// Is reports whether a person has one of some roles.
func (p Person) Is(roles ...Role) bool {
	return slices.ContainsFunc(p.Roles, func(r Role) bool { return slices.Contains(roles, r) })
}

// personForm leaves no room for an e-mail address or a full name, since the id goes where
// no personal data may.
var personForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (p Person) check() error {
	if !personForm.MatchString(p.ID) {
		return InputError{errors.New("the reviewer must be named by an id of 1 to 64 letters, digits, dots, dashes and underscores")}
	}
	return nil
}
