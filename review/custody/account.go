package custody

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"filippo.io/age"
)

const maxSealedAccount = 2 << 20

// SealAccount encrypts what a platform said of an account under the key of its case, which
// is made where there is none. When that key is destroyed, so is the account.
func (c *Custody) SealAccount(ctx context.Context, caseID string, plain []byte) (generation int, sealed []byte, err error) {
	generation, key, err := c.keyOf(ctx, caseID)
	if err != nil {
		return 0, nil, err
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, key.Recipient())
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return 0, nil, fmt.Errorf("account of case %s: %w", caseID, err)
	}
	return generation, b.Bytes(), nil
}

// OpenAccount opens what SealAccount made.
func (c *Custody) OpenAccount(ctx context.Context, caseID string, generation int, sealed []byte) ([]byte, error) {
	key, err := c.Keys.Open(ctx, keyName(caseID, generation))
	if err != nil {
		return nil, fmt.Errorf("key of case %s: %w", caseID, err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), key)
	if err != nil {
		return nil, fmt.Errorf("account of case %s: %w", caseID, err)
	}
	return io.ReadAll(io.LimitReader(r, maxSealedAccount))
}
