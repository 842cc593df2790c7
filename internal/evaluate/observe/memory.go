package observe

import (
	"maps"
	"slices"
	"strings"
)

// memory is a partition's store, in buckets by the first bytes of keys: those of correlate
// begin with their subject, so that a scan goes through one subject alone.
type memory map[string]map[string][]byte

const bucketBytes = 16

func bucket(key []byte) string { return string(key[:min(len(key), bucketBytes)]) }

func (m memory) Get(key []byte) ([]byte, error) { return m[bucket(key)][string(key)], nil }

func (m memory) Set(key, value []byte) error {
	b := m[bucket(key)]
	if b == nil {
		b = make(map[string][]byte)
		m[bucket(key)] = b
	}
	b[string(key)] = append([]byte{}, value...)
	return nil
}

func (m memory) Delete(key []byte) error {
	delete(m[bucket(key)], string(key))
	return nil
}

// Scan gives keys in ascending order, as a store does.
func (m memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	var keys []string
	for b := range m.buckets(prefix) {
		for k := range m[b] {
			if strings.HasPrefix(k, string(prefix)) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		if more, err := fn([]byte(k), m[bucket([]byte(k))][k]); err != nil || !more {
			return err
		}
	}
	return nil
}

// buckets are those that may hold keys of a prefix.
func (m memory) buckets(prefix []byte) func(func(string) bool) {
	if len(prefix) >= bucketBytes {
		return func(yield func(string) bool) { yield(bucket(prefix)) }
	}
	return maps.Keys(m)
}
