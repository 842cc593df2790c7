package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/delta"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// Options say what to look at. Zero fields get their defaults.
type Options struct {
	Path   string           // The folder. Required.
	Format formats.Format   // Of all files; default auto.
	Kind   hashdb.Kind      // As in formats.Options.
	Still  time.Duration    // How long a file must not have changed; default 30 seconds.
	Now    func() time.Time // Required.
	// Report is handed what is left out: a bad file or record. May be nil.
	Report func(error)
}

// Source is a folder.
type Source struct{ o Options }

var _ exchange.Source = (*Source)(nil)

// New returns a source, or says what is wrong with the options.
func New(o Options) (*Source, error) {
	if o.Path == "" || o.Now == nil {
		return nil, errors.New("folder: a path and a clock are required")
	}
	if o.Still == 0 {
		o.Still = 30 * time.Second
	}
	if o.Still < 0 {
		return nil, fmt.Errorf("folder: still for %s: want a duration above 0", o.Still)
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	return &Source{o}, nil
}

// Sync takes up what is new in the folder, file by file in the order of names, each
// with a checkpoint of its own. See exchange.Source.
func (s *Source) Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error {
	known, err := decode(from)
	if err != nil {
		return err
	}
	// Through a root, so that no name leads out of the folder.
	root, err := os.OpenRoot(s.o.Path)
	if err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	list, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	var names []string
	for _, item := range list {
		if item.Type().IsRegular() && !skipped(item.Name()) {
			names = append(names, item.Name())
		}
	}
	known.keep(names)
	for _, name := range names {
		if err := s.look(ctx, root, name, known, apply); err != nil {
			return err
		}
	}
	if value := known.encode(); string(value) != string(known.stored) {
		return apply(hashdb.Batch{Checkpoint: hashdb.Checkpoint{Value: value}})
	}
	return nil
}

func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part")
}

// look takes one file up when it is new and still.
func (s *Source) look(ctx context.Context, root *os.Root, name string, known *files, apply func(hashdb.Batch) error) error {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Gone since.
	}
	if err != nil { // The other files are taken nevertheless.
		s.o.Report(fmt.Errorf("folder: %w", err))
		return nil
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	was, ok := known.find(name)
	if ok && was.Size == info.Size() && was.Changed == info.ModTime().UnixNano() {
		s.remind(was)
		return nil
	}
	switch age := s.o.Now().Sub(info.ModTime()); {
	case age < -s.o.Still:
		s.o.Report(fmt.Errorf("folder: %s is not taken: it was changed in the future, by %s", name, -age))
		return nil
	case age < s.o.Still:
		return nil // Still being written, maybe.
	}
	now := file{Name: name, Size: info.Size(), Changed: info.ModTime().UnixNano()}
	// First to the end, so that a file that was cut changes nothing.
	r := &reading{s: s, ctx: ctx, name: name, sum: sha256.New()}
	fault := r.read(f, func(hashdb.Record) error { return nil }, s.o.Report)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now.Digest = r.digest()
	if changed(f, info) {
		return nil // At the next look.
	}
	switch {
	case fault != nil:
		now.Fault = fmt.Sprintf("%.200s", fault.Error())
		s.remind(now)
	case ok && was.Digest == now.Digest && was.Size == now.Size && was.Fault == "":
		// Touched, and the same.
	default:
		value, err := known.with(now)
		if err != nil {
			return fmt.Errorf("folder: %w", err)
		}
		if err := s.take(ctx, f, info, now, value, apply); err != nil {
			return err
		}
		known.stored = value
	}
	known.put(now)
	return known.fits()
}

// remind tells again of a file that could not be read.
func (s *Source) remind(f file) {
	if f.Fault != "" {
		s.o.Report(fmt.Errorf("folder: %s is not taken: %s", f.Name, f.Fault))
	}
}

// errMoved says that a file changed while it was read.
var errMoved = errors.New("it changed while it was read; it is read anew at the next sync")

// take applies a file that was read to its end before.
func (s *Source) take(ctx context.Context, f *os.File, info fs.FileInfo, now file, value []byte, apply func(hashdb.Batch) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	retracts := strings.HasSuffix(now.Name, ".retract")
	out := delta.Writer{Apply: apply}
	r := &reading{s: s, ctx: ctx, name: now.Name, sum: sha256.New()}
	var refused error // apply's, to be returned as it is.
	fault := r.read(f, func(record hashdb.Record) error {
		if retracts {
			for i := range record.Entries {
				record.Entries[i].Status = hashdb.Retracted
			}
		}
		refused = out.Put(record)
		return refused
	}, func(error) {})
	switch {
	case refused != nil:
		return refused
	case ctx.Err() != nil:
		return ctx.Err()
	case fault != nil || r.digest() != now.Digest || changed(f, info):
		return fmt.Errorf("folder: %s: %w", now.Name, errMoved)
	}
	return out.Flush(value)
}

// changed reports whether a file is no longer what it was.
func changed(f *os.File, was fs.FileInfo) bool {
	is, err := f.Stat()
	return err != nil || is.Size() != was.Size() || !is.ModTime().Equal(was.ModTime())
}

// reading is one pass over a file.
type reading struct {
	s    *Source
	ctx  context.Context //nolint:containedctx // Of this pass.
	name string
	sum  hash.Hash
}

// read hands each record to take and what is bad to bad.
func (r *reading) read(f io.Reader, take func(hashdb.Record) error, bad func(error)) error {
	in := io.TeeReader(f, r.sum)
	records, _, err := formats.Open(r.s.o.Format, in, formats.Options{Kind: r.s.o.Kind, Provenance: provenance(r.name)})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%1024 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		record, err := records.Next()
		var fault *hashdb.RecordError
		switch {
		case err == nil:
			if err := take(record); err != nil {
				return err
			}
		case errors.Is(err, io.EOF):
			_, err := io.Copy(io.Discard, in) // The rest counts for the digest.
			return err
		case errors.As(err, &fault):
			bad(fmt.Errorf("folder: %s: %w", r.name, err))
		default:
			return err
		}
	}
}

// provenance is a file's name as far as an entry may hold it.
func provenance(name string) string {
	if len(name) > 200 {
		name = name[:200]
	}
	return strings.ToValidUTF8(name, "")
}

func (r *reading) digest() string { return hex.EncodeToString(r.sum.Sum(nil)[:16]) }
