// Package verify checks an audit log, and proofs taken from one, without
// trusting whoever keeps it. It needs the log's verifier key and nothing else:
// no network, no clock, no state, and of code only the standard library and
// golang.org/x/mod/sumdb, so that a reporting centre or an auditor can read
// the whole of it, or vendor it alone.
//
// The log is a Merkle tree as of RFC 6962, kept in a folder in the layout of
// https://c2sp.org/tlog-tiles and signed as https://c2sp.org/tlog-checkpoint:
//
//	checkpoint            origin, size and root of the tree, signed
//	tile/entries/<N>      the entries 256N to 256N+255
//	tile/<L>/<N>          the hashes of level 8L of the tree, 256 to a tile
//
// and the last of each kind, as long as it is not full, under <N>.p/<width>.
//
// [Entry] says what an entry may hold, [CheckProof] checks that one entry is
// in a signed log, [Log] checks a whole folder and names the first entry that
// is wrong, [Prove] makes a proof from a folder. Nothing here writes.
package verify
