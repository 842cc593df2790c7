package observe

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/signal"
)

// A Source is a labelled world: one that was written, or one that is made as it is read.
type Source interface {
	Parts() int
	People() int
	Days() int
	Start() time.Time
	Key() []byte
	Lists() (map[string][]string, error)
	Rates() ([]byte, error)
	Open(part int) (iter.Seq2[simulate.Record, error], simulate.Labels, error)
}

// Seen is what came of a world.
type Seen struct {
	People  []evaluate.Person
	Days    int
	Records int
	Signals int
	// Named are those whom cases of guilty people would have named.
	Named []NamedRow
	// Victims are the people put to a person as possible victims, by group.
	Victims map[string]int
	Took    time.Duration
}

// World runs a world through the pipeline, as many parts at once as there are workers.
func World(ctx context.Context, w Source, scorers *Scorers, workers int, done func(part, of int)) (Seen, error) {
	began := time.Now()
	r, err := newRooms(ctx, w)
	if err != nil {
		return Seen{}, err
	}
	defer r.close() //nolint:errcheck // a folder of temporary files
	parts := make([]part, w.Parts())
	errs := make([]error, w.Parts())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next := make(chan int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for i := range next {
				if parts[i], errs[i] = r.part(ctx, w, scorers, i); errs[i] != nil {
					errs[i] = fmt.Errorf("part %d: %w", i, errs[i])
					cancel()
				} else if done != nil {
					mu.Lock()
					done(i, w.Parts())
					mu.Unlock()
				}
			}
		})
	}
	for i := 0; i < w.Parts() && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Seen{}, err
	}
	if err := ctx.Err(); err != nil {
		return Seen{}, err
	}

	seen := Seen{Days: w.Days(), Victims: make(map[string]int)}
	circles := make(map[string]int32)
	for _, p := range parts {
		for i := range p.people {
			n, ok := circles[p.circles[i]]
			if !ok {
				n = int32(len(circles))
				circles[p.circles[i]] = n
			}
			p.people[i].Circle = n
		}
		seen.People = append(seen.People, p.people...)
		seen.Named = append(seen.Named, p.named...)
		seen.Records += p.records
		seen.Signals += p.signals
		for group, n := range p.victims {
			seen.Victims[group] += n
		}
	}
	seen.Took = time.Since(began)
	return seen, nil
}

type part struct {
	people           []evaluate.Person
	circles          []string
	records, signals int
	victims          map[string]int
	named            []NamedRow
}

// A watcher follows the subjects of a part.
type watcher struct {
	scorers *Scorers
	state   memory
	known   *correlate.Partition
	labels  []simulate.Label
	people  []evaluate.Person
	of      map[signal.Subject]*watched
	touched map[*watched]struct{}
	victims map[int]bool
}

type watched struct {
	subject signal.Subject
	person  int
	kinds   uint8              // of signals, a bit each
	parts   map[string]float64 // as of now, where the score is above KeepFrom
	scores  [evaluate.Variants]float64
	named                      // see named.go
	rules   map[string]float64 // what public rules say of the subject, by signal
}

const (
	hasMatch = 1 << iota
	hasPayment
)

func (r *rooms) part(ctx context.Context, w Source, scorers *Scorers, i int) (part, error) {
	records, labels, err := w.Open(i)
	if err != nil {
		return part{}, err
	}
	watch := newWatcher(scorers, labels.People, w.Start())
	line, correlator := r.line(), scorers.correlator.Partition(1<<20).Quiet()
	watch.known, line.fired = correlator, watch.fired
	p := part{victims: make(map[string]int)}
	day := 0
	for r, err := range records {
		if err != nil {
			return part{}, err
		}
		// A reviewer looks at the end of each day, as things are then.
		for d := int(r.Arrives.Sub(w.Start()) / (24 * time.Hour)); day < d && day < w.Days(); day++ {
			if err := watch.endOfDay(ctx, day); err != nil {
				return part{}, err
			}
		}
		signals, err := line.signals(ctx, r)
		if err != nil {
			return part{}, fmt.Errorf("record of %s: %w", r.Topic, err)
		}
		p.records++
		for _, s := range signals {
			p.signals++
			if err := correlator.Take(ctx, watch.state, s, nil); err != nil {
				return part{}, err
			}
			watch.touch(s)
		}
	}
	for ; day < w.Days(); day++ {
		if err := watch.endOfDay(ctx, day); err != nil {
			return part{}, err
		}
	}
	watch.finish()
	for i := range watch.people {
		p.circles = append(p.circles, labels.People[i].Circle)
	}
	for i := range watch.victims {
		p.victims[watch.people[i].Group]++
	}
	p.people, p.named = watch.people, watch.namedRows()
	return p, nil
}

func newWatcher(scorers *Scorers, labels []simulate.Label, start time.Time) *watcher {
	w := &watcher{
		scorers: scorers, state: make(memory), labels: labels, people: make([]evaluate.Person, len(labels)),
		of: make(map[signal.Subject]*watched), touched: make(map[*watched]struct{}), victims: make(map[int]bool),
	}
	days := func(t time.Time) float64 {
		if t.IsZero() {
			return math.NaN()
		}
		return t.Sub(start).Hours() / 24
	}
	for i, l := range labels {
		p := &w.people[i]
		*p = evaluate.Person{
			Group: string(l.Group), Guilty: l.Group.Guilty(), Network: int32(l.Network), Corridor: l.Corridor, Weight: 1, Shown: l.Shown, Lack: string(l.Lack), Streams: l.Streams, Own: evaluate.Floor, Views: make([]evaluate.View, len(scorers.shifts)),
			FirstPayment: days(l.FirstPayment), FirstSession: days(l.FirstSession),
		}
		for _, n := range l.Ties {
			p.Ties = append(p.Ties, int32(n))
		}
		for v := range p.Views {
			p.Views[v].Standing = evaluate.Unseen()
			if len(p.Ties) > 0 {
				u := evaluate.Unseen()
				p.Views[v].Apart = &u
			}
		}
		for _, s := range l.Subjects {
			t := &watched{subject: s, person: i}
			for v := range t.scores {
				t.scores[v] = evaluate.Floor
			}
			w.of[s] = t
		}
	}
	return w
}

// finish tells of everybody what the subject that looks worst at the end shows.
func (w *watcher) finish() {
	for i, l := range w.labels {
		worst := math.Inf(-1)
		for _, subject := range l.Subjects {
			if t := w.of[subject]; t.parts != nil && t.scores[evaluate.All] > worst {
				worst, w.people[i].Final = t.scores[evaluate.All], t.parts
			}
		}
	}
}

func (w *watcher) touch(s signal.Signal) {
	t := w.of[s.Subject]
	if t == nil {
		return // an end that nobody can be told from
	}
	w.touched[t] = struct{}{}
	switch s.Kind {
	case signal.KindMatch:
		t.kinds |= hasMatch
	case signal.KindPayment:
		t.kinds |= hasPayment
	}
}

// fired notes what a public rule says of somebody now.
func (w *watcher) fired(who signal.Subject, id string, strength float64) {
	t := w.of[who]
	if t == nil {
		return
	}
	if t.rules == nil {
		t.rules = make(map[string]float64)
	}
	t.rules[id] = strength
	w.touched[t] = struct{}{}
}

// byRules is the sum of the strengths of the public rules that fire, which is how their
// own typology adds them up. It is no log odds, and only ranks.
func (t *watched) byRules() float64 {
	if len(t.rules) == 0 {
		return evaluate.Floor
	}
	sum := 0.0
	for _, id := range slices.Sorted(maps.Keys(t.rules)) {
		sum += t.rules[id]
	}
	return evaluate.Floor + sum
}

// endOfDay writes down what the scores are of everybody about whom something came, and of
// those whom their cases name.
func (w *watcher) endOfDay(ctx context.Context, day int) error {
	changed := make(map[int]bool)
	for t := range w.touched {
		p := &w.people[t.person]
		a, err := w.scorers.assess(ctx, w.known, w.state, t)
		if err != nil {
			return err
		}
		if a.help {
			w.victims[t.person], p.Victim = true, true
		}
		t.scores = a.scores
		t.scores[evaluate.Tazama] = t.byRules()
		t.parts = nil
		if s := a.scores[evaluate.All]; s > w.scorers.KeepFrom {
			t.parts = w.scorers.parts(a.values)
		}
		if s := a.scores[evaluate.All]; s > p.Own {
			if p.Own = s; t.parts != nil {
				p.Parts = t.parts
			}
		}
		p.Opened = p.Opened || a.scores[evaluate.All] >= w.scorers.bar
		changed[t.person] = true
		w.name(t, a.named, changed)
	}
	clear(w.touched)
	for i := range changed {
		p := &w.people[i]
		for v, shift := range w.scorers.shifts {
			w.stand(&p.Views[v].Standing, i, day, shift, nil)
			if p.Views[v].Apart != nil {
				w.stand(p.Views[v].Apart, i, day, shift, p.Ties)
			}
		}
	}
	return nil
}
