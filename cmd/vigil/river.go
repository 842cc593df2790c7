package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) demo() *cobra.Command {
	o := app.DemoOptions{In: c.in, Out: c.out}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run everything on a small made-up world, up to an alert in a centre's inbox",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Data = c.data
			return app.Demo(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.Once, "once", false, "stop after the first alert")
	f.BoolVar(&o.Review, "review", false, "let the person at the terminal decide, in place of the stand-in")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the made-up world")
	return cmd
}

func (c *cli) run() *cobra.Command {
	var rooms []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the rooms against Kafka, or an embedded broker where none is configured",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			if len(rooms) > 0 {
				conf.Rooms = rooms
			}
			if err := conf.Validate(); err != nil {
				return usageError{err}
			}
			return app.Run(cmd.Context(), conf)
		},
	}
	cmd.Flags().StringSliceVar(&rooms, "rooms", nil, "the rooms to host: `detect,payments,correlate,review,report` (default all)")
	return cmd
}

func (c *cli) feed() *cobra.Command {
	o := app.FeedOptions{Out: c.out, Errs: c.errs}
	cmd := &cobra.Command{
		Use:   "feed FILE|-…",
		Short: "Send payments of any format into transactions",
		Long: "Send the payments of files into transactions: ISO 20022 (pacs.008, pain.001, pacs.002),\n" +
			"JSON lines and the other formats, each record as one of its own, whatever the length of\n" +
			"the file. A feed that was stopped goes on where it was when it is typed again. Bad\n" +
			"records are told by number and reason, and the rest is sent.",
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			for _, name := range files {
				source := app.OpenFile(name, c.errs)
				if name == "-" {
					source = app.Source{Name: "standard input", Once: true, Open: func() (io.ReadCloser, error) { return io.NopCloser(c.in), nil }}
				}
				o.Sources = append(o.Sources, source)
			}
			return usage(app.Feed(cmd.Context(), conf, o))
		},
	}
	f := cmd.Flags()
	formatFlags(f, &o.FileFormat)
	f.StringVar(&o.Errors, "errors", "", "write what is refused to this `FILE`: CSV if it is called .csv, else JSON lines")
	return cmd
}
