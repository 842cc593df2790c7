package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gocloud.dev/secrets"
	_ "gocloud.dev/secrets/awskms" // the service that the default build speaks to

	"github.com/vigil-stream/vigil/review/custody"
)

// openWrapper opens the key of a key-management service by its URL.
func openWrapper(ctx context.Context, url string) (custody.Wrapper, func() error, error) {
	keeper, err := secrets.OpenKeeper(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	return keeper, keeper.Close, nil
}

// WrapOptions say which file of age identities to wrap, with which key, into which file.
type WrapOptions struct {
	Identity, KMS, To string
	Out               io.Writer
}

// WrapIdentity makes of a file of age identities one that opens only for who may use a key
// of a key-management service, and shows that it does before it says so.
func WrapIdentity(ctx context.Context, o WrapOptions) (err error) {
	plain, err := os.ReadFile(o.Identity)
	if err != nil {
		return fmt.Errorf("--identity: %w", err)
	}
	w, closes, err := openWrapper(ctx, o.KMS)
	if err != nil {
		return fmt.Errorf("--kms: %w", err)
	}
	wrapped, err := custody.Wrap(ctx, plain, o.KMS, w)
	if err = errors.Join(err, closes()); err != nil {
		return err
	}
	if err := writeNew(o.To, func(out io.Writer) error { _, err := out.Write(wrapped); return err }); err != nil {
		return err
	}
	keys, err := readIdentities(ctx, o.To)
	if err != nil {
		return fmt.Errorf("what was wrapped does not open: %w", err)
	}
	_, err = fmt.Fprintf(o.Out, "%s: %d identities, which %s alone can open; remove %s where it is not kept apart\n", o.To, len(keys), o.KMS, o.Identity)
	return err
}
