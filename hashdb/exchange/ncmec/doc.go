// Package ncmec keeps a list in step with the hash sharing of the National Center for
// Missing & Exploited Children, version 2 of its interface, and takes verdicts back.
//
// NCMEC hands entries out by the time of their last change, but not in its order, so
// that only a window of time that was read to its last page says anything about what
// was seen. The checkpoint is the end of such a window, and never lies within one.
//
// It does not read PhotoDNA or video fingerprints, and it submits no hashes. It trusts
// NCMEC for what is listed, and not for the form in which it says so: pages are
// limited, checked and looked at for loops. It has no default address, since NCMEC has
// several databases and a test host for each.
//
// The addresses, the forms of answers and what is known of their order are those of
// NCMEC's documentation of the interface and of its published client in
// facebook/ThreatExchange (python-threatexchange, exchanges/clients/ncmec).
package ncmec
