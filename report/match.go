package report

import (
	"cmp"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// A Match is an entry of a list that matched in a case: what an outcome may speak of.
type Match struct {
	List     string `json:"list"`
	HashKind string `json:"hash_kind"`
	Entry    string `json:"entry"`    // its id, which does not give the hash away
	Distance int    `json:"distance"` // in bits, at best
	Limit    int    `json:"limit"`    // that the list has
}

// maxMatches is how many an alert names.
const maxMatches = 64

// matches are the entries that matched, the nearest of each, nearest first. One that is held
// back counts for nothing.
func matches(signals []signal.Signal) (all []Match) {
	for _, s := range signals {
		if m := s.Match; m != nil && !m.Held {
			all = append(all, Match{m.List, m.HashKind, m.Entry, m.Distance, m.Radius})
		}
	}
	slices.SortFunc(all, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.List, b.List), cmp.Compare(a.HashKind, b.HashKind), cmp.Compare(a.Entry, b.Entry))
	})
	named := map[[3]string]bool{}
	all = slices.DeleteFunc(all, func(m Match) bool {
		key := [3]string{m.List, m.HashKind, m.Entry}
		was := named[key]
		named[key] = true
		return was
	})
	return all[:min(len(all), maxMatches)]
}
