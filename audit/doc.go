// Package audit keeps the log of what was done: every list change, case,
// decision, alert and view is an entry of ids and hashes in an append-only
// Merkle tree, with signed checkpoints. It writes the log, with the POSIX
// driver of github.com/transparency-dev/tessera; what reads and checks it is
// the package verify beneath it, which does without tessera and without trust.
//
// # Who can lie, and what shows it
//
// Somebody who can write to the log's folder, but does not have the key, can
// change, remove or cut off entries. [Verify] shows it, and names the entry.
// To hide the newest entries they can put an older checkpoint back, along with
// everything else of that time: a checkpoint kept from later shows it.
//
// Somebody who has the key, which is whoever runs Vigil, can sign another
// history. It is shown by any checkpoint that has left their hands, given to
// Verify as the previous one; and by any proof that has, since [CheckProof] of
// a proof from one history and Verify of the other cannot both hold. Every
// alert carries the proof of the decision that it is based on, so that
// reporting centres hold such checkpoints without having to do anything.
//
// Nobody is kept from lying in what they append, and the operator is not kept
// from leaving something out at the time: the log shows what was claimed, and
// when it was first signed in relation to other entries, not that it is true.
// A checkpoint has no time in it.
//
// # What it does not
//
// It holds no personal data: [Entry.Validate] leaves no room for any. It does
// not drop repeats: an entry that is appended again, as after a crash, is in
// the log twice, with one id. It makes no alerts and knows no cases; review
// and report hand it entries and keep the proofs.
package audit
