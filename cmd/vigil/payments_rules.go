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

func (c *cli) paymentsShadow() *cobra.Command {
	return &cobra.Command{
		Use:   "shadow",
		Short: "Say what the shadow rules of a running process found beside the live ones",
		Long: "Say what the rules of payment_rules_shadow found beside those of payment_rules, in the\n" +
			"process whose metrics are at listen: looks at a profile, and about how many subjects.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.ShadowReport(cmd.Context(), conf, c.out) })
		},
	}
}
