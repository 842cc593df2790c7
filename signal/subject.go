package signal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"
)

// Subject is the pseudonymous token of an account: "sub_" and 32 hex digits.
type Subject string

// MinKey is the least length of a deployment key, in bytes.
const MinKey = 32

// A Tokenizer turns account identifiers into subject tokens: HMAC-SHA256 under
// the deployment key, first 16 bytes. It is a pseudonym, not anonymity: who
// holds the key can try every phone number there is.
type Tokenizer struct{ states sync.Pool }

// A macState is an HMAC under the key, whose two first blocks are hashed once.
type macState struct {
	mac hash.Hash
	buf []byte
}

// NewTokenizer takes a deployment key of at least MinKey bytes.
func NewTokenizer(key []byte) (*Tokenizer, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("deployment key has %d bytes, needs at least %d", len(key), MinKey)
	}
	key = bytes.Clone(key)
	t := new(Tokenizer)
	t.states.New = func() any { return &macState{mac: hmac.New(sha256.New, key)} }
	return t, nil
}

// Subject returns the token of an account. An e-mail address, a phone number in
// international form and an IBAN name a person's account everywhere; any other
// identifier names one only beside its issuer (a platform, a wallet, a bank),
// so that account 12345 here and account 12345 there stay two subjects.
func (t *Tokenizer) Subject(issuer, identifier string) Subject {
	return Subject("sub_" + t.mac("subject", Normalise(issuer, identifier)))
}

// Surname returns a token by which two surnames can be compared, never shown.
func (t *Tokenizer) Surname(name string) string {
	return t.mac("surname", strings.ToLower(strings.TrimSpace(name)))
}

// Town returns a token by which two municipalities can be compared, never shown. The
// name must come in one spelling.
func (t *Tokenizer) Town(country, name string) string {
	return t.mac("town", country+"/"+name)
}

func (t *Tokenizer) mac(purpose, value string) string {
	m := t.states.Get().(*macState)
	defer t.states.Put(m)
	m.buf = append(append(append(m.buf[:0], purpose...), 0), value...)
	m.mac.Reset()
	m.mac.Write(m.buf)
	m.buf = m.mac.Sum(m.buf[:0])
	var text [32]byte
	hex.Encode(text[:], m.buf[:16])
	return string(text[:])
}

// Normalise returns the one form of an identifier that both partners reach:
// "email:", "phone:", "iban:" or "id:issuer/" and the value.
func Normalise(issuer, identifier string) string {
	id := strings.TrimSpace(identifier)
	if local, domain, ok := strings.Cut(id, "@"); ok && local != "" && domain != "" {
		return "email:" + strings.ToLower(id)
	}
	if phone, ok := normalPhone(id); ok {
		return "phone:" + phone
	}
	if iban := strings.ToUpper(strings.ReplaceAll(id, " ", "")); validIBAN(iban) {
		return "iban:" + iban
	}
	return "id:" + strings.ToLower(strings.TrimSpace(issuer)) + "/" + id
}

// normalPhone accepts E.164 with the separators people type; pacs.008 writes
// +63-9170000001.
func normalPhone(s string) (string, bool) {
	if !strings.HasPrefix(s, "+") {
		return "", false
	}
	digits := make([]byte, 1, 16)
	digits[0] = '+'
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ', c == '-', c == '(', c == ')', c == '.':
		case c < '0', c > '9', len(digits) > 15:
			return "", false
		default:
			digits = append(digits, c)
		}
	}
	return string(digits), len(digits) > 7
}

// validIBAN checks ISO 13616: 15 to 34 characters whose rearranged number is 1
// modulo 97.
func validIBAN(s string) bool {
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for i, c := range s[4:] + s[:4] {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
		// The country code comes first: two letters.
		if i == len(s)-4 || i == len(s)-3 {
			if c < 'A' || c > 'Z' {
				return false
			}
		}
	}
	return rest == 1
}
