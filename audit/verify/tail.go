package verify

import (
	"context"
	"errors"
	"fmt"
)

// From calls each with the entries of the log in the folder dir from an index on, as far as
// the signed checkpoint goes. Only the checkpoint's signature is checked: what an entry leads
// to is held against its proof (Prove) first.
func From(ctx context.Context, dir, verifierKey string, index uint64, each func(index uint64, e Entry) error) (err error) {
	f, err := openFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	signed, err := f.checkpoint(verifierKey)
	if err != nil {
		return err
	}
	for at := index - index%tileWidth; at < signed.Size; at += tileWidth {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int64(at / tileWidth)
		entries, err := f.entries(n, widthAt(int64(signed.Size), 0, n))
		if err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		for i, data := range entries {
			if at+uint64(i) < index {
				continue
			}
			e, err := ParseEntry(data)
			if err != nil {
				return fmt.Errorf("audit log: entry %d: %w", at+uint64(i), err)
			}
			if err := each(at+uint64(i), e); err != nil {
				return err
			}
		}
	}
	return nil
}
