package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Secret signs.
type Secret struct {
	hmac    []byte
	private ed25519.PrivateKey
}

// What secrets begin with, as the scheme has it.
const (
	prefixHMAC    = "whsec_"
	prefixPrivate = "whsk_"
	prefixPublic  = "whpk_"
)

var errSecret = errors.New("a secret is whsec_ and 24 to 64 bytes in base64, or whsk_ and the 64 bytes of an Ed25519 key")

// ParseSecret reads a secret's text.
func ParseSecret(text string) (Secret, error) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, prefixHMAC); ok {
		key, err := base64.StdEncoding.DecodeString(rest)
		if err != nil || len(key) < 24 || len(key) > 64 {
			return Secret{}, errSecret
		}
		return Secret{hmac: key}, nil
	}
	if rest, ok := strings.CutPrefix(text, prefixPrivate); ok {
		key, err := base64.StdEncoding.DecodeString(rest)
		if err != nil || len(key) != ed25519.PrivateKeySize || !ed25519.NewKeyFromSeed(key[:ed25519.SeedSize]).Equal(ed25519.PrivateKey(key)) {
			return Secret{}, errSecret
		}
		return Secret{private: key}, nil
	}
	return Secret{}, errSecret
}

// NewSecret makes a secret for HMAC-SHA256, which both sides keep.
func NewSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return prefixHMAC + base64.StdEncoding.EncodeToString(key)
}

// NewKeyPair makes a secret for Ed25519, and the public key that a platform verifies with.
func NewKeyPair() (secret, public string, err error) {
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("make key: %w", err)
	}
	return prefixPrivate + base64.StdEncoding.EncodeToString(private), prefixPublic + base64.StdEncoding.EncodeToString(pub), nil
}

// Sign returns the value of webhook-signature: one signature a secret.
func Sign(secrets []Secret, id string, at time.Time, body []byte) string {
	content := append([]byte(id+"."+strconv.FormatInt(at.Unix(), 10)+"."), body...)
	var all []string
	for _, s := range secrets {
		if s.private != nil {
			all = append(all, "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, content)))
			continue
		}
		mac := hmac.New(sha256.New, s.hmac)
		mac.Write(content)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " ")
}
