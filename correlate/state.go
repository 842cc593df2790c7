package correlate

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// State is the room's view of its partition's store.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
}

// errDamaged marks state that this room did not write. It is not a Rejection:
// the record is good, and the partition must stop.
var errDamaged = errors.New("damaged state")

// A subject is one subject's share of the state:
//
//	<subject>/index         its set, see encodeSet
//	<subject>/<kind>/<id>   one signal of the set, as its JSON
//	<subject>/published     the revision of the last case published
//
// The index is small, about 40 bytes a signal, so that a signal more costs a
// few kilobytes and not the whole history.
type subject struct {
	state State
	id    signal.Subject
}

func (s subject) key(name string) []byte { return []byte(string(s.id) + "/" + name) }

func (s subject) signalKey(e entry) []byte {
	return s.key(fmt.Sprintf("%d/%s", e.kind, e.hex()))
}

func (s subject) get(key []byte) ([]byte, error) {
	data, err := s.state.Get(key)
	if err != nil {
		return nil, fmt.Errorf("correlate: read state: %w", err)
	}
	return data, nil
}

func (s subject) put(key, value []byte) error {
	if err := s.state.Set(key, value); err != nil {
		return fmt.Errorf("correlate: write state: %w", err)
	}
	return nil
}

// load returns the subject's set, empty for a new subject.
func (s subject) load() (set, error) {
	data, err := s.get(s.key("index"))
	if err != nil || data == nil {
		return set{}, err
	}
	have, err := decodeSet(data)
	if err != nil {
		return set{}, fmt.Errorf("correlate: index of %s: %w", s.id, err)
	}
	return have, nil
}

// store writes what a change made of the set.
func (s subject) store(have set, c change, e entry, in signal.Signal) error {
	if c.stored {
		data, err := signal.Encode(in)
		if err != nil {
			return signal.Reject("signal-encode", "signal has no JSON form: %w", err)
		}
		if err := s.put(s.signalKey(e), data); err != nil {
			return err
		}
	}
	for _, d := range c.dropped {
		if err := s.state.Delete(s.signalKey(d)); err != nil {
			return fmt.Errorf("correlate: delete from state: %w", err)
		}
	}
	return s.put(s.key("index"), encodeSet(have))
}

// read returns the signal of an entry, with its size in bytes as JSON.
func (s subject) read(e entry) (signal.Signal, int, error) {
	data, err := s.get(s.signalKey(e))
	if err != nil {
		return signal.Signal{}, 0, err
	}
	var out signal.Signal
	if err := json.Unmarshal(data, &out); err != nil {
		return signal.Signal{}, 0, fmt.Errorf("correlate: signal %s of %s: %w: %w", e.hex(), s.id, errDamaged, err)
	}
	return out, len(data), nil
}

// published returns the revision of the last case published, 0 for none.
func (s subject) published() (uint64, error) {
	data, err := s.get(s.key("published"))
	if err != nil || data == nil {
		return 0, err
	}
	if len(data) != 8 {
		return 0, fmt.Errorf("correlate: published revision of %s: %w", s.id, errDamaged)
	}
	return binary.BigEndian.Uint64(data), nil
}

func (s subject) setPublished(revision uint64) error {
	return s.put(s.key("published"), binary.BigEndian.AppendUint64(nil, revision))
}
