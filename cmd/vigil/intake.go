package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) intake() *cobra.Command {
	var o app.IntakeOptions
	var metrics string
	serve := &cobra.Command{
		Use:   "serve",
		Short: "Take frames, hashes, sessions, flags and scores over HTTP from platforms that have a key",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error {
				conf.Listen = metrics
				return app.ServeIntake(cmd.Context(), conf, o)
			})
		},
	}
	f := serve.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:9630", "`host:port`; put TLS in front where others can reach it")
	metricsFlag(f, &metrics)
	f.BoolVar(&o.Hash, "hash", false, "make hashes of pictures here, so that none goes further")

	k := app.IntakeKeyOptions{Out: c.out}
	key := &cobra.Command{
		Use:   "key --name NAME --platform PLATFORM",
		Short: "Make a platform's key for the intake and print it once",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return c.configured(func(conf app.Config) error { return app.NewIntakeKey(conf, k) })
		},
	}
	f = key.Flags()
	f.StringVar(&k.Name, "name", "", "`name` of who gets it")
	f.StringVar(&k.Platform, "platform", "", "`platform` whose frames it may send")
	f.IntVar(&k.PerMinute, "per-minute", 60_000, "`frames` that it may send in a minute")
	f.IntVar(&k.PerDay, "per-day", 50_000_000, "`frames` that it may send in a day")
	require(key, "name", "platform")
	return group("intake", "Take frames over HTTP from platforms that decode their own streams", serve, key)
}
