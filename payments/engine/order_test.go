package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

const days = 24 * time.Hour

// TestDoubledShuffledAndLateInputSaysTheSame is the promise of the package, with
// profiles from a few transfers to thousands over half a year.
func TestDoubledShuffledAndLateInputSaysTheSame(t *testing.T) {
	sketched := 0
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := traffic(r, 2500, 9, 200*days)
		want := last(t, newEngine(t, 0).Partition(), nil, in)
		if len(want) < 6 {
			t.Fatalf("only %d signals stand", len(want))
		}
		got := last(t, newEngine(t, 0).Partition(), nil, disturb(r, in))
		for id, w := range want {
			if g := got[id]; !reflect.DeepEqual(g, w) {
				t.Fatalf("seed %d: %s", seed, difference([]signal.Signal{g}, []signal.Signal{w}))
			}
			if w.Payment.Transfers == 256 {
				sketched++
			}
		}
		if len(got) != len(want) {
			t.Fatalf("seed %d: %d signals, want %d", seed, len(got), len(want))
		}
	}
	if sketched == 0 {
		t.Error("no profile was large enough to be sketched")
	}
}

// TestRestoredStateIsTheSameByteForByte stops and opens a partition again at every
// few transfers, has little memory, and drops what it did and does it again.
func TestRestoredStateIsTheSameByteForByte(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	in := disturb(r, traffic(r, 2000, 25, 300*days))
	undisturbed := store{}
	p := newEngine(t, 0).Partition()
	var want [][]signal.Signal
	for _, tr := range in {
		signals, err := p.Process(context.Background(), undisturbed, tr)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, signals)
	}
	for name, c := range map[string]struct {
		cache          int64
		reopen, faults int // once in so many transfers; 0: never
	}{
		"reopened":         {0, 50, 0},
		"little memory":    {60_000, 0, 0},
		"dropped":          {0, 0, 5},
		"all of it":        {60_000, 100, 5},
		"nothing for long": {1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := store{}
			p := newEngine(t, c.cache).Partition()
			for i, tr := range in {
				if c.reopen > 0 && i%c.reopen == 0 {
					p = newEngine(t, c.cache).Partition()
				}
				if c.faults > 0 && r.IntN(c.faults) == 0 {
					thrown := maps.Clone(s)
					if _, err := p.Process(context.Background(), thrown, tr); err != nil {
						t.Fatal(err)
					}
					p.Drop()
				}
				signals, err := p.Process(context.Background(), s, tr)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(signals, want[i]) {
					t.Fatalf("transfer %d: %s", i, difference(signals, want[i]))
				}
			}
			if s.dump() != undisturbed.dump() {
				t.Fatalf("the state differs: %d keys, want %d", len(s), len(undisturbed))
			}
		})
	}
}

// TestTheLogIsCut makes sure that nothing is kept for ever.
func TestTheLogIsCut(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	s := store{}
	p := newEngine(t, 0).Partition()
	most := 0
	var after []payments.Transfer
	for year := range 4 {
		in := traffic(r, 1500, 300, 360*days)
		for i := range in {
			in[i].At = in[i].At.Add(time.Duration(year) * 360 * days)
			in[i].ID = signal.ID(in[i].ID, string(rune('a'+year)))
			in[i].Subject = signal.Subject("sub_" + signal.ID(string(in[i].Subject), string(rune('a'+year))))
		}
		after = in
		last(t, p, s, in)
		n, _ := p.Size()
		most = max(most, len(s), n)
	}
	if len(after) == 0 || most > 900 {
		t.Errorf("up to %d records or profiles are kept of 1,500 a year", most)
	}
}

func TestStateOfAnEarlierVersionIsNotPassedOver(t *testing.T) {
	s := store{"profile/sub_1/sender": {1}}
	if err := newEngine(t, 0).Partition().Open(s); err == nil {
		t.Error("it was opened")
	}
}

func TestDamagedRecordsAreNoticed(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	in := traffic(r, 200, 3, 20*days)
	for n := range 60 {
		s := store{}
		last(t, newEngine(t, 0).Partition(), s, in[:100])
		for k, v := range s {
			s[k] = v[:len(v)*n/60]
		}
		p := newEngine(t, 0).Partition()
		if err := p.Open(s); err != nil {
			continue
		}
		if _, err := p.Process(context.Background(), s, in[100]); err == nil {
			t.Fatalf("%d of 60 parts of the records were taken for all", n)
		}
	}
}
