package audit

import (
	"context"

	"github.com/vigil-stream/vigil/audit/verify"
)

// The kinds of entry.
const (
	KindListChange = verify.KindListChange
	KindCase       = verify.KindCase
	KindDecision   = verify.KindDecision
	KindAlert      = verify.KindAlert
	KindView       = verify.KindView
	KindOpinion    = verify.KindOpinion
	KindUndo       = verify.KindUndo
	KindRecusal    = verify.KindRecusal
	KindOversight  = verify.KindOversight
	KindImage      = verify.KindImage
	KindDelivery   = verify.KindDelivery
	KindExport     = verify.KindExport
	KindHold       = verify.KindHold
	KindRelease    = verify.KindRelease
	KindErasure    = verify.KindErasure
	KindAction     = verify.KindAction
	KindCorrection = verify.KindCorrection
	KindFeedback   = verify.KindFeedback
	KindAppeal     = verify.KindAppeal
	KindOutcome    = verify.KindOutcome
)

// The errors of reading and checking a log.
var (
	ErrCheckpoint = verify.ErrCheckpoint // a checkpoint is not validly signed
	ErrRolledBack = verify.ErrRolledBack // the log is shorter than it was
	ErrForked     = verify.ErrForked     // the log was rewritten and signed again
)

type (
	// Entry is one line of the log, of ids and hashes only.
	Entry = verify.Entry
	// Proof shows that an entry is in the log, complete in itself.
	Proof = verify.Proof
	// Result describes a log in which everything was found to be right.
	Result = verify.Result
	// BadEntry is the error that names the first entry that is wrong.
	BadEntry = verify.BadEntry
)

// CheckProof checks a proof and returns the entry that it proves.
func CheckProof(p Proof, verifierKey string) (Entry, error) {
	return verify.CheckProof(p, verifierKey)
}

// Read checks the whole log in the folder dir and calls each with every entry. See
// verify.Read.
func Read(ctx context.Context, dir, verifierKey string, each func(index uint64, e Entry)) (Result, error) {
	return verify.Read(ctx, dir, verifierKey, each)
}

// Verify checks the whole log in the folder dir, offline, and that it has only
// grown since the checkpoint previous, if that is not empty. See verify.Log.
func Verify(ctx context.Context, dir, verifierKey, previous string) (Result, error) {
	return verify.Log(ctx, dir, verifierKey, previous)
}

// From calls each with the entries of the log from an index on. See verify.From.
func From(ctx context.Context, dir, verifierKey string, index uint64, each func(index uint64, e Entry) error) error {
	return verify.From(ctx, dir, verifierKey, index, each)
}
