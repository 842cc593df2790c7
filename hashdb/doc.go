// Package hashdb computes perceptual hashes of pictures and finds which entries
// of known lists lie within a radius of one.
//
// It holds the hash kinds (PDQ in both reference modes, and goimagehash's
// pHash, dHash and aHash), an exact index over 256-bit hashes, and the lists
// themselves as checked files in one private folder that several processes may
// read and import into at the same time.
//
// It does not decode files or bound their size (detect does), it decides nothing
// about a match, and it never widens a list's own radius. It keeps no original,
// only hashes; since a picture can be partly rebuilt from its hash, the folder
// is refused when others may read it, and answers name an entry by a digest of
// its hash, never by the hash.
//
// It trusts the folder's owner and nothing else: what an import reads is
// checked line by line, what a list file holds is checked against its digest,
// and a damaged file is an error, never an empty list. A failed look-up is never
// "no match".
//
// detect asks it about frames; the next room after detect is correlate.
package hashdb
