package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) report() *cobra.Command {
	return group("report", "Say which centres a case goes to, and what they are told", c.reportRoute())
}

func (c *cli) reportRoute() *cobra.Command {
	o := app.RouteOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "route CASE",
		Short: "Print which centres a case goes to, and why; the view is logged",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Case = list[0]
			return c.configured(func(conf app.Config) error { return app.RouteCase(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.Explain, "explain", false, "print each rule that was looked at, what matched, and why not others")
	f.StringVar(&o.Reviewer, "reviewer", login(), "`name` of who looks")
	return cmd
}
