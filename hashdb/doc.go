// Package hashdb keeps lists of hashes of known pictures and files, and finds which of
// their entries lie within a radius of a hash.
//
// A DB is a folder: sealed segments that are mapped into memory and hold the index with
// the hashes, a journal of what came after them, and a manifest that names both. A
// change costs what it changes, is on disk before it is acknowledged, and is seen by
// every process that has the folder open at its next Refresh. Imports of whole lists
// are all or nothing and are gone on with after an interruption. Reading waits for
// nobody; one process writes at a time; merging goes on beside both. What a crash leaves
// at any moment opens as exactly what was acknowledged, and at most the one change that
// was under way.
//
// It holds the kinds of hashes, the lists with what their owners say of them, and how
// to hash a picture. Package pdq computes PDQ, index finds codes, segment keeps them in
// files; formats reads the files in which lists are exchanged, and exchange follows
// their owners.
//
// It does not decode pictures or bound their size (detect does), and it decides nothing
// about a match: it tells apart what is live, on trial, disputed or known to be
// innocent. It does not encrypt: hashes are mapped as they are, and encryption at rest
// is the system's, which AtRest can tell and Options can require. It keeps no original,
// only hashes; since a picture can be partly rebuilt from its hash, the folder is
// refused when others may read it, and answers name an entry by a digest of its hash
// beside the hash itself, which logs and metrics must not hold.
//
// It trusts the folder's owner and nothing else: records are checked one by one, files
// against their checksums, and what is damaged is an error, never an empty list. A
// failed look-up is never "no match". A list's version tells its states apart; it does
// not bind the list's owner.
//
// detect asks it about frames; the next room after detect is correlate.
package hashdb
