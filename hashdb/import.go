package hashdb

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// ImportRequest says into which list hashes go.
type ImportRequest struct {
	// Source names the list: 1 to 64 letters, digits, '.', '_' and '-'. A source has
	// one list for each kind.
	Source string
	Kind   Kind
	// Radius is the list's greatest distance for a match in bits, up to a quarter of
	// the kind's bits. 0 keeps that of a list already there and gives a new one 31 for
	// PDQ and 8 for the 64-bit kinds.
	Radius int
	// File names the input in errors.
	File string
}

// ImportResult says what an import did. Added, Known and BadCount together are the
// lines that were neither blank nor comments.
type ImportResult struct {
	Added    int       // Entries the list did not have.
	Known    int       // Lines whose hash the list had, or an earlier line.
	Bad      []BadLine // The first 20 lines that were skipped.
	BadCount int       // All lines that were skipped.
	// Version is the list's version after the import; empty when there was no hash
	// and the list does not exist.
	Version string
}

// Import adds the hashes that r gives, one in hexadecimal a line, to a list, and
// makes the list if it is not there. Blank lines and those that begin with # are
// skipped; bad lines too, and counted.
//
// It is all or nothing: when it returns nil the list is on disk and in use here, and
// other processes find it at their next Refresh; when r or ctx fails first, nothing
// has changed. Imports of the same hashes again add nothing and write nothing.
// Imports at the same time, also by other processes, wait for each other, but not
// while they read r.
//
// The error wraps that of r or ctx, and never holds what r gave.
func (db *DB) Import(ctx context.Context, req ImportRequest, r io.Reader) (ImportResult, error) {
	res, err := db.importLines(ctx, req, r)
	if err != nil {
		if req.File != "" {
			err = fmt.Errorf("%s: %w", req.File, err)
		}
		return ImportResult{}, fmt.Errorf("import: %w", err)
	}
	return res, nil
}

func (db *DB) importLines(ctx context.Context, req ImportRequest, r io.Reader) (ImportResult, error) {
	if err := req.check(); err != nil {
		return ImportResult{}, err
	}
	read, err := readLines(ctx, req.Kind, r)
	if err != nil {
		return ImportResult{}, err
	}
	lines := len(read.hashes)
	slices.SortFunc(read.hashes, words.compare)
	fresh := slices.Compact(read.hashes)

	unlock, err := db.folder.lock()
	if err != nil {
		return ImportResult{}, fmt.Errorf("lock hash lists: %w", err)
	}
	defer unlock()
	// What others imported since the last refresh belongs into the new file too.
	if _, err := db.Refresh(); err != nil {
		return ImportResult{}, err
	}
	old := db.current.Load().find(req.Source, req.Kind)
	next := req.merge(old, fresh)
	if len(next.hashes) > maxEntries {
		return ImportResult{}, fmt.Errorf("the list would have %d entries, above the limit of %d", len(next.hashes), maxEntries)
	}
	res := ImportResult{Bad: read.bad, BadCount: read.badCount}
	switch {
	case old == nil && len(fresh) == 0:
		return res, nil
	case old == nil:
		res.Added = len(next.hashes)
	default:
		res.Added = len(next.hashes) - len(old.hashes)
	}
	res.Known = lines - res.Added
	if old == nil || res.Added > 0 || next.radius != old.radius {
		if err := ctx.Err(); err != nil {
			return ImportResult{}, err
		}
		if err := db.folder.write(next); err != nil {
			return ImportResult{}, fmt.Errorf("write hash list: %w", err)
		}
		if _, err := db.Refresh(); err != nil {
			return ImportResult{}, fmt.Errorf("the list is written, but: %w", err)
		}
	}
	res.Version = db.current.Load().find(req.Source, req.Kind).version
	return res, nil
}

func (req ImportRequest) check() error {
	if err := checkSource(req.Source); err != nil {
		return err
	}
	if req.Kind.Bits() == 0 {
		return fmt.Errorf("%v is not a kind of hash", req.Kind)
	}
	if req.Radius < 0 || req.Radius > req.Kind.MaxRadius() {
		return fmt.Errorf("radius %d for a list of %v, want 1 to %d, or 0 for the default: beyond, unrelated pictures match",
			req.Radius, req.Kind, req.Kind.MaxRadius())
	}
	return nil
}

// merge returns the list with the fresh hashes, which are ascending, no two equal.
// old may be nil and is left as it is.
func (req ImportRequest) merge(old *loadedList, fresh []words) *list {
	next := &list{source: req.Source, kind: req.Kind, radius: req.Kind.DefaultRadius(), hashes: fresh}
	if old != nil {
		next.radius = old.radius
		next.hashes = union(old.hashes, fresh)
	}
	if req.Radius != 0 {
		next.radius = req.Radius
	}
	return next
}

// union merges two ascending lists without repetitions into another.
func union(a, b []words) []words {
	out := make([]words, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		c := a[0].compare(b[0])
		if c <= 0 {
			out = append(out, a[0])
			a = a[1:]
		} else {
			out = append(out, b[0])
		}
		if c >= 0 {
			b = b[1:]
		}
	}
	return append(append(out, a...), b...)
}
