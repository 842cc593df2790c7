package api

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
)

// Key is what every key of a key file has. The key itself is nowhere kept.
type Key struct {
	// Name stands for the key in metrics: 1 to 64 letters, digits, '.', '_' and '-'.
	Name string `yaml:"name"`
	// SHA256 is the SHA-256 of the key's text, 64 hexadecimal digits, as NewKey gives it.
	SHA256 string `yaml:"sha256"`
	// PerMinute and PerDay are how many of the service's units may be had, at least 1.
	// What was not used adds up to one minute's and one day's worth, so that at most
	// twice PerDay passes within any 24 hours.
	PerMinute int `yaml:"per_minute"`
	PerDay    int `yaml:"per_day"`
}

// Base returns k: a struct that embeds Key has it.
func (k Key) Base() Key { return k }

// A Grant says what the holder of one key may do: a struct that embeds Key (with
// yaml:",inline") beside what a service adds.
type Grant interface {
	Base() Key
	// Check reports every fault of what the service added at once. None holds the digest.
	Check() error
}

// maxKeys bounds the time that comparing with every key takes.
const maxKeys = 1000

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// IsName reports whether a text may name a key: 1 to 64 letters, digits, '.', '_' and
// '-', the first a letter or digit.
func IsName(text string) bool { return nameForm.MatchString(text) }

// check reports every fault of the key at once.
func (k Key) check(unit string) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !IsName(k.Name) {
		fault("name %.80q: want 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit", k.Name)
	}
	if sum, err := hex.DecodeString(k.SHA256); err != nil || len(sum) != sha256.Size {
		fault("sha256: want the 64 hexadecimal digits of the key's SHA-256")
	}
	if k.PerMinute < 1 || k.PerMinute > 1e9 {
		fault("per_minute is %d, want the number of %s, 1 to 1000000000", k.PerMinute, unit)
	}
	if k.PerDay < 1 || k.PerDay > 1e12 {
		fault("per_day is %d, want the number of %s, 1 to 1000000000000", k.PerDay, unit)
	}
	return errors.Join(faults...)
}

// holder is a key in use.
type holder[G Grant] struct {
	grant    G
	name     string
	digest   [sha256.Size]byte
	quota    *quota
	inFlight atomic.Int64 // Requests being served.
}

// Keys are the keys that a service takes. Its methods may be called at the same time.
type Keys[G Grant] struct {
	unit    string
	holders atomic.Pointer[[]*holder[G]]
	file    *keyFile // Nil when the keys came from no file.
}

// NewKeys returns the given keys. Unit is what quotas count, in the plural. The error
// names every fault of each.
func NewKeys[G Grant](unit string, keys ...G) (*Keys[G], error) {
	k := &Keys[G]{unit: unit}
	if err := k.hold(keys); err != nil {
		return nil, err
	}
	return k, nil
}

// hold checks keys and takes them. Those of a name that was there before keep their
// quota's use.
func (k *Keys[G]) hold(keys []G) error {
	if len(keys) == 0 {
		return errors.New("no keys: nobody could use the service")
	}
	if len(keys) > maxKeys {
		return fmt.Errorf("%d keys, want at most %d", len(keys), maxKeys)
	}
	used := map[string]*quota{}
	if before := k.holders.Load(); before != nil {
		for _, h := range *before {
			used[h.name] = h.quota
		}
	}
	var faults []error
	var holders []*holder[G]
	names, digests := map[string]int{}, map[[sha256.Size]byte]int{}
	for i, grant := range keys {
		key := grant.Base()
		if err := errors.Join(key.check(k.unit), grant.Check()); err != nil {
			faults = append(faults, fmt.Errorf("keys[%d]: %w", i, err))
			continue
		}
		h := &holder[G]{grant: grant, name: key.Name}
		_, _ = hex.Decode(h.digest[:], []byte(key.SHA256)) // Checked above.
		if j, twice := names[key.Name]; twice {
			faults = append(faults, fmt.Errorf("keys[%d]: name %q is that of keys[%d] too", i, key.Name, j))
		}
		if j, twice := digests[h.digest]; twice {
			faults = append(faults, fmt.Errorf("keys[%d]: sha256 is that of keys[%d] too", i, j))
		}
		names[key.Name], digests[h.digest] = i, i
		holders = append(holders, h)
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	for _, h := range holders {
		key := h.grant.Base()
		if h.quota = used[h.name]; h.quota == nil {
			h.quota = newQuota(key.PerMinute, key.PerDay)
		} else {
			h.quota.resize(key.PerMinute, key.PerDay)
		}
	}
	k.holders.Store(&holders)
	return nil
}

// keyPrefix marks a key, so that programs that look for secrets in public places can
// know it.
const keyPrefix = "vigil_"

// keyBytes is how many random bytes a key holds.
const keyBytes = 32

// keyLength is a key's length in characters.
var keyLength = len(keyPrefix) + base64.RawURLEncoding.EncodedLen(keyBytes)

// NewKey makes a key of 32 random bytes and the SHA-256 that stands for it in the key
// file. The key is to be handed over and forgotten.
func NewKey() (key, digest string) {
	var random [keyBytes]byte
	_, _ = rand.Read(random[:]) // It never fails.
	key = keyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(key))
	return key, hex.EncodeToString(sum[:])
}

// find returns the holder of a key, nil when there is none. What is not of the form
// that NewKey gives is no key, whatever digest the file has, so that no weak one can
// be set.
func (k *Keys[G]) find(key string) *holder[G] {
	if len(key) != keyLength || !strings.HasPrefix(key, keyPrefix) {
		return nil
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(key[len(keyPrefix):]); err != nil {
		return nil
	}
	sum := sha256.Sum256([]byte(key))
	var found *holder[G]
	for _, h := range *k.holders.Load() {
		if subtle.ConstantTimeCompare(sum[:], h.digest[:]) == 1 {
			found = h
		}
	}
	return found
}
