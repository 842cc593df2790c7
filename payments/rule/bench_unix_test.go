//go:build unix

package rule

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// BenchmarkPayment carries the payments of a made-up world through the engine, with all
// profiles in memory, and reports microseconds of processor time a payment (two
// transfers): with nothing that looks, with the typologies that come with vigil, with
// Tazama's rules as a rule file, and with both. Most of Tazama's rules fire at what
// everybody does, and making signals of it is most of what they cost: "looks" has them
// look and drops what they find.
func BenchmarkPayment(b *testing.B) {
	transfers := worldTransfers(b)
	set, err := Load(Tazama())
	if err != nil {
		b.Fatal(err)
	}
	docs, err := Load([]byte(examples(b)[0]))
	if err != nil {
		b.Fatal(err)
	}
	own := typology.All(typology.DefaultRules())
	for _, c := range []struct {
		name string
		all  []engine.Typology
	}{
		{"nothing", nil}, {"typologies", own}, {"tazama", set.Typologies()}, {"one-rule", docs.Typologies()},
		{"typologies+tazama", append(set.Typologies(), own...)},
		{"typologies, looks", looks(own)}, {"tazama, looks", looks(set.Typologies())},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, err := engine.New(engine.Config{Typologies: c.all, Marks: typology.DefaultRules().Marks()})
			if err != nil {
				b.Fatal(err)
			}
			began, rounds, signals := processorTime(b), 0, 0
			for b.Loop() {
				rounds, signals = rounds+1, 0
				p := e.Partition()
				for i := range transfers {
					out, err := p.Process(context.Background(), nil, transfers[i])
					if err != nil {
						b.Fatal(err)
					}
					signals += len(out)
				}
			}
			b.ReportMetric(float64((processorTime(b)-began).Microseconds())/float64(rounds*len(transfers)/2), "cpu-µs/payment")
			b.ReportMetric(float64(signals)/float64(len(transfers)/2), "signals/payment")
		})
	}
}

// A look is a typology that never fires.
type look struct{ engine.Typology }

func (l look) Find(v *profile.View) (engine.Finding, bool) {
	l.Typology.Find(v)
	return engine.Finding{}, false
}

// TwoSided looks at both roles where the typology does.
func (l look) TwoSided() bool {
	both, ok := l.Typology.(engine.TwoSided)
	return ok && both.TwoSided()
}

func looks(all []engine.Typology) []engine.Typology {
	out := make([]engine.Typology, len(all))
	for i, t := range all {
		out[i] = look{t}
	}
	return out
}

// processorTime is what this process has taken: of a machine that others use too, wall
// time would tell of them.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// worldTransfers are those of a made-up world in the order in which they arrive.
func worldTransfers(b *testing.B) []payments.Transfer {
	b.Helper()
	w, err := simulate.New(simulate.Options{Seed: 1, People: 20_000, Days: 90, Knobs: simulate.DefaultKnobs()})
	if err != nil {
		b.Fatal(err)
	}
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		b.Fatal(err)
	}
	splitter, err := split.New(tok, split.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var all []payments.Transfer
	err = w.Play(context.Background(), func(r simulate.Record) error {
		if r.Topic != simulate.Transactions {
			return nil
		}
		records, err := intake.Parse(r.ContentType, r.Data)
		for _, one := range records {
			if one.Transaction != nil {
				two := splitter.Split(one.Transaction)
				all = append(all, two[:]...)
			}
		}
		return err
	})
	if err != nil || len(all) < 10_000 {
		b.Fatal(len(all), err)
	}
	return all
}
