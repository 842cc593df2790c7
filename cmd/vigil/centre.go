package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) inbox() *cobra.Command {
	o := app.InboxOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "inbox --centre XX",
		Short: "Read a reporting centre's queue: check each alert and print it",
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
	f.StringVar(&o.Centre, "centre", "", "the centre's `id`, as in the jurisdiction table")
	f.StringVar(&o.LogKey, "log-key", "", "verifier `key` of the audit log (default: this deployment's own)")
	f.BoolVar(&o.JSON, "json", false, "print the alerts as JSON lines")
	f.BoolVar(&o.Follow, "follow", false, "go on with what arrives, until interrupted")
	require(cmd, "centre")
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
