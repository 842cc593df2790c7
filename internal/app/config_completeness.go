package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vigil-stream/vigil/report"
)

// CompletenessConfig says how complete an alert must be to leave, by whichever way.
type CompletenessConfig struct {
	// Bar is from which completeness, over 0 to 1, an alert may go; without it
	// report.DefaultBar.
	Bar *float64 `yaml:"bar"`
	// Bars are those of centres, by id, 0 to 1.
	Bars map[string]float64 `yaml:"bars"`
	// Weights are of checks by name, in place of the default ones.
	Weights map[string]float64 `yaml:"weights"`

	standIns bool // for the demo alone: what a program decided may go to its own inbox
}

func (c CompletenessConfig) gate() report.Gate {
	g := report.Gate{Bars: c.Bars, Weights: c.Weights, StandIns: c.standIns}
	if c.Bar != nil {
		g.Bar = *c.Bar
	}
	return g
}

// validate returns all that is wrong; of the ids of centres only where the directory reads,
// whose own faults are told elsewhere.
func (c *Config) validateCompleteness() error {
	var faults []error
	if b := c.Completeness.Bar; b != nil && *b == 0 {
		faults = append(faults, errors.New("completeness.bar: 0 would let anything go that has what must be there; give the centres that want it a bar of 0 in bars"))
	}
	for _, fault := range c.Completeness.gate().Faults() {
		faults = append(faults, fmt.Errorf("completeness.%s", fault))
	}
	if len(c.Completeness.Bars) == 0 {
		return errors.Join(faults...)
	}
	centres, err := c.directory()
	if err != nil {
		return errors.Join(faults...)
	}
	for _, id := range slices.Sorted(maps.Keys(c.Completeness.Bars)) {
		if found, err := centres.Centre(id); err != nil || found.ID != id {
			faults = append(faults, fmt.Errorf("completeness.bars.%s: there is no such centre", id))
		}
	}
	return errors.Join(faults...)
}
