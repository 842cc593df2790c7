package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) evaluate() *cobra.Command {
	o := app.EvaluateOptions{Stdout: c.out, Stderr: c.errs}
	cmd := &cobra.Command{
		Use:   "evaluate --world DIR",
		Short: "Measure on a labelled world whom the score finds, how soon, and whom it wrongs",
		Long: "Run a labelled world (vigil simulate) through the pipeline's own rooms, and measure:\n" +
			"precision, recall and yield at fixed budgets with bootstrap intervals, time to a case,\n" +
			"calibration, the false positives of each innocent group and corridor, ablations, and\n" +
			"worlds that break the assumptions. Thresholds are never from the measured world.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Command = typed(cmd)
			return usage(app.Evaluate(cmd.Context(), o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.World, "world", "", "`folder` of the world to measure")
	f.StringVar(&o.Validate, "validate", "", "`folder` of another world to find thresholds on (default: one is made, of the same knobs)")
	f.StringVar(&o.Thresholds, "thresholds", "", "`file` of thresholds, from vigil evaluate thresholds")
	f.StringVar(&o.Weights, "weights", "", "`file` of weights (default: those of this program)")
	f.StringVar(&o.Out, "out", "", "`folder` for report.html and report.json")
	f.IntVar(&o.Scenarios, "scenarios", 100_000, "people in each of the worlds that differ; 0 leaves them out")
	f.IntVar(&o.Draws, "draws", 400, "draws of the bootstrap")
	require(cmd, "world")
	cmd.AddCommand(c.thresholds(), c.fit())
	return cmd
}

func (c *cli) thresholds() *cobra.Command {
	o := app.EvaluateOptions{Stdout: c.out, Stderr: c.errs}
	cmd := &cobra.Command{
		Use:   "thresholds --world DIR --out FILE",
		Short: "Find the thresholds of each budget on one world, to measure others by",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage(app.FitThresholds(cmd.Context(), o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.World, "world", "", "`folder` of the world")
	f.StringVar(&o.Weights, "weights", "", "`file` of weights (default: those of this program)")
	f.StringVar(&o.Out, "out", "", "`file` to write")
	require(cmd, "world", "out")
	return cmd
}

// typed is the command with the flags that were set, by name.
func typed(cmd *cobra.Command) string {
	words := []string{cmd.CommandPath()}
	cmd.Flags().Visit(func(f *pflag.Flag) { words = append(words, "--"+f.Name+" "+f.Value.String()) })
	return strings.Join(words, " ")
}
