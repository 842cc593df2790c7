package correlate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// memory is a State in a map.
type memory map[string]string

func (m memory) Get(key []byte) ([]byte, error) {
	v, ok := m[string(key)]
	if !ok {
		return nil, nil
	}
	return []byte(v), nil
}

func (m memory) Set(key, value []byte) error {
	m[string(key)] = string(value)
	return nil
}

func (m memory) Delete(key []byte) error {
	delete(m, string(key))
	return nil
}

func (m memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(k, string(prefix)) {
			if more, err := fn([]byte(k), []byte(m[k])); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// dump writes the state down, without what is remembered of publishing, which
// may depend on the order (see Process).
func (m memory) dump() []byte {
	var b bytes.Buffer
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		switch k[16] {
		case partPublished:
			continue
		case partHead:
			v = v[:1] + v[2:]
		}
		fmt.Fprintf(&b, "%x=%q\n", k, v)
	}
	return b.Bytes()
}

// broken is a State that fails.
type broken struct{ memory }

var errDisk = errors.New("disk on fire")

func (broken) Set(_, _ []byte) error { return errDisk }

// noon is the reference time of the tests: pay day.
var noon = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)

// ago is so many hours before noon.
func ago(hours float64) time.Time { return noon.Add(-time.Duration(hours * float64(time.Hour))) }

const days = 24.0 // in hours

const someone = signal.Subject("sub_00000000000000000000000000000001")

func aSession(stream string, private bool, start time.Time, length time.Duration) signal.Signal {
	return signal.Signal{
		ID: signal.ID("session", stream), Revision: 2, Kind: signal.KindSession, Subject: someone,
		Start: start, End: start.Add(length), Says: "a live stream ended",
		Session: &signal.Session{Stream: stream, Platform: "demo", Private: private, Ended: true},
	}
}

func aFlag(name string, at time.Time) signal.Signal {
	return signal.Signal{
		ID: signal.ID("flag", name), Revision: 1, Kind: signal.KindFlag, Subject: someone,
		Start: at, End: at, Says: "a user flagged a live stream",
		Flag: &signal.Flag{Platform: "demo", Reason: "other"},
	}
}

func aMatch(entry string, distance int, frames uint64, at time.Time) signal.Signal {
	return signal.Signal{
		ID: signal.ID("match", entry), Revision: frames, Kind: signal.KindMatch, Subject: someone,
		Start: at.Add(-time.Duration(frames) * time.Second), End: at, Says: "frames match",
		Match: &signal.Match{
			Stream: "stream-1", Platform: "demo", HashKind: "pdq", List: "demo-list", ListVersion: "v1",
			Entry: entry, Distance: distance, Radius: 31, FramesMatched: frames, FramesSeen: 4 * frames,
		},
	}
}

// aPayment is typology fired on transfers received at times.
func aPayment(typology string, strength float64, counterparties, unrelated int, times ...time.Time) signal.Signal {
	return signal.Signal{
		ID: signal.ID("payment", typology), Revision: uint64(len(times)), Kind: signal.KindPayment, Subject: someone,
		Start: times[0], End: times[len(times)-1],
		Says: fmt.Sprintf("%d transfers from %d counterparties look like %s", len(times), counterparties, typology),
		Payment: &signal.Payment{
			Typology: typology, Rules: "r1", Role: signal.Recipient, Transfers: len(times),
			Counterparties: counterparties, Unrelated: unrelated, Times: times, Strength: strength,
		},
	}
}

// allTypologies is every typology with a weight, at full strength.
func allTypologies(counterparties, unrelated int, times ...time.Time) []signal.Signal {
	var out []signal.Signal
	for _, id := range []string{"P01", "P02", "P05", "P07", "P08"} {
		out = append(out, aPayment(id, 1, counterparties, unrelated, times...))
	}
	return out
}

// correlator has the weights that were assumed before any fit: what a part is worth is
// then as a reader would say, and no fit changes the tests of how it works.
func correlator(t testing.TB) *Correlator {
	t.Helper()
	w, err := LoadWeights(assumedWeights)
	if err != nil {
		t.Fatal(err)
	}
	return New(w)
}

// run processes signals in order and returns every case published.
func run(t testing.TB, c *Correlator, s memory, in ...signal.Signal) []Case {
	t.Helper()
	var out []Case
	for _, sig := range in {
		cases, err := c.Process(context.Background(), s, sig)
		if err != nil {
			t.Fatalf("signal %s: %v", sig.ID, err)
		}
		out = append(out, cases...)
	}
	return out
}

// of is a subject's share of a state.
func of(s State, id signal.Subject) store {
	t, ok := tokenOf(id)
	if !ok {
		panic(id)
	}
	return store{s, newPending(), t}
}

// loaded is the set of the subject of the tests.
func loaded(t testing.TB, s State) *set {
	t.Helper()
	have, _, err := of(s, someone).load()
	if err != nil {
		t.Fatal(err)
	}
	return have
}

// fill takes signals into the state and scores nothing.
func fill(t testing.TB, s memory, in ...signal.Signal) {
	t.Helper()
	p := correlator(t).Partition(1 << 20).Quiet()
	for _, sig := range in {
		raw, err := signal.Encode(sig)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Take(context.Background(), s, sig, raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Settle(s); err != nil {
		t.Fatal(err)
	}
}

// An assessed is a score with its parts.
type assessed struct {
	Assessment
	state string
	parts []Part
}

// assess scores signals whether or not they make a case.
func assess(t testing.TB, in ...signal.Signal) assessed {
	t.Helper()
	c, s := correlator(t), memory{}
	run(t, c, s, in...)
	a, err := c.Assess(context.Background(), s, someone, 0)
	if err != nil {
		t.Fatal(err)
	}
	st := of(s, someone)
	out, err := c.weights.build(st, &standing{set: loaded(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	return assessed{a, out.State, out.Parts}
}

// weight returns the weight of the part of a name, 0 where there is none.
func (r assessed) weight(name string) float64 {
	for _, p := range r.parts {
		if p.Name == name {
			return p.Weight
		}
	}
	return 0
}

// value returns how much there is of a feature.
func (r assessed) value(t testing.TB, name string) float64 {
	t.Helper()
	for i, f := range correlator(t).weights.Features() {
		if f.Name == name {
			return r.Values[i]
		}
	}
	t.Fatalf("no feature %s", name)
	return 0
}
