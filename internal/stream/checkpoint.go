package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"gocloud.dev/blob"
)

// keepCheckpoints is how many of a partition's checkpoints stay in the bucket:
// the newest, and the one before it in case that is damaged.
const keepCheckpoints = 2

// A shelf is where the checkpoints of one partition lie in the bucket, as
// objects named by the offset that they stand for.
type shelf struct {
	bucket *blob.Bucket
	prefix string
}

func (s shelf) key(offset int64) string { return fmt.Sprintf("%s%020d", s.prefix, offset) }

// offsets lists the checkpoints, newest first.
func (s shelf) offsets(ctx context.Context) ([]int64, error) {
	var out []int64
	for it := s.bucket.List(&blob.ListOptions{Prefix: s.prefix}); ; {
		object, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list checkpoints: %w", err)
		}
		name := strings.TrimPrefix(object.Key, s.prefix)
		offset, err := strconv.ParseInt(name, 10, 64)
		if err == nil && offset >= 0 && s.key(offset) == object.Key {
			out = append(out, offset)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out, nil
}

// save puts the store, as of its last commit, on the shelf and clears away what
// is older than the last two. scratch is a folder on the store's own disc, so
// that Pebble can link instead of copy.
func (s shelf) save(ctx context.Context, st *store, scratch string) (err error) {
	if err := os.RemoveAll(scratch); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := st.db.Checkpoint(scratch, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := s.put(ctx, st.next, scratch); err != nil {
		return err
	}
	offsets, err := s.offsets(ctx)
	if err != nil {
		return err
	}
	for _, old := range offsets[min(keepCheckpoints, len(offsets)):] {
		if err := s.bucket.Delete(ctx, s.key(old)); err != nil {
			return fmt.Errorf("delete checkpoint %d: %w", old, err)
		}
	}
	return nil
}

// put writes one object; the bucket shows it only when it is whole.
func (s shelf) put(ctx context.Context, offset int64, dir string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.bucket.NewWriter(ctx, s.key(offset), &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("checkpoint %d: %w", offset, err)
	}
	if err := pack(w, dir); err != nil {
		cancel() // so that Close does not keep half of it
		return errors.Join(fmt.Errorf("checkpoint %d: %w", offset, err), w.Close())
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("checkpoint %d: %w", offset, err)
	}
	return nil
}

// load unpacks a checkpoint into dir, which must not exist. A checkpoint that is
// not what was put there is errDamaged.
func (s shelf) load(ctx context.Context, offset int64, dir string) (err error) {
	r, err := s.bucket.NewReader(ctx, s.key(offset), nil)
	if err != nil {
		return fmt.Errorf("checkpoint %d: %w", offset, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("checkpoint %d: %w", offset, err)
	}
	if err := unpack(r, dir); err != nil {
		return fmt.Errorf("checkpoint %d: %w", offset, errors.Join(err, os.RemoveAll(dir)))
	}
	return nil
}
