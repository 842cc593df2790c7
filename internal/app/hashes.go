package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
	"github.com/vigil-stream/vigil/signal"
)

// ImportOptions say whose hashes are imported.
type ImportOptions struct {
	Source string
	Kind   string
	Radius int // 0: the kind's default
	Files  []string
	Out    io.Writer
	Err    io.Writer
}

// ImportHashes imports files of hashes, one a line, into a source's list. Bad
// lines are named and skipped; each file is taken whole or not at all.
func ImportHashes(ctx context.Context, c Config, o ImportOptions) (err error) {
	kind, err := parseKind(o.Kind)
	if err != nil {
		return err
	}
	db, err := hashdb.Open(c.hashesDir(), hashdb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ledger, _, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	failed := false
	for _, file := range o.Files {
		bad, err := importFile(ctx, db, ledger, kind, o, file)
		if err != nil {
			return errors.Join(err, ledger.Close(ctx))
		}
		failed = failed || bad
	}
	if err := ledger.Close(ctx); err != nil {
		return err
	}
	if failed {
		return ErrSomeRefused
	}
	return nil
}

func importFile(ctx context.Context, db *hashdb.DB, ledger *audit.Log, kind hashdb.Kind, o ImportOptions, file string) (bad bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	var result hashdb.ImportResult
	records, _, err := formats.Open(formats.Lines, f, formats.Options{Kind: kind, Provenance: filepath.Base(file)})
	if err == nil {
		result, err = db.Import(ctx, hashdb.ImportRequest{
			Source: o.Source, File: file, List: hashdb.List{Kind: kind, Radius: o.Radius},
		}, records)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	version := result.Lists[0].Version
	for _, b := range result.Bad {
		if _, err := fmt.Fprintf(o.Err, "%s:%d: %v\n", file, b.Number, b.Err); err != nil {
			return false, err
		}
	}
	if more := result.BadCount - len(result.Bad); more > 0 {
		if _, err := fmt.Fprintf(o.Err, "%s: and %d more bad lines\n", file, more); err != nil {
			return false, err
		}
	}
	// The change is told by ids and a digest; the source's name may be free text.
	digest := sha256.Sum256([]byte(o.Source + "\x00" + version))
	if _, err := ledger.Append(ctx, audit.Entry{
		Kind: "list-change", ID: signal.ID("list", o.Source, kind.String()), Digest: hex.EncodeToString(digest[:]),
		At: time.Now().UTC(), Refs: []string{version},
	}); err != nil {
		return false, fmt.Errorf("%s: imported, but not in the audit log: %w", file, err)
	}
	_, err = fmt.Fprintf(o.Out, "%s: %d added, %d known already, %d bad lines; list %s is at version %s\n",
		file, result.Added, result.Known, result.BadCount, o.Source, version)
	return result.BadCount > 0, err
}

// LookupHashes prints every list entry within reach of each hash. Radius below
// 0 means each list's own.
func LookupHashes(c Config, kindName string, radius int, hashes []string, out, errs io.Writer) (err error) {
	kind, err := parseKind(kindName)
	if err != nil {
		return err
	}
	db, err := hashdb.Open(c.hashesDir(), hashdb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if !slices.Contains(db.Kinds(), kind) {
		return fmt.Errorf("no list of kind %s in %s: an empty look-up would pass for no match", kind, c.hashesDir())
	}
	failed := false
	for _, text := range hashes {
		h, err := hashdb.ParseHash(kind, text)
		if err != nil {
			failed = true
			if _, err := fmt.Fprintf(errs, "vigil hashes lookup: %v\n", err); err != nil {
				return err
			}
			continue
		}
		answers, err := db.Search(hashdb.Query{Radius: max(radius, hashdb.OwnRadius)}, h)
		if err != nil {
			return err
		}
		matches := answers[0].Matches
		if len(matches) == 0 {
			if _, err := fmt.Fprintf(out, "%s no match\n", text); err != nil {
				return err
			}
		}
		for _, m := range matches {
			if _, err := fmt.Fprintf(out, "%s list=%s entry=%s distance=%d radius=%d version=%s\n",
				text, m.List, m.Entry, m.Distance, m.Radius, m.Version); err != nil {
				return err
			}
		}
	}
	if failed {
		return ErrSomeRefused
	}
	return nil
}

// HashStats prints what lists there are.
func HashStats(c Config, out io.Writer) (err error) {
	db, err := hashdb.Open(c.hashesDir(), hashdb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, "LIST\tKIND\tENTRIES\tRADIUS\tVERSION"); err != nil {
		return err
	}
	for _, l := range db.Lists() {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", l.Source, l.Kind, l.Entries, l.Radius, l.Version); err != nil {
			return err
		}
	}
	return w.Flush()
}

func parseKind(name string) (hashdb.Kind, error) {
	kind, err := hashdb.ParseKind(name)
	if err != nil {
		return kind, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return kind, nil
}
