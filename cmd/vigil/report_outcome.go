package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) reportOutcome() *cobra.Command {
	return &cobra.Command{
		Use:   "outcome FILE…",
		Short: "Keep what centres said came of alerts, from files that they signed; the topic receipts is for those that reach it",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			return c.configured(func(conf app.Config) error { return app.TakeOutcomes(cmd.Context(), conf, files, c.out) })
		},
	}
}
