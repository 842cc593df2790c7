package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) paymentsBacktest() *cobra.Command {
	o := app.BacktestOptions{Most: 20, Out: c.out, Err: c.errs}
	cmd := &cobra.Command{
		Use:   "backtest --rules FILE (FILE… | --world DIR)",
		Short: "Say what rules would have found in payments of the past",
		Long: "Say what rules would have found in payments of the past, beside other rules: how many\n" +
			"subjects more and how many fewer, which, and of which groups of people. Nothing is\n" +
			"sent and nothing kept. Files are in any format that vigil feed reads, withdrawals (pacs.002)\n" +
			"among them: they are applied as in the river, and so are payments that are told of twice.\n\n" +
			"--labels is CSV of subject,group (a token) or account,issuer,group; for each group the\n" +
			"share of its subjects is told at which any rule fires. A world has its own labels.",
		Args: args(cobra.ArbitraryArgs),
	}
	f := cmd.Flags()
	f.StringVar(&o.Rules, "rules", "", "rule `file` to try")
	f.StringVar(&o.Against, "against", "", "rule `file` to compare with (default: payment_rules of the configuration, else none)")
	f.StringVar(&o.Labels, "labels", "", "CSV `file` that says which subjects belong to which group")
	f.StringVar(&o.World, "world", "", "`folder` of vigil simulate, in place of files")
	formatFlags(f, &o.FileFormat)
	f.IntVar(&o.Most, "limit", o.Most, "how many `findings` to name of those that are more, and of those that are fewer")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		for _, name := range files {
			o.Sources = append(o.Sources, app.OpenFile(name, c.errs))
		}
		return c.configured(func(conf app.Config) error { return app.Backtest(cmd.Context(), conf, o) })
	}
	require(cmd, "rules")
	return cmd
}
