package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// Typologies lists the typologies that come with vigil; with payments of the past it says
// at how many subjects each fires, of which groups, and what could not be judged.
func Typologies(ctx context.Context, c Config, o BacktestOptions) error {
	rules, err := c.typologyRules()
	if err != nil {
		return err
	}
	if o.World != "" && len(o.Sources) > 0 {
		return fmt.Errorf("%w: want files of payments, or --world, not both", ErrUsage)
	}
	p := &printer{out: o.Out}
	if o.World == "" && len(o.Sources) == 0 {
		p.f("typologies %s\n", rules.Version)
		p.table(func(row func(cells ...any)) {
			for _, t := range typology.Patterns() {
				row(t.ID, t.Name, t.Source)
			}
		})
		return p.err
	}
	run, err := newTypologyRun(rules)
	if err != nil {
		return err
	}
	b, began := &backtester{to: run, o: o}, time.Now()
	if err := b.read(ctx, &c); err != nil {
		return err
	}
	p.f("typologies %s on %d payments of %d subjects in %.1f s", rules.Version, b.payments, len(run.subjects), time.Since(began).Seconds())
	p.passedOver(b.passedOver())
	m := run.missing
	p.f("\nnot judged: %d amounts without limit or rate, %d borders without a country, %d ties without a name, %d hours\n\n", m.Rates, m.Countries, m.Names, m.Nights)
	run.print(p)
	return p.err
}

// A typologyRun counts at how many subjects typologies fire.
type typologyRun struct {
	engine   *engine.Engine
	part     *engine.Partition
	marks    func(*profile.Entry) profile.Marks
	labels   map[signal.Subject]string
	subjects map[signal.Subject]string // with their groups
	fired    map[string]map[signal.Subject]bool
	victims  map[signal.Subject]bool
	missing  typology.Missing
}

func newTypologyRun(rules typology.Rules) (*typologyRun, error) {
	r := &typologyRun{
		marks: rules.Marks(), labels: make(map[signal.Subject]string), subjects: make(map[signal.Subject]string),
		fired: make(map[string]map[signal.Subject]bool), victims: make(map[signal.Subject]bool),
	}
	var err error
	if r.engine, err = engine.New(engine.Config{Typologies: typology.All(rules), Marks: r.marks}); err != nil {
		return nil, err
	}
	r.Part()
	return r, nil
}

func (r *typologyRun) Label(subject signal.Subject, group string) { r.labels[subject] = group }

func (r *typologyRun) Part() { r.part = r.engine.Partition() }

func (r *typologyRun) Transfer(ctx context.Context, t *payments.Transfer) error {
	r.subjects[t.Subject] = r.labels[t.Subject]
	if t.Role == signal.Sender && !t.Withdrawn { // each payment once
		e := profile.NewEntry(t)
		e.Marks = r.marks(&e)
		r.missing.Add(t.Role, &e, e.Tie)
	}
	signals, err := r.part.Process(ctx, nil, *t)
	for _, s := range signals {
		if s.Payment.Strength <= 0 {
			continue
		}
		if r.fired[s.Payment.Typology] == nil {
			r.fired[s.Payment.Typology] = make(map[signal.Subject]bool)
		}
		r.fired[s.Payment.Typology][s.Subject] = true
		if s.Payment.Victim {
			r.victims[s.Subject] = true
		}
	}
	return err
}

func (r *typologyRun) print(p *printer) {
	p.table(func(row func(cells ...any)) {
		row("typology", "", "subjects")
		for _, t := range typology.Patterns() {
			row(t.ID, t.Name, len(r.fired[t.ID]))
		}
		row("", "possible victims", len(r.victims))
	})
	size := make(map[string]int)
	for _, g := range r.subjects {
		size[g]++
	}
	if len(r.labels) == 0 {
		return
	}
	p.f("\n")
	p.table(func(row func(cells ...any)) {
		row("group", "subjects", "with any", "by typology")
		for _, g := range slices.Sorted(maps.Keys(size)) {
			any, by := make(map[signal.Subject]bool), []string{}
			for _, t := range typology.Patterns() {
				n := 0
				for s := range r.fired[t.ID] {
					if r.subjects[s] == g {
						any[s] = any[s] || !t.Mild
						n++
					}
				}
				if n > 0 {
					by = append(by, fmt.Sprintf("%s %s", t.ID, rate(n, size[g])))
				}
			}
			name := g
			if name == "" {
				name = "(no label)"
			}
			maps.DeleteFunc(any, func(_ signal.Subject, is bool) bool { return !is })
			row(name, size[g], rate(len(any), size[g]), strings.Join(by, ", "))
		}
	})
}
