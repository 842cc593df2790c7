package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) inbox() *cobra.Command {
	o := app.InboxOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "inbox --centre XX",
		Short: "Read a reporting centre's queue: open each record, check it and print it",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return usage(app.Inbox(cmd.Context(), conf, o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Centre, "centre", "", "the centre's `id`, as in the directory of centres")
	f.StringVar(&o.LogKey, "log-key", "", "verifier `key` of the audit log (default: this deployment's own)")
	f.StringVar(&o.Identity, "identity", "", "`file` of the centre's age identities (default: those of a centre that this deployment plays itself)")
	f.StringVar(&o.Attachments, "attachments", "", "`folder` to write frames into that came with alerts, by their SHA-256; none is shown")
	f.BoolVar(&o.JSON, "json", false, "print the alerts as JSON lines")
	f.BoolVar(&o.Follow, "follow", false, "go on with what arrives, until interrupted")
	require(cmd, "centre")
	cmd.AddCommand(c.inboxKey(), c.inboxServe(), c.inboxExport(), c.inboxSchema(), c.inboxTake(), c.inboxBlind(), c.inboxCompare())
	return cmd
}

func (c *cli) inboxSchema() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:       "schema [NAME…] [--to FOLDER]",
		Short:     "Print JSON Schemas of what centres read and write: " + strings.Join(app.InboxSchemaNames(), ", "),
		ValidArgs: app.InboxSchemaNames(),
		RunE: func(_ *cobra.Command, names []string) error {
			return usage(app.InboxSchemas(names, to, c.out))
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`folder` to write them into, where they find one another")
	return cmd
}

func (c *cli) inboxKey() *cobra.Command {
	o := app.InboxKeyOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "key --centre XX --to FOLDER",
		Short: "Make a centre's keys: an age identity to open alerts with, and a key that signs outcomes",
		Args:  args(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return usage(app.InboxKey(o)) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Centre, "centre", "", "the centre's `id`, as in the sender's directory of centres")
	f.StringVar(&o.To, "to", "", "`folder` for the keys, made if it is not there")
	f.BoolVar(&o.PostQuantum, "post-quantum", false, "a hybrid key, safe from quantum computers as well; the sender's and the centre's tools must know age 1.3")
	require(cmd, "centre", "to")
	return cmd
}

func (c *cli) audit() *cobra.Command {
	var o app.VerifyOptions
	o.Out = c.out
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check the audit log offline and name the first entry that is wrong",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return app.VerifyAudit(cmd.Context(), conf, o)
		},
	}
	f := verify.Flags()
	f.StringVar(&o.Dir, "log", "", "`folder` of the log (default: this deployment's own)")
	f.StringVar(&o.Key, "log-key", "", "verifier `key` of the log (default: this deployment's own)")
	f.StringVar(&o.Previous, "previous", "", "`file` of an earlier checkpoint that the log must be consistent with")
	given(verify, "log-key", "previous")
	return group("audit", "Check the append-only log", verify)
}

func (c *cli) topics() *cobra.Command {
	return group("topics", "Make the topics", &cobra.Command{
		Use: "create", Short: "Make the topics with their settings, where they are missing", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return app.CreateTopics(cmd.Context(), conf, c.out)
		},
	})
}
