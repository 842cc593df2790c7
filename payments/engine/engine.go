package engine

import (
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// A Typology looks at a profile, and finds something or nothing. It is a pure
// function of the view, quick, and has no state: several partitions ask it at the
// same time.
type Typology interface {
	ID() string // P01 …, or a rule's name
	// Version is of its parameters: signals of two versions are not the same signals.
	Version() string
	Find(v *profile.View) (Finding, bool)
}

// A TwoSided typology may look at [profile.View.Opposite] too. It is asked again about
// each role of a subject where the other changes, so that what it says does not depend
// on which of the two came first.
type TwoSided interface {
	Typology
	// TwoSided says whether it looks there now.
	TwoSided() bool
}

// A Finding is that a typology fired.
type Finding struct {
	// Counted are the places in View.Entries of the transfers that count, ascending,
	// at least one. It may be memory of the view's (Pick) and of nobody else's.
	Counted  []int32
	Says     string  // one sentence for a reviewer, without personal data
	Strength float64 // above 0, to 1
	// About is the counterparty that it is about, where that is not the profile's subject.
	About signal.Subject
	// Victim says that the one it is about may be a victim, and is accused of nothing.
	Victim bool
}

// State is the engine's view of its partition's store.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	// DeleteRange removes the keys from one on, up to another that stays.
	DeleteRange(from, to []byte) error
	// Scan calls fn with each key that begins with prefix and its value, in ascending
	// order, until fn returns false or an error, which it passes on.
	Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error
}

// Config says what an Engine asks.
type Config struct {
	Typologies []Typology
	// Marks says what the limits of a deployment make of a transfer's amount, for the
	// totals; nil: nothing.
	Marks func(*profile.Entry) profile.Marks
	// CacheBytes limits the memory of one partition's profiles, besides some 50 bytes
	// for each that find it in the store; 0: 256 MiB. Without a store it does not hold.
	CacheBytes int64
}

// An Engine has the typologies. It holds no state.
type Engine struct {
	c          Config
	cacheBytes int64
	twoSided   []TwoSided
}

// New returns an engine, or an error that says what is wrong with its typologies.
func New(c Config) (*Engine, error) {
	e := &Engine{c: c, cacheBytes: c.CacheBytes}
	var errs []error
	seen := make(map[string]bool)
	for i, t := range c.Typologies {
		key := t.ID() + "\x00" + t.Version()
		if t.ID() == "" || t.Version() == "" {
			errs = append(errs, fmt.Errorf("typology %d has no id or no version", i+1))
		}
		if seen[key] {
			errs = append(errs, fmt.Errorf("typology %s %s is there twice", t.ID(), t.Version()))
		}
		seen[key] = true
		if both, ok := t.(TwoSided); ok {
			e.twoSided = append(e.twoSided, both)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("payments engine: %w", err)
	}
	if e.cacheBytes <= 0 {
		e.cacheBytes = 256 << 20
	}
	return e, nil
}
