// Package seal makes records that one party signs and another alone can read: a DSSE
// envelope (package audit/dsse), encrypted with age (https://age-encryption.org/v1) to the
// reader's keys.
//
// It signs first and encrypts what it signed, so that nobody without a key of the reader's
// learns who signed. An envelope can be taken out and encrypted to somebody else by whoever
// may read it: a payload must name whom it is for, and its reader must look.
//
// Attachments travel beside an envelope, in encrypted records alone. They are not signed:
// each is known by its SHA-256, which the payload must name.
//
// It knows no payload, opens no file and has no key. It trusts neither the bytes nor their
// length. Who signed is told by the key that the reader has from elsewhere.
package seal
