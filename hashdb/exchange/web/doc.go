// Package web keeps a list in step with a file at an HTTPS address, in any form that
// package formats reads.
//
// The file is the list: what is not in it any more is retracted. It is asked for with
// ETag and Last-Modified and fetched whole when it changed, to a temporary file, and
// read to its end before anything is applied: a file that is cut, faulty, too long or
// suddenly small changes nothing.
//
// It fetches one file at one address, follows no link in it and checks no signature.
// It trusts whoever holds the address, as far as Options.MaxLoss lets a mistake go.
//
// The syncer of package exchange runs it.
package web
