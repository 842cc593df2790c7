package delivery

import (
	"errors"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// Recheck is after how long what is held is looked at again.
const Recheck = 15 * time.Minute

// A Hold says what an alert lacks before it may go.
type Hold struct {
	Says  string
	Until time.Time // when it is looked at again; zero for after a while
}

func (h *Hold) Error() string { return h.Says }

// Keep holds a delivery where an error says that its alert says too little, and reports
// whether it does. The alert is looked at again after a while, and at its last call, if that
// is sooner.
func Keep(d *Delivery, err error, now time.Time, recheck time.Duration) bool {
	var hold *Hold
	var lacks *report.Held
	var until time.Time
	switch {
	case errors.As(err, &hold):
		d.Says, until = hold.Says, hold.Until
	case errors.As(err, &lacks):
		d.Says, until = lacks.Error(), lacks.LastCall
	default:
		return false
	}
	d.State, d.Next = Held, now.Add(recheck)
	if until.After(now) && until.Before(d.Next) {
		d.Next = until
	}
	return true
}

// LastCall is when an alert goes though it lacks what may be lacking: when a quarter of the
// time that the law gives is left, and no sooner than six hours before it is over. What is
// left is for a centre that does not answer at once.
func LastCall(d Delivery, decided time.Time) time.Time {
	return d.Due.Add(-min(d.Due.Sub(decided)/4, 6*time.Hour))
}

// Without says what an alert lacked when it went; empty for nothing.
func Without(a report.Alert) string {
	if len(a.Lacks) == 0 {
		return ""
	}
	return "It went without " + strings.Join(a.Lacks, "; ")
}
