package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) payments() *cobra.Command {
	return group("payments", "What institutions send, and what it is held against", c.paymentsSchema(), c.paymentsRates(), c.paymentsTables(), c.paymentsRules(), c.paymentsBacktest(), c.paymentsShadow())
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
