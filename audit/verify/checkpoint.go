package verify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrCheckpoint is wrapped by every error about a checkpoint that is not
// validly signed by the log's key, or does not say what one must.
var ErrCheckpoint = errors.New("bad checkpoint")

const (
	// maxCheckpoint is the size limit of a signed checkpoint, in bytes. One
	// takes about 200; the rest is for signatures of witnesses.
	maxCheckpoint = 64 << 10

	// maxTree is the size limit of a log, in entries: 35 years at a thousand a
	// second, and far from where the index arithmetic of tlog overflows.
	maxTree = 1 << 40
)

// A Checkpoint is what the log's key signed: so many entries, with this root.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   string // base64 of the SHA-256 Merkle root of RFC 6962
	Text   string // the signed note it was read from, for keeping

	tree tlog.Tree
}

// OpenCheckpoint checks the signature of a checkpoint and reads it.
func OpenCheckpoint(text, verifierKey string) (Checkpoint, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("verifier key: %w", err)
	}
	if len(text) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("%w: %d bytes, limit %d", ErrCheckpoint, len(text), maxCheckpoint)
	}
	signed, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	// Extension lines are allowed by the format and refused here: this log
	// writes none, so one would be something to ask about.
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, fmt.Errorf("%w: %d lines, not three: origin, size, root", ErrCheckpoint, len(lines)-1)
	}
	if lines[0] != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("%w: origin is not the name of the key that signed it", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxTree || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: size: not a plain number from 0 to %d", ErrCheckpoint, int64(maxTree))
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return Checkpoint{}, fmt.Errorf("%w: root: not the base64 of 32 bytes", ErrCheckpoint)
	}
	if size == 0 && root != emptyRoot() {
		return Checkpoint{}, fmt.Errorf("%w: root: not that of an empty log", ErrCheckpoint)
	}
	return Checkpoint{
		Origin: lines[0],
		Size:   uint64(size),
		Root:   lines[2],
		Text:   text,
		tree:   tlog.Tree{N: size, Hash: root},
	}, nil
}

// ReadCheckpoint opens the checkpoint of the log in the folder dir.
func ReadCheckpoint(dir, verifierKey string) (c Checkpoint, err error) {
	f, err := openFolder(dir)
	if err != nil {
		return Checkpoint{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.checkpoint(verifierKey)
}
