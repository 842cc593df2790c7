package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) paymentsServe() *cobra.Command {
	var listen, metrics string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Take payments over HTTP from institutions that have a key",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error {
				conf.Listen = metrics
				return app.ServePayments(cmd.Context(), conf, listen)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:9640", "`host:port`; put TLS in front where others can reach it")
	metricsFlag(cmd.Flags(), &metrics)
	return cmd
}

func (c *cli) paymentsKey() *cobra.Command {
	k := app.PaymentKeyOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "key --name NAME --institution INSTITUTION",
		Short: "Make an institution's key for the payments intake and print it once",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return c.configured(func(conf app.Config) error { return app.NewPaymentKey(conf, k) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&k.Name, "name", "", "`name` of who gets it")
	f.StringVar(&k.Institution, "institution", "", "`institution` whose payments it may send, as they name it: a BIC")
	f.StringVar(&k.Columns, "columns", "", "`file` of the column map by which its CSV is read, from the data folder")
	f.IntVar(&k.PerMinute, "per-minute", 100_000, "`records` that it may send in a minute")
	f.IntVar(&k.PerDay, "per-day", 20_000_000, "`records` that it may send in a day")
	require(cmd, "name", "institution")
	return cmd
}
