package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// HashOptions say which hashes are printed.
type HashOptions struct {
	Kind string
	// Mode is PDQ's, 512 or full; empty means 512.
	Mode string
	// Dihedral prints PDQ of the picture as it is, turned and mirrored.
	Dihedral bool
	Files    []string
	Out, Err io.Writer
}

// Hash prints `<hash> <quality> <file>` for each file, and eight such lines where
// Dihedral is set. A bad file is named on Err and the others are done. It stops when
// ctx ends, also in the middle of a file that has no end.
func Hash(ctx context.Context, o HashOptions) error {
	kind, err := parseKind(o.Kind)
	if err != nil {
		return err
	}
	if kind != hashdb.KindPDQ && (o.Mode != "" || o.Dihedral) {
		return fmt.Errorf("%w: --mode and --dihedral are for pdq, not for %v", ErrUsage, kind)
	}
	mode := pdq.Mode512
	if o.Mode != "" {
		if mode, err = pdq.ParseMode(o.Mode); err != nil {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	h := fileHasher{pdq: pdq.New(mode), kind: kind, dihedral: o.Dihedral}
	failed := false
	for _, file := range o.Files {
		hashes, quality, err := h.hash(ctx, file)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = true
			if _, err := fmt.Fprintf(o.Err, "vigil hash: %s: %v\n", file, err); err != nil {
				return err
			}
			continue
		}
		for _, hash := range hashes {
			if _, err := fmt.Fprintf(o.Out, "%v %s %s\n", hash, quality, file); err != nil {
				return err
			}
		}
	}
	if failed {
		return ErrSomeRefused
	}
	return nil
}

// fileHasher hashes files of a kind.
type fileHasher struct {
	pdq      *pdq.Hasher
	kind     hashdb.Kind
	dihedral bool
}

// hash returns the hashes of a file and their quality, "-" where the kind has none.
// The error does not name the file.
func (h fileHasher) hash(ctx context.Context, name string) (hashes []hashdb.Hash, quality string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, "", withoutPath(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in := untilDone{ctx, file}
	if h.kind.Exact() {
		sum, err := hashdb.Digest(h.kind, in)
		return []hashdb.Hash{sum}, "-", withoutPath(err)
	}
	img, err := readPicture(in)
	if err != nil {
		return nil, "", err
	}
	if h.dihedral {
		all, quality, err := h.pdq.ImageDihedral(img)
		for _, bits := range all {
			hashes = append(hashes, hashdb.Hash{Kind: hashdb.KindPDQ, Bits: bits})
		}
		return hashes, fmt.Sprint(quality), err
	}
	hash, value, err := hashdb.HashImage(h.pdq, h.kind, img)
	if quality = "-"; value != hashdb.NoQuality {
		quality = fmt.Sprint(value)
	}
	return []hashdb.Hash{hash}, quality, err
}

// untilDone reads until ctx ends.
type untilDone struct {
	ctx context.Context
	io.Reader
}

// Read reads, or returns why ctx ended.
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

// withoutPath returns what went wrong with a file, without its name and whether it was
// opened or read.
func withoutPath(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// readPicture decodes a picture within the limits of a frame; a PGM or PPM is limited
// by its pixels, of three bytes each, and not by its bytes.
func readPicture(r io.Reader) (image.Image, error) {
	limits := detect.DefaultLimits()
	data, err := io.ReadAll(io.LimitReader(r, max(int64(limits.Bytes), 3*int64(limits.Pixels))+1<<10))
	if err != nil {
		return nil, withoutPath(err)
	}
	return detect.Decode(data, limits)
}
