package stream

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// changes are what one record does to the state; they reach the store when its
// handler has succeeded.
type changes struct {
	store *store
	gone  []keyRange // what is deleted before made is set
	made  []change
	index map[string]int // of made, where there are many
	bytes []byte         // what keys and values of made lie in
}

type change struct {
	key, value []byte
	deleted    bool
}

// reset forgets all changes, and keeps their memory for the next record's.
func (c *changes) reset() {
	c.gone, c.made, c.index = c.gone[:0], c.made[:0], nil
	if cap(c.bytes) > flushBytes { // of a record that was no common one
		c.bytes = nil
	}
	c.bytes = c.bytes[:0]
}

// keep returns a copy of b that lasts until the next reset.
func (c *changes) keep(b []byte) []byte {
	from := len(c.bytes)
	c.bytes = append(c.bytes, b...)
	return c.bytes[from:len(c.bytes):len(c.bytes)]
}

// A keyRange has the keys from one on, up to another that it does not have.
type keyRange struct{ from, to []byte }

func (r keyRange) has(key []byte) bool {
	return bytes.Compare(r.from, key) <= 0 && bytes.Compare(key, r.to) < 0
}

// find returns the place of a key's change, or -1. Most records make few.
func (c *changes) find(key []byte) int {
	const few = 16
	if len(c.made) <= few {
		return slices.IndexFunc(c.made, func(m change) bool { return bytes.Equal(m.key, key) })
	}
	if c.index == nil {
		c.index = make(map[string]int)
		for i := range c.made {
			c.index[string(c.made[i].key)] = i
		}
	}
	if i, is := c.index[string(key)]; is {
		return i
	}
	return -1
}

// own returns the record's own change of a key, or nil.
func (c *changes) own(key []byte) *change {
	if i := c.find(key); i >= 0 {
		return &c.made[i]
	}
	for _, r := range c.gone {
		if r.has(key) {
			return &change{key: key, deleted: true}
		}
	}
	return nil
}

// Get returns the record's own change, or what is in the store.
func (c *changes) Get(key []byte) ([]byte, error) {
	if len(c.made)+len(c.gone) > 0 {
		if own := c.own(key); own != nil {
			if own.deleted {
				return nil, nil
			}
			return append([]byte{}, own.value...), nil
		}
	}
	return c.store.get(stateKey(key))
}

// Set keeps copies of key and value.
func (c *changes) Set(key, value []byte) error {
	c.put(key, change{value: c.keep(value)})
	return nil
}

// Delete removes a key; an absent one is no error.
func (c *changes) Delete(key []byte) error {
	c.put(key, change{deleted: true})
	return nil
}

func (c *changes) put(key []byte, made change) {
	if i := c.find(key); i >= 0 {
		made.key = c.made[i].key
		c.made[i] = made
		return
	}
	made.key = c.keep(key)
	if c.index != nil {
		c.index[string(key)] = len(c.made)
	}
	c.made = append(c.made, made)
}

// DeleteRange removes the record's own changes as well.
func (c *changes) DeleteRange(from, to []byte) error {
	r := keyRange{c.keep(from), c.keep(to)}
	c.made = slices.DeleteFunc(c.made, func(made change) bool { return r.has(made.key) })
	c.index = nil
	c.gone = append(c.gone, r)
	return nil
}

// Scan goes through the store and the record's own changes side by side.
func (c *changes) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) (err error) {
	var own []change
	for _, made := range c.made {
		if bytes.HasPrefix(made.key, prefix) {
			own = append(own, made)
		}
	}
	slices.SortFunc(own, func(a, b change) int { return bytes.Compare(a.key, b.key) })
	lower := stateKey(prefix)
	it, err := c.store.batch.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return fmt.Errorf("scan state: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	stored := it.First()
	for stored || len(own) > 0 {
		if stored && slices.ContainsFunc(c.gone, func(r keyRange) bool { return r.has(it.Key()[1:]) }) {
			stored = it.Next()
			continue
		}
		if !stored || len(own) > 0 && bytes.Compare(own[0].key, it.Key()[1:]) <= 0 {
			made := own[0]
			own = own[1:]
			if stored && bytes.Equal(made.key, it.Key()[1:]) {
				stored = it.Next() // overruled
			}
			if !made.deleted {
				if more, err := fn(made.key, made.value); err != nil || !more {
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
	for _, r := range c.gone {
		if err := c.store.batch.DeleteRange(stateKey(r.from), stateKey(r.to), nil); err != nil {
			return fmt.Errorf("write state: %w", err)
		}
	}
	for _, made := range c.made {
		var err error
		if to := (direct{c.store.batch}); made.deleted {
			err = to.Delete(made.key)
		} else {
			err = to.Set(made.key, made.value)
		}
		if err != nil {
			return fmt.Errorf("write state: %w", err)
		}
	}
	return nil
}
