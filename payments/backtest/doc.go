// Package backtest says what a change of rules would have found in payments of the
// past: how many subjects more and how many fewer, which, and of which groups of
// people.
//
// A [Run] takes transfers, as they come from a file, into profiles in memory, and
// both sets of rules look at each profile. It keeps the profiles, a bit for each rule
// and subject, and the references of what differs; nothing else grows with the input.
//
// It reads no file and tells no names: internal/app does the reading, and subjects
// are tokens.
package backtest
