package app

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/internal/evaluate/observe"
	"github.com/vigil-stream/vigil/internal/world/simulate"
)

// withTables puts into a weights file what the scores of a labelled world's classifiers are
// worth, in place of tables of the same names. It is the value that a fit then weighs.
func withTables(ctx context.Context, dir string, weights []byte) ([]byte, error) {
	w, err := simulate.Open(dir)
	if err != nil {
		return nil, err
	}
	tables, err := observe.Classifiers(ctx, w)
	if err != nil || len(tables) == 0 {
		return weights, err
	}
	var file map[string]any
	if err := json.Unmarshal(weights, &file); err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	old, _ := file["classifiers"].([]any)
	all := []any{}
	for _, c := range old {
		named, _ := c.(map[string]any)
		if !slices.ContainsFunc(tables, func(t observe.Table) bool { return t.Name == named["name"] }) {
			all = append(all, c)
		}
	}
	for _, t := range tables {
		points := []map[string]float64{}
		for _, p := range t.Points {
			points = append(points, map[string]float64{"score": math.Round(p.Score*1e4) / 1e4, "value": math.Round(p.Value*1e3) / 1e3})
		}
		all = append(all, map[string]any{
			"name": t.Name, "points": points,
			"silence": map[string]any{"value": math.Round(t.Silence*1e3) / 1e3, "source": "counted likewise, of private streams without a score"},
			"source":  fmt.Sprintf("counted on a simulated world of seed %d: %d streams of guilty people and %d of innocent ones", w.Seed(), t.Guilty, t.Innocent),
		})
	}
	file["classifiers"] = all
	return json.Marshal(file)
}
