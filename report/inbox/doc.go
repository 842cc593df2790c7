// Package inbox is the receiving side: what a reporting centre runs for itself, beside no
// other part of Vigil. It keeps what came in a file of its own, says of each record how far
// its checks went, orders what waits, tells what the centre has already by blinded
// identifiers, and keeps what the centre says came of each alert until that has left.
//
// It trusts the keys that the centre pinned, and nobody else: not who sent a record, nor
// the queue, nor a file. Only an alert that passed every check is an alert here; all else
// is a row that says which step failed, and a forgery hides nothing. It knows no broker: a
// runner hands it records with their places and takes what is to go out.
//
// Package pages is what officers see, blind the identifiers, export the forms that other
// tools read. The sender's side of outcomes comes next.
package inbox
