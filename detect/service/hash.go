package service

import (
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// maxViews is all eight turns, plain and trimmed, but for the frame as it is.
var maxViews = 2*len(pdq.Dihedral{}) - 1

// isView reports whether a name is one that detect.View may have.
func isView(name string) bool {
	turn, trimmed := strings.CutPrefix(name, "trimmed")
	if trimmed && turn != "" {
		if turn, trimmed = strings.CutPrefix(turn, "-"); !trimmed {
			return false
		}
	} else if trimmed {
		return true
	}
	for t := range len(pdq.Dihedral{}) {
		if pdq.Transform(t) != pdq.Original && pdq.Transform(t).String() == turn {
			return true
		}
	}
	return false
}

// hash checks what a hash record says of a frame.
func (r *reading) hash(p place, h hashRecord) detect.HashRecord {
	kind, err := hashdb.ParseKind(h.Kind.value)
	if err != nil || kind.Exact() {
		// Not that error's text: it repeats the kind, and that may be a hash.
		r.bad(p, "kind", "want pdq, phash, dhash or ahash")
		return detect.HashRecord{}
	}
	if fault := digitFault(kind, h.Hash); fault != "" {
		r.bad(p, "hash", "%s", fault)
	}
	if q := h.Quality; !q.given || q.wrong || q.value < 0 || q.value > 100 {
		r.bad(p, "quality", "want a whole number, 0 to 100")
	}
	if h.SHA256.given && !isSHA256(h.SHA256.value) {
		r.bad(p, "sha256", "want 64 hexadecimal digits in lower case")
	}
	record := detect.HashRecord{Kind: h.Kind.value, Hash: h.Hash.value, Quality: h.Quality.value, SHA256: h.SHA256.value}
	if h.Views.wrong {
		r.bad(p, "views", "want an array of objects of view and hash")
	}
	if n := len(h.Views.value); n > maxViews {
		r.bad(p, "views", "%d views, and the most is %d", n, maxViews)
		return record
	}
	for i, view := range h.Views.value {
		if !isView(view.View.value) {
			r.bad(p, fmt.Sprintf("views/%d/view", i), "want a turn (rot90, rot180, rot270, flipx, flipy, flipplus1, flipminus1), trimmed, or trimmed- and a turn")
		}
		if fault := digitFault(kind, view.Hash); fault != "" {
			r.bad(p, fmt.Sprintf("views/%d/hash", i), "%s", fault)
		}
		record.Views = append(record.Views, detect.View{View: view.View.value, Hash: view.Hash.value})
	}
	return record
}

// digitFault says what is wrong with a hash's digits, without repeating them.
func digitFault(kind hashdb.Kind, t text) string {
	if !t.given || t.wrong {
		return "want a string of hexadecimal digits"
	}
	if _, err := hashdb.ParseHash(kind, t.value); err != nil {
		return err.Error()
	}
	return ""
}

func isSHA256(digits string) bool {
	return len(digits) == 64 && strings.Trim(digits, "0123456789abcdef") == ""
}
