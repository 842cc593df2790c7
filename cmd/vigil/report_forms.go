package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) reportGoAML() *cobra.Command {
	o := app.FormOptions{Out: c.out, Now: time.Now}
	cmd := c.form(&o, "goaml FILE --log-key KEY --filer FILE --to ZIP", "Make a goAML report of an alert, for a financial-intelligence unit", app.MakeGoAML)
	f := cmd.Flags()
	f.StringVar(&o.Books, "books", "", "`file` of what the filer knows of its transactions (default: none, for the form of an activity)")
	f.StringVar(&o.Profile, "profile", "", "`file` with the unit's profile (default: the filer's, of those that come with Vigil)")
	f.StringVar(&o.FIURef, "fiu-ref", "", "the unit's `reference` that is answered")
	return cmd
}

func (c *cli) reportSAR() *cobra.Command {
	o := app.FormOptions{Out: c.out, Now: time.Now}
	cmd := c.form(&o, "sar FILE --log-key KEY --filer FILE --to XML", "Make a FinCEN suspicious activity report of an alert", app.MakeSAR)
	cmd.Flags().StringVar(&o.Books, "subject", "", "`file` of what the filer knows of its customer (default: nothing is known)")
	return cmd
}

// form is a command that makes a form of an alert in a file.
func (c *cli) form(o *app.FormOptions, use, short string, run func(app.FormOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, list []string) error {
			o.Alert = list[0]
			return run(*o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.LogKey, "log-key", "", "verifier `key` of the audit log, which the alert must verify by")
	f.StringVar(&o.Filer, "filer", "", "`file` that says who files (docs/financial-reports.md)")
	f.StringVar(&o.To, "to", "", "`file` to write, which must not be there yet")
	require(cmd, "log-key", "filer", "to")
	return cmd
}

func (c *cli) reportComplete() *cobra.Command {
	o := app.CompleteOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "complete FILE",
		Short: "Say how complete an alert is and what it lacks",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, list []string) error {
			o.Alert = list[0]
			return usage(app.Complete(o))
		},
	}
	f := cmd.Flags()
	f.Float64Var(&o.Gate.Bar, "bar", 0, "completeness, 0 to 1, below which it is held (default 0.6)")
	return cmd
}
