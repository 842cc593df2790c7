package app

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/correlate/fit"
	"github.com/vigil-stream/vigil/review"
)

// labelOf is what is known of whom a decision is on, by what reviewers decided and what centres
// said of its alerts; empty where that is nothing. A centre's wrong makes a confirmed case an
// innocent one; where another found it actionable or knew it, nothing is known. That it is
// actionable, or known, says what the reviewers said already: the row is the same person, and
// counts once. Insufficient says nothing of guilt. A stand-in is no person. Where evidence was
// lacking, was made up or told twice, nothing is known of anybody's innocence.
func labelOf(d review.Decision, said []string) string {
	switch {
	case d.StandIn:
	case d.Verdict == review.Confirm:
		if !slices.Contains(said, review.ResultWrong) {
			return fit.Guilty
		}
		if !slices.Contains(said, review.ResultActionable) && !slices.Contains(said, review.ResultKnown) {
			return fit.Innocent
		}
	case d.Reason == "lawful-explanation" || d.Reason == "false-match":
		return fit.Innocent
	}
	return ""
}

// decidedRows are what was seen of those whose cases people decided: the signals of the
// record that was decided, weighed anew. It returns too of how many confirmed ones a centre
// said that they were wrong.
func decidedRows(ctx context.Context, c Config, w *correlate.Weights) (rows []fit.Row, wrong int, err error) {
	correlator := correlate.New(w)
	err = withStore(ctx, c, func(store *review.Store) error {
		said, err := store.Results(ctx)
		if err != nil {
			return err
		}
		return store.Decided(ctx, func(d review.Decision) error {
			l := labelOf(d, said[d.ID])
			if d.Verdict == review.Confirm && !d.StandIn && l != fit.Guilty {
				wrong++
			}
			if l == "" {
				return nil
			}
			state, p := oneCase{}, correlator.Partition(0)
			for _, s := range d.Case.Signals {
				if err := p.Take(ctx, state, s, nil); err != nil {
					return fmt.Errorf("case %s: %w", d.CaseID, err)
				}
			}
			a, err := p.Assess(ctx, state, d.Case.Subject, math.Inf(1))
			if err != nil {
				return fmt.Errorf("case %s: %w", d.CaseID, err)
			}
			rows = append(rows, fit.Row{Values: a.Values, Label: l, Times: 1})
			return nil
		})
	})
	return rows, wrong, err
}

// oneCase is a state that lasts as long as one case is looked at.
type oneCase map[string][]byte

func (m oneCase) Get(key []byte) ([]byte, error) { return m[string(key)], nil }

func (m oneCase) Set(key, value []byte) error {
	m[string(key)] = slices.Clone(value)
	return nil
}

func (m oneCase) Delete(key []byte) error {
	delete(m, string(key))
	return nil
}

func (m oneCase) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(key, string(prefix)) {
			if more, err := fn([]byte(key), m[key]); err != nil || !more {
				return err
			}
		}
	}
	return nil
}
