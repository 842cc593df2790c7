package split

import (
	"slices"

	"github.com/vigil-stream/vigil/payments"
)

// maxExposures limits the exposures of a transfer.
const maxExposures = 8

// exposures are those of one end's address, sorted, each once: the category, and
// ":direct" behind it where the address itself dealt with it. Of more than there is
// room for, direct ones come first. A category that is no plain word is left out.
func exposures(v *payments.Virtual, of payments.Role) []string {
	if v == nil {
		return nil
	}
	var found []string
	for _, direct := range []bool{true, false} {
		from := len(found)
		for _, e := range v.Exposures {
			if e.Of != of || e.Direct != direct || !isCategory(e.Category) {
				continue
			}
			word := e.Category
			if direct {
				word += ":direct"
			}
			if !slices.Contains(found, word) {
				found = append(found, word)
			}
		}
		slices.Sort(found[from:])
	}
	found = found[:min(len(found), maxExposures)]
	slices.Sort(found)
	return found
}

// isCategory is the form that a transfer's schema has: a letter, and up to 39
// letters, digits and hyphens more, in lower case.
func isCategory(s string) bool {
	if s == "" || len(s) > 40 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
