package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/correlate/fit"
	"github.com/vigil-stream/vigil/internal/evaluate"
	"github.com/vigil-stream/vigil/internal/evaluate/observe"
	"github.com/vigil-stream/vigil/internal/world/simulate"
)

// FitOptions say what weights are fitted on.
type FitOptions struct {
	Worlds    []string // folders of labelled worlds
	Features  []string // files of rows, a line of JSON each
	Decisions bool     // reviewers' decisions in the case store
	Weights   string   // the file to begin with; empty is what was assumed, and for decisions the default
	Out       string   // the file to write, which must not be there
	Version   string
	Spread    float64
	KeepPrior bool
	// Prevalence is how common guilt is where the weights are used; 0: as among the rows.
	Prevalence float64

	Stdout, Stderr io.Writer
}

// weights are those that cases are scored by.
func (c *Config) weights() (*correlate.Weights, error) {
	if c.Weights == "" {
		return correlate.DefaultWeights()
	}
	data, err := os.ReadFile(c.Weights)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	w, err := correlate.LoadWeights(data)
	if err != nil {
		return nil, fmt.Errorf("weights %s:\n%w", c.Weights, err)
	}
	return w, nil
}

// FitWeights fits weights on labelled rows or on reviewers' decisions, writes them into a
// file, and says how well they do on rows that they were not fitted on.
func FitWeights(ctx context.Context, config func() (Config, error), o FitOptions) error {
	given := 0
	for _, is := range []bool{o.Decisions, len(o.Features) > 0, len(o.Worlds) > 0} {
		if is {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("%w: --world DIR, --features FILE or --decisions, one of them", ErrUsage)
	}
	data := correlate.AssumedFile()
	if o.Decisions {
		data = correlate.DefaultFile()
	}
	if o.Weights != "" {
		var err error
		if data, err = os.ReadFile(o.Weights); err != nil {
			return fmt.Errorf("weights: %w", err)
		}
	}
	for _, dir := range o.Worlds { // the last one's stand
		var err error
		if data, err = withTables(ctx, dir, data); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	w, err := correlate.LoadWeights(data)
	if err != nil {
		return err
	}
	var rows []fit.Row
	source, told := "fitted", ""
	if o.Decisions {
		c, err := config()
		if err != nil {
			return err
		}
		var wrong int
		if rows, wrong, err = decidedRows(ctx, c, w); err != nil {
			return err
		}
		source = fmt.Sprintf("fitted on %d decisions of reviewers", len(rows))
		if wrong > 0 {
			source += fmt.Sprintf(", of whose confirmations centres call %d wrong", wrong)
			told = fmt.Sprintf("%d confirmed cases do not count as guilty, since a centre says that the alert was wrong\n", wrong)
		}
	}
	var worlds []string
	var named []fit.NamedRow
	first := 0 // rows of the first world
	for _, dir := range o.Worlds {
		own, others, name, err := worldRows(ctx, dir, data, w, o.Stderr)
		if err != nil {
			return err
		}
		rows, named, worlds = append(rows, own...), append(named, others...), append(worlds, name)
		if len(worlds) == 1 {
			first = len(rows)
		}
		source = "fitted on simulated worlds: " + strings.Join(worlds, "; ")
	}
	for _, name := range o.Features {
		own, err := readRows(name, w)
		if err != nil {
			return err
		}
		rows = append(rows, own...)
		source = fmt.Sprintf("fitted on %d labelled rows", len(rows))
	}
	// The first world tells how common each explanation is; others may have more of some, so
	// that there is something to learn from.
	several := len(o.Worlds) > 1
	if several {
		if w, err = withShares(w, rows[:first], o); err != nil {
			return err
		}
	}
	natural := 0
	switch {
	case several:
		natural = first
	case !o.Decisions && !o.KeepPrior:
		natural = len(rows)
	}
	out, report, err := fit.Fit(w, rows, fit.Options{
		Natural: natural,
		Version: o.Version, Source: source, Spread: o.Spread, KeepPrior: o.KeepPrior || o.Decisions || several, Sampled: !o.Decisions, Prevalence: o.Prevalence,
		Floors: map[string]float64{"list-match": matchFloor},
	})
	if err != nil {
		return err
	}
	if len(named) > 0 {
		if out, told, err = withNamed(out, named, fit.Options{Version: o.Version, Source: source, Spread: o.Spread}); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(o.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // nothing in it is personal
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	_, err = f.Write(out)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	settled := "settled"
	if !report.Settled {
		settled = "not settled"
	}
	_, err = fmt.Fprintf(o.Stdout, `%s: %d numbers moved, by %.0f rows of which %.0f guilty; %s after %d rounds
surprise a row (mean -ln P): %.5f with weights %s, %.5f with those fitted, on rows left out of the fit
calibration: %s
%s`, o.Out, report.Moved, report.Rows, report.Guilty, settled, report.Rounds, report.Before, w.Version(), report.After, report.Calibrated, told)
	return err
}

// explanationOf is which innocent explanation stands for each innocent group of a simulated
// world.
var explanationOf = map[simulate.Group]string{
	simulate.Remitter: "family", simulate.Relative: "family",
	simulate.Tutor: "tutor", simulate.TutorCustomer: "tutor",
	simulate.Performer: "performer", simulate.PerformerFan: "performer",
	simulate.Charity: "donor", simulate.Donor: "donor", simulate.Sponsor: "donor", simulate.SponsoredFamily: "donor",
	simulate.Couple: "couple", simulate.Freelancer: "freelancer", simulate.Client: "freelancer",
	simulate.Gamer: "gamer", simulate.Gifter: "gamer",
	simulate.RomanceVictim: "romance-scam", simulate.RomanceScammer: "romance-scam",
	simulate.SextortVictim: "sextortion", simulate.Extortionist: "sextortion",
	simulate.Ordinary: "ordinary",
}

// worldRows are what was seen of everybody in a world, each at the end of the day on which
// they looked worst, and at the end of the last.
func worldRows(ctx context.Context, dir string, weights []byte, w *correlate.Weights, out io.Writer) ([]fit.Row, []fit.NamedRow, string, error) {
	world, err := simulate.Open(dir)
	if err != nil {
		return nil, nil, "", err
	}
	scorers, err := observe.NewScorers(weights)
	if err != nil {
		return nil, nil, "", err
	}
	scorers.KeepFrom = evaluate.Floor
	e := evaluation{ctx: ctx, o: EvaluateOptions{Stderr: out}, scorers: scorers}
	seen, err := e.see(dir, world)
	if err != nil {
		return nil, nil, "", err
	}
	place := map[string]int{}
	for k, f := range w.Features() {
		place[f.Name] = k
	}
	var named []fit.NamedRow
	for _, n := range seen.Named {
		named = append(named, fit.NamedRow{Values: n.Values, Guilty: n.Guilty})
	}
	rows := make([]fit.Row, 0, len(seen.People))
	nothing := make([]float64, len(place))
	values := func(parts map[string]float64) []float64 {
		if len(parts) == 0 {
			return nothing
		}
		out := make([]float64, len(place))
		for name, x := range parts {
			out[place[name]] = x
		}
		return out
	}
	for _, p := range seen.People {
		row := fit.Row{Values: values(p.Parts), Final: values(p.Final), Label: explanationOf[simulate.Group(p.Group)], Times: 1}
		switch {
		case p.Guilty:
			row.Label = fit.Guilty
		case row.Label == "":
			return nil, nil, "", fmt.Errorf("%s: no explanation stands for the group %s", dir, p.Group)
		}
		rows = append(rows, row)
	}
	return rows, named, fmt.Sprintf("seed %d, %d people, %d days", world.Seed(), len(seen.People), seen.Days), nil
}

// matchFloor is what a list match weighs at least, in the bands' own units: a single frame
// close to a listed picture is enough for a person to look, which is a promise and not for a
// world to decide in which few pictures are listed and few of those rightly.
const matchFloor = 1

// withShares puts into weights how common each innocent explanation is among rows, and the
// prior that was asked for.
func withShares(w *correlate.Weights, rows []fit.Row, o FitOptions) (*correlate.Weights, error) {
	p := w.Parameters()
	n, all := map[string]float64{}, 0.0
	for _, r := range rows {
		if r.Label != fit.Guilty {
			n[r.Label] += r.Times
			all += r.Times
		}
	}
	for e, name := range w.Explanations() {
		p.Shares[e] = n[name] / all
	}
	if o.Prevalence > 0 {
		p.Prior = math.Log(o.Prevalence / (1 - o.Prevalence))
	}
	data, err := w.With(w.Version(), "counted on the first simulated world", p)
	if err != nil {
		return nil, err
	}
	return correlate.LoadWeights(data)
}

// withNamed fits the weights of those whom cases name, too.
func withNamed(weights []byte, rows []fit.NamedRow, o fit.Options) ([]byte, string, error) {
	w, err := correlate.LoadWeights(weights)
	if err != nil {
		return nil, "", err
	}
	out, before, after, err := fit.Named(w, rows, o)
	if errors.Is(err, fit.ErrTooFew) {
		return weights, fmt.Sprintf("those named keep their weights: %v\n", err), nil
	}
	return out, fmt.Sprintf("those named by right cases: %d; surprise %.5f before, %.5f with the weights fitted\n", len(rows), before, after), err
}

func readRows(name string, w *correlate.Weights) (rows []fit.Row, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if rows, err = fit.ReadRows(f, w); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}
