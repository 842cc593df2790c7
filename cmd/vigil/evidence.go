package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) evidence() *cobra.Command {
	l := app.EvidenceOptions{Out: c.out}
	list := &cobra.Command{
		Use:   "list",
		Short: "Print what left the platform and why, each held against the audit log",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.ListEvidence(cmd.Context(), conf, l) })
		},
	}
	f := list.Flags()
	f.StringVar(&l.Platform, "platform", "", "only of this `platform`")
	f.StringVar(&l.Stream, "stream", "", "only windows of this `stream`")
	f.StringVar(&l.LogKey, "log-key", "", "verifier `key` of the audit log (default: this deployment's own)")
	f.BoolVar(&l.JSON, "json", false, "print JSON lines, with every reason")

	o := app.OpenEvidenceOptions{Out: c.out}
	open := &cobra.Command{
		Use:   "open WINDOW… --identity FILE --to FOLDER",
		Short: "Decrypt preserved windows with an age identity and write their pictures",
		Long: "Open decrypts preserved windows, files or names that `vigil evidence list` prints, and\n" +
			"writes their pictures into a folder. They lie there in the clear: let that be on a disk\n" +
			"that is encrypted, of a person who may see them.",
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			o.Names = names
			return c.configured(func(conf app.Config) error { return app.OpenEvidence(cmd.Context(), conf, o) })
		},
	}
	f = open.Flags()
	f.StringVar(&o.Identity, "identity", "", "`file` of age identities, as age-keygen makes it")
	f.StringVar(&o.To, "to", "", "`folder` for the pictures")
	require(open, "identity", "to")
	return group("evidence", "Show what left the platform, and open what was preserved", list, open)
}
