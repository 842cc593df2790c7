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
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
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
func ImportHashes(ctx context.Context, c Config, o ImportOptions) (err error) {
	kind, err := optionalKind(o.Kind)
	if err != nil {
		return err
	}
	db, err := c.openLists()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ledger, _, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close(context.WithoutCancel(ctx))) }()
	publish, closePublisher, err := openPublisher(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closePublisher()) }()
	in := importer{o: o, db: db, ledger: ledger, publish: publish, formats: formats.Options{Kind: kind}}
	refused := false
	for _, file := range o.Files {
		bad, err := in.file(ctx, file)
		if err != nil {
			return err
		}
		refused = refused || bad
	}
	if refused {
		return ErrSomeRefused
	}
	return nil
}

type importer struct {
	o       ImportOptions
	db      *hashdb.DB
	ledger  *audit.Log
	publish *listPublisher // nil where there is no broker
	formats formats.Options
}

func (in *importer) file(ctx context.Context, name string) (bad bool, err error) {
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
	for _, l := range result.Lists {
		if err := recordChange(ctx, in.ledger, l); err != nil {
			return false, fmt.Errorf("%s: imported, but not in the audit log: %w", name, err)
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

// recordChange puts a list's new version into the audit log. The change is told by
// ids and a digest; the source's name may be free text.
func recordChange(ctx context.Context, ledger *audit.Log, l hashdb.ListInfo) error {
	digest := sha256.Sum256([]byte(l.Source + "\x00" + l.Version))
	_, err := ledger.Append(ctx, audit.Entry{
		Kind: "list-change", ID: signal.ID("list", l.Source, l.Kind.String()), Digest: hex.EncodeToString(digest[:]),
		At: time.Now().UTC(), Refs: []string{l.Version},
	})
	return err
}

// openPublisher connects to the topic of lists: to the configured brokers, or to
// the embedded one of a running `vigil run`. Where there is neither, nobody else
// is there to be told, and the publisher is nil.
func openPublisher(ctx context.Context, c Config) (*listPublisher, func() error, error) {
	if len(c.Brokers) == 0 {
		if _, err := os.Stat(c.path("broker.addr")); errors.Is(err, os.ErrNotExist) {
			return nil, func() error { return nil }, nil
		}
	}
	var client *stream.Client
	client, err := dial(ctx, c, topicHashes)
	if err != nil {
		return nil, nil, fmt.Errorf("tell other processes of lists: %w", err)
	}
	return &listPublisher{client: client}, client.Close, nil
}

// openLists opens the deployment's lists for a command.
func (c *Config) openLists() (*hashdb.DB, error) { return c.openListsWith(nil) }

// openListsWith opens the deployment's lists and tells report of errors that stop
// nothing.
func (c *Config) openListsWith(report func(error)) (*hashdb.DB, error) {
	return hashdb.Open(c.hashesDir(), hashdb.Options{RequireEncrypted: c.RequireEncrypted, Report: report})
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
