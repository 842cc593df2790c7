package detect

import (
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// A view is one way to lay a frame: a turn, and whether its bars were trimmed.
type view uint8

const (
	turns   = len(pdq.Dihedral{})
	trimmed = view(turns) // Added to a turn.
	plain   = view(pdq.Original)
	views   = 2 * turns
)

var viewNames = nameViews()

func nameViews() (names [views]string) {
	for v := range names {
		if t := pdq.Transform(v % turns); t != pdq.Original {
			names[v] = t.String()
		}
		switch {
		case v < turns:
		case names[v] == "":
			names[v] = "trimmed"
		default:
			names[v] = "trimmed-" + names[v]
		}
	}
	return names
}

// String returns the name that signal.Match.View and View have: empty for the frame as
// it came.
func (v view) String() string { return viewNames[v] }

// viewOf returns the view with a name.
func viewOf(name string) (view, bool) {
	for v, n := range viewNames {
		if n == name {
			return view(v), true
		}
	}
	return 0, false
}

// A look is one hash to look up, and how the frame lay for it.
type look struct {
	view view
	hash hashdb.Hash
}
