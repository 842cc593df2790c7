package flood

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory is a State in a map.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) { return bytes.Clone(m[string(key)]), nil }
func (m memory) Set(key, value []byte) error    { m[string(key)] = bytes.Clone(value); return nil }
func (m memory) Delete(key []byte) error        { delete(m, string(key)); return nil }
func (m memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(k, string(prefix)) {
			if more, err := fn([]byte(k), m[k]); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// match is a signal of the nth stream, which ends so long after noon.
func match(stream int, revision uint64, after time.Duration) signal.Signal {
	return segment(stream, 0, revision, after)
}

// segment is a signal of one of a stream's segments.
func segment(stream, n int, revision uint64, after time.Duration) signal.Signal {
	name := fmt.Sprintf("stream-%d", stream)
	end := noon.Add(after)
	return signal.Signal{
		ID: signal.ID("match", name, fmt.Sprint(n)), Revision: revision, Kind: signal.KindMatch,
		Subject: signal.Subject(fmt.Sprintf("sub_%032x", stream)),
		Start:   end.Add(-time.Second), End: end,
		Says: "1 of 2 frames match",
		Match: &signal.Match{
			Stream: name, Platform: "demo", HashKind: "pdq", List: "demo-list", ListVersion: "v1",
			Entry: "00112233445566ff", Distance: 3, Radius: 31, FramesMatched: revision, FramesSeen: 2 * revision,
		},
		Evidence: []signal.Evidence{{What: "frame", Holder: "demo", Ref: name, At: end}},
	}
}

func verdict(release bool, after time.Duration) Verdict {
	return Verdict{
		List: "demo-list", Entry: "00112233445566ff", Release: release,
		By: "reviewer-1", Reason: "looked at three of the streams", At: noon.Add(after),
	}
}

// A receiver keeps the highest revision of each signal, as correlate does.
type receiver map[string]signal.Signal

func (r receiver) take(t testing.TB, signals []signal.Signal) {
	t.Helper()
	for i, s := range signals {
		if i == 0 && len(r)%16 == 0 { // some of them, since it takes most of the time
			readable(t, s)
		}
		if was, ok := r[s.ID]; ok && was.Revision == s.Revision && was.Match.Held != s.Match.Held {
			t.Fatalf("two meanings of revision %d", s.Revision)
		}
		if s.Revision > r[s.ID].Revision {
			r[s.ID] = s
		}
	}
}

// readable checks that downstream can read a signal.
func readable(t testing.TB, s signal.Signal) {
	t.Helper()
	data, err := signal.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signal.Decode(data); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

// stands counts the signals that are not held.
func (r receiver) stands() int {
	n := 0
	for _, s := range r {
		if !s.Match.Held {
			n++
		}
	}
	return n
}

// A room is a gate with its state and its receivers.
type room struct {
	t       testing.TB
	gate    *Gate
	state   memory
	receive receiver
	told    []Quarantine
	passed  int // signals given unheld
}

func newRoom(t testing.TB, o Options) *room {
	return &room{t: t, gate: New(o), state: memory{}, receive: receiver{}}
}

func (r *room) took(out Result, err error) Result {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	r.receive.take(r.t, out.Signals)
	for _, s := range out.Signals {
		if !s.Match.Held {
			r.passed++
		}
	}
	if out.Quarantine != nil {
		data, err := out.Quarantine.Encode()
		if err != nil {
			r.t.Fatal(err)
		}
		q, err := DecodeQuarantine(data)
		if err != nil {
			r.t.Fatal(err)
		}
		r.told = append(r.told, q)
	}
	return out
}

func (r *room) match(s signal.Signal) Result {
	r.t.Helper()
	return r.took(r.gate.Match(r.t.Context(), r.state, s))
}

func (r *room) verdict(v Verdict) Result {
	r.t.Helper()
	return r.took(r.gate.Verdict(r.t.Context(), r.state, v))
}

// last is the newest of the quarantines told.
func (r *room) last() Quarantine {
	r.t.Helper()
	if len(r.told) == 0 {
		r.t.Fatal("no quarantine was told")
	}
	return r.told[len(r.told)-1]
}

// wantReason checks that err is a Rejection with a reason.
func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	var r *signal.Rejection
	if !errors.As(err, &r) || r.Reason() != reason {
		t.Errorf("got %v, want the reason %q", err, reason)
	}
}
