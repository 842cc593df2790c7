package verify

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotCovered says that the log's checkpoint does not reach an entry (yet).
var ErrNotCovered = errors.New("not covered by the checkpoint")

// maxProof is the most hashes a proof can have: one a level of the tree.
const maxProof = 40

// A Proof shows, to whoever has the log's verifier key, that an entry is in
// the log. It is complete in itself and can be kept next to what it is about.
type Proof struct {
	Index      uint64      `json:"index"`      // the entry's place in the log, from 0
	Entry      []byte      `json:"entry"`      // the entry as it stands in the log; base64 in JSON
	Hashes     []tlog.Hash `json:"hashes"`     // the audit path of RFC 6962, leaf side first; base64 in JSON
	Checkpoint string      `json:"checkpoint"` // the signed checkpoint that the path leads up to
}

// CheckProof checks p and returns the entry that it proves. An error means
// that p shows nothing, whatever its entry says.
func CheckProof(p Proof, verifierKey string) (Entry, error) {
	if len(p.Hashes) > maxProof {
		return Entry{}, fmt.Errorf("check proof: %d hashes, limit %d", len(p.Hashes), maxProof)
	}
	if len(p.Entry) > MaxEntry {
		return Entry{}, fmt.Errorf("check proof: entry of %d bytes, limit %d", len(p.Entry), MaxEntry)
	}
	c, err := OpenCheckpoint(p.Checkpoint, verifierKey)
	if err != nil {
		return Entry{}, fmt.Errorf("check proof: %w", err)
	}
	if p.Index >= c.Size {
		return Entry{}, fmt.Errorf("check proof: entry %d, checkpoint of %d: %w", p.Index, c.Size, ErrNotCovered)
	}
	if err := tlog.CheckRecord(p.Hashes, c.tree.N, c.tree.Hash, int64(p.Index), tlog.RecordHash(p.Entry)); err != nil {
		return Entry{}, fmt.Errorf("check proof: entry %d: %w", p.Index, err)
	}
	e, err := ParseEntry(p.Entry)
	if err != nil {
		return Entry{}, fmt.Errorf("check proof: entry %d is in the log but is not one: %w", p.Index, err)
	}
	return e, nil
}

// Prove makes the proof of an entry from the log in the folder dir. It returns
// no proof that CheckProof would refuse. The error is ErrNotCovered as long as
// the checkpoint does not reach the entry.
func Prove(dir, verifierKey string, index uint64) (p Proof, err error) {
	f, err := openFolder(dir)
	if err != nil {
		return Proof{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	c, err := f.checkpoint(verifierKey)
	if err != nil {
		return Proof{}, err
	}
	if index >= c.Size {
		return Proof{}, fmt.Errorf("prove entry %d of %d: %w", index, c.Size, ErrNotCovered)
	}
	n := int64(index)
	hashes, err := tlog.ProveRecord(c.tree.N, n, tlog.TileHashReader(c.tree, f))
	if err != nil {
		return Proof{}, fmt.Errorf("prove entry %d: %w", index, err)
	}
	// A fault further on in the bundle is no reason to deny this entry its
	// proof, so the error counts only if it comes before.
	entries, err := f.entries(n/tileWidth, widthAt(c.tree.N, 0, n/tileWidth))
	within := int(n % tileWidth)
	if within >= len(entries) {
		return Proof{}, fmt.Errorf("prove entry %d: %w", index, err)
	}
	p = Proof{Index: index, Entry: entries[within], Hashes: hashes, Checkpoint: c.Text}
	if _, err := CheckProof(p, verifierKey); err != nil {
		return Proof{}, fmt.Errorf("prove entry %d: %w", index, err)
	}
	return p, nil
}
