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
	given(list, "log-key")

	o := app.OpenEvidenceOptions{Out: c.out}
	open := &cobra.Command{
		Use:   "open WINDOW… --identity FILE --to FOLDER",
		Short: "Decrypt preserved windows with an age identity and write their pictures",
		Long: "Open decrypts preserved windows, files or names that `vigil evidence list` prints, and\n" +
			"writes their pictures into a folder. They lie there in the clear: let that be on a disk\n" +
			"that is encrypted, of a person who may see them. Of a window that a case keeps, who\n" +
			"opens it and why (--reason) goes into the audit log first, as on the console's pages.",
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			o.Names = names
			return c.configured(func(conf app.Config) error { return app.OpenEvidence(cmd.Context(), conf, o) })
		},
	}
	f = open.Flags()
	f.StringVar(&o.Identity, "identity", "", "`file` of age identities, as age-keygen makes it")
	f.StringVar(&o.To, "to", "", "`folder` for the pictures")
	f.StringVar(&o.Reviewer, "reviewer", login(), "`name` of who opens it")
	f.StringVar(&o.Reason, "reason", "", "why, where a case keeps the window: one of the `reason`s that are told where it is missing")
	require(open, "identity", "to")
	return group("evidence", "Show what left the platform, open what was preserved, take a case out, keep and erase", list, open, c.evidenceExport(), c.evidenceVerify(), c.evidenceReproduce(),
		c.evidenceRetain(), c.evidenceHold(), c.evidenceRelease(), c.evidenceExpire(), c.evidenceErased(), c.evidenceWrap())
}

func (c *cli) evidenceExport() *cobra.Command {
	o := app.BundleOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "export CASE --to FILE",
		Short: "Write a decided case and what proves it into a bundle; that it leaves is logged",
		Long: "Export writes a ZIP that needs nothing else to be checked: the case as it was decided,\n" +
			"the decisions, their proofs in the audit log, CASE/UCO, the preserved windows as they\n" +
			"lie encrypted, and a signed manifest. With --identity the frames that the case names\n" +
			"lie in it in the clear.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Case = list[0]
			return c.configured(func(conf app.Config) error { return app.ExportEvidence(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.To, "to", "", "`file` to write, which must not be there yet")
	f.StringVar(&o.Identity, "identity", "", "`file` of age identities, to put the case's frames in as they are")
	f.StringVar(&o.Reviewer, "reviewer", login(), "`name` of who exports")
	require(cmd, "to")
	return cmd
}

func (c *cli) evidenceVerify() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Check a bundle by itself, and name the first thing that does not fit",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, list []string) error {
			return app.VerifyEvidence(list[0], key, c.out)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "verifier `key` of the audit log, as it came another way (default: that in the bundle)")
	given(cmd, "key")
	return cmd
}

func (c *cli) evidenceReproduce() *cobra.Command {
	o := app.ReproduceOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "reproduce BUNDLE",
		Short: "Repeat the matches of a bundle, and say what differs from what is stated",
		Long: "Reproduce checks a bundle as verify does, decodes and hashes its frames, and holds their\n" +
			"distance from the list's entry against the one stated. Frames are those that lie in the\n" +
			"bundle in the clear or, with --identity, those in its windows. It exits with 1 where a\n" +
			"match differs or cannot be repeated.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Bundle = list[0]
			return app.ReproduceEvidence(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Key, "key", "", "verifier `key` of the audit log, as it came another way (default: that in the bundle)")
	f.StringVar(&o.Identity, "identity", "", "`file` of age identities, to open the windows with")
	given(cmd, "key")
	return cmd
}
