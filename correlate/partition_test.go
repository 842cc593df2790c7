package correlate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// crowd is the histories of some subjects, mixed, in the order of their ends: as a topic
// would have them, were nothing late.
func crowd(t testing.TB, r *rand.Rand, subjects int) []signal.Signal {
	t.Helper()
	var all []signal.Signal
	for i := range subjects {
		who := signal.Subject(fmt.Sprintf("sub_%032x", i+1))
		own := history(r)
		if i%3 == 0 { // more than the head holds
			for _, data := range traffic(t, r, 60, 1) {
				s, err := signal.Decode(data)
				if err != nil {
					t.Fatal(err)
				}
				own = append(own, s)
			}
		}
		if i%4 == 0 { // a stream that goes on, by the second
			at := ago(r.Float64() * 20 * days)
			for beats := range 40 {
				s := aSession(fmt.Sprint("live-", i), true, at, time.Duration(beats)*37*time.Second)
				s.Revision, s.Session.Ended = 2*uint64(s.End.Sub(s.Start).Milliseconds())+1, false
				own = append(own, s)
			}
		}
		for n := range 5 { // a payment signal whose payers come and go, and with them its size
			at := ago(float64(5-n) * 3 * days)
			p := aPayment("P14", 0.3, 2, 2, at.Add(-time.Hour), at)
			p.ID, p.Revision = signal.ID("payers", fmt.Sprint(i)), uint64(10+n)
			for j := range r.IntN(2) * 12 {
				p.Payment.Pairs = append(p.Payment.Pairs, signal.Pair{Other: payer(j), Transfers: 1, First: at, Times: []time.Time{at}})
			}
			own = append(own, p)
		}
		for _, s := range own {
			s.Subject = who
			s.ID = signal.ID(string(who), s.ID)
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b signal.Signal) int { return a.End.Compare(b.End) })
	return all
}

// late puts signals out of order by up to ten minutes of event time, and repeats some.
func late(r *rand.Rand, in []signal.Signal) []signal.Signal {
	type arrival struct {
		at int64
		s  signal.Signal
	}
	var all []arrival
	for _, s := range in {
		for range 1 + r.IntN(2) {
			all = append(all, arrival{s.End.UnixNano() + r.Int64N(int64(10*time.Minute)), s})
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(min(max(a.at-b.at, -1), 1)) })
	var out []signal.Signal
	for _, a := range all {
		out = append(out, a.s)
	}
	return out
}

// TestShuffledDuplicatedRestarted: whatever the order within ten minutes, however often a
// signal comes, whenever memory is lost and however many signals come between two calls of
// Cases, the state ends up the same, byte for byte, and so does the last record of every
// case that is open; none that is not open is left open.
func TestShuffledDuplicatedRestarted(t *testing.T) {
	open, withdrawn := 0, 0
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 11))
		signals := crowd(t, r, 12)
		var wantState []byte
		want := map[string][]byte{}
		for round := range 5 {
			in := signals
			if round > 0 {
				in = late(r, signals)
			}
			memoryOf := []int{1 << 20, 0, 40, 1 << 20, 500}[round]
			c, s := correlator(t), memory{}
			p := c.Partition(memoryOf)
			last := map[string]Case{}
			publish := func() {
				cases, err := p.Cases(context.Background(), s)
				if err != nil {
					t.Fatal(err)
				}
				for _, got := range cases {
					if before, there := last[got.ID]; there && got.Revision <= before.Revision {
						t.Fatalf("revision %d after %d", got.Revision, before.Revision)
					}
					last[got.ID] = got
				}
			}
			settle := func() {
				if err := p.Settle(s); err != nil {
					t.Fatal(err)
				}
			}
			for _, one := range in {
				if err := p.Take(context.Background(), s, one, nil); err != nil {
					t.Fatal(err)
				}
				if r.IntN(40) == 0 {
					publish()
				}
				if round%2 == 0 && r.IntN(30) == 0 {
					settle()
				}
				if round > 2 && r.IntN(100) == 0 {
					publish() // what was handled is durable
					settle()
					p = c.Partition(memoryOf)
				}
			}
			publish()
			settle()
			records := map[string][]byte{}
			for id, got := range last {
				if got.State == Open {
					records[id] = encoded(t, got)
				} else {
					withdrawn++
				}
			}
			if round == 0 {
				wantState, want = s.dump(), records
				open += len(records)
				continue
			}
			if !bytes.Equal(s.dump(), wantState) {
				t.Fatalf("seed %d, round %d: the state depends on how signals came", seed, round)
			}
			if !maps.EqualFunc(records, want, bytes.Equal) {
				t.Fatalf("seed %d, round %d: the cases depend on how signals came: %d and %d", seed, round, len(records), len(want))
			}
		}
	}
	if open < 5 || withdrawn == 0 {
		t.Errorf("%d open cases and %d withdrawn: the test does not see both", open, withdrawn)
	}
}

// TestMemoryIsTheState: what a partition remembers is what the state has.
func TestMemoryIsTheState(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 12))
	c, s := correlator(t), memory{}
	p := c.Partition(1 << 20)
	checked := 0
	for i, one := range late(r, crowd(t, r, 9)) {
		if err := p.Take(context.Background(), s, one, nil); err != nil {
			t.Fatal(err)
		}
		if i%50 != 0 {
			continue
		}
		if err := p.Settle(s); err != nil {
			t.Fatal(err)
		}
		st := of(s, one.Subject)
		have, published, err := st.load()
		if err != nil {
			t.Fatal(err)
		}
		h := p.young[st.id]
		if published != h.published || have.day != h.set.day || have.count != h.set.count || have.smalls != h.set.smalls ||
			have.aging != h.set.aging || have.paid != h.set.paid || !reflect.DeepEqual(have.entries, h.set.entries) {
			t.Fatalf("signal %d: memory and state differ", i)
		}
		for i := range have.entries {
			e := have.entries[i]
			e.measure()
			if e.size != have.entries[i].size {
				t.Fatalf("an entry of %d bytes says it has %d", e.size, have.entries[i].size)
			}
		}
		checked++
	}
	if checked < 20 {
		t.Errorf("only %d were compared", checked)
	}
}

// TestFailuresForget: after an error of the state, or a panic, nothing of the signal is
// remembered, and all of those before it is; the same signal can be taken again.
func TestFailuresForget(t *testing.T) {
	c := correlator(t)
	signals := []signal.Signal{aSession("s", true, ago(3), time.Hour), aFlag("f", ago(2)), aMatch("e", 6, 4, noon)}
	want := memory{}
	run(t, c, want, signals...)
	for _, settled := range []bool{false, true} {
		s, p := memory{}, c.Partition(1<<20)
		for _, in := range signals {
			if !settled {
				p.weights = &Weights{} // which nothing can be weighed by
				func() {
					defer func() {
						if recover() == nil {
							t.Fatal("no panic")
						}
					}()
					_ = p.Take(context.Background(), s, in, nil)
				}()
				p.weights = c.weights
			} else {
				p = c.Partition(1 << 20)
				if err := p.Take(context.Background(), unreadable{}, in, nil); !errors.Is(err, errDisk) {
					t.Fatal(err)
				}
			}
			if err := p.Take(context.Background(), s, in, nil); err != nil {
				t.Fatal(err)
			}
			if settled {
				if err := p.Settle(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		cases, err := p.Cases(context.Background(), s)
		if err != nil || len(cases) != 1 || len(cases[0].Signals) != 3 {
			t.Errorf("%+v, %v", cases, err)
		}
		if err := p.Settle(s); err != nil || !bytes.Equal(s.dump(), want.dump()) {
			t.Errorf("%v, and the state\n%s\nwant\n%s", err, s.dump(), want.dump())
		}
	}
	p := c.Partition(0)
	if err := p.Take(context.Background(), memory{}, signals[0], nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(broken{memory{}}); !errors.Is(err, errDisk) {
		t.Errorf("a state that cannot be written: %v", err)
	}
}

// unreadable is a State that fails to be read.
type unreadable struct{ State }

func (unreadable) Get([]byte) ([]byte, error) { return nil, errDisk }

// TestUndo: what a set took in can be taken back, whatever it dropped for it.
func TestUndo(t *testing.T) {
	dropped, replaced := 0, 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 13))
		in := late(r, crowd(t, r, 1))
		if seed%4 == 0 {
			for i := range maxFlags + 40 {
				in = append(in, aFlag(fmt.Sprint("flood-", i), ago(r.Float64()*100*days)))
			}
		}
		r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		have := &set{}
		for _, one := range in {
			e, err := entryOf(one)
			if err != nil {
				t.Fatal(err)
			}
			before := *have
			before.entries = slices.Clone(have.entries)
			c := have.add(e)
			dropped += len(c.dropped)
			if c.replaced != nil {
				replaced++
			}
			have.undo(c, &e)
			if !slices.EqualFunc(have.entries, before.entries, func(a, b entry) bool { return reflect.DeepEqual(a, b) }) ||
				have.day != before.day || have.count != before.count || have.smalls != before.smalls || have.aging != before.aging || have.paid != before.paid {
				t.Fatalf("seed %d: taking %s back left another set", seed, one.ID)
			}
			have.add(e)
		}
	}
	if dropped < 100 || replaced < 100 {
		t.Errorf("%d dropped and %d replaced: the test does not see both", dropped, replaced)
	}
}

// FuzzHead reads what no head has.
func FuzzHead(f *testing.F) {
	s := memory{}
	run(f, correlator(f), s, aMatch("e", 6, 2, noon), aSession("s", true, noon, time.Hour), aPayment("P05", 0.5, 4, 3, every(4, days, 0)...))
	f.Add([]byte(s[string(headKey(of(s, someone).id))]))
	f.Fuzz(func(t *testing.T, head []byte) {
		s := memory{string(headKey(of(nil, someone).id)): string(head)}
		have, _, err := of(s, someone).load()
		if err != nil {
			return
		}
		if len(have.entries) > headEntries {
			t.Errorf("%d entries of a head", len(have.entries))
		}
		_, err = correlator(t).Assess(context.Background(), s, someone, 0)
		if err != nil {
			t.Error(err)
		}
	})
}
