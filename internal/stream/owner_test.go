package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// bank owns the profiles of a partition, as the room payments does, and fails now and
// then after it has changed them.
type bank struct {
	profiles *engine.Partition
	fails    func() bool
}

func (b *bank) Handle(ctx context.Context, m Message, s State) ([]Output, error) {
	b.profiles.Keep()
	t, err := payments.DecodeTransfer(m.Data)
	if err != nil {
		return nil, err
	}
	signals, err := b.profiles.Process(ctx, s, t)
	if err != nil {
		return nil, err
	}
	if m.Ext["bad"] != "" {
		panic("a record that cannot be handled")
	}
	if b.fails() {
		return nil, errors.New("it passes")
	}
	var outs []Output
	for _, one := range signals {
		data, err := signal.Encode(one)
		if err != nil {
			return nil, err
		}
		outs = append(outs, Output{Topic: "out", Event: Event{ID: one.ID + "-" + strconv.FormatUint(one.Revision, 10), Source: "s", Type: "t", Key: "k", Data: data}})
	}
	return outs, nil
}

func (b *bank) Dropped() { b.profiles.Drop() }

// transfers makes records of transfers between a few subjects, some of them bad.
func transfers(t *testing.T, n int) []Output {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var out []Output
	for i := range n {
		tr := payments.Transfer{
			Subject: signal.Subject("sub_" + signal.ID("s", fmt.Sprint(min(r.IntN(20), r.IntN(20))))), Other: signal.Subject("sub_" + signal.ID("o", fmt.Sprint(r.IntN(9)))),
			Role: signal.Sender, Institution: "BANKDEFF", Ref: fmt.Sprint(i), Amount: int64(2+r.IntN(9)) * 10_00, Currency: "EUR",
			At:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour),
			Country: "DE", OtherCountry: "PH", Names: []string{signal.ID("a")}, OtherNames: []string{signal.ID("b")},
		}
		tr.ID = payments.TransferID(tr.Institution, tr.Ref, tr.Role)
		data, err := payments.EncodeTransfer(tr)
		if err != nil {
			t.Fatal(err)
		}
		e := Event{ID: tr.ID, Source: "s", Type: "t", Key: "k", Data: data}
		if r.IntN(50) == 0 {
			e.Ext = map[string]string{"bad": "1"}
		}
		out = append(out, Output{Topic: "in", Event: e})
	}
	return out
}

// TestOwnersOfAPartitionLeaveWhatAnUndisturbedOneLeaves has handlers that fail, workers
// that crash between any two steps, and owners in other places who take checkpoints.
func TestOwnersOfAPartitionLeaveWhatAnUndisturbedOneLeaves(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		rules := typology.DefaultRules()
		e, err := engine.New(engine.Config{Typologies: typology.All(rules), Marks: rules.Marks()})
		if err != nil {
			t.Fatal(err)
		}
		open := func(fails func() bool) func(context.Context, State) (Owner, error) {
			return func(_ context.Context, s State) (Owner, error) {
				b := &bank{profiles: e.Partition(), fails: fails}
				return b, b.profiles.Open(s)
			}
		}
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		const n = 3000
		all := transfers(t, n)
		loop := Loop{Name: "wild", Topic: "in", Checkpoints: bucket(t, t.TempDir()), CheckpointEvery: 100}
		r := rand.New(rand.NewPCG(3, 4))
		var crashes, faults atomic.Int64
		for from := 0; from < n; from += n / 12 {
			w.produce(all[from : from+n/12]...)
			if r.IntN(2) == 0 {
				loop.StateDir = t.TempDir() // another machine
			} else if loop.StateDir == "" {
				loop.StateDir = t.TempDir()
			}
			chance := rand.New(rand.NewPCG(uint64(from), 5))
			failing := 0
			loop.Open = open(func() bool {
				if failing = failing + 1; failing%97 != 0 {
					return false
				}
				faults.Add(1)
				return true
			})
			loop.inject = func(string) error {
				if chance.IntN(4) == 0 {
					crashes.Add(1)
					return errCrash
				}
				return nil
			}
			job := w.run(w.c, loop)
			w.until("the commit", func() bool { return w.committed("wild", "in", 0) >= int64(from+n/24) })
			job.stop()
		}
		loop.inject = nil
		loop.Open = open(func() bool { return false })
		job := w.run(w.c, loop)
		w.until("the last commit", func() bool { return w.committed("wild", "in", 0) == n })
		job.stop()
		if crashes.Load() < 3 || faults.Load() < 10 {
			t.Errorf("%d crashes and %d faults", crashes.Load(), faults.Load())
		}
		said := once(w.all("out"))

		calm := Loop{Name: "calm", Topic: "in", StateDir: t.TempDir(), Open: open(func() bool { return false })}
		job = w.run(w.c, calm)
		w.until("the last commit", func() bool { return w.committed("calm", "in", 0) == n })
		job.stop()
		if got, want := contents(t, loop.StateDir, loop, 0), contents(t, calm.StateDir, calm, 0); !slices.Equal(got, want) || len(want) < n/2 {
			t.Errorf("the state has %d keys, and that of an undisturbed owner %d, or other values", len(got), len(want))
		}
		undisturbed := once(w.all("out"))[:]
		if len(undisturbed) != len(said) || len(said) < n/2 {
			t.Errorf("an undisturbed owner says %d signals besides the %d of before", len(undisturbed)-len(said), len(said))
		}
		if letters := once(w.all(DeadLetters)); len(letters) < n/100 {
			t.Errorf("%d dead letters", len(letters))
		}
	})
}

func TestARangeIsDeletedOfWhatIsStoredPendingAndOnesOwn(t *testing.T) {
	st, err := openStore(t.TempDir(), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
	}()
	set := func(c *changes, keys ...string) {
		t.Helper()
		for _, k := range keys {
			if err := c.Set([]byte(k), []byte(k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	see := func(c *changes) (all []string) {
		t.Helper()
		if err := c.Scan(nil, func(k, _ []byte) (bool, error) { all = append(all, string(k)); return true, nil }); err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{"a", "b", "c", "d", "e"} {
			if v, err := c.Get([]byte(k)); err != nil || (v != nil) != slices.Contains(all, k) {
				t.Errorf("Get(%s) is %q, %v; Scan sees %q", k, v, err, all)
			}
		}
		return all
	}
	stored := &changes{store: st}
	set(stored, "a", "b")
	if err := errors.Join(stored.apply(), st.commit(1)); err != nil {
		t.Fatal(err)
	}
	pending := &changes{store: st}
	set(pending, "c")
	if err := pending.apply(); err != nil {
		t.Fatal(err)
	}
	c := &changes{store: st}
	set(c, "d", "e")
	if err := c.DeleteRange([]byte("b"), []byte("e")); err != nil {
		t.Fatal(err)
	}
	set(c, "c")
	want := []string{"a", "c", "e"}
	if got := see(c); !slices.Equal(got, want) {
		t.Errorf("the record sees %q, want %q", got, want)
	}
	if got := see(&changes{store: st}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("before it is kept, others see %q", got)
	}
	if err := c.apply(); err != nil {
		t.Fatal(err)
	}
	if got := see(&changes{store: st}); !slices.Equal(got, want) {
		t.Errorf("pending, it is %q, want %q", got, want)
	}
	if err := st.commit(2); err != nil {
		t.Fatal(err)
	}
	if got := see(&changes{store: st}); !slices.Equal(got, want) {
		t.Errorf("stored, it is %q, want %q", got, want)
	}
}
