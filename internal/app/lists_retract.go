package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

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
// changes nothing when one of them is not in the lists.
func RetractHashes(ctx context.Context, c Config, o RetractOptions) (err error) {
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
	db, err := c.openLists()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if len(chosen(db.Lists(), o.Source, 0)) == 0 {
		return noList(c, o.Source, 0)
	}
	batch := hashdb.Batch{Source: o.Source, RetractRefs: o.Refs}
	for i, text := range o.Hashes {
		h, err := hashdb.ParseHash(kind, text)
		if err != nil {
			return fmt.Errorf("hash %d: %w", i+1, err)
		}
		found, err := db.Find(h)
		if err != nil {
			return err
		}
		n := len(batch.Entries)
		for _, f := range found {
			if f.List.Source == o.Source {
				f.Entry.Status = status
				batch.Entries = append(batch.Entries, f.Entry)
			}
		}
		if len(batch.Entries) == n {
			return fmt.Errorf("hash %d (entry %s) is not in list %s/%s: nothing was changed", i+1, h.Entry(), o.Source, kind)
		}
	}
	return applyAndRecord(ctx, c, db, batch, o.Out)
}

// applyAndRecord applies a batch here and in the other processes, and puts the
// lists' new versions into the audit log.
func applyAndRecord(ctx context.Context, c Config, db *hashdb.DB, batch hashdb.Batch, out io.Writer) (err error) {
	ledger, _, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close(context.WithoutCancel(ctx))) }()
	store, closeStore, err := openShared(ctx, c, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	before := db.Lists()
	done, err := store.Apply(ctx, batch)
	if err != nil {
		return err
	}
	for _, l := range db.Lists() {
		if slices.ContainsFunc(before, func(b hashdb.ListInfo) bool { return b.ID() == l.ID() && b.Version == l.Version }) {
			continue
		}
		if err := recordChange(ctx, ledger, l); err != nil {
			return fmt.Errorf("list %s is changed, but not in the audit log: %w", l.ID(), err)
		}
		if _, err := fmt.Fprintf(out, "list %s: %d entries, version %s\n", l.ID(), l.Entries, l.Version); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "%d retracted, %d changed\n", done.Retracted, done.Changed)
	return err
}
