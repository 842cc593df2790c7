package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// PublicKey takes a verifier key apart, for what the log's key signed that is no note: the
// id it is known by ("name+hash") and the key itself.
func PublicKey(verifierKey string) (id string, key ed25519.PublicKey, err error) {
	if _, err := note.NewVerifier(verifierKey); err != nil {
		return "", nil, fmt.Errorf("verifier key: %w", err)
	}
	parts := strings.SplitN(verifierKey, "+", 3) // base64 may hold a plus as well
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != 1 {
		return "", nil, errors.New("verifier key: not an Ed25519 key")
	}
	return parts[0] + "+" + parts[1], data[1:], nil
}
