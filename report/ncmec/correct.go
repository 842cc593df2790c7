package ncmec

import (
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

// A Correction is what a report is to earlier ones that are finished, and so can be neither
// changed nor taken back at the service itself.
type Correction string

// The corrections.
const (
	Retracts Correction = report.Retracted // they are not so
	Replaces Correction = report.Corrected // they stand, otherwise
)

// verdict is what a decision must say for a report.
func (c Correction) verdict() review.Verdict {
	if c == Retracts {
		return review.Dismiss
	}
	return review.Confirm
}

// least is what a retraction needs: the account by its id, so that it can be found, and no
// more of a person who is not suspected.
func (in Input) least() Input {
	a := *in.Account
	least := a.Least()
	in.Account = &least
	in.Frames = nil
	return in
}

// correction says what the report is to earlier ones, in the first lines of what is told.
func (b *builder) correction() []string {
	d := b.in.Decision
	var numbers []string
	for _, id := range b.in.Prior {
		numbers = append(numbers, fmt.Sprint(id))
	}
	earlier := "report " + strings.Join(numbers, ", ")
	switch {
	case b.in.Corrects == Retracts:
		return []string{
			fmt.Sprintf("RETRACTION of %s. The account objected, and on %s a person who had no part in the decision found it wrong; reason: %s.", earlier, clock(d.At), d.Reason),
			"What was reported is taken back: please end what was begun on it. This report tells of no suspicion.",
			fmt.Sprintf("Correction %s, decision %s of case %s.", b.in.Alert, d.ID, d.CaseID),
		}
	case b.in.Corrects == Replaces && len(numbers) > 0:
		return []string{fmt.Sprintf("CORRECTION of %s. The account objected, and on %s a person who had no part in the decision found that it stands, but not as it was told. This report takes the place of it.", earlier, clock(d.At))}
	}
	return nil
}
