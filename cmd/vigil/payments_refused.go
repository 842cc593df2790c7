package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) paymentsRefused() *cobra.Command {
	o := app.RefusedOptions{Out: c.out, Errs: c.errs}
	cmd := &cobra.Command{
		Use:   "refused",
		Short: "Tell which payments were refused, and why",
		Long: "Tell which payments were refused, and why, from the dead letters: what vigil feed told of\n" +
			"each file, in every format, and what only shows later, such as a reference that the\n" +
			"institution gave to another payment before.",
		Args: args(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&o.Errors, "errors", "", "write all of it to this `FILE`: CSV if it is called .csv, else JSON lines")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.configured(func(conf app.Config) error { return app.Refused(cmd.Context(), conf, o) })
	}
	return cmd
}
