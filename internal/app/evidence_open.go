package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/custody"
)

// OpenEvidenceOptions say which preserved windows to open, with which key, and where to
// put their pictures.
type OpenEvidenceOptions struct {
	Names    []string // files, or names as ListEvidence prints them
	Identity string   // file of age identities
	To       string   // folder, made if it is not there
	// Reviewer and Reason, one of review.ImageReasons, are logged where a case keeps a window.
	Reviewer, Reason string
	Out              io.Writer
}

// OpenEvidence decrypts preserved windows and writes their pictures into a folder, each
// once it was found to be what its SHA-256 says. No picture there is overwritten. Of a window
// that a case keeps, who opens it and why is in the case store's outbox, for the audit log,
// before it is read.
func OpenEvidence(ctx context.Context, c Config, o OpenEvidenceOptions) error {
	keys, err := readIdentities(ctx, o.Identity)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.To, 0o700); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	for _, name := range o.Names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := openWindow(ctx, c, name, keys, o); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// readIdentities reads a file of age identities, as it is or wrapped by a key service.
func readIdentities(ctx context.Context, name string) ([]age.Identity, error) {
	keys, err := custody.File{Path: name, Open: openWrapper}.Identities(ctx)
	if err != nil {
		return nil, fmt.Errorf("--identity: %w", err)
	}
	return keys, nil
}

func openWindow(ctx context.Context, c Config, name string, keys []age.Identity, o OpenEvidenceOptions) error {
	n := 0
	h, err := eachFrame(func() (io.ReadCloser, error) { return c.sealed(ctx, name, o) }, keys, func(f edge.Frame) error {
		// The name of a stream may be no name of a file, that of the window is one.
		base := strings.TrimSuffix(filepath.Base(name), ".age")
		file := fmt.Sprintf("%s-%s-%06d.jpg", base, f.At.UTC().Format("20060102T150405.000Z"), f.Index)
		if err := writeNew(filepath.Join(o.To, file), func(w io.Writer) error { _, err := w.Write(f.JPEG); return err }); err != nil {
			return err
		}
		n++
		return nil
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Out, "%s: %d pictures of stream %s of %s, each what its SHA-256 says\n", name, n, h.Stream, h.Platform)
	return err
}

// eachFrame decrypts a window and calls each with its frames, one after the other.
func eachFrame(open func() (io.ReadCloser, error), keys []age.Identity, each func(edge.Frame) error) (h edge.Header, err error) {
	sealed, err := open()
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, sealed.Close()) }()
	plain, err := age.Decrypt(sealed, keys...)
	if err != nil {
		return h, fmt.Errorf("decrypt: %w", err)
	}
	h, frames, err := edge.ReadSegment(plain)
	if err != nil {
		return h, err
	}
	n := 0
	for f, err := range frames {
		if err == nil {
			err = each(f)
		}
		if err != nil {
			return h, fmt.Errorf("after %d pictures: %w", n, err)
		}
		n++
	}
	return h, nil
}

// sealed opens a window: a file, or what has the name in the evidence store.
func (c *Config) sealed(ctx context.Context, name string, o OpenEvidenceOptions) (io.ReadCloser, error) {
	file, err := os.Open(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		return nil, err
	}
	r, err := bucket.NewReader(ctx, name, nil)
	if err == nil {
		return &closing{r, bucket}, nil
	}
	if err = errors.Join(fmt.Errorf("is no file, and nothing in the evidence store: %w", err), bucket.Close()); !strings.HasPrefix(name, "windows/") {
		return nil, err
	}
	if kept, keptErr := c.kept(ctx, strings.TrimPrefix(name, "windows/"), o); keptErr == nil || review.IsRule(keptErr) && !errors.Is(keptErr, review.ErrNotFound) {
		return kept, keptErr
	}
	return nil, err
}

// kept opens a window that lies under a case's key.
func (c *Config) kept(ctx context.Context, name string, o OpenEvidenceOptions) (_ io.ReadCloser, err error) {
	where, err := c.storePlace()
	if err != nil {
		return nil, err
	}
	if err := review.There(ctx, where); err != nil {
		return nil, err
	}
	store, err := c.openStore(ctx)
	if err != nil {
		return nil, err
	}
	keeps, closes, err := c.custody(ctx, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	all := closer(func() error { return errors.Join(closes(), store.Close()) })
	r, err := keeps.Open(ctx, name, func(k review.Keeper) error {
		// Who has a shell on the machine of the store could read all of it anyway.
		err := store.OpenWindow(ctx, k, supervisor(o.Reviewer), o.Reason)
		if errors.Is(err, review.ErrImageReason) {
			return fmt.Errorf("--reason: %w: %s", err, strings.Join(review.ImageReasons, ", "))
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, all())
	}
	return &closing{r, all}, nil
}

// A closer is a function that closes something.
type closer func() error

func (f closer) Close() error { return f() }

// closing closes what a reader lies in after it.
type closing struct {
	io.ReadCloser
	in io.Closer
}

func (c *closing) Close() error { return errors.Join(c.ReadCloser.Close(), c.in.Close()) }
