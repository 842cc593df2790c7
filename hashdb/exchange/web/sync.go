package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/delta"
)

// Sync fetches the file when it changed since the checkpoint, and applies it: first
// what it lists, then what it lost. Only the last batch carries a checkpoint, so that
// a sync that was interrupted is done again.
func (l *List) Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error {
	file, remove, err := temp(l.o.TempDir)
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	defer remove()
	had := l.checkpoint(from)
	now, err := l.fetch(ctx, had, file)
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	var failed error // What apply said, to be returned as it is.
	out := delta.Writer{Size: l.size, Apply: func(b hashdb.Batch) error {
		failed = apply(b)
		return failed
	}}
	switch {
	case now == had:
		return nil
	case now.SHA256 == had.SHA256: // The same file under another label.
		return out.Flush(now.encode())
	}
	seen, gone, err := l.compare(ctx, file)
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	err = l.scan(ctx, file, out.Put, func(*hashdb.RecordError) error { return nil })
	for i := 0; err == nil && i < len(gone); i++ {
		err = out.Put(hashdb.Record{Entries: gone[i : i+1]})
	}
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return fmt.Errorf("web: second reading of a list of %d: %w", seen, err)
	}
	return out.Flush(now.encode())
}

// fetch writes the file into to and returns its checkpoint, or had when the server has
// nothing newer.
func (l *List) fetch(ctx context.Context, had checkpoint, to io.Writer) (checkpoint, error) {
	header := http.Header{}
	if had.ETag != "" {
		header.Set("If-None-Match", had.ETag)
	}
	if had.LastModified != "" {
		header.Set("If-Modified-Since", had.LastModified)
	}
	resp, err := l.client.Open(ctx, exchange.Request{Ref: l.ref, Header: header})
	if err != nil {
		return checkpoint{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotModified && len(header) > 0:
		return had, nil
	case resp.StatusCode != http.StatusOK:
		return checkpoint{}, fmt.Errorf("the server answered with status %d, want 200", resp.StatusCode)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" {
		return checkpoint{}, errors.New("the server answered with a web page in place of the list: is a login needed?")
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), resp.Body)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return checkpoint{}, fmt.Errorf("after %d bytes: %w", n, hashdb.ErrTruncated)
	case err != nil:
		return checkpoint{}, fmt.Errorf("after %d bytes: %w", n, err)
	}
	return checkpoint{
		List: l.id, SHA256: hex.EncodeToString(sum.Sum(nil)),
		ETag: validator(resp.Header.Get("ETag")), LastModified: validator(resp.Header.Get("Last-Modified")),
	}, nil
}

// compare reads the whole file and returns how many entries it has and retractions of
// what it lost.
func (l *List) compare(ctx context.Context, file io.ReadSeeker) (n int, gone []hashdb.Entry, err error) {
	var seen delta.Seen
	bad := 0
	err = l.scan(ctx, file,
		func(r hashdb.Record) error { seen.Add(r); return nil },
		func(fault *hashdb.RecordError) error {
			if bad++; l.o.Bad == nil {
				return fault
			}
			l.o.Bad(fmt.Errorf("web: %w", fault))
			return nil
		})
	switch {
	case err != nil:
		return 0, nil, err
	case bad > 0 && seen.Len() == 0:
		return 0, nil, fmt.Errorf("not one good record, and %d bad", bad)
	}
	gone, err = seen.Vanished(l.o.Known(ctx), l.o.MaxLoss)
	return seen.Len(), gone, err
}
