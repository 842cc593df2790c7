package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) payments() *cobra.Command {
	return group("payments", "What institutions send, and what it is held against", c.paymentsSchema(), c.paymentsRates(), c.paymentsTables(), c.paymentsTypologies(), c.paymentsRules(), c.paymentsBacktest(), c.paymentsShadow(), c.paymentsServe(), c.paymentsKey(), c.paymentsRefused())
}

func (c *cli) paymentsSchema() *cobra.Command {
	return &cobra.Command{
		Use:       "schema " + strings.Join(app.SchemaNames(), "|"),
		Short:     "Print the JSON Schema of a kind of JSON line",
		Args:      args(cobra.ExactArgs(1)),
		ValidArgs: app.SchemaNames(),
		RunE: func(_ *cobra.Command, names []string) error {
			return usage(app.PrintSchema(names[0], c.out))
		},
	}
}

func (c *cli) paymentsRates() *cobra.Command {
	return &cobra.Command{
		Use:   "rates FILE",
		Short: "Check a table of exchange rates before it is used",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, files []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return app.CheckRates(conf, files[0], c.out)
		},
	}
}

func (c *cli) paymentsTables() *cobra.Command {
	return &cobra.Command{
		Use:   "tables [FOLDER]",
		Short: "Check the tables of zones, merchants, tourist places and corridors before they are used",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, folders []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			folder := ""
			if len(folders) > 0 {
				folder = folders[0]
			}
			return app.CheckTables(conf, folder, c.out)
		},
	}
}

func (c *cli) paymentsTypologies() *cobra.Command {
	o := app.BacktestOptions{Out: c.out, Err: c.errs}
	cmd := &cobra.Command{
		Use:   "typologies [FILE… | --world DIR]",
		Short: "List the typologies; with payments of the past, say at whom each would have fired",
		Long: "List the typologies that come with vigil (docs/typologies.md). With payments of the past\n" +
			"say at how many subjects each would have fired, and how many payments could not be\n" +
			"judged for want of a rate, a country, a name or an hour. Nothing is sent and nothing kept.\n\n" +
			"--labels and --world are as of vigil payments backtest.",
		Args: args(cobra.ArbitraryArgs),
	}
	cmd.Flags().StringVar(&o.Labels, "labels", "", "CSV `file` that says which subjects belong to which group")
	cmd.Flags().StringVar(&o.World, "world", "", "`folder` of vigil simulate, in place of files")
	formatFlags(cmd.Flags(), &o.FileFormat)
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		for _, name := range files {
			o.Sources = append(o.Sources, app.OpenFile(name, c.errs))
		}
		return c.configured(func(conf app.Config) error { return app.Typologies(cmd.Context(), conf, o) })
	}
	return cmd
}
