package verify

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"
)

// A tree is rebuilt leaf by leaf. It keeps only its peaks, the roots of the
// full subtrees that its size divides into, so that a log of any length is
// checked in a few kilobytes.
type tree struct {
	size  int64
	peaks []tlog.Hash // the largest subtree first
}

// add appends a leaf, and calls done for it and for each subtree that it
// completes, from the leaf up: done(level, n, h) says that the nth subtree of
// 2^level leaves has the hash h.
func (t *tree) add(leaf tlog.Hash, done func(level int, n int64, h tlog.Hash)) {
	level, n, h := 0, t.size, leaf
	done(level, n, h)
	for ; n&1 == 1; level, n = level+1, n>>1 {
		left := len(t.peaks) - 1
		h = tlog.NodeHash(t.peaks[left], h)
		t.peaks = t.peaks[:left]
		done(level+1, n>>1, h)
	}
	t.peaks = append(t.peaks, h)
	t.size++
}

// root is the root hash of RFC 6962, section 2.1.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return emptyRoot()
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}

// emptyRoot is the root hash of a tree without leaves.
func emptyRoot() tlog.Hash { return sha256.Sum256(nil) }

// widthAt is the number of hashes (at level 0, also of entries) in tile n of
// a level of tiles, in a tree of size leaves.
func widthAt(size int64, level int, n int64) int {
	return int(min(size>>(tileHeight*level)-n*tileWidth, tileWidth))
}
