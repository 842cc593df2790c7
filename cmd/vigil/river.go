package main

import (
	"io"
	"os"

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
	return &cobra.Command{
		Use:   "feed FILE|-…",
		Short: "Send payments, pacs.008 or JSON lines, into transactions",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			sources := make([]app.Source, len(files))
			for i, name := range files {
				sources[i] = app.Source{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }}
				if name == "-" {
					sources[i] = app.Source{Name: "standard input", Open: func() (io.ReadCloser, error) { return io.NopCloser(c.in), nil }}
				}
			}
			return app.Feed(cmd.Context(), conf, sources, c.out, c.errs)
		},
	}
}
