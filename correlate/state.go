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
// So a signal more costs a head, an entry and a signal, and not the history. All but p, and
// the head's second byte, which tells that there is one, is a function of the set.
const (
	partHead      = 'h'
	partEntry     = 'e'
	partSignal    = 's'
	partPublished = 'p'
)

const headVersion = 4 // those before had other keys

// The head holds entries of at most smallEntry bytes, while there are no more than
// headEntries of them; when there are more, each lies under its own key, as large ones
// always do.
const (
	headEntries = 24
	smallEntry  = 256
)

func (e *entry) small() bool { return e.size <= smallEntry }

// inHead reports whether the set's small entries lie in its head.
func (s *set) inHead() bool { return s.smalls <= headEntries }

// A store is one subject's share of the state.
type store struct {
	state State
	late  *pending // what the state does not have yet
	id    token
}

func headKey(id token) []byte { return append(append(make([]byte, 0, 17), id[:]...), partHead) }

func publishedKey(id token) []byte {
	return append(append(make([]byte, 0, 17), id[:]...), partPublished)
}

func keyOf(id token, part byte, e *entry) (key longKey) {
	copy(key[:], id[:])
	key[16], key[17] = part, byte(e.kind)
	copy(key[18:], e.id[:])
	return key
}

func (s store) get(key []byte) ([]byte, error) {
	data, err := s.state.Get(key)
	if err != nil {
		return nil, fmt.Errorf("correlate: read state: %w", err)
	}
	return data, nil
}

// load returns the subject's set, empty for a new subject, and the revision of its case, 0
// for one that never crossed the bar.
func (s store) load() (have *set, published uint64, err error) {
	if have, published, err = s.read(); err != nil {
		return nil, 0, fmt.Errorf("correlate: state of %s: %w", s.id.subject(), err)
	}
	return have, published, nil
}

func (s store) read() (*set, uint64, error) {
	data, err := s.get(headKey(s.id))
	if err != nil || data == nil {
		return &set{}, 0, err
	}
	if len(data) < 2 || data[0] != headVersion || data[1] > 1 {
		return nil, 0, fmt.Errorf("%w: not version %d", errDamaged, headVersion)
	}
	r := reader{rest: data[2:]}
	have := &set{day: int64(r.uvarint())}
	n, here := int(r.uvarint()), int(r.uvarint())
	if here > headEntries || n < here || n > 2*(maxMatches+maxPayments+maxFlags+maxSessions+maxScores+maxGuests) {
		return nil, 0, fmt.Errorf("%w: %d entries, %d of them in the head", errDamaged, n, here)
	}
	have.entries = make([]entry, 0, n+1)
	for range here {
		if e := r.entry(); !r.short {
			have.put(e)
		}
	}
	if err := r.done(); err != nil {
		return nil, 0, err
	}
	if n > here {
		err = s.state.Scan(append(s.id[:], partEntry), func(_, value []byte) (bool, error) {
			r := reader{rest: value}
			e := r.entry()
			err := r.done()
			if err == nil {
				have.put(e)
			}
			return true, err
		})
		if err != nil {
			return nil, 0, fmt.Errorf("read state: %w", err)
		}
	}
	if len(have.entries) != n {
		return nil, 0, fmt.Errorf("%w: %d entries, and the head says %d", errDamaged, len(have.entries), n)
	}
	if data[1] == 0 {
		return have, 0, nil
	}
	published, err := s.published()
	return have, published, err
}

// appendHead writes a set's head, which tells as well whether its subject has a case.
func appendHead(out []byte, have *set, published bool) []byte {
	out = append(out, headVersion, byte(bit(published)))
	out = binary.AppendUvarint(out, uint64(have.day))
	out = binary.AppendUvarint(out, uint64(len(have.entries)))
	if !have.inHead() {
		return binary.AppendUvarint(out, 0)
	}
	out = binary.AppendUvarint(out, uint64(have.smalls))
	for i := range have.entries {
		if e := &have.entries[i]; e.small() {
			out = appendEntry(out, e)
		}
	}
	return out
}

// signal returns the signal of an entry, with its size in bytes as JSON.
func (s store) signal(e *entry) (signal.Signal, int, error) {
	key := keyOf(s.id, partSignal, e)
	data, there := s.late.get(key)
	if !there {
		var err error
		if data, err = s.get(key[:]); err != nil {
			return signal.Signal{}, 0, err
		}
	}
	var out signal.Signal
	if err := json.Unmarshal(data, &out); err != nil {
		return signal.Signal{}, 0, fmt.Errorf("correlate: signal %s of %s: %w: %w", e.hex(), s.id.subject(), errDamaged, err)
	}
	return out, len(data), nil
}

// published returns the revision of the subject's case.
func (s store) published() (uint64, error) {
	data, err := s.get(publishedKey(s.id))
	if err != nil {
		return 0, err
	}
	if len(data) != 8 {
		return 0, fmt.Errorf("%w: the revision has %d bytes", errDamaged, len(data))
	}
	return binary.BigEndian.Uint64(data), nil
}
