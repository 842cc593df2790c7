package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
)

// A counter counts in memory how often it was told each number modulo 7, settles that,
// and says each count when asked.
type counter struct {
	counts  [7]int
	changed map[int]bool
	settled *atomic.Int64
}

func openCounter(settled *atomic.Int64) func(context.Context, State) (Owner, error) {
	return func(_ context.Context, s State) (Owner, error) {
		c := &counter{changed: map[int]bool{}, settled: settled}
		for k := range c.counts {
			data, err := s.Get([]byte{byte(k)})
			if err != nil {
				return nil, err
			}
			if data != nil {
				if c.counts[k], err = strconv.Atoi(string(data)); err != nil {
					return nil, err
				}
			}
		}
		return c, nil
	}
}

func (c *counter) Handle(_ context.Context, m Message, _ State) ([]Output, error) {
	n, err := strconv.Atoi(string(m.Data))
	if err != nil {
		return nil, err
	}
	c.counts[n%7]++
	c.changed[n%7] = true
	return nil, nil
}

func (c *counter) Dropped() {}

func (c *counter) Flush(context.Context, State) ([]Output, error) {
	var outs []Output
	for k := range c.changed {
		outs = append(outs, Output{Topic: "out", Event: Event{
			ID: fmt.Sprint(k, "-", c.counts[k]), Source: "test", Type: "count", ContentType: "text/plain", Data: fmt.Append(nil, k, " ", c.counts[k]),
		}})
	}
	return outs, nil
}

func (c *counter) Settle(to Writer) error {
	c.settled.Add(1)
	for k := range c.changed {
		if err := to.Set([]byte{byte(k)}, []byte(strconv.Itoa(c.counts[k]))); err != nil {
			return err
		}
	}
	clear(c.changed)
	return to.Delete([]byte("absent"))
}

// TestWhatAnOwnerSettlesStandsForTheOffset: workers that crash between any two steps, and
// owners in other places, neither lose nor double what is kept in memory until it is
// durable; and many records are settled at once.
func TestWhatAnOwnerSettlesStandsForTheOffset(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		const n = 2400
		all := numbered("in", "a", 0, n)
		var settled, crashes atomic.Int64
		loop := Loop{Name: "count", Topic: "in", Checkpoints: bucket(t, t.TempDir()), CheckpointEvery: 100, Open: openCounter(&settled), StateDir: t.TempDir()}
		r := rand.New(rand.NewPCG(5, 6))
		for from := 0; from < n; from += n / 12 {
			w.produce(all[from : from+n/12]...)
			if r.IntN(3) == 0 {
				loop.StateDir = t.TempDir() // another machine
			}
			dying := loop
			crashed := make(chan struct{})
			step := []string{"produced", "stored"}[r.IntN(2)]
			var dead atomic.Bool
			dying.inject = func(at string) error {
				if at != step || !dead.CompareAndSwap(false, true) {
					if dead.Load() {
						return errCrash
					}
					return nil
				}
				crashes.Add(1)
				close(crashed)
				return errCrash
			}
			first := w.run(w.c, dying)
			<-crashed
			first.stop()
			second := w.run(w.c, loop)
			w.until("the commit", func() bool { return w.committed("count", "in", 0) == int64(from+n/12) })
			second.stop()
		}
		last := map[byte]string{}
		for _, m := range w.all("out") {
			last[m.Data[0]] = string(m.Data)
		}
		var got, want []string
		for k := range 7 {
			want = append(want, fmt.Sprint(k, " ", (n-k+6)/7))
			got = append(got, last['0'+byte(k)])
		}
		if !slices.Equal(got, want) {
			t.Errorf("counts %v, want %v", got, want)
		}
		if crashes.Load() != 12 {
			t.Errorf("%d crashes", crashes.Load())
		}
		if s := settled.Load(); s == 0 || s > n/10 {
			t.Errorf("settled %d times for %d records", s, n)
		}
	})
}
