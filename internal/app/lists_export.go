package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// ExportOptions say which list goes where.
type ExportOptions struct {
	Source, Kind string
	Format       string
	To           string   // a file that is not there yet; empty or "-": Out
	Recipients   []string // age public keys; empty leaves the file plain
	Out          io.Writer
}

// ExportList writes a list in one of the formats, encrypted where there are
// recipients. The file is complete or not there.
func ExportList(ctx context.Context, c Config, o ExportOptions) error {
	kind, err := parseKind(o.Kind)
	if err != nil {
		return err
	}
	if f := formats.Format(o.Format); !slices.Contains(formats.Writable(), f) {
		return fmt.Errorf("%w: format %.20q is not one of %v", ErrUsage, o.Format, formats.Writable())
	}
	return c.withLists(func(db *hashdb.DB) error {
		lists := chosen(db.Lists(), o.Source, kind)
		if len(lists) == 0 {
			return noList(c, o.Source, kind)
		}
		write := func(w io.Writer) error {
			return sealed(w, o.Recipients, func(w io.Writer) error {
				buffered := bufio.NewWriterSize(w, 1<<16)
				if err := formats.Write(buffered, formats.Format(o.Format), lists[0], db.Entries(ctx, lists[0].ID())); err != nil {
					return err
				}
				return buffered.Flush()
			})
		}
		if o.To == "" || o.To == "-" {
			return write(o.Out)
		}
		return writeNew(o.To, write)
	})
}

// sealed encrypts to the recipients what fill writes; to none, it leaves it plain.
func sealed(w io.Writer, recipients []string, fill func(io.Writer) error) error {
	if len(recipients) == 0 {
		return fill(w)
	}
	var to []age.Recipient
	for i, text := range recipients {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return fmt.Errorf("%w: recipient %d: %w", ErrUsage, i+1, err)
		}
		to = append(to, r)
	}
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	if err := fill(sealed); err != nil {
		return err
	}
	return sealed.Close()
}

// writeNew makes a file of mode 0600 that must not be there.
func writeNew(name string, fill func(io.Writer) error) (err error) {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".vigil-export-")
	if err != nil {
		return err
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Link(f.Name(), name) // unlike a rename, it replaces nothing
	}
	return errors.Join(err, os.Remove(f.Name()))
}
