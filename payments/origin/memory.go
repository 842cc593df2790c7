package origin

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// A Memory is a State in memory, for payments of the past: some 0.5 KB each. It forgets
// by itself what was not touched for so many days, all at once, so that it never has to
// be swept: what it is asked of a bucket is nothing.
type Memory struct {
	days  int64
	began int64 // the day on which young began
	young kept
	old   kept // what was not touched since
}

// kept has the payments of messages, which are looked for by message, apart.
type kept struct {
	of       map[string][]byte
	messages map[string]map[string][]byte
}

// NewMemory returns an empty one that remembers for so many days at least, and for twice
// as many at most.
func NewMemory(days int) *Memory { return &Memory{days: int64(days), young: newKept()} }

func newKept() kept {
	return kept{make(map[string][]byte), make(map[string]map[string][]byte)}
}

// messageKey is the part of a key that names a message: see stateKey.
const messageKey = 4 + len(hash{}) - 2

func ofMessage(key []byte) bool { return len(key) > messageKey && key[0] == 'k' && key[3] == 'm' }

// Get implements State.
func (m *Memory) Get(key []byte) ([]byte, error) {
	if v, ok := m.young.of[string(key)]; ok {
		return v, nil
	}
	return m.old.of[string(key)], nil
}

// Set implements State.
func (m *Memory) Set(key, value []byte) error {
	if bytes.Equal(key, aboutKey) {
		if day, n := binary.Varint(value); n > 0 {
			m.begin(day)
		}
	}
	if !ofMessage(key) {
		m.young.of[string(key)] = bytes.Clone(value)
		return nil
	}
	msg := string(key[:messageKey])
	if m.young.messages[msg] == nil {
		m.young.messages[msg] = make(map[string][]byte)
	}
	m.young.messages[msg][string(key)] = bytes.Clone(value)
	return nil
}

// begin moves on to a day.
func (m *Memory) begin(day int64) {
	switch {
	case m.began == 0:
		m.began = day
	case day >= m.began+m.days:
		m.began = day
		m.old, m.young = m.young, newKept()
	}
}

// Delete implements State.
func (m *Memory) Delete(key []byte) error {
	for _, k := range []kept{m.young, m.old} {
		if ofMessage(key) {
			delete(k.messages[string(key[:messageKey])], string(key))
		} else {
			delete(k.of, string(key))
		}
	}
	return nil
}

// Scan implements State, as far as a ledger needs it: the payments of a message.
func (m *Memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	if len(prefix) < messageKey {
		return nil
	}
	for _, k := range []kept{m.young, m.old} {
		all := k.messages[string(prefix[:messageKey])]
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if !strings.HasPrefix(key, string(prefix)) {
				continue
			}
			if more, err := fn([]byte(key), all[key]); err != nil || !more {
				return err
			}
		}
	}
	return nil
}
