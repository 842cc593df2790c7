package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/payments"
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
	Delete(key []byte) error
}

// Config says what an Engine asks.
type Config struct {
	Typologies []Typology
	// Marks says what the limits of a deployment make of a transfer's amount, for the
	// totals; nil: nothing.
	Marks func(*profile.Entry) profile.Marks
}

// An Engine has the typologies. It holds no state.
type Engine struct{ c Config }

// New returns an engine, or an error that says what is wrong with its typologies.
func New(c Config) (*Engine, error) {
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
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("payments engine: %w", err)
	}
	return &Engine{c: c}, nil
}

// Partition returns the profiles of one partition, to be used with one State (or
// with none) from its beginning on or from where it was left.
func (e *Engine) Partition() *Partition {
	return &Partition{e: e, memory: make(map[key]*profile.Profile)}
}

// A Partition has the profiles of one partition. It is for one goroutine.
type Partition struct {
	e      *Engine
	memory map[key]*profile.Profile
	view   profile.View
}

type key struct {
	token profile.Token
	role  signal.Role
}

// Process adds a transfer to the profile of its subject and role, or takes it out
// where it is withdrawn, and returns what the typologies now say differently. A
// transfer that came before, or comes later than is kept, changes nothing and
// gives nothing. A Rejection means a reference used twice, of which the first use
// stands; any other error is the store's.
func (p *Partition) Process(ctx context.Context, s State, t payments.Transfer) ([]signal.Signal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prof, err := p.load(s, &t)
	if err != nil {
		return nil, err
	}
	added, changed := -1, false
	if e := profile.NewEntry(&t); t.Withdrawn {
		changed = prof.Withdraw(e)
	} else if added, changed, err = prof.Add(e, profile.TokenOf(t.Other)); err != nil {
		return nil, fmt.Errorf("transfer %s: %w", t.ID, err)
	}
	if !changed {
		return nil, nil
	}
	signals := p.evaluate(prof, added, t.At)
	return signals, p.save(s, &t, prof)
}

func (p *Partition) load(s State, t *payments.Transfer) (*profile.Profile, error) {
	k := key{token: profile.TokenOf(t.Subject), role: t.Role}
	if s == nil {
		prof := p.memory[k]
		if prof == nil {
			prof = profile.New(t.Subject, t.Role, p.e.c.Marks)
			p.memory[k] = prof
		}
		return prof, nil
	}
	data, err := s.Get(k.bytes())
	if err != nil {
		return nil, fmt.Errorf("read profile of %s: %w", t.Subject, err)
	}
	prof, err := profile.Decode(data, t.Subject, t.Role, p.e.c.Marks)
	if err != nil {
		return nil, fmt.Errorf("profile of %s: %w", t.Subject, err)
	}
	return prof, nil
}

func (p *Partition) save(s State, t *payments.Transfer, prof *profile.Profile) error {
	if s == nil {
		return nil
	}
	k := key{token: profile.TokenOf(t.Subject), role: t.Role}
	if err := s.Set(k.bytes(), prof.Encode(nil)); err != nil {
		return fmt.Errorf("write profile of %s: %w", t.Subject, err)
	}
	return nil
}

func (k key) bytes() []byte {
	b := append([]byte("p"), k.token[:]...)
	return append(b, k.role[0])
}
