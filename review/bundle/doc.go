// Package bundle writes a case and what proves it into one file that needs nothing else,
// and checks such a file, naming the first thing in it that does not fit.
//
// A bundle is a ZIP without compression, of these files in this order:
//
//	README.txt                  how to check it, with vigil and by hand
//	case.json                   the record that the last decision is bound to, byte for byte
//	decisions.json              the decisions that stand, as the audit log has their digests
//	records/DIGEST.json         records that earlier decisions are bound to
//	entries.json                the hashes of the list entries that its signals matched
//	audit/salt                  what the log's commitments about the case are opened with
//	case.jsonld                 the same told in CASE/UCO, for other tools
//	audit/checkpoint            the newest signed state of the audit log
//	audit/log.pem, log.pub      its key, for information: a pinned one comes another way
//	audit/entry-N.json          entry N of the log, with the proof that it is there
//	windows/NAME.age            preserved windows as they lie, encrypted to their readers
//	windows/NAME.age.json       what the platform stated when the window left it
//	originals/SHA256.jpg        frames that the case's signals name, in the clear, if asked
//	manifest.dsse.json          the SHA-256 of all the others, signed
//
// The manifest is an in-toto Statement v1 (https://in-toto.io/Statement/v1) in a DSSE
// envelope (https://github.com/secure-systems-lab/dsse), signed with Ed25519 by the key of
// the audit log. What it signs begins with "DSSEv1 " and so is never a checkpoint.
package bundle
