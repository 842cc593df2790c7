package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/signal"
)

// A Table says what a score of a platform's classifier is worth: the natural log of how
// many times likelier it is of a stream of the guilty than of one of the innocent.
type Table struct {
	Name   string
	Points []TablePoint
	// Silence is the same of a private stream without any score.
	Silence float64
	// Streams are those it rests on, of the guilty and of the innocent.
	Guilty, Innocent int
}

// A TablePoint is one line of a table.
type TablePoint struct{ Score, Value float64 }

// bins of scores are a tenth wide.
const bins = 10

// Classifiers counts the highest score of every stream of a labelled world, and makes a
// table for each classifier. A label is the host's: innocent calls of the guilty count
// with the others, as they would in a deployment. Half a stream is added to each bin, and
// a higher score is never worth less (neighbours that say otherwise are put together).
func Classifiers(ctx context.Context, w Source) ([]Table, error) {
	var streams, private, silent [2]float64
	counts := make(map[string]*[2][bins]float64)
	for i := range w.Parts() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		records, labels, err := w.Open(i)
		if err != nil {
			return nil, err
		}
		side := make(map[signal.Subject]int)
		for _, l := range labels.People {
			for _, s := range l.Subjects {
				if !l.Group.Guilty() {
					side[s] = 1
				}
			}
		}
		type key struct{ classifier, stream string }
		type host struct {
			stream string
			side   int
		}
		privates := make(map[host]bool)
		highest := make(map[key]float64)
		of := make(map[key]int)
		for r, err := range records {
			if err != nil {
				return nil, err
			}
			switch r.Topic {
			case simulate.Sessions:
				var s detect.SessionRecord
				if err := json.Unmarshal(r.Data, &s); err != nil {
					return nil, fmt.Errorf("session: %w", err)
				}
				if s.State == detect.Started {
					streams[side[s.Subject]]++
					if s.Private {
						private[side[s.Subject]]++
						privates[host{s.Stream, side[s.Subject]}] = true
					}
				}
			case simulate.Scores:
				var s detect.ScoreRecord
				if err := json.Unmarshal(r.Data, &s); err != nil {
					return nil, fmt.Errorf("score: %w", err)
				}
				k := key{s.Classifier, s.Stream}
				highest[k], of[k] = max(highest[k], s.Value), side[s.Subject]
			}
		}
		for k, v := range highest {
			c := counts[k.classifier]
			if c == nil {
				c = new([2][bins]float64)
				counts[k.classifier] = c
			}
			c[of[k]][min(int(v*bins), bins-1)]++
			delete(privates, host{k.stream, of[k]})
		}
		for p := range privates {
			silent[p.side]++
		}
	}
	var tables []Table
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t := table(name, *counts[name], streams)
		// Of several classifiers each is silent where the others are: counted once for all.
		t.Silence = math.Log((silent[0] + 0.5) / (private[0] + 1) / ((silent[1] + 0.5) / (private[1] + 1)))
		tables = append(tables, t)
	}
	return tables, nil
}

// pool is a run of bins that are told apart no further.
type pool struct{ at, guilty, innocent, n float64 }

func (p pool) value(streams [2]float64) float64 {
	return math.Log((p.guilty + 0.5) / (streams[0] + 1) / ((p.innocent + 0.5) / (streams[1] + 1)))
}

func table(name string, counts [2][bins]float64, streams [2]float64) Table {
	t := Table{Name: name, Guilty: int(streams[0]), Innocent: int(streams[1])}
	var pools []pool
	for b := range bins {
		if counts[0][b]+counts[1][b] == 0 {
			continue // nobody sends such scores
		}
		pools = append(pools, pool{(float64(b) + 0.5) / bins, counts[0][b], counts[1][b], 1})
		for len(pools) > 1 && pools[len(pools)-1].value(streams) < pools[len(pools)-2].value(streams) {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			pools = append(pools[:len(pools)-2], pool{(a.at*a.n + b.at*b.n) / (a.n + b.n), a.guilty + b.guilty, a.innocent + b.innocent, a.n + b.n})
		}
	}
	for _, p := range pools {
		t.Points = append(t.Points, TablePoint{p.at, p.value(streams)})
	}
	if len(t.Points) == 1 { // a table has two ends
		t.Points = append(t.Points, TablePoint{t.Points[0].Score + 0.01, t.Points[0].Value})
	}
	return t
}
