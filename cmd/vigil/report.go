package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) report() *cobra.Command {
	return group("report", "Say which centres a case goes to, and what they are told", c.reportRoute(), c.reportExplain(), c.reportDeliveries(), c.reportRetry(), c.reportSettle(), c.reportSchema(), c.reportStandIn(),
		c.reportGoAML(), c.reportOutcome(), c.reportSAR(), c.reportComplete())
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

func (c *cli) reportExplain() *cobra.Command {
	o := app.ExplainOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "explain ALERT",
		Short: "Print each field of an alert and of its centre's report, and on which evidence it rests; the view is logged",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Alert = list[0]
			return c.configured(func(conf app.Config) error { return app.ExplainAlert(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Account, "account", "", "`file` of what the platform says of the account (default: SUBJECT.json in ncmec.accounts)")
	f.BoolVar(&o.XML, "xml", false, "print the report as it would be filed, and nothing else")
	f.StringVar(&o.Reviewer, "reviewer", login(), "`name` of who looks")
	return cmd
}

func (c *cli) reportSchema() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "schema --to FILE",
		Short: "Fetch the schema by which the CyberTipline validates, with the deployment's credentials",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.FetchSchema(cmd.Context(), conf, to, c.out) })
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`file` to write, which must not be there yet")
	require(cmd, "to")
	return cmd
}

func (c *cli) reportStandIn() *cobra.Command {
	o := app.StandInOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "stand-in",
		Short: "Play the CyberTipline's reporting API on loopback, to try out what would be filed",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage(app.StandIn(cmd.Context(), o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:9660", "`host:port`, of loopback")
	f.StringVar(&o.User, "user", "demo", "`name` by which it knows who files")
	f.StringVar(&o.Password, "password", "demo", "that one's `password`")
	return cmd
}

func (c *cli) reportDeliveries() *cobra.Command {
	o := app.DeliveriesOptions{Out: c.out}
	cmd := &cobra.Command{
		Use: "deliveries", Short: "Print where the alerts on their way to centres stand, the most urgent first", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.ListDeliveries(cmd.Context(), conf, o) })
		},
	}
	cmd.Flags().StringVar(&o.State, "state", "", "only in this `state`: queued, sending, unknown, filed, failed, held, withdrawn")
	return cmd
}

func (c *cli) reportSettle() *cobra.Command {
	o := app.SettleOptions{Reviewer: login(), Out: c.out}
	cmd := &cobra.Command{
		Use: "settle ALERT", Short: "Note what a centre said, asked by a person, of a delivery that is unknown", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Alert = list[0]
			return c.configured(func(conf app.Config) error { return app.SettleDelivery(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Reviewer, "reviewer", o.Reviewer, "`name` of who says so")
	f.StringVar(&o.Receipt, "receipt", "", "the centre has it under this `reference` of its own")
	f.StringVar(&o.Reason, "reason", "", "`why`: whom you asked, and how")
	f.BoolVar(&o.Absent, "absent", false, "the centre does not have it: it is sent again")
	return cmd
}

func (c *cli) reportRetry() *cobra.Command {
	o := app.RetryOptions{Reviewer: login(), Out: c.out}
	cmd := &cobra.Command{
		Use: "retry ALERT --reason WHY", Short: "Try a delivery again that failed or is held, or ask for one that is unknown", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Alert = list[0]
			return c.configured(func(conf app.Config) error { return app.RetryDelivery(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Reviewer, "reviewer", o.Reviewer, "`name` of who says so")
	f.StringVar(&o.Reason, "reason", "", "why, which stays in the store; the audit log has who and a commitment")
	return cmd
}
