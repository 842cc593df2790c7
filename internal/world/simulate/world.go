package simulate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// Options say which world to make.
type Options struct {
	Seed   uint64
	People int       // at least 1,000
	Days   int       // 7 to 366
	Start  time.Time // midnight UTC; the default is 2 February 2026
	Knobs  Knobs
	// Key makes tokens of accounts; nil is one that follows from the seed.
	Key []byte
}

// A World is made part by part; see the package's text. It is safe for use by several
// goroutines.
type World struct {
	o     Options
	tok   *signal.Tokenizer
	lists *lists
	plans [][]plan
}

// New checks the options, all at once, and plans the world.
func New(o Options) (*World, error) {
	errs := []error{o.Knobs.Check()}
	if o.People < 1000 || o.People > 20_000_000 {
		errs = append(errs, fmt.Errorf("people: %d, must be 1000 to 20000000", o.People))
	}
	if o.Days < 7 || o.Days > 366 {
		errs = append(errs, fmt.Errorf("days: %d, must be 7 to 366", o.Days))
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)
	}
	if o.Start = o.Start.UTC(); !o.Start.Equal(o.Start.Truncate(24 * time.Hour)) {
		errs = append(errs, errors.New("start: must be midnight UTC"))
	}
	if o.Key == nil {
		o.Key = worldKey(o.Seed)
	}
	tok, err := signal.NewTokenizer(o.Key)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	w := &World{o: o, tok: tok, lists: newLists(o.Seed, &o.Knobs)}
	w.plans = planNetworks(o.Seed, &w.o.Knobs, o.People, w.Parts())
	return w, nil
}

// worldKey is no secret: nobody in the world exists.
func worldKey(seed uint64) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "key of the made-up world of seed %d", seed))
	return sum[:]
}

// Parts is how many parts the world has.
func (w *World) Parts() int {
	size := int(w.o.Knobs.PartPeople)
	return (w.o.People + size - 1) / size
}

// People, Days and Start are its size.
func (w *World) People() int      { return w.o.People }
func (w *World) Days() int        { return w.o.Days }
func (w *World) Start() time.Time { return w.o.Start }

// Key is the key of its subject tokens.
func (w *World) Key() []byte { return w.o.Key }

// Lists returns the entries of the hash lists by name, PDQ in hex.
func (w *World) Lists() (map[string][]string, error) {
	lists := make(map[string][]string)
	for i, name := range listNames {
		lists[name] = w.lists.text(i, w.o.Seed)
	}
	return lists, nil
}

// Rates returns the table of the world's exchange rates, as payments/rates reads it.
func (w *World) Rates() ([]byte, error) { return ratesTable(w.o.Start, w.o.Days), nil }

// Open makes a part, and gives its records in the order in which they arrive, and what is
// true of it, which nothing but an evaluation may ask.
func (w *World) Open(part int) (iter.Seq2[Record, error], Labels, error) {
	p := w.Part(part)
	return p.Records(), p.Labels(), nil
}

// A Part is some of the world's people and all that they do.
type Part struct {
	Number   int
	People   []Person
	Networks []Network

	w *World
	t *town
}

// Part makes part i.
func (w *World) Part(i int) *Part {
	k := &w.o.Knobs
	size := int(k.PartPeople)
	if rest := w.o.People - i*size; rest < size {
		size = rest
	}
	t := &town{
		k: k, lists: w.lists, size: size, seed: w.o.Seed + uint64(i)*0x9e3779b97f4a7c15,
		span: int64(w.o.Days) * day, days: float64(w.o.Days),
	}
	p := &Part{Number: i, w: w, t: t}
	n := float64(size)
	stages := []func(){
		// Each draws from a die of its own, so that what changes in one leaves the others be.
		func() {
			for _, plan := range w.plans[i] {
				p.Networks = append(p.Networks, t.network(plan))
			}
		},
		func() { t.families(t.whole(k.Family.Share * n)) },
		func() { t.tutors(t.whole(k.Tutor.Share * n)) },
		func() { t.performers(t.whole(k.Performer.Share * n)) },
		func() { t.charities(t.whole(k.Donor.Share * n)) },
		func() { t.sponsors(t.whole(k.Donor.SponsorShare * n)) },
		func() { t.couples(t.whole(k.Couple.Share * n)) },
		func() { t.freelancers(t.whole(k.Freelancer.Share * n)) },
		func() { t.gamers(t.whole(k.Gamer.Share * n)) },
		func() { t.romances(t.whole(k.Romance.Share * n)) },
		func() { t.sextortions(t.whole(k.Sextortion.Share * n)) },
		t.ordinary,
		t.everyday,
		t.mistakes,
	}
	for stage, do := range stages {
		t.die = newDie(t.seed, uint64(stage)+1)
		do()
	}
	t.settle(i)
	p.People = t.people
	return p
}

func (w *World) time(at int64) time.Time { return w.o.Start.Add(time.Duration(at) * time.Second) }
