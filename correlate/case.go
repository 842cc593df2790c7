package correlate

import (
	"embed"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// The states of a case, as this room sees it.
const (
	Open      = "open"      // the probability is at or above the bar
	Withdrawn = "withdrawn" // it was once, and no longer is
	// Help says that the subject pays under threat, by what is seen, and may be a victim:
	// a person should see to it, and nobody should report it.
	Help = "help"
)

// A Case is what the signals about one subject together suggest. There is one a
// subject for ever; it is updated as evidence comes and goes.
type Case struct {
	ID string `json:"id"` // signal.ID("case", subject)
	// Revision grows with every change of the subject's signals, see revision.
	Revision uint64         `json:"revision"`
	Subject  signal.Subject `json:"subject"`
	State    string         `json:"state"` // Open, Withdrawn or Help
	// Score is the sum of the parts' weights: a natural-log likelihood ratio
	// with the prior included, exact to a thousandth.
	Score float64 `json:"score"`
	// Probability is 1/(1+e^-Score), to four decimals. Bar is the probability
	// from which on the case is open.
	Probability float64 `json:"probability"`
	Bar         float64 `json:"bar"`
	Weights     string  `json:"weights"` // version of the weights
	// Explanation is the innocent explanation that fits best: the parts are weighed
	// against it. Against has the score against each alone, the best-fitting first.
	Explanation string    `json:"explanation"`
	Against     []Against `json:"against"`
	// First and Last bound the signals in the window, event time, UTC.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Parts []Part    `json:"parts"`
	// Pairs are who is suspected with the subject, the most suspected first, at most
	// MaxPairs; none where the case is not open.
	Pairs []Pair `json:"pairs,omitempty"`
	// Signals are those in the window, ordered by start and id, at most
	// maxShown; Omitted counts those left out.
	Signals []signal.Signal `json:"signals"`
	Omitted int             `json:"omitted"`
}

// A Part is one named share of a case's score.
type Part struct {
	Name   string  `json:"name"`   // stable, kebab-case
	Weight float64 `json:"weight"` // natural log, in thousandths; below 0 it speaks against
	Says   string  `json:"says"`   // one sentence with the numbers behind the weight
	// Signals are the ids of the signals it rests on, sorted; none for what is no evidence.
	Signals []string `json:"signals"`
}

// Against is the score against one innocent explanation, were there no other.
type Against struct {
	Explanation string  `json:"explanation"`
	Score       float64 `json:"score"`
}

// A Pair is one who paid the subject or watched its private sessions, as far as is told.
type Pair struct {
	Payer     signal.Subject `json:"payer"`
	Transfers int            `json:"transfers"`
	Visits    int            `json:"visits"` // private sessions watched
	// Score is, if the case is right, how likely it is that this one is part of it: the sum
	// of Parts, as natural log odds. Probability is that times the case's own.
	Score       float64 `json:"score"`
	Probability float64 `json:"probability"`
	Parts       []Part  `json:"parts"`
}

// MaxPairs limits the pairs of a case record.
const MaxPairs = 8

//go:embed schema/*.json
var schemas embed.FS

// Encode returns c as the JSON value of a record, the same bytes for the same
// case. schema/case.json describes it.
func Encode(c Case) ([]byte, error) {
	data, err := signal.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode case %s: %w", c.ID, err)
	}
	return data, nil
}
