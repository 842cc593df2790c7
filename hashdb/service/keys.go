package service

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

	"github.com/vigil-stream/vigil/hashdb"
)

// Key says what the holder of one key may do. The key itself is nowhere kept.
type Key struct {
	// Name stands for the key in metrics: 1 to 64 letters, digits, '.', '_' and '-'.
	Name string `yaml:"name"`
	// SHA256 is the SHA-256 of the key's text, 64 hexadecimal digits, as NewKey gives it.
	SHA256 string `yaml:"sha256"`
	// PerMinute and PerDay are how many hashes may be looked up, at least 1. What was not
	// used adds up to one minute's and one day's worth, so that at most twice PerDay
	// passes within any 24 hours.
	PerMinute int `yaml:"per_minute"`
	PerDay    int `yaml:"per_day"`
	// MaySeeHash lets matches show the list's own hash.
	MaySeeHash bool `yaml:"may_see_hash"`
	// MaySeeShadow lets answers show matches with shadow and quarantined lists and with
	// disputed entries.
	MaySeeShadow bool `yaml:"may_see_shadow"`
	// Sources are the lists and remote matchers that are asked for the holder, by name;
	// empty means all. An allow-list that shall veto must be among them.
	Sources []string `yaml:"sources"`
	// MaxRadius is by kind the widest radius in bits that the holder may ask for. Without
	// it that is the narrowest own radius of the holder's lists of the kind.
	MaxRadius map[string]int `yaml:"max_radius"`
}

// maxKeys bounds the time that comparing with every key takes.
const maxKeys = 1000

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// check reports every fault of the key at once. None holds its digest.
func (k Key) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !nameForm.MatchString(k.Name) {
		fault("name %.80q: want 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit", k.Name)
	}
	if sum, err := hex.DecodeString(k.SHA256); err != nil || len(sum) != sha256.Size {
		fault("sha256: want the 64 hexadecimal digits of the key's SHA-256")
	}
	if k.PerMinute < 1 || k.PerMinute > 1e9 {
		fault("per_minute is %d, want the number of hashes, 1 to 1000000000", k.PerMinute)
	}
	if k.PerDay < 1 || k.PerDay > 1e12 {
		fault("per_day is %d, want the number of hashes, 1 to 1000000000000", k.PerDay)
	}
	for i, s := range k.Sources {
		if !nameForm.MatchString(s) {
			fault("sources[%d] %.80q: want a list's source", i, s)
		}
	}
	for name, radius := range k.MaxRadius {
		if kind, err := hashdb.ParseKind(name); err != nil {
			fault("max_radius: %w", err)
		} else if radius < 0 || radius > kind.MaxRadius() {
			fault("max_radius.%s is %d, want 0 to %d", name, radius, kind.MaxRadius())
		}
	}
	return errors.Join(faults...)
}

// holder is a key in use.
type holder struct {
	Key
	digest   [sha256.Size]byte
	quota    *quota
	inFlight atomic.Int64 // Requests being served.
}

// may reports whether the holder is answered from lists of the source.
func (h *holder) may(source string) bool {
	if len(h.Sources) == 0 {
		return true
	}
	for _, s := range h.Sources {
		if s == source {
			return true
		}
	}
	return false
}

// Keys are the keys that a service takes. Its methods may be called at the same time.
type Keys struct {
	holders atomic.Pointer[[]*holder]
	file    *keyFile // Nil when the keys came from no file.
}

// NewKeys returns the given keys. The error names every fault of each.
func NewKeys(keys ...Key) (*Keys, error) {
	holders, err := hold(keys, nil)
	if err != nil {
		return nil, err
	}
	k := &Keys{}
	k.holders.Store(&holders)
	return k, nil
}

// hold checks keys. Those of a name that was there before keep their quota's use.
func hold(keys []Key, before []*holder) ([]*holder, error) {
	if len(keys) == 0 {
		return nil, errors.New("no keys: nobody could look up")
	}
	if len(keys) > maxKeys {
		return nil, fmt.Errorf("%d keys, want at most %d", len(keys), maxKeys)
	}
	used := map[string]*quota{}
	for _, h := range before {
		used[h.Name] = h.quota
	}
	var faults []error
	var holders []*holder
	names, digests := map[string]int{}, map[[sha256.Size]byte]int{}
	for i, key := range keys {
		if err := key.check(); err != nil {
			faults = append(faults, fmt.Errorf("keys[%d]: %w", i, err))
			continue
		}
		h := &holder{Key: key}
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
		return nil, errors.Join(faults...)
	}
	for _, h := range holders {
		if h.quota = used[h.Name]; h.quota == nil {
			h.quota = newQuota(h.PerMinute, h.PerDay)
		} else {
			h.quota.resize(h.PerMinute, h.PerDay)
		}
	}
	return holders, nil
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
func (k *Keys) find(key string) *holder {
	if len(key) != keyLength || !strings.HasPrefix(key, keyPrefix) {
		return nil
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(key[len(keyPrefix):]); err != nil {
		return nil
	}
	sum := sha256.Sum256([]byte(key))
	var found *holder
	for _, h := range *k.holders.Load() {
		if subtle.ConstantTimeCompare(sum[:], h.digest[:]) == 1 {
			found = h
		}
	}
	return found
}
