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

func (c *cli) inboxServe() *cobra.Command {
	var o app.ServeInboxOptions
	cmd := &cobra.Command{
		Use:   "serve --centre XX --keys FOLDER --log-key KEY {--brokers HOST:PORT | --from FILE|FOLDER}",
		Short: "Run a centre's own inbox, pages included; it needs no other part of Vigil and no configuration",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Desk.Data, o.Brokers = c.data, c.brokers
			return usage(app.ServeInbox(cmd.Context(), o))
		},
	}
	f := cmd.Flags()
	c.deskFlags(f, &o.Desk)
	f.StringVar(&o.Prefix, "prefix", "vigil.", "`prefix` of the sender's topics")
	f.StringVar(&o.From, "from", "", "`file` or folder of alerts to follow, in place of brokers")
	f.StringVar(&o.Receipts, "receipts", "", "`folder` for receipts, where --from is the folder of a file drop")
	f.StringVar(&o.Outcomes, "outcomes", "", "`folder` for what you say came of alerts, a file each (default: the topic receipts; from files, outcomes in the inbox's folder)")
	f.StringVar(&o.Known, "known", "", "`file` of identifiers that you have, made by vigil inbox blind, followed while it changes")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:9670", "`host:port` of the pages; beyond loopback only with --openid, behind a proxy that speaks https")
	f.StringVar(&o.OpenID, "openid", "", "`file` that says with which OpenID provider people sign in, and which of its groups have which role (docs/inbox.md)")
	f.StringVar(&o.Zone, "zone", "UTC", "time `zone` of the centre, as Asia/Manila, beside UTC")
	require(cmd, "centre", "keys")
	return cmd
}

func (c *cli) inboxExport() *cobra.Command {
	var o app.DeskOptions
	var format string
	who := login()
	cmd := &cobra.Command{
		Use:   "export ALERT --centre XX --keys FOLDER --log-key KEY --format case-uco|vics",
		Short: "Print an alert of the inbox in another form; the journal notes who took it",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Data = c.data
			return usage(app.InboxExport(cmd.Context(), o, list[0], format, who, c.out))
		},
	}
	f := cmd.Flags()
	c.deskFlags(f, &o)
	f.StringVar(&format, "format", "", "`format`: case-uco or vics")
	f.StringVar(&who, "officer", who, "`name` of who takes it")
	require(cmd, "centre", "keys", "format")
	return cmd
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
