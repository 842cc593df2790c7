package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) hashesQuarantine() *cobra.Command {
	o := app.QuarantineOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: "Print the entries that match in too many streams and are held back",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.ListQuarantines(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.All, "all", false, "also those on which a person has decided")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	return cmd
}

func (c *cli) hashesRelease() *cobra.Command {
	o := app.VerdictOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "release LIST ENTRY",
		Short: "Decide on an entry that is held back: pass on what was held, or drop it",
		Long: "Release passes on all that was held of an entry, which is then not held back again for\n" +
			"a while. With --wrong it drops what was held, and what comes, since the entry is a\n" +
			"mistake: tell the list's owner, and retract it with `vigil hashes retract`.",
		Args: args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.List, o.Entry = list[0], list[1]
			return c.configured(func(conf app.Config) error { return app.DecideQuarantine(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.Wrong, "wrong", false, "the entry is wrong: drop its matches")
	f.StringVar(&o.By, "by", "", "`id` of who decides, as in the audit log")
	f.StringVar(&o.Reason, "reason", "", "`why`, in a few words")
	f.DurationVar(&o.Exempt, "exempt", 7*24*time.Hour, "for how `long` it is not held back again")
	require(cmd, "by", "reason")
	return cmd
}
