package inforce

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

// State is the store of a partition.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
	// Scan calls fn with each key that begins with prefix and its value, in ascending
	// order, until fn returns false or an error, which it passes on.
	Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error
}

// The keys: the set in force, and a key for each signal of a rule that stands.
const (
	setKey     = "rules/set"
	saidPrefix = "rules/said/"
)

// A Book is of one partition. It holds in memory what its store says is in force.
// Where what Take set in the state is not kept after all, it must be opened anew.
type Book struct {
	base string
	set  *rule.Set
	bad  error
}

// stored is the value of setKey.
type stored struct {
	Version int64            `json:"version"`
	Text    string           `json:"text"`
	Since   map[string]int64 `json:"since"`
}

// Open reads which set is in force. base is the deployment's base currency.
func Open(s State, base string) (*Book, error) {
	b := &Book{base: base, set: &rule.Set{}}
	data, err := s.Get([]byte(setKey))
	if err != nil {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	if data == nil {
		return b, nil
	}
	var in stored
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("the rules in force are damaged: %w", err)
	}
	// A program that refuses what an earlier one took must not stand still: the set that
	// mends it lies further on in the partition.
	if b.set, b.bad = rule.Load([]byte(in.Text)); b.bad != nil {
		b.set = &rule.Set{Version: in.Version}
	}
	b.set.Since(in.Since)
	return b, nil
}

// Unreadable is why the set in force has no rules though it is not empty: this
// program refuses it, and another one took it.
func (b *Book) Unreadable() error { return b.bad }

// Set is what is in force. It has no rules and version 0 where nothing is.
func (b *Book) Set() *rule.Set { return b.set }

// Take takes a set of rules that came as a record. It returns the withdrawals of what
// stands under rules that are no longer in force, and whether anything changed. A
// Rejection means that the set is none, or that its version is that in force, or
// lower, and it says something else.
func (b *Book) Take(s State, text []byte) (withdrawn []signal.Signal, changed bool, err error) {
	next, err := rule.Load(text)
	if err != nil {
		return nil, false, signal.Reject("rules", "are no rule file: %w", err)
	}
	if next.Base != "" && next.Base != b.base {
		return nil, false, signal.Reject("rules-base", "base is %s, and the deployment's is %s", next.Base, b.base)
	}
	since := b.set.SinceNext(next)
	next.Since(since)
	if next.Version <= b.set.Version {
		if next.Version < b.set.Version || b.bad != nil || alike(next, b.set) {
			return nil, false, nil
		}
		return nil, false, signal.Reject("rules-version", "version %d is in force, and these rules of the same version say something else", b.set.Version)
	}
	if withdrawn, err = takeBack(s, next); err != nil {
		return nil, false, err
	}
	data, err := json.Marshal(stored{next.Version, string(text), since})
	if err != nil {
		return nil, false, fmt.Errorf("write the rules in force: %w", err)
	}
	if err := s.Set([]byte(setKey), data); err != nil {
		return nil, false, fmt.Errorf("write the rules in force: %w", err)
	}
	b.set, b.bad = next, nil
	return withdrawn, true, nil
}

// alike reports whether two sets of one version have the same rules.
func alike(a, b *rule.Set) bool {
	if len(a.Rules()) != len(b.Rules()) {
		return false
	}
	for i, c := range a.Rules() {
		if o := b.Rules()[i]; c.ID() != o.ID() || !c.Same(o) || c.Rule.Version != o.Rule.Version {
			return false
		}
	}
	return true
}

var errSaid = errors.New("what rules have said is damaged")
