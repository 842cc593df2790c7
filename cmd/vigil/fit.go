package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) fit() *cobra.Command {
	o := app.FitOptions{Stdout: c.out, Stderr: c.errs}
	cmd := &cobra.Command{
		Use:   "fit --version NAME --out FILE (--world DIR | --features FILE | --decisions)",
		Short: "Fit weights on labelled worlds or rows, or on this deployment's own decisions",
		Long: "Move the weights to where labels say they should be: those of simulated worlds, of rows\n" +
			"({\"label\": \"guilty\", \"values\": {\"fan-in\": 0.5}}, a line each), or what reviewers\n" +
			"decided. Signs stay, what no label tells of stays, and every number that moves says so.\n" +
			"Try what comes out on other worlds: vigil evaluate --weights FILE --world OTHER.\n" +
			"Nothing of a person is in it, and it takes no fewer than 20 rows of each label.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage(app.FitWeights(cmd.Context(), c.config, o))
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.Worlds, "world", nil, "`folder` of a labelled world, as often as you like")
	f.StringArrayVar(&o.Features, "features", nil, "`file` of labelled rows, as often as you like")
	f.BoolVar(&o.Decisions, "decisions", false, "what reviewers decided, of the case store; the prior stays")
	f.StringVar(&o.Weights, "weights", "", "`file` of weights to begin with (default: what was assumed; with --decisions those of this program)")
	f.StringVar(&o.Out, "out", "", "`file` to write, which must not be there yet")
	f.StringVar(&o.Version, "version", "", "`name` of the weights' new version")
	f.Float64Var(&o.Spread, "spread", 1, "how far a weight may move, as a standard deviation in natural log")
	f.BoolVar(&o.KeepPrior, "keep-prior", false, "leave the prior and the shares of explanations as they are")
	f.Float64Var(&o.Prevalence, "prevalence", 0, "how common guilt is where the weights are used (default: as among the rows)")
	require(cmd, "out", "version")
	return cmd
}
