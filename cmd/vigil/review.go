package main

import (
	"os/user"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) review() *cobra.Command {
	return group("review", "List, read and decide cases", c.reviewList(), c.reviewShow(), c.reviewDecide(), c.reviewUndo(), c.reviewMigrate(), c.reviewGolden())
}

func (c *cli) reviewList() *cobra.Command {
	state := "open"
	cmd := &cobra.Command{
		Use: "list", Short: "Print the cases, the most probable first", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return usage(app.ListCases(cmd.Context(), conf, state, c.out))
		},
	}
	cmd.Flags().StringVar(&state, "state", state, "only cases in this `state`, or all")
	return cmd
}

func (c *cli) reviewMigrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Make the case store's tables, or bring them to this version",
		Long: "Migrate opens the case store as `vigil run` does and does nothing else. It is for a\n" +
			"database in which the role that runs may make no tables: run it as the one that owns\n" +
			"them, before a new version of Vigil starts.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return usage(app.MigrateStore(cmd.Context(), conf, c.out))
		},
	}
}

func (c *cli) reviewShow() *cobra.Command {
	var viewer string
	cmd := &cobra.Command{
		Use: "show CASE", Short: "Print a case with its explanation; the view is logged", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return usage(app.ShowCase(cmd.Context(), conf, list[0], viewer, c.out))
		},
	}
	cmd.Flags().StringVar(&viewer, "reviewer", login(), "`name` of who looks")
	return cmd
}

func (c *cli) reviewDecide() *cobra.Command {
	var o app.DecideOptions
	cmd := &cobra.Command{
		Use:   "decide CASE --digest DIGEST --verdict confirm|dismiss --reason REASON",
		Short: "Decide a case as it was seen",
		Long: "Decide binds to the digest that `vigil review show` printed: where the case has\n" +
			"changed since, nothing is decided and it has to be read again. A confirmation takes\n" +
			"two persons unless the policy takes one: the first one's is kept until another\n" +
			"confirms the same. --danger confirms alone, and says why it cannot wait.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			o.Case = list[0]
			return usage(app.DecideCase(cmd.Context(), conf, o, c.out))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Digest, "digest", "", "`digest` of the case as it was seen")
	f.StringVar(&o.Verdict, "verdict", "", "confirm or dismiss")
	f.StringVar(&o.Reason, "reason", "", "a `reason` from the list that an unknown one prints")
	f.StringVar(&o.Note, "note", "", "free `text` for colleagues; it stays in the case store")
	f.StringVar(&o.Danger, "danger", "", "the danger, in `words`, that cannot wait for a second person")
	f.StringVar(&o.Action, "action", "", "what the platform is asked for: suspend, interrupt, warn, preserve or none (default by the reason)")
	f.StringVar(&o.Reviewer, "reviewer", login(), "`name` of who decides")
	require(cmd, "digest", "verdict", "reason")
	return cmd
}

func (c *cli) reviewUndo() *cobra.Command {
	var reviewer string
	cmd := &cobra.Command{
		Use: "undo CASE", Short: "Take back what you said last of a case, while nothing of it has left", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return usage(app.UndoCase(cmd.Context(), conf, list[0], reviewer, c.out))
		},
	}
	cmd.Flags().StringVar(&reviewer, "reviewer", login(), "`name` of who takes it back")
	return cmd
}

// login is the name of the person at the terminal, as far as the system knows.
func login() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

func (c *cli) reviewGolden() *cobra.Command {
	var reviewer string
	cmd := &cobra.Command{
		Use: "golden FILE", Short: "Load golden cases: made up, with a known right answer, mixed in among the others",
		Long: "Golden takes a file of JSON lines, a case a line:\n\n" +
			`  {"id": "g1", "answer": "dismiss", "why": "a film trailer", "case": {…as correlate publishes it…}}` + "\n\n" +
			"All in them is made up or rendered. Nothing of them is decided, told to a centre or acted on.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return c.configured(func(conf app.Config) error {
				return app.LoadGolden(cmd.Context(), conf, list[0], reviewer, c.out)
			})
		},
	}
	cmd.Flags().StringVar(&reviewer, "reviewer", login(), "`name` of the supervisor")
	return cmd
}
