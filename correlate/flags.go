package correlate

import (
	"fmt"
	"math"
	"strings"
)

// A source is what kind of person or team flagged.
type source uint8

const (
	sourceUser source = iota // also where the platform does not tell
	sourceTrusted
	sourceModerator
	sourceEnd
)

func sourceOf(s string) source {
	switch s {
	case "trusted":
		return sourceTrusted
	case "moderator":
		return sourceModerator
	}
	return sourceUser
}

// userFlag has as its value, for each source,
//
//	first × (1 + next + next² + …), a term a flag,
//
// added up: many flags say little more than a few, and nobody can be flagged into a case
// by users.
func (f *weightsFile) userFlag(ev *evidence, talk bool) finding {
	if len(ev.flags) == 0 {
		return finding{}
	}
	var n [sourceEnd]int
	for _, e := range ev.flags {
		n[e.source]++
	}
	out := finding{}
	var says []string
	for i, of := range f.flagsBySource() {
		if n[i] == 0 {
			continue
		}
		next := of.weight.Next.Value
		out.value += of.weight.First.Value * (1 - math.Pow(next, float64(n[i]))) / (1 - next)
		if talk {
			says = append(says, fmt.Sprintf("%s by %s", count(n[i], "flag"), of.who))
		}
	}
	if talk {
		out.by = ev.flags
		out.says = fmt.Sprintf("Within %d days: %s. Of each kind every further one counts less.", keptDays, strings.Join(says, ", "))
	}
	return out
}

type flagSource struct {
	who    string
	weight flagWeight
}

func (f *weightsFile) flagsBySource() [sourceEnd]flagSource {
	return [sourceEnd]flagSource{
		sourceUser:      {"users", f.Flags.User},
		sourceTrusted:   {"trusted flaggers", f.Flags.Trusted},
		sourceModerator: {"moderators", f.Flags.Moderator},
	}
}
