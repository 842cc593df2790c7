package edge

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
)

const (
	maxRecipientsFile = 1 << 20
	maxRecipients     = 64 // each adds its stanza to every segment
)

// ParseRecipients reads a recipients file as age does: one public key a line, X25519
// ("age1…") or hybrid ("age1pq1…"); empty lines and lines that begin with # are passed
// over. An error names the line and never quotes it, since it may hold a secret key.
// SSH keys are not taken: age itself advises new systems against them.
func ParseRecipients(text []byte) ([]age.Recipient, error) {
	if len(text) > maxRecipientsFile {
		return nil, fmt.Errorf("recipients: %d bytes, and the limit is %d", len(text), maxRecipientsFile)
	}
	var all []age.Recipient
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxRecipientsFile+1)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, err := parseRecipient(line)
		if err != nil {
			return nil, fmt.Errorf("recipients: line %d: %w", n, err)
		}
		if all = append(all, r); len(all) > maxRecipients {
			return nil, fmt.Errorf("recipients: line %d: more than %d keys", n, maxRecipients)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	if len(all) == 0 {
		return nil, errors.New("recipients: no public key in it")
	}
	return all, nil
}

func parseRecipient(line string) (age.Recipient, error) {
	// What age says about a line quotes it, so it says nothing here.
	switch lower := strings.ToLower(line); {
	case strings.HasPrefix(lower, "age-secret-key-"), strings.HasPrefix(lower, "age-plugin-"), strings.Contains(lower, "private key"):
		return nil, errors.New("this is a secret key, and the edge must never have it: remove it from this machine and list its public key (age-keygen -y)")
	case strings.HasPrefix(lower, "ssh-"):
		return nil, errors.New("SSH keys are not taken: make a key with age-keygen")
	case strings.HasPrefix(line, "age1pq1"):
		if r, err := age.ParseHybridRecipient(line); err == nil {
			return r, nil
		}
	case strings.HasPrefix(line, "age1"):
		if r, err := age.ParseX25519Recipient(line); err == nil {
			return r, nil
		}
	}
	return nil, errors.New("no public key of age: want age1… or age1pq1…")
}

// Fingerprint names a public key in few letters, for logs and audit entries: the first
// 16 hex digits of the SHA-256 of its text.
func Fingerprint(r age.Recipient) (string, error) {
	if _, ok := r.(*age.ScryptRecipient); ok {
		return "", errors.New("a passphrase is no public key: who encrypts with it can decrypt")
	}
	text, ok := r.(fmt.Stringer)
	if !ok {
		return "", fmt.Errorf("a key of type %T does not tell its text", r)
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:8]), nil
}

func fingerprints(to []age.Recipient) ([]string, error) {
	if len(to) == 0 || len(to) > maxRecipients {
		return nil, fmt.Errorf("Recipients has %d public keys, and must have 1 to %d", len(to), maxRecipients)
	}
	all := make([]string, len(to))
	for i, r := range to {
		var err error
		if all[i], err = Fingerprint(r); err != nil {
			return nil, fmt.Errorf("Recipients: %d: %w", i+1, err)
		}
	}
	return all, nil
}
