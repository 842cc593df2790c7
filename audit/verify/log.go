package verify

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrRolledBack says that the log is shorter than an earlier checkpoint.
	ErrRolledBack = errors.New("the log was rolled back")

	// ErrForked says that the log is properly signed, but is not a
	// continuation of an earlier checkpoint that was signed as well: whoever
	// holds the key signed two histories.
	ErrForked = errors.New("the log was rewritten since the earlier checkpoint")
)

// BadEntry names the first entry that is wrong. Index and Last are equal,
// unless what is left does not tell which one of a range it is.
type BadEntry struct {
	Index, Last uint64
	Why         string
}

func (e *BadEntry) Error() string {
	if e.Index == e.Last {
		return fmt.Sprintf("audit log: the first wrong entry is %d: %s", e.Index, e.Why)
	}
	return fmt.Sprintf("audit log: the first wrong entry is one from %d to %d: %s", e.Index, e.Last, e.Why)
}

// A Result describes a log in which everything was found to be right.
type Result struct {
	Checkpoint                   // the signed state that everything was held against
	Kinds      map[string]uint64 // the number of entries of each kind
}

// Log checks the whole log in the folder dir: that its checkpoint is signed,
// that every entry is one, that together they have the signed root, and that
// all stored hashes are those of the entries. If previous is not empty it is a
// checkpoint of the same log kept from earlier, and Log also checks that what
// it covers has not changed since; without it, whoever holds the key could
// have rewritten everything. The log may grow while it is being checked.
//
// The error is, or wraps, a *BadEntry, ErrCheckpoint, ErrRolledBack or
// ErrForked; any other means that the log could not be read.
func Log(ctx context.Context, dir, verifierKey, previous string) (res Result, err error) {
	return read(ctx, dir, verifierKey, previous, nil)
}

// Read is Log without an earlier checkpoint, and calls each with every entry in turn.
// What it was called with is true of the log only where the error is nil.
func Read(ctx context.Context, dir, verifierKey string, each func(index uint64, e Entry)) (Result, error) {
	return read(ctx, dir, verifierKey, "", each)
}

func read(ctx context.Context, dir, verifierKey, previous string, each func(uint64, Entry)) (res Result, err error) {
	f, err := openFolder(dir)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()

	signed, err := f.checkpoint(verifierKey)
	if err != nil {
		return Result{}, err
	}
	var earlier Checkpoint
	if previous != "" {
		if earlier, err = OpenCheckpoint(previous, verifierKey); err != nil {
			return Result{}, fmt.Errorf("the earlier checkpoint: %w", err)
		}
	}
	switch {
	case earlier.Size > signed.Size:
		return Result{}, fmt.Errorf("%w: it has %d entries, and had %d", ErrRolledBack, signed.Size, earlier.Size)
	case earlier.Size == signed.Size && previous != "" && earlier.Root != signed.Root:
		return Result{}, fmt.Errorf("%w: both have %d entries, and different roots", ErrForked, signed.Size)
	}

	s := scan{folder: f, signed: signed.tree, earlier: earlier.tree, kinds: make(map[string]uint64), each: each}
	for s.built.size < s.signed.N {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		if bad := s.bundle(); bad != nil {
			return Result{}, bad
		}
	}
	if bad := s.verdict(); bad != nil {
		return Result{}, bad
	}
	if s.forked {
		return Result{}, fmt.Errorf("%w: its first %d entries are not those it had", ErrForked, earlier.Size)
	}
	return Result{Checkpoint: signed, Kinds: s.kinds}, nil
}
