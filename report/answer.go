package report

import "time"

// A State says how far an alert came with a centre.
type State string

// The states of an alert that was sent.
const (
	// Filed means that the centre has it, and said so.
	Filed State = "filed"
	// Later means that the centre did not take it and may take it after a while.
	Later State = "later"
	// Refused means that the centre will not take it as it is: a person must look.
	Refused State = "refused"
	// Unknown means that the centre may have it. It is asked, and never sent to blindly
	// again.
	Unknown State = "unknown"
	// Waiting means that it was handed over, and that the centre's word on it is awaited: as
	// Unknown, but nothing went wrong.
	Waiting State = "waiting"
	// Absent is an answer to a question alone: the centre does not have it, so that it may
	// be sent again.
	Absent State = "absent"
	// Withdrawn means that the centre does not have it, and that nobody is to send it any
	// more: something else has been decided since.
	Withdrawn State = "withdrawn"
)

// An Answer is what became of an attempt to send an alert, or of asking for it.
type Answer struct {
	State State
	// Receipt is the centre's own reference, where it gave one.
	Receipt string
	// After is how long a centre that says Later wants to be left alone; 0: it does not say.
	After time.Duration
	// Says is why, in words, without anything that the centre wrote.
	Says string
}
