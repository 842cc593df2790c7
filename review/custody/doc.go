// Package custody keeps preserved windows of streams for the cases that they are evidence
// of, until their time is over, and then destroys the key under which they lie.
//
// A window comes into the evidence store encrypted by the platform to its readers' public
// keys. Custody cannot open that and need not. It encrypts it once more, to a key made for
// the case alone, and removes what lay there before: from then on it takes both keys, the
// readers' and the case's, to see a frame. When a case's time is over its key is destroyed,
// and what is left anywhere of its windows, in backups too, is ciphertext for which nobody
// has the key. A window that is evidence of two cases lies there twice.
//
// Of the destruction there is a certificate in the case store and its SHA-256 in the audit
// log: which key, which ciphertexts, why. The order is: the certificate, the key, the
// ciphertexts, the log. A crash between any two of them leaves a certificate that is not
// done, with which the next Expire begins.
//
// It decides nothing: review says whose a window is and when a term is over. It trusts the
// folder of keys, and whoever can read that. It does not trust the evidence store, whose
// ciphertexts must be those that it put there.
//
// Keys lie in files by themselves, so that they can be left out of backups or kept in short
// ones: a key that a backup still has is not destroyed. In the store:
//
//	windows/NAME.age            as it came, until a case has it
//	windows/NAME.age.json       what the platform stated, until no case keeps it
//	cases/CASE-N/SHA256.age     under the Nth key of the case
package custody
