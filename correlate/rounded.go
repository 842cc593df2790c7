package correlate

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// beat is to what the length of a session that goes on is rounded.
const beat = 10 * time.Minute

// rounded cuts a heartbeat of a session down to the last whole ten minutes, and reports
// whether it did. A session that goes on is told of every few seconds; were each of them a
// change, a reviewer's case would change under the reviewer's hands. Its end comes as it is.
//
// Revisions are those that detect gives: twice the milliseconds since the start and 1 for a
// heartbeat, 2 for an end. Heartbeats within ten minutes become one and the same, whichever
// comes first, and their revision stays below that of any later end.
func rounded(s *signal.Signal) bool {
	lasted := s.End.Sub(s.Start)
	if s.Session == nil || s.Session.Ended || lasted <= 0 || s.Revision != 2*uint64(lasted.Milliseconds())+1 {
		return false
	}
	lasted = lasted.Truncate(beat)
	s.Revision = 2*uint64(lasted.Milliseconds()) + 1
	s.End = s.Start.Add(lasted)
	what := "public"
	if s.Session.Private {
		what = "private"
	}
	s.Says = fmt.Sprintf("a %s live stream on %s goes on after %s", what, s.Session.Platform, lasted)
	evidence := make([]signal.Evidence, len(s.Evidence))
	for i, e := range s.Evidence {
		e.At = s.End
		evidence[i] = e
	}
	s.Evidence = evidence
	return true
}
