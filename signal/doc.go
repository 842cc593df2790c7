// Package signal is the one word that all rooms share: a Signal says what a
// machine, or a user's flag, saw about one subject, with the evidence for it.
//
// It holds the types, their JSON form with its schema, the deterministic ids,
// the pseudonymous subject tokens and the Rejection that marks a record as bad
// for good. It decides nothing and knows no broker, clock or store. It trusts
// nobody: Decode checks bytes against the schema before it returns a value.
//
// detect and payments make signals; correlate takes them.
package signal
