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

// String returns the name that signal.Match.View and View have: empty for the frame as
// it came.
func (v view) String() string {
	turn := ""
	if t := pdq.Transform(v % trimmed); t != pdq.Original {
		turn = t.String()
	}
	switch {
	case v < trimmed:
		return turn
	case turn == "":
		return "trimmed"
	}
	return "trimmed-" + turn
}

// viewOf returns the view with a name.
func viewOf(name string) (view, bool) {
	for v := range view(views) {
		if v.String() == name {
			return v, true
		}
	}
	return 0, false
}

// A look is one hash to look up, and how the frame lay for it.
type look struct {
	view view
	hash hashdb.Hash
}
