package threatexchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrStale is wrapped by the error of a sync that would have to fetch everything anew
// and cannot know what to retract.
var ErrStale = errors.New("the checkpoint is too old or of something else: remove the source's entries and its checkpoint, and sync anew")

const (
	// keep is how old a checkpoint may be: deletions are told for 90 days, and
	// python-threatexchange leaves five of them to be on the safe side.
	keep = 85 * 24 * time.Hour
	// overlap is how far before the last update the next sync begins. Updates are said
	// to be in the order of their times; in 2023 they were not for some weeks
	// (facebook/ThreatExchange issue 1269).
	overlap = 10 * time.Minute
)

// checkpoint says how far the updates were followed.
type checkpoint struct {
	// Group and Types are what was followed.
	Group string `json:"group"`
	Types string `json:"types"`
	// Time is the latest update's, in seconds.
	Time int64 `json:"time"`
	// Since is when the last sync began that came to the end, or the first while none
	// did, in seconds. Deletions since then are still to come.
	Since int64 `json:"since"`
}

// begin reads the checkpoint. Its text says why everything has to be fetched anew;
// it is empty when the sync may go on, or is the first.
func (g *Group) begin(from []byte, now time.Time) (c checkpoint, anew string) {
	fresh := checkpoint{Group: g.o.Group, Types: strings.Join(g.o.Types, ","), Since: now.Unix()}
	if len(from) == 0 {
		return fresh, ""
	}
	switch age := time.Duration(0); {
	case json.Unmarshal(from, &c) != nil:
		anew = "it cannot be read"
	case c.Group != fresh.Group || c.Types != fresh.Types:
		anew = "it is of another group or other types"
	case c.Time < 0 || c.Since < 1 || c.Since > now.Add(24*time.Hour).Unix():
		anew = "its times are not possible"
	default:
		if age = now.Sub(time.Unix(c.Since, 0)); age <= keep {
			return c, ""
		}
		anew = fmt.Sprintf("it is %d days old, and deletions are told for 90 only", int(age.Hours()/24))
	}
	return fresh, anew
}

// start returns the time to ask from, in seconds; 0 asks for all.
func (c checkpoint) start() int64 { return max(c.Time-int64(overlap/time.Second), 0) }

func (c checkpoint) encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // Texts and numbers can be encoded.
	}
	return b
}
