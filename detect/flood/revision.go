package flood

import (
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// maxRevision keeps what is made of a revision below 2^53, where JSON numbers are exact
// everywhere.
const maxRevision = 1<<51 - 1

// passed, withdrawn and released make the three revisions of a signal.
func passed(s signal.Signal) signal.Signal {
	s.Revision *= 4
	return s
}

func (g *Gate) withdrawn(s signal.Signal) signal.Signal {
	s = marked(s, true)
	s.Revision = 4*s.Revision + 1
	says := fmt.Sprintf("%s; held until a person has looked at the entry, which matches in too many streams", s.Says)
	if utf8.RuneCountInString(says) <= maxSays {
		s.Says = says
	}
	return s
}

func released(s signal.Signal) signal.Signal {
	s.Revision = 4*s.Revision + 2
	return s
}

// maxSays is the longest sentence that the signal's schema allows.
const maxSays = 1000

// marked returns the signal with its match marked held or not.
func marked(s signal.Signal, held bool) signal.Signal {
	m := *s.Match
	m.Held = held
	s.Match = &m
	return s
}

// check refuses what signal.Decode does not and the gate cannot take.
func check(s signal.Signal) error {
	id, err := hex.DecodeString(s.ID)
	switch {
	case s.Kind != signal.KindMatch || s.Match == nil:
		return signal.Reject("signal-kind", "/kind: is not match, or the match is missing")
	case err != nil || len(id) != 16:
		return signal.Reject("signal-id", "/id: is not 32 hex digits")
	case s.Revision == 0 || s.Revision > maxRevision:
		return signal.Reject("signal-revision", "/revision: must be from 1 to %d", uint64(maxRevision))
	case !inRange(s.Start) || !inRange(s.End) || s.End.Before(s.Start):
		return signal.Reject("signal-time", "/start and /end: must be in order and between 1970 and 2199")
	}
	return nil
}
