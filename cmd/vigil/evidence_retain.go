package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) evidenceRetain() *cobra.Command {
	return &cobra.Command{
		Use:   "retain [CASE]",
		Short: "Print until when the windows of closed cases are kept, and why",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return c.configured(func(conf app.Config) error { return app.RetainedEvidence(cmd.Context(), conf, first(list), c.out) })
		},
	}
}

func (c *cli) evidenceHold() *cobra.Command {
	return c.holdCommand("hold", "Put a case under a legal hold: nothing of it is erased until it is lifted", false)
}

func (c *cli) evidenceRelease() *cobra.Command {
	return c.holdCommand("release", "Lift the legal hold of a case", true)
}

func (c *cli) holdCommand(name, short string, lift bool) *cobra.Command {
	o := app.HoldOptions{Lift: lift, Out: c.out}
	cmd := &cobra.Command{
		Use:   name + " CASE --reason TEXT",
		Short: short,
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Case = list[0]
			return c.configured(func(conf app.Config) error { return app.HoldEvidence(cmd.Context(), conf, o) })
		},
	}
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why, in `words`; they stay in the case store")
	cmd.Flags().StringVar(&o.Reviewer, "reviewer", login(), "`name` of the supervisor")
	require(cmd, "reason")
	return cmd
}

func (c *cli) evidenceExpire() *cobra.Command {
	return &cobra.Command{
		Use:   "expire",
		Short: "Destroy now the keys of windows whose time is over, as `vigil run` does every hour",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.ExpireEvidence(cmd.Context(), conf, c.out) })
		},
	}
}

func (c *cli) evidenceErased() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "erased [CASE]",
		Short: "Print the certificates of what was erased, each held against the audit log",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return c.configured(func(conf app.Config) error {
				return app.ErasedEvidence(cmd.Context(), conf, first(list), key, c.out)
			})
		},
	}
	cmd.Flags().StringVar(&key, "log-key", "", "verifier `key` of the audit log (default: this deployment's own)")
	given(cmd, "log-key")
	return cmd
}

// first is the first of some arguments, or empty.
func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (c *cli) evidenceWrap() *cobra.Command {
	o := app.WrapOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "wrap --identity FILE --kms URL --to FILE",
		Short: "Wrap a reader's identities with a key of a key-management service",
		Long: "Wrap writes a file that stands wherever --identity takes one, and opens only for who may\n" +
			"use the key: awskms:///KEY?region=REGION, with the credentials that AWS's tools find.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return app.WrapIdentity(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Identity, "identity", "", "`file` of age identities, as age-keygen makes it")
	f.StringVar(&o.KMS, "kms", "", "`URL` of the key")
	f.StringVar(&o.To, "to", "", "`file` to write, which must not be there yet")
	require(cmd, "identity", "kms", "to")
	return cmd
}
