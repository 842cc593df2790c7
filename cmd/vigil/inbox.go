package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vigil-stream/vigil/internal/app"
)

// deskFlags are what every command on a centre's own inbox takes.
func (c *cli) deskFlags(f *pflag.FlagSet, o *app.DeskOptions) {
	f.StringVar(&o.Centre, "centre", "", "the centre's `id`, as in the sender's directory of centres")
	f.StringVar(&o.Keys, "keys", "", "`folder` of the centre's keys, made by vigil inbox key")
	f.StringSliceVar(&o.LogKeys, "log-key", nil, "pinned verifier `key` of a sender's audit log, or a file of it; may be given again")
	f.StringVar(&o.BlindKey, "blind-key", "", "`file` of the key under which identifiers are compared (default: blind.key in the inbox's folder)")
	f.BoolVar(&o.SealedOnly, "sealed-only", false, "refuse records that their sender did not sign")
}

func (c *cli) inboxTake() *cobra.Command {
	var o app.DeskOptions
	var from string
	cmd := &cobra.Command{
		Use:   "take --centre XX --keys FOLDER --log-key KEY [--from FILE|FOLDER]",
		Short: "Take records into a centre's own inbox once, without a page, and print what waits, the most urgent first",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Data = c.data
			return usage(app.InboxTake(cmd.Context(), o, from, c.out))
		},
	}
	c.deskFlags(cmd.Flags(), &o)
	cmd.Flags().StringVar(&from, "from", "", "`file` or folder of alerts: JSON, signed envelopes, JSON lines of these, or encrypted with age")
	require(cmd, "centre", "keys")
	return cmd
}

func (c *cli) inboxBlind() *cobra.Command {
	var key string
	var bare bool
	cmd := &cobra.Command{
		Use:   "blind --key FILE < identifiers.csv > known.blind",
		Short: "Blind identifiers under a key, made where it is not there: columns kind, holder, value, label",
		Args:  args(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return app.InboxBlind(key, !bare, c.in, c.out) },
	}
	cmd.Flags().StringVar(&key, "key", "", "`file` of the blinding key")
	cmd.Flags().BoolVar(&bare, "no-labels", false, "leave labels out, for another centre")
	require(cmd, "key")
	return cmd
}

func (c *cli) inboxCompare() *cobra.Command {
	return &cobra.Command{
		Use:   "compare OURS THEIRS",
		Short: "Print what two sets that were blinded under one key have both",
		Args:  args(cobra.ExactArgs(2)),
		RunE:  func(_ *cobra.Command, list []string) error { return app.InboxCompare(list[0], list[1], c.out) },
	}
}
