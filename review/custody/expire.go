package custody

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"

	"github.com/vigil-stream/vigil/review"
)

// Expire destroys the keys of windows whose time is over, and then erases the cases whose
// time is over. What an earlier one began is finished first. It returns what it did, also
// beside an error; an error about one case does not stop the others.
func (c *Custody) Expire(ctx context.Context, r review.Retention) (done []review.Erasure, err error) {
	begun, err := c.Store.Erasures(ctx, "", true)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range begun {
		if err := c.destroy(ctx, e); err != nil {
			errs = append(errs, err)
			continue
		}
		done = append(done, e)
	}
	terms, err := c.Store.Terms(ctx, r, "")
	if err != nil {
		return done, errors.Join(append(errs, err)...)
	}
	now := c.Now()
	for _, t := range terms {
		if t.Held || t.Until.After(now) {
			continue
		}
		e, err := c.expire(ctx, r, t)
		switch {
		case errors.Is(err, review.ErrNotDue): // it was put before people, or under a hold, since
		case err != nil:
			errs = append(errs, err)
		default:
			done = append(done, e)
		}
	}
	return done, errors.Join(errs...)
}

func (c *Custody) expire(ctx context.Context, r review.Retention, t review.Term) (review.Erasure, error) {
	if t.Generation == 0 {
		return c.Store.EraseRecords(ctx, r, t.CaseID)
	}
	e, err := c.Store.BeginErasure(ctx, r, t.CaseID, t.Generation)
	if err != nil {
		return e, err
	}
	return e, c.destroy(ctx, e)
}

// destroy does what a certificate says, however much of it is done already: the key first,
// then what is left of the windows, and last the log is told.
func (c *Custody) destroy(ctx context.Context, e review.Erasure) error {
	of := e.Certificate
	if err := c.step("certified"); err != nil {
		return err
	}
	if err := c.Keys.Destroy(ctx, keyName(of.Case, of.Generation)); err != nil {
		return fmt.Errorf("destroy the key of case %s: %w", of.Case, err)
	}
	if err := c.step("key destroyed"); err != nil {
		return err
	}
	for _, w := range of.Windows {
		names := []string{windowsAt + w.Name}
		kept, err := c.kept(ctx, w.Name)
		if err != nil {
			return err
		}
		if !kept {
			names = append(names, windowsAt+w.Name+".json")
		}
		for _, name := range names {
			if err := c.remove(ctx, name); err != nil {
				return err
			}
		}
	}
	if err := c.step("originals removed"); err != nil {
		return err
	}
	// By what is there, so that what a crash left of another attempt goes as well.
	for files := c.Blobs.List(&blob.ListOptions{Prefix: folderOf(of.Case, of.Generation)}); ; {
		file, err := files.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("evidence store: %w", err)
		}
		if err := c.remove(ctx, file.Key); err != nil {
			return err
		}
	}
	if err := c.step("ciphertexts removed"); err != nil {
		return err
	}
	return c.Store.FinishErasure(ctx, e)
}

func (c *Custody) kept(ctx context.Context, name string) (bool, error) {
	keepers, err := c.Store.Keepers(ctx, name)
	for _, k := range keepers {
		if !k.Gone {
			return true, err
		}
	}
	return false, err
}
