package flood

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// State is the room's view of its partition's store.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
}

// errDamaged marks state that this room did not write. It is not a Rejection: the
// record is good, and the partition must stop.
var errDamaged = errors.New("damaged state")

// An entry is one list entry's share of the state:
//
//	<key>/head          its head, as JSON
//	<key>/streams       its streams, up to a quarantine
//	<key>/signal/<id>   a signal that is known, see known
//	<key>/slot/<n>      the id of the nth signal known
//	<key>/stream/<id>   present where a signal of the stream is held
//
// The signals known are a queue of slots, so that they can be gone through without a
// scan: numbers from First to below Next.
type entry struct {
	state State
	key   string
	head
}

// head is what is kept of an entry in one place.
type head struct {
	First uint64 `json:"first"`
	Next  uint64 `json:"next"`
	// Newest is the end of the newest match, in event time.
	Newest time.Time `json:"newest"`
	// ExemptUntil is the event time before which matches pass uncounted.
	ExemptUntil time.Time `json:"exempt_until"`
	// LastVerdict holds until a later one.
	LastVerdict *Verdict `json:"last_verdict,omitempty"`
	// Quarantine is the last one; its state is empty before the first.
	Quarantine Quarantine `json:"quarantine"`
}

// known is the newest revision of a signal.
type known struct {
	// Stands says that a revision of it was passed on and not withdrawn; else it is
	// held.
	Stands bool `json:"stands"`
	// Signal is as detect gave it.
	Signal signal.Signal `json:"signal"`
}

func load(s State, key string) (*entry, error) {
	e := &entry{state: s, key: key}
	_, err := e.get("head", &e.head)
	return e, err
}

func (e *entry) save() error { return e.put("head", e.head) }

// at returns the key of one of the entry's values.
func (e *entry) at(name string) []byte { return []byte(e.key + "/" + name) }

func (e *entry) read(name string) ([]byte, error) {
	data, err := e.state.Get(e.at(name))
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return data, nil
}

func (e *entry) write(name string, value []byte) error {
	if err := e.state.Set(e.at(name), value); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func (e *entry) remove(name string) error {
	if err := e.state.Delete(e.at(name)); err != nil {
		return fmt.Errorf("delete from state: %w", err)
	}
	return nil
}

// get reads a value into v and reports whether there is one.
func (e *entry) get(name string, v any) (bool, error) {
	data, err := e.read(name)
	if err != nil || data == nil {
		return false, err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, fmt.Errorf("%s of %s: %w: %w", name, e.key, errDamaged, err)
	}
	return true, nil
}

func (e *entry) put(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return signal.Reject("signal-encode", "%s has no JSON form: %w", name, err)
	}
	return e.write(name, data)
}

// streams returns the streams that the entry matched in.
func (e *entry) streams() (streams, error) {
	data, err := e.read("streams")
	if err != nil {
		return nil, err
	}
	return decodeStreams(data)
}

func signalName(id string) string { return "signal/" + id }
func slotName(n uint64) string    { return fmt.Sprintf("slot/%d", n) }
func (id streamID) name() string  { return fmt.Sprintf("stream/%x", id[:]) }

// known returns what is known of a signal, nil when nothing is.
func (e *entry) known(id string) (*known, error) {
	k := &known{}
	if ok, err := e.get(signalName(id), k); err != nil || !ok {
		return nil, err
	}
	if k.Signal.Match == nil {
		return nil, fmt.Errorf("signal %s of %s: %w", id, e.key, errDamaged)
	}
	return k, nil
}

// full reports whether there is no room for another signal.
func (e *entry) full(limit int) bool { return e.Next-e.First >= uint64(limit) }

// add puts a signal last.
func (e *entry) add(k known) error {
	if err := e.write(slotName(e.Next), []byte(k.Signal.ID)); err != nil {
		return err
	}
	e.Next++
	return e.put(signalName(k.Signal.ID), k)
}

// slot returns the nth signal.
func (e *entry) slot(n uint64) (*known, error) {
	id, err := e.read(slotName(n))
	if err != nil {
		return nil, err
	}
	k, err := e.known(string(id))
	if err == nil && k == nil {
		err = fmt.Errorf("signal %d of %s: %w", n, e.key, errDamaged)
	}
	return k, err
}

// shift takes the first signal out of its slot, and out of the state unless it is to
// stay: then it becomes the last.
func (e *entry) shift(k *known, stays bool) error {
	if err := e.remove(slotName(e.First)); err != nil {
		return err
	}
	e.First++
	if !stays {
		return e.remove(signalName(k.Signal.ID))
	}
	if err := e.write(slotName(e.Next), []byte(k.Signal.ID)); err != nil {
		return err
	}
	e.Next++
	return nil
}

// sweep looks at the first two signals and forgets those of streams that are no longer
// known. Called with each new signal it keeps the number of signals within about twice
// that of the streams known.
func (e *entry) sweep(in streams) error {
	for range min(2, e.Next-e.First) {
		k, err := e.slot(e.First)
		if err != nil {
			return err
		}
		if err := e.shift(k, in.find(streamOf(k.Signal.Match)) >= 0); err != nil {
			return err
		}
	}
	return nil
}

// hold counts a signal that is held from now on.
func (e *entry) hold(k *known) error {
	q, m := &e.Quarantine, k.Signal.Match
	q.Held++
	if len(q.Examples) < maxExamples {
		q.Examples = append(q.Examples, Example{Signal: k.Signal.ID, Platform: m.Platform, Stream: m.Stream})
	}
	name := streamOf(m).name()
	seen, err := e.read(name)
	if err != nil || seen != nil {
		return err
	}
	q.Streams++
	return e.write(name, []byte{1})
}

// clear hands over all signals known and forgets them, and the streams.
func (e *entry) clear(each func(known)) error {
	for e.First < e.Next {
		k, err := e.slot(e.First)
		if err != nil {
			return err
		}
		each(*k)
		if err := e.remove(streamOf(k.Signal.Match).name()); err != nil {
			return err
		}
		if err := e.shift(k, false); err != nil {
			return err
		}
	}
	return e.remove("streams")
}
