package service

import (
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
)

// Key says what the holder of one key may do.
type Key struct {
	api.Key `yaml:",inline"`
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

// Check reports every fault of what the holder may do.
func (k Key) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for i, s := range k.Sources {
		if !api.IsName(s) {
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

// may reports whether the holder is answered from lists of the source.
func (k *Key) may(source string) bool {
	if len(k.Sources) == 0 {
		return true
	}
	for _, s := range k.Sources {
		if s == source {
			return true
		}
	}
	return false
}

// Keys are the keys that a service takes, each with its quota of hashes.
type Keys = api.Keys[Key]

// unit is what quotas count.
const unit = "hashes"

// LoadKeys reads a key file as api.LoadKeys does.
func LoadKeys(path string) (*Keys, error) { return api.LoadKeys[Key](unit, path) }

// NewKeys returns the given keys. The error names every fault of each.
func NewKeys(keys ...Key) (*Keys, error) { return api.NewKeys(unit, keys...) }
