package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) platforms() *cobra.Command {
	return group("platforms", "Take receipts and appeals from platforms; make their keys and secrets", c.platformsServe(), c.platformsKey(), c.platformsSecret())
}

func (c *cli) platformsServe() *cobra.Command {
	var listen, metrics string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Take receipts, appeals and answers on accounts over HTTP from platforms that have a key",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error {
				conf.Listen = metrics
				return app.ServePlatforms(cmd.Context(), conf, listen)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:9650", "`host:port`; put TLS in front where others can reach it")
	metricsFlag(cmd.Flags(), &metrics)
	return cmd
}

func (c *cli) platformsKey() *cobra.Command {
	k := app.PlatformKeyOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "key --name NAME --platform PLATFORM",
		Short: "Make a platform's key for receipts and appeals and print it once",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return c.configured(func(conf app.Config) error { return app.NewPlatformKey(conf, k) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&k.Name, "name", "", "`name` of who gets it")
	f.StringVar(&k.Platform, "platform", "", "`platform` that it answers for, as it names itself in what it sends")
	f.IntVar(&k.PerMinute, "per-minute", 600, "`receipts` and objections that it may send in a minute")
	f.IntVar(&k.PerDay, "per-day", 100_000, "`receipts` and objections that it may send in a day")
	require(cmd, "name", "platform")
	return cmd
}

func (c *cli) platformsSecret() *cobra.Command {
	var pair bool
	cmd := &cobra.Command{
		Use:   "secret FILE",
		Short: "Make a secret that signs webhooks, in a file that does not exist yet",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, list []string) error {
			return app.NewWebhookSecret(list[0], pair, c.out)
		},
	}
	cmd.Flags().BoolVar(&pair, "ed25519", false, "make a key pair, of which the platform gets the public half")
	return cmd
}
