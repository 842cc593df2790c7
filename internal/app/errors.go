package app

import "errors"

// Errors that tell the caller what kind of failure it was.
var (
	// ErrUsage is the fault of who typed the command.
	ErrUsage = errors.New("wrong usage")
	// ErrSomeRefused says that part of the input was bad; the rest was done.
	ErrSomeRefused = errors.New("some of the input was refused; see the lines above")
	// ErrUnverified says that something was printed whose checks failed.
	ErrUnverified = errors.New("not everything passed its checks; see above")
)
