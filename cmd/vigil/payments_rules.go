package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) paymentsRules() *cobra.Command {
	return group("rules", "Rules that analysts write", c.paymentsRulesCheck(), c.paymentsRulesSchema())
}

func (c *cli) paymentsRulesCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE…",
		Short: "Say what is in rule files, or all that is wrong with them",
		Long: "Say what is in rule files, or all that is wrong with them, each fault with line and\n" +
			"column. A rule that looks only at where people live or what they are called is wrong.",
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, files []string) error { return app.CheckRules(files, c.out, c.errs) },
	}
}

func (c *cli) paymentsRulesSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of rule files, for editors", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return app.PrintRuleSchema(c.out) },
	}
}
