package app

import (
	"context"
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/hashdb"
)

// RetractOptions name entries of a source's lists.
type RetractOptions struct {
	Source string
	Kind   string   // of Hashes
	Hashes []string // in hexadecimal
	Refs   []string // the owner's ids
	// Status is what the entries become: retracted, disputed, or listed again.
	Status string
	Out    io.Writer
}

// RetractHashes retracts or disputes entries, here and in the other processes. It
// changes nothing when one of the hashes is not in the lists, or none of the ids.
func RetractHashes(ctx context.Context, c Config, o RetractOptions) error {
	kind, err := parseKind(o.Kind)
	if err != nil {
		return err
	}
	status, err := hashdb.ParseStatus(o.Status)
	if err != nil {
		return fmt.Errorf("%w: status: %w", ErrUsage, err)
	}
	if len(o.Hashes)+len(o.Refs) == 0 {
		return fmt.Errorf("%w: name entries by hash or by --ref", ErrUsage)
	}
	if len(o.Refs) > 0 && status != hashdb.Retracted {
		return fmt.Errorf("%w: entries named by --ref can only be retracted", ErrUsage)
	}
	return c.changeLists(ctx, func(change listChange) error {
		batch, err := o.batch(c, change.db, kind, status)
		if err != nil {
			return err
		}
		done, err := change.store.Apply(ctx, batch)
		if err != nil {
			return err
		}
		if len(o.Hashes) == 0 && done.Retracted == 0 {
			return fmt.Errorf("no entry of %s has any of the %d ids: nothing was changed", o.Source, len(o.Refs))
		}
		_, err = fmt.Fprintf(o.Out, "%d retracted, %d changed\n", done.Retracted, done.Changed)
		return err
	})
}

// batch returns the changes, with an error where one would change nothing.
func (o RetractOptions) batch(c Config, db *hashdb.DB, kind hashdb.Kind, status hashdb.Status) (hashdb.Batch, error) {
	batch := hashdb.Batch{Source: o.Source, RetractRefs: o.Refs}
	if len(chosen(db.Lists(), o.Source, 0)) == 0 {
		return batch, noList(c, o.Source, 0)
	}
	for i, text := range o.Hashes {
		h, err := hashdb.ParseHash(kind, text)
		if err != nil {
			return batch, fmt.Errorf("hash %d: %w", i+1, err)
		}
		found, err := db.Find(h)
		if err != nil {
			return batch, err
		}
		n := len(batch.Entries)
		for _, f := range found {
			if f.List.Source == o.Source {
				f.Entry.Status = status
				batch.Entries = append(batch.Entries, f.Entry)
			}
		}
		if len(batch.Entries) == n {
			return batch, fmt.Errorf("hash %d (entry %s) is not in list %s/%s: nothing was changed", i+1, h.Entry(), o.Source, kind)
		}
	}
	return batch, nil
}
