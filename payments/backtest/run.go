package backtest

import (
	"context"
	"errors"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// maxRefs limits the references that are told of one finding, the newest.
	maxRefs = 3
	// maxKept limits the findings whose sentence and references are kept. Of those
	// beyond it only the subject is told.
	maxKept = 200_000
)

// A Run holds two sets of rules against the same transfers.
type Run struct {
	rules     []ruleRun // those of both sets, by id
	byVersion map[versioned]int
	engine    *engine.Engine
	part      *engine.Partition

	subjects map[profile.Token]int32
	tokens   []profile.Token
	groups   []int32 // of each subject; -1: none
	names    []string
	numbers  map[string]int32
	labels   map[signal.Subject]int32

	kept      map[finding]told
	transfers int
	repeated  int
}

// A ruleRun is one version of a rule, in one set or in both.
type ruleRun struct {
	rule    *rule.Compiled
	in      [2]bool   // old, new
	changed bool      // not alike in both
	fired   [2]bitset // as sender, as recipient; by subject
}

type versioned struct{ id, version string }

type finding struct {
	rule    int
	role    int
	subject int32
}

type told struct {
	says string
	refs []Ref
}

// A Ref says where a payment can be found.
type Ref struct {
	Institution string `json:"institution"`
	Ref         string `json:"ref"`
}

// New makes a run of two sets; either may be nil, which is no rules.
func New(old, changed *rule.Set) (*Run, error) {
	r := &Run{
		byVersion: make(map[versioned]int), subjects: make(map[profile.Token]int32), numbers: make(map[string]int32),
		labels: make(map[signal.Subject]int32), kept: make(map[finding]told),
	}
	for side, set := range []*rule.Set{old, changed} {
		if set == nil {
			continue
		}
		for _, c := range set.Rules() {
			v := versioned{c.ID(), c.Version()}
			i, known := r.byVersion[v]
			if !known {
				i = len(r.rules)
				r.byVersion[v] = i
				r.rules = append(r.rules, ruleRun{rule: c})
			}
			r.rules[i].in[side] = true
		}
	}
	var typologies []engine.Typology
	for i := range r.rules {
		r.rules[i].changed = r.rules[i].in[0] != r.rules[i].in[1]
		typologies = append(typologies, r.rules[i].rule)
	}
	var err error
	r.engine, err = engine.New(engine.Config{Typologies: typologies})
	r.Part()
	return r, err
}

// Part forgets the profiles, where what comes next is of other people.
func (r *Run) Part() {
	if r.engine != nil {
		r.part = r.engine.Partition()
	}
}

// Label says to which group of people a subject belongs.
func (r *Run) Label(subject signal.Subject, group string) {
	n, known := r.numbers[group]
	if !known {
		n = int32(len(r.names))
		r.numbers[group], r.names = n, append(r.names, group)
	}
	r.labels[subject] = n
}

// Transfer takes one transfer. A Rejection means that it contradicts one before.
func (r *Run) Transfer(ctx context.Context, t *payments.Transfer) error {
	n := r.subject(t.Subject)
	r.transfers++
	signals, err := r.part.Process(ctx, nil, *t)
	if err != nil {
		var rejection *signal.Rejection
		if errors.As(err, &rejection) {
			r.repeated++
		}
		return err
	}
	for i := range signals {
		r.note(n, &signals[i])
	}
	return nil
}

// Transfers is how many it took, and contradicting how many of them were refused.
func (r *Run) Transfers() (taken, contradicting int) { return r.transfers, r.repeated }

func (r *Run) subject(s signal.Subject) int32 {
	token := profile.TokenOf(s)
	n, known := r.subjects[token]
	if !known {
		n = int32(len(r.tokens))
		group, labelled := r.labels[s]
		if !labelled {
			group = -1
		}
		r.subjects[token], r.tokens, r.groups = n, append(r.tokens, token), append(r.groups, group)
	}
	return n
}

// note keeps that a rule fired. One that falls silent again has fired all the same: a
// person would have seen it.
func (r *Run) note(subject int32, s *signal.Signal) {
	if s.Payment == nil || s.Payment.Strength == 0 {
		return
	}
	i := r.byVersion[versioned{s.Payment.Typology, s.Payment.Rules}]
	one := &r.rules[i]
	role := 0
	if s.Payment.Role == signal.Recipient {
		role = 1
	}
	f := finding{i, role, subject}
	before := one.fired[role].has(subject)
	one.fired[role] = one.fired[role].with(subject)
	if !one.changed || !before && len(r.kept) >= maxKept {
		return
	}
	if _, kept := r.kept[f]; before && !kept {
		return
	}
	t := told{says: s.Says}
	for _, e := range s.Evidence[max(0, len(s.Evidence)-maxRefs):] {
		t.refs = append(t.refs, Ref{e.Holder, e.Ref})
	}
	r.kept[f] = t
}
