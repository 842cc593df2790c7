package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"
)

// State is what a handler keeps for its partition. Changes of one record become
// durable together, with the record's offset, or not at all. It is valid only
// within the call it was given to.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
	// Scan calls fn with each key that begins with prefix and its value, in ascending
	// order, until fn returns false or an error, which it passes on. Key and value
	// are fn's only during the call, in which it must not change the state.
	Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error
}

// Keys of a store: the handler's own under 's', and the offset that the store
// stands for under 'n', eight bytes big-endian.
const statePrefix = 's'

func nextKey() []byte { return []byte("next") }

// A store is the state of one partition as of offset next: what the handler
// made of every record before it. One process has it open at a time, which
// Pebble's lock ensures; the state folder must not be shared between processes.
type store struct {
	db    *pebble.DB
	batch *pebble.Batch // what is not durable yet
	next  int64         // as of the last commit; -1 in a new store
}

// openStore opens or makes the store in dir. A damaged one is errDamaged; any
// other error may pass.
func openStore(dir string, log *zap.Logger) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	db, err := pebble.Open(dir, &pebble.Options{Logger: pebbleLog{log}})
	if err != nil {
		if pebble.IsCorruptionError(err) {
			return nil, fmt.Errorf("open state: %w: %w", errDamaged, err)
		}
		return nil, fmt.Errorf("open state: %w", err)
	}
	s := &store{db: db, batch: db.NewIndexedBatch(), next: -1}
	value, err := s.get(nextKey())
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("open state: %w", err), s.close())
	case value != nil && len(value) != 8:
		return nil, errors.Join(fmt.Errorf("open state: %w: its offset has %d bytes", errDamaged, len(value)), s.close())
	case value != nil:
		s.next = int64(binary.BigEndian.Uint64(value))
	}
	return s, nil
}

var errDamaged = errors.New("it is damaged")

// get reads through what is not durable yet.
func (s *store) get(key []byte) ([]byte, error) {
	value, closer, err := s.batch.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	out := append([]byte{}, value...)
	if err := closer.Close(); err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return out, nil
}

// commit makes everything applied so far durable, as the state at offset next.
func (s *store) commit(next int64) error {
	if err := s.batch.Set(nextKey(), binary.BigEndian.AppendUint64(nil, uint64(next)), nil); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := s.batch.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	err := s.batch.Close()
	s.batch, s.next = s.db.NewIndexedBatch(), next
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// close drops what is not durable.
func (s *store) close() error {
	return errors.Join(s.batch.Close(), s.db.Close())
}

// changes are what one record does to the state; they reach the store when its
// handler has succeeded.
type changes struct {
	store *store
	made  map[string]change
}

type change struct {
	value   []byte
	deleted bool
}

// Get returns the record's own change, or what is in the store.
func (c *changes) Get(key []byte) ([]byte, error) {
	if made, ok := c.made[string(key)]; ok {
		if made.deleted {
			return nil, nil
		}
		return append([]byte{}, made.value...), nil
	}
	return c.store.get(stateKey(key))
}

// Set keeps copies of key and value.
func (c *changes) Set(key, value []byte) error {
	c.made[string(key)] = change{value: append([]byte{}, value...)}
	return nil
}

// Delete removes a key; an absent one is no error.
func (c *changes) Delete(key []byte) error {
	c.made[string(key)] = change{deleted: true}
	return nil
}

// Scan goes through the store and the record's own changes side by side.
func (c *changes) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) (err error) {
	var own []string
	for key := range c.made {
		if strings.HasPrefix(key, string(prefix)) {
			own = append(own, key)
		}
	}
	slices.Sort(own)
	lower := stateKey(prefix)
	it, err := c.store.batch.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return fmt.Errorf("scan state: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	stored := it.First()
	for stored || len(own) > 0 {
		if !stored || len(own) > 0 && own[0] <= string(it.Key()[1:]) {
			key := own[0]
			own = own[1:]
			if stored && key == string(it.Key()[1:]) {
				stored = it.Next() // overruled
			}
			if made := c.made[key]; !made.deleted {
				if more, err := fn([]byte(key), made.value); err != nil || !more {
					return err
				}
			}
			continue
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("scan state: %w", err)
		}
		if more, err := fn(it.Key()[1:], value); err != nil || !more {
			return err
		}
		stored = it.Next()
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("scan state: %w", err)
	}
	return nil
}

// after returns the least key above all that begin with prefix, which begins with
// statePrefix and so is not all 0xff.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; ; i-- {
		if prefix[i] != 0xff {
			end := append([]byte{}, prefix[:i+1]...)
			end[i]++
			return end
		}
	}
}

func (c *changes) apply() error {
	for key, made := range c.made {
		var err error
		if made.deleted {
			err = c.store.batch.Delete(stateKey([]byte(key)), nil)
		} else {
			err = c.store.batch.Set(stateKey([]byte(key)), made.value, nil)
		}
		if err != nil {
			return fmt.Errorf("write state: %w", err)
		}
	}
	return nil
}

func stateKey(key []byte) []byte { return append([]byte{statePrefix}, key...) }

// pebbleLog passes on Pebble's errors. A fatal one (a disc that does not write)
// is a panic: Pebble may not go on after it, and only main may exit.
type pebbleLog struct{ log *zap.Logger }

func (pebbleLog) Infof(string, ...any) {}
func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("state store", zap.String("error", fmt.Sprintf(format, args...)))
}
func (l pebbleLog) Fatalf(format string, args ...any) {
	panic("state store: " + fmt.Sprintf(format, args...))
}
