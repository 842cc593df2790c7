package flood

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// TestStateIsBounded: an entry that matches for ever keeps what its last streams need.
func TestStateIsBounded(t *testing.T) {
	const limit = 3
	r, most := newRoom(t, Options{Streams: limit}), 0
	for i := range 2000 {
		r.match(segment(i, 0, 1, time.Duration(i)*time.Hour))
		r.match(segment(i, 1, 1, time.Duration(i)*time.Hour))
		most = max(most, len(r.state))
	}
	if len(r.told) != 0 || most > 2+8*keepStreams(limit)+2 {
		t.Errorf("%d keys, and told %d", most, len(r.told))
	}

	r, most = newRoom(t, Options{Streams: limit, MaxHeld: 10}), 0
	for n := range 500 { // one stream without end
		r.match(segment(1, n, 1, time.Duration(n)*time.Minute))
		most = max(most, len(r.state))
	}
	if most != 2+2*10 {
		t.Errorf("%d keys", most)
	}
}

// broken is a State that fails at its nth use.
type broken struct {
	memory
	left *int
}

func (b broken) use() error {
	if *b.left--; *b.left < 0 {
		return os.ErrClosed
	}
	return nil
}

func (b broken) Get(key []byte) ([]byte, error) {
	if err := b.use(); err != nil {
		return nil, err
	}
	return b.memory.Get(key)
}

func (b broken) Set(key, value []byte) error {
	if err := b.use(); err != nil {
		return err
	}
	return b.memory.Set(key, value)
}

func (b broken) Delete(key []byte) error {
	if err := b.use(); err != nil {
		return err
	}
	return b.memory.Delete(key)
}

// TestAStoreThatFailsIsRetried: wherever the store fails, the error is one to retry.
func TestAStoreThatFailsIsRetried(t *testing.T) {
	gate := New(Options{Streams: 1, MaxHeld: 2})
	steps := []func(State) error{
		func(s State) error { _, err := gate.Match(t.Context(), s, match(1, 1, 0)); return err },
		func(s State) error { _, err := gate.Match(t.Context(), s, segment(1, 1, 1, 0)); return err },
		func(s State) error { _, err := gate.Match(t.Context(), s, segment(1, 2, 1, 0)); return err },
		func(s State) error { _, err := gate.Match(t.Context(), s, match(2, 1, 0)); return err },
		func(s State) error { _, err := gate.Match(t.Context(), s, segment(1, 2, 2, 0)); return err },
		func(s State) error { _, err := gate.Verdict(t.Context(), s, verdict(true, 0)); return err },
	}
	state, failed := memory{}, 0
	for i, step := range steps {
		for n := 0; ; n++ {
			left, trial := n, memory{}
			for k, v := range state {
				trial[k] = v
			}
			err := step(broken{trial, &left})
			if err == nil {
				state = trial
				break
			}
			var r *signal.Rejection
			if failed++; !errors.Is(err, os.ErrClosed) || errors.As(err, &r) {
				t.Fatalf("step %d, use %d: got %v", i, n, err)
			}
		}
	}
	if failed < 50 {
		t.Errorf("only %d failures", failed)
	}
}

func TestDamagedStateIsNoRejection(t *testing.T) {
	gate, good := New(Options{Streams: 2}), memory{}
	for i := range 2 {
		if _, err := gate.Match(t.Context(), good, match(i, 1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	damaged := 0
	for key, value := range good {
		for _, bad := range [][]byte{{}, value[:len(value)-1], []byte(`"x"`), []byte(`{}`)} {
			s := memory{}
			for k, v := range good {
				s[k] = v
			}
			s[key] = bad
			for _, step := range []func() error{
				func() error { _, err := gate.Match(t.Context(), s, match(3, 1, 0)); return err },
				func() error { _, err := gate.Verdict(t.Context(), s, verdict(true, 0)); return err },
			} {
				err := step()
				var r *signal.Rejection
				if errors.As(err, &r) || err != nil && !errors.Is(err, errDamaged) {
					t.Errorf("%s: got %v", key, err)
				}
				if err != nil {
					damaged++
				}
			}
		}
	}
	if damaged < 10 {
		t.Errorf("only %d were found damaged", damaged)
	}
}
