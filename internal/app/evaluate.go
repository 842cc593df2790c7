package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
	"github.com/vigil-stream/vigil/internal/evaluate/observe"
	"github.com/vigil-stream/vigil/internal/evaluate/page"
	"github.com/vigil-stream/vigil/internal/world/simulate"
)

// EvaluateOptions say what to measure, and by what.
type EvaluateOptions struct {
	World      string // folder of the world to measure
	Validate   string // folder of another world, whose thresholds are taken, or ""
	Thresholds string // file of thresholds, or ""
	Weights    string // file, or "" for those of the binary
	Out        string // folder for report.json and report.html
	// Scenarios is how many people the worlds of other knobs have; 0 is none of them.
	Scenarios int
	Draws     int    // of the bootstrap
	Command   string // as it was typed, for the report

	Stdout, Stderr io.Writer
}

// Evaluate measures a labelled world by the pipeline's own rooms, prints what it found, and
// writes it as JSON and as a page.
func Evaluate(ctx context.Context, o EvaluateOptions) error {
	if o.Validate != "" && o.Thresholds != "" {
		return fmt.Errorf("%w: --validate and --thresholds are one too many", ErrUsage)
	}
	// A world is gone through once: memory is cheaper here than time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	scorers, err := evaluationScorers(o.Weights)
	if err != nil {
		return err
	}
	world, err := simulate.Open(o.World)
	if err != nil {
		return err
	}
	if !world.Labelled() {
		return fmt.Errorf("%s: %w", o.World, errOldLabels)
	}
	e := evaluation{ctx: ctx, o: o, scorers: scorers}
	thresholds, validated, err := e.thresholds()
	if err != nil {
		return err
	}
	if thresholds.Weights != scorers.Version {
		return fmt.Errorf("the thresholds are of weights %s, and these are %s", thresholds.Weights, scorers.Version)
	}
	seen, err := e.see("the world", world)
	if err != nil {
		return err
	}
	report, err := evaluate.Measured(seen.People, seen.Days, thresholds, o.Draws)
	if err != nil {
		return err
	}
	report.World = describe(o.World, world.Seed(), seen)
	report.Validated, report.Victims, report.Command = validated, seen.Victims, o.Command
	if o.Scenarios > 0 {
		if report.Robustness, err = e.scenarios(thresholds); err != nil {
			return err
		}
	}
	report.Judge()
	if err := printReport(o.Stdout, report); err != nil {
		return err
	}
	if o.Out == "" {
		return nil
	}
	return writeReport(o.Out, report, o.Stdout)
}

// errOldLabels: without ties bystanders of networks would count as whole people, and without
// lacks nobody would know why somebody is missed.
var errOldLabels = errors.New("its labels do not tell who dealt with a network, or of whom in one what is told: make the world again")

// FitThresholds finds the thresholds on one world and writes them into a file.
func FitThresholds(ctx context.Context, o EvaluateOptions) error {
	scorers, err := evaluationScorers(o.Weights)
	if err != nil {
		return err
	}
	world, err := simulate.Open(o.World)
	if err != nil {
		return err
	}
	if !world.Labelled() {
		return fmt.Errorf("%s: %w", o.World, errOldLabels)
	}
	e := evaluation{ctx: ctx, o: o, scorers: scorers}
	seen, err := e.see("the world", world)
	if err != nil {
		return err
	}
	t := evaluate.FitThresholds(seen.People, scorers.Version)
	t.From = describe(o.World, world.Seed(), seen)
	data, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.Out, append(data, '\n'), 0o644); err != nil { //nolint:gosec // nothing in it is personal
		return err
	}
	_, err = fmt.Fprintf(o.Stdout, "thresholds of weights %s in %s\n", scorers.Version, o.Out)
	return err
}

func evaluationScorers(file string) (*observe.Scorers, error) {
	data, err := weightsData(file)
	if err != nil {
		return nil, err
	}
	return observe.NewScorers(data)
}

// weightsData reads a weights file; no name is that of the binary.
func weightsData(file string) ([]byte, error) {
	if file == "" {
		return correlate.DefaultFile(), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return data, nil
}

type evaluation struct {
	ctx     context.Context
	o       EvaluateOptions
	scorers *observe.Scorers
}

// see runs a world through the rooms and tells how far it is.
func (e *evaluation) see(name string, w observe.Source) (observe.Seen, error) {
	told := time.Now()
	n := 0
	seen, err := observe.World(e.ctx, w, e.scorers, runtime.GOMAXPROCS(0), func(_, of int) {
		if n++; time.Since(told) > 10*time.Second {
			told = time.Now()
			_, _ = fmt.Fprintf(e.o.Stderr, "%s: %d of %d parts\n", name, n, of)
		}
	})
	if err != nil {
		return seen, fmt.Errorf("%s: %w", name, err)
	}
	_, err = fmt.Fprintf(e.o.Stderr, "%s: %d people, %d records, %d signals in %.0f s\n", name, len(seen.People), seen.Records, seen.Signals, seen.Took.Seconds())
	return seen, err
}

// Worlds that are made only to be measured against have seeds this far from the one that
// is measured: never the same, and never one that somebody fitted weights on by counting
// up from 1.
const (
	validationSeed = 1_000_003
	scenarioSeed   = 2_000_003
)

// thresholds are of a file, of a world that was written, or of one made for it: of the same
// knobs as the measured one, and another seed.
func (e *evaluation) thresholds() (t evaluate.Thresholds, from evaluate.Described, err error) {
	switch {
	case e.o.Thresholds != "":
		data, err := os.ReadFile(e.o.Thresholds)
		if err != nil {
			return t, from, fmt.Errorf("thresholds: %w", err)
		}
		if err := json.Unmarshal(data, &t); err != nil {
			return t, from, fmt.Errorf("%s: %w", e.o.Thresholds, err)
		}
		return t, t.From, nil
	case e.o.Validate != "":
		w, err := simulate.Open(e.o.Validate)
		if err != nil {
			return t, from, err
		}
		if !w.Labelled() {
			return t, from, fmt.Errorf("%s: %w", e.o.Validate, errOldLabels)
		}
		measured, err := simulate.Known(e.o.World)
		if err != nil {
			return t, from, err
		}
		if w.Seed() == measured.Seed {
			return t, from, fmt.Errorf("%w: the world to validate on has the seed of the one to measure", ErrUsage)
		}
		seen, err := e.see("the world to validate on", w)
		return evaluate.FitThresholds(seen.People, e.scorers.Version), describe(e.o.Validate, w.Seed(), seen), err
	}
	so, err := simulate.Known(e.o.World)
	if err != nil {
		return t, from, err
	}
	so.Seed += validationSeed
	w, err := simulate.New(so)
	if err != nil {
		return t, from, err
	}
	seen, err := e.see("a world of the same knobs to validate on", w)
	return evaluate.FitThresholds(seen.People, e.scorers.Version),
		describe(fmt.Sprintf("a world of the same knobs and seed %d", so.Seed), so.Seed, seen), err
}

func describe(name string, seed uint64, s observe.Seen) evaluate.Described {
	return evaluate.Describe(name, seed, s.People, s.Days, s.Records, s.Signals, s.Took.Seconds())
}

// scenarios plays worlds that differ from the measured one in one respect each.
func (e *evaluation) scenarios(t evaluate.Thresholds) (all []evaluate.Scenario, err error) {
	for _, s := range scenarios {
		so, err := simulate.Known(e.o.World)
		if err != nil {
			return nil, err
		}
		so.Seed += scenarioSeed
		so.People = min(so.People, e.o.Scenarios)
		if s.turn != nil {
			s.turn(&so.Knobs)
		}
		w, err := simulate.New(so)
		if err != nil {
			return nil, err
		}
		seen, err := e.see(s.name, w)
		if err != nil {
			return nil, err
		}
		played, err := evaluate.Played(s.name, s.what, seen.People, t, e.o.Draws)
		if err != nil {
			return nil, err
		}
		all = append(all, played)
	}
	return all, nil
}

var scenarios = []struct {
	name, what string
	turn       func(*simulate.Knobs)
}{
	{"as it is", "nothing: another world of the same knobs", nil},
	{"lags doubled", "payments and streams lie twice as far apart", func(k *simulate.Knobs) { k.Timing.LagScale *= 2 }},
	{"lags halved", "payments and streams lie half as far apart", func(k *simulate.Knobs) { k.Timing.LagScale /= 2 }},
	{"times shuffled", "everybody's payments are turned around the calendar: no coincidence is left", func(k *simulate.Knobs) { k.Timing.Shuffled = 1 }},
	{"half unlinked", "half of all people pay by an account that no platform knows", func(k *simulate.Knobs) { k.Identity.Linked = 0.5 }},
	{"no guests told", "no platform tells who watched", func(k *simulate.Knobs) { k.Identity.TellsGuests = 0 }},
	{"unseen typologies", "all networks pay bundled sums through a relative's account at home", func(k *simulate.Knobs) { k.Offender.Unseen = 1 }},
	{"corridors swapped", "networks pay along the corridors of the innocent, and these along theirs", func(k *simulate.Knobs) {
		k.Corridor, k.OffenderCorridor = k.OffenderCorridor, k.Corridor
	}},
	{"no classifier", "no platform sends scores", func(k *simulate.Knobs) { k.Score.Scored = 0 }},
	{"busy networks", "every sender's whole career begins in the world's first third, and is not cut by its window", func(k *simulate.Knobs) { k.Offender.Whole = 1 }},
	{"no lists", "no network shows a listed picture", func(k *simulate.Knobs) { k.Hash.Networks = 0 }},
}

func printReport(out io.Writer, r evaluate.Report) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush tells
	p("%d people in %d days, %d of them in %d networks; weights %s; thresholds from %s", r.World.People, r.World.Days, r.World.Guilty, r.World.Networks, r.Weights, r.Validated.Name)
	p("of %.1f %% of the guilty anything is told by which they could be found", 100*r.World.Shown)
	for _, at := range r.At {
		p("\n%g %% guilty, one case per 10,000 people\tcases/10k\tprecision\trecall\tnetworks\tPR-AUC", 100*at.Prevalence)
		for _, v := range at.Variants {
			m := v.Budgets[1]
			p("  %s\t%.2f\t%s\t%s\t%s\t%s", v.Name, m.CasesPer10k, interval(m.Precision), interval(m.Recall), interval(m.Networks), interval(v.Area))
		}
		p("  what became of the guilty\tof all\tpeople\tby role")
		for _, f := range at.Fates {
			p("    %s\t%.3f\t%d\t%s", f.What, f.Share, f.People, byRole(f.Roles))
		}
		p("  who the budget goes to\tby weight\tpeople")
		for _, h := range at.Holders {
			p("    %s%s\t%.2f\t%d", h.Group, map[bool]string{true: ", rightly"}[h.Guilty], h.Weight, h.People)
		}
		p("  days to a case: %.1f since the first payment, %.1f since the first session (medians)", at.FromPayment.Quartiles[1], at.FromSession.Quartiles[1])
	}
	for _, s := range r.Robustness {
		p("%s\t%.2f\t%s\t%s\t%s\t%s", s.Name, s.Measure.CasesPer10k, interval(s.Measure.Precision), interval(s.Measure.Recall), interval(s.Measure.Networks), interval(s.Area))
	}
	for _, g := range r.Groups {
		p("%g %% guilty, %g per 10,000: innocent people suspected by themselves %d of %d, beside networks %d of %d (%d only for that), who count %.3g each: %.2f by weight",
			100*g.Prevalence, g.PerTenThousand, g.All.Cases, g.All.People, g.Bystanders.Cases, g.Bystanders.People, g.Bystanders.Named, g.Bystanders.Network, g.All.Weighted)
	}
	p("")
	for _, a := range r.Aims {
		met := "missed"
		if a.Met {
			met = "met"
		}
		p("%s\t%s: %s; wanted %s", met, a.What, a.Got, a.Want)
		if a.Why != "" {
			p("\t  why: %s", a.Why)
		}
	}
	return w.Flush()
}

func byRole(by map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		out = append(out, fmt.Sprintf("%s %d", name, by[name]))
	}
	return strings.Join(out, ", ")
}

func interval(i evaluate.Interval) string {
	return fmt.Sprintf("%.3f (%.3f-%.3f)", i.Value, i.Low, i.High)
}

func writeReport(dir string, r evaluate.Report, out io.Writer) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // nothing in it is personal
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), append(data, '\n'), 0o644); err != nil { //nolint:gosec // likewise
		return err
	}
	name := filepath.Join(dir, "report.html")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := page.Write(f, r); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nwritten to %s and report.json beside it\n", name)
	return err
}
