package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// A summer keeps a running sum in its state, and says it when asked, not at each record.
type summer struct {
	handled *atomic.Int64
	faults  *atomic.Int64 // how many calls of Flush fail
	changed bool
}

func (s *summer) Handle(_ context.Context, m Message, st State) ([]Output, error) {
	n, err := strconv.Atoi(string(m.Data))
	if err != nil {
		return nil, err
	}
	sum, err := sumOf(st)
	if err != nil {
		return nil, err
	}
	s.handled.Add(1)
	s.changed = true
	return nil, st.Set([]byte("sum"), []byte(strconv.Itoa(sum+n)))
}

func (s *summer) Dropped() {}

func (s *summer) Flush(_ context.Context, st State) ([]Output, error) {
	if s.faults.Add(-1) >= 0 {
		return nil, errors.New("not yet")
	}
	if !s.changed {
		return nil, nil
	}
	s.changed = false
	sum, err := sumOf(st)
	if err != nil {
		return nil, err
	}
	return []Output{{Topic: "out", Event: Event{
		ID: fmt.Sprint("sum-", sum), Source: "test", Type: "sum", ContentType: "text/plain", Data: []byte(strconv.Itoa(sum)),
	}}}, nil
}

func sumOf(st State) (int, error) {
	data, err := st.Get([]byte("sum"))
	if err != nil || data == nil {
		return 0, err
	}
	return strconv.Atoi(string(data))
}

// TestWhatAnOwnerSaysOfManyRecords: it is said once for many, before they are durable and
// after faults too; a crash in between repeats it and loses nothing; a replay for the
// state says nothing again.
func TestWhatAnOwnerSaysOfManyRecords(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		var handled, faults atomic.Int64
		loop := Loop{Name: "sum", Topic: "in", StateDir: t.TempDir(), Open: func(context.Context, State) (Owner, error) {
			return &summer{handled: &handled, faults: &faults}, nil
		}}
		w.produce(numbered("in", "a", 0, 200)...)
		crashed := make(chan struct{})
		var once sync.Once
		dying := loop
		dying.inject = func(at string) error {
			if at != "produced" {
				return nil
			}
			once.Do(func() { close(crashed) })
			return errCrash
		}
		first := w.run(w.c, dying)
		<-crashed
		first.stop()
		if said := len(w.all("out")); said == 0 {
			t.Fatal("nothing was said before it became durable")
		}

		faults.Store(2)
		second := w.run(w.c, loop)
		w.until("the commit", func() bool { return w.committed("sum", "in", 0) == 200 })
		second.stop()
		last := func() string { all := w.all("out"); return string(all[len(all)-1].Data) }
		if got := last(); got != "19900" {
			t.Errorf("the last sum is %s, want 19900", got)
		}
		if said := len(w.all("out")); said > 20 {
			t.Errorf("%d sums of 200 records", said)
		}
		if faults.Load() >= 0 {
			t.Error("no call failed: the test sees no fault")
		}

		said := len(w.all("out"))
		loop.StateDir = t.TempDir() // all that is left is the log
		handled.Store(0)
		third := w.run(w.c, loop)
		w.until("the replay", func() bool { return handled.Load() == 200 })
		third.stop()
		if more := len(w.all("out")) - said; more != 0 {
			t.Errorf("a replay says %d sums again", more)
		}
		w.produce(numbered("in", "a", 200, 201)...)
		fourth := w.run(w.c, loop)
		w.until("the commit", func() bool { return w.committed("sum", "in", 0) == 201 })
		fourth.stop()
		if got := last(); got != "20100" {
			t.Errorf("after a replay the last sum is %s, want 20100", got)
		}
	})
}
