package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// scan reads the file from its start, in the configured format, and hands each good
// record to take. A bad record goes to bad, whose error ends the scan.
func (l *List) scan(ctx context.Context, file io.ReadSeeker, take func(hashdb.Record) error, bad func(*hashdb.RecordError) error) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	records, _, err := formats.Open(l.o.Format, file, formats.Options{Kind: l.o.Kind, Provenance: l.provenance})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r, err := records.Next()
		var fault *hashdb.RecordError
		switch {
		case err == io.EOF: //nolint:errorlint // As io.Reader says, io.EOF comes bare.
			return nil
		case errors.As(err, &fault):
			err = bad(fault)
		case err == nil:
			err = take(r)
		}
		if err != nil {
			return err
		}
	}
}

// temp returns a file in folder that only this process can open and that is gone
// when it is closed, even by kill -9: lists must not be left lying about.
func temp(folder string) (file *os.File, remove func(), err error) {
	if file, err = os.CreateTemp(folder, "list-*"); err != nil {
		return nil, nil, fmt.Errorf("a place for the list: %w", err)
	}
	unlinked := os.Remove(file.Name()) == nil // Not every system can remove an open file.
	return file, func() {
		_ = file.Close()
		if !unlinked {
			_ = os.Remove(file.Name())
		}
	}, nil
}
