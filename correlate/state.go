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
	// Scan calls fn with each key that begins with prefix and its value, in ascending
	// order, until fn returns false or an error. Both are fn's during the call alone.
	Scan(prefix []byte, fn func(key, value []byte) (more bool, err error)) error
}

// errDamaged marks state that this room did not write. It is not a Rejection:
// the record is good, and the partition must stop.
var errDamaged = errors.New("damaged state")

// A subject's share of the state lies under the 16 bytes of its token and a letter:
//
//	h               the head: day, counts, and its small entries while they are few
//	e <kind> <id>   an entry that is not in the head
//	s <kind> <id>   the signal of an entry, as its JSON, written once and read when shown
//	p               the revision of the subject's case, once it has crossed the bar
//
// So a signal more costs a head, an entry and a signal, and not the history. All but p is
// a function of the set.
const (
	partHead      = 'h'
	partEntry     = 'e'
	partSignal    = 's'
	partPublished = 'p'
)

const headVersion = 3 // 1 and 2 had other keys.

// headEntries is how many small entries the head holds; when there are more, each lies
// under its own key. Matches and payments, which are large, always do.
const headEntries = 24

// small reports whether an entry may lie in the head.
func small(k kind) bool { return k != kindMatch && k != kindPayment }

// inHead reports whether the set's small entries lie in its head.
func (s *set) inHead() bool { return s.smalls() <= headEntries }

func (s *set) smalls() int { return len(s.entries) - s.count[kindMatch] - s.count[kindPayment] }

// A store is one subject's share of the state.
type store struct {
	state State
	id    token
}

func (s store) key(part byte) []byte {
	return append(append(make([]byte, 0, 40), s.id[:]...), part)
}

func (s store) entryKey(part byte, e *entry) []byte {
	return append(append(s.key(part), byte(e.kind)), e.id[:]...)
}

func (s store) get(key []byte) ([]byte, error) {
	data, err := s.state.Get(key)
	if err != nil {
		return nil, fmt.Errorf("correlate: read state: %w", err)
	}
	return data, nil
}

func (s store) put(key, value []byte) error {
	if err := s.state.Set(key, value); err != nil {
		return fmt.Errorf("correlate: write state: %w", err)
	}
	return nil
}

func (s store) delete(key []byte) error {
	if err := s.state.Delete(key); err != nil {
		return fmt.Errorf("correlate: delete from state: %w", err)
	}
	return nil
}

// load returns the subject's set, empty for a new subject.
func (s store) load() (*set, error) {
	have, err := s.read()
	if err != nil {
		return nil, fmt.Errorf("correlate: state of %s: %w", s.id.subject(), err)
	}
	return have, nil
}

func (s store) read() (*set, error) {
	data, err := s.get(s.key(partHead))
	if err != nil || data == nil {
		return &set{}, err
	}
	if len(data) == 0 || data[0] != headVersion {
		return nil, fmt.Errorf("%w: not version %d", errDamaged, headVersion)
	}
	r := reader{rest: data[1:]}
	have := &set{day: int64(r.uvarint())}
	n, here := int(r.uvarint()), int(r.uvarint())
	if here > headEntries || n < here || n > 2*(maxMatches+maxPayments+maxFlags+maxSessions+maxScores) {
		return nil, fmt.Errorf("%w: %d entries, %d of them in the head", errDamaged, n, here)
	}
	have.entries = make([]entry, 0, n+1)
	for range here {
		if e := r.entry(); !r.short {
			have.put(e)
		}
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	if n == here {
		return have, nil
	}
	err = s.state.Scan(s.key(partEntry), func(_, value []byte) (bool, error) {
		r := reader{rest: value}
		e := r.entry()
		err := r.done()
		if err == nil {
			have.put(e)
		}
		return true, err
	})
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	if len(have.entries) != n {
		return nil, fmt.Errorf("%w: %d entries, and the head says %d", errDamaged, len(have.entries), n)
	}
	return have, nil
}

// save writes what a change made of the set. was tells whether the small entries lay in
// the head before it.
func (s store) save(have *set, c change, e *entry, raw []byte, was bool) error {
	if c.stored {
		if err := s.put(s.entryKey(partSignal, e), raw); err != nil {
			return err
		}
	}
	for i := range c.dropped {
		d := &c.dropped[i]
		if err := s.delete(s.entryKey(partSignal, d)); err != nil {
			return err
		}
		if !small(d.kind) || !was {
			if err := s.delete(s.entryKey(partEntry, d)); err != nil {
				return err
			}
		}
	}
	is := have.inHead()
	if c.stored && !(small(e.kind) && is) {
		if err := s.put(s.entryKey(partEntry, e), appendEntry(make([]byte, 0, 128), e)); err != nil {
			return err
		}
	}
	head := append(make([]byte, 0, 32+64*min(have.smalls(), headEntries)), headVersion)
	head = binary.AppendUvarint(head, uint64(have.day))
	head = binary.AppendUvarint(head, uint64(len(have.entries)))
	if is {
		head = binary.AppendUvarint(head, uint64(have.smalls()))
	} else {
		head = binary.AppendUvarint(head, 0)
	}
	for i := range have.entries {
		k := &have.entries[i]
		if !small(k.kind) {
			continue
		}
		if is {
			head = appendEntry(head, k)
		}
		// They move out of the head, or back into it.
		var err error
		switch {
		case was && !is && k.compare(e) != 0:
			err = s.put(s.entryKey(partEntry, k), appendEntry(make([]byte, 0, 128), k))
		case !was && is:
			err = s.delete(s.entryKey(partEntry, k))
		}
		if err != nil {
			return err
		}
	}
	return s.put(s.key(partHead), head)
}

// signal returns the signal of an entry, with its size in bytes as JSON.
func (s store) signal(e *entry) (signal.Signal, int, error) {
	data, err := s.get(s.entryKey(partSignal, e))
	if err != nil {
		return signal.Signal{}, 0, err
	}
	var out signal.Signal
	if err := json.Unmarshal(data, &out); err != nil {
		return signal.Signal{}, 0, fmt.Errorf("correlate: signal %s of %s: %w: %w", e.hex(), s.id.subject(), errDamaged, err)
	}
	return out, len(data), nil
}

// published returns the revision of the subject's case, 0 for one that has never crossed
// the bar.
func (s store) published() (uint64, error) {
	data, err := s.get(s.key(partPublished))
	if err != nil || data == nil {
		return 0, err
	}
	if len(data) != 8 {
		return 0, fmt.Errorf("correlate: revision of %s: %w", s.id.subject(), errDamaged)
	}
	return binary.BigEndian.Uint64(data), nil
}

func (s store) setPublished(revision uint64) error {
	return s.put(s.key(partPublished), binary.BigEndian.AppendUint64(nil, revision))
}
