package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// ImportOptions say whose hashes are imported.
type ImportOptions struct {
	Source  string
	Format  string // of the files; auto finds it out
	Kind    string // of hashes whose format does not say it
	Changes ListChanges
	// OnlyTags leaves out entries that have none of these tags; empty takes all.
	OnlyTags []string
	Files    []string
	Out      io.Writer
	Err      io.Writer
}

// ImportHashes imports files into a source's lists and tells the other processes.
// Bad records are named and skipped; each file is taken whole or not at all.
func ImportHashes(ctx context.Context, c Config, o ImportOptions) error {
	kind, err := optionalKind(o.Kind)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	refused := false
	err = c.changeLists(ctx, func(change listChange) error {
		in := importer{o: o, listChange: change, formats: formats.Options{Kind: kind}}
		for _, file := range o.Files {
			bad, err := in.file(ctx, file)
			if err != nil {
				return err
			}
			refused = refused || bad
		}
		return nil
	})
	if err != nil {
		return err
	}
	if refused {
		return ErrSomeRefused
	}
	return nil
}

// check says what of the command line is wrong, before anything is opened.
func (o ImportOptions) check() error {
	if err := hashdb.CheckSource(o.Source); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if f := formats.Format(o.Format); f != formats.Auto && f != "" && !slices.Contains(formats.Names(), f) {
		return fmt.Errorf("%w: format %.20q is not auto or one of %s", ErrUsage, o.Format, ListFormats())
	}
	return o.Changes.check()
}

type importer struct {
	listChange
	o       ImportOptions
	formats formats.Options
}

func (in *importer) file(ctx context.Context, name string) (bad bool, err error) {
	if in.publish != nil {
		// Found out before the import: a pipe is empty when send reads it again.
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return false, fmt.Errorf("%s is no plain file, and is read twice to tell the other processes: save it to a file and import that", name)
		}
	}
	in.formats.Provenance = filepath.Base(name)
	var result hashdb.ImportResult
	err = in.read(name, true, func(r hashdb.RecordReader) (err error) {
		result, err = in.db.Import(ctx, hashdb.ImportRequest{Source: in.o.Source, File: name, List: in.o.Changes.apply(hashdb.List{})}, r)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	for _, b := range result.Bad {
		if _, err := fmt.Fprintf(in.o.Err, "%s:%d: %v\n", name, b.Number, b.Err); err != nil {
			return false, err
		}
	}
	if more := result.BadCount - len(result.Bad); more > 0 {
		if _, err := fmt.Fprintf(in.o.Err, "%s: and %d more bad records\n", name, more); err != nil {
			return false, err
		}
	}
	if result.Resumed > 0 {
		if _, err := fmt.Fprintf(in.o.Out, "%s: went on after the %d records of an import that was cut short\n", name, result.Resumed); err != nil {
			return false, err
		}
	}
	if err := in.send(ctx, name, result.Lists); err != nil {
		return false, fmt.Errorf("%s: imported here, but not sent to the other processes: %w: import it again", name, err)
	}
	if _, err := fmt.Fprintf(in.o.Out, "%s: %d added, %d changed, %d known already, %d retracted, %d bad records\n",
		name, result.Added, result.Changed, result.Known, result.Retracted, result.BadCount); err != nil {
		return false, err
	}
	for _, l := range result.Lists {
		if _, err := fmt.Fprintf(in.o.Out, "list %s: %d entries, %s, version %s\n", l.ID(), l.Entries, l.State, l.Version); err != nil {
			return false, err
		}
	}
	return result.BadCount > 0, nil
}

// read opens a file, shows how far it is read, and closes it.
func (in *importer) read(name string, show bool, use func(hashdb.RecordReader) error) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return errors.Unwrap(err) // the caller names the file
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var input io.Reader = f
	if show {
		bar, err := newProgress(f, in.o.Err)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, bar.Close()) }()
		input = bar
	}
	r, _, err := formats.Open(formats.Format(in.o.Format), input, in.formats)
	if err != nil {
		return err
	}
	if len(in.o.OnlyTags) > 0 {
		r = onlyTagged{r, in.o.OnlyTags}
	}
	return use(r)
}

// onlyTagged leaves out entries that have none of some tags, as those of a file of
// many categories that are not wanted.
type onlyTagged struct {
	hashdb.RecordReader
	tags []string
}

// Next returns the next record, with the entries that have one of the tags.
func (o onlyTagged) Next() (hashdb.Record, error) {
	rec, err := o.RecordReader.Next()
	rec.Entries = slices.DeleteFunc(rec.Entries, func(e hashdb.Entry) bool {
		return !slices.ContainsFunc(o.tags, func(tag string) bool { return slices.Contains(e.Tags, tag) })
	})
	return rec, err
}

// send puts the file's records on the topic, after they are safe here. It reads
// the file once more, in place of keeping ten million entries in memory.
func (in *importer) send(ctx context.Context, name string, lists []hashdb.ListInfo) error {
	if in.publish == nil {
		return nil
	}
	for _, l := range lists {
		o, err := definitionOutput(l.List)
		if err := in.publish.add(ctx, o, err); err != nil {
			return err
		}
	}
	err := in.read(name, false, func(r hashdb.RecordReader) error {
		for {
			rec, err := r.Next()
			var bad *hashdb.RecordError
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.As(err, &bad):
				continue // named before
			case err != nil:
				return err
			}
			for _, e := range rec.Entries {
				o, err := entryOutput(in.o.Source, e)
				if err := in.publish.add(ctx, o, err); err != nil {
					return err
				}
			}
			if rec.RetractRef != "" {
				o, err := refOutput(in.o.Source, rec.RetractRef)
				if err := in.publish.add(ctx, o, err); err != nil {
					return err
				}
			}
		}
	})
	if err != nil {
		return err
	}
	return in.publish.flush(ctx)
}

func optionalKind(name string) (hashdb.Kind, error) {
	if name == "" {
		return 0, nil
	}
	return parseKind(name)
}

func parseKind(name string) (hashdb.Kind, error) {
	kind, err := hashdb.ParseKind(name)
	if err != nil {
		return kind, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return kind, nil
}

// ListFormats names the formats of files that can be imported.
func ListFormats() string {
	names := formats.Names()
	text := make([]string, len(names))
	for i, n := range names {
		text[i] = string(n)
	}
	return strings.Join(text, ", ")
}
