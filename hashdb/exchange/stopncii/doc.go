// Package stopncii keeps a list in step with StopNCII.org, where people report
// intimate pictures of themselves by their hashes, and takes verdicts back.
//
// A list of StopNCII's is of adults' pictures that were shared without consent. It is
// another matter than abuse of children: give it a source, an owner and a category of
// its own, so that nobody takes one for the other.
//
// PDQ of pictures and MD5 of videos are read, other signals passed over. Hashes are
// not submitted. It trusts StopNCII for what is listed, and not for the form in which
// it says so: pages are limited, checked and looked at for loops. It has no default
// address.
//
// The interface is the one that its published client in facebook/ThreatExchange shows
// (python-threatexchange, exchanges/clients/stopncii).
package stopncii
