package main

import (
	"fmt"
	"io"
	"math"
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

func (c *cli) watch() *cobra.Command {
	o := app.WatchOptions{Out: c.out, Err: c.errs}
	cmd := &cobra.Command{
		Use:   "watch FILE|URL",
		Short: "Sample a file, an HLS playlist or an RTMP address into frames, with ffmpeg",
		Long: "Watch samples frames of a live stream and tells its start and end.\n\n" +
			"The account is tokenised here and never sent. An e-mail address, a phone number or\n" +
			"an IBAN is one subject wherever it appears; any other account id counts only beside\n" +
			"its platform, as account ISSUER and id do in a payment.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			if math.IsNaN(o.FPS) || o.FPS <= 0 || o.FPS > 60 {
				return usageError{fmt.Errorf("--fps %v is not above 0 and at most 60", o.FPS)}
			}
			o.Input = list[0]
			return app.Watch(cmd.Context(), conf, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Stream, "stream", "", "the stream's `id` at the platform")
	f.StringVar(&o.Platform, "platform", "", "`name` of the platform")
	f.StringVar(&o.Account, "account", "", "the streamer's `account`: an e-mail address, a phone number, an IBAN, or the platform's id")
	f.StringVar(&o.Country, "country", "", "where the streamer probably is, ISO 3166-1 alpha-2 `code`")
	f.Float64Var(&o.FPS, "fps", 1, "frames a second to sample")
	f.BoolVar(&o.Private, "private", false, "the stream is not open to the public")
	f.BoolVar(&o.Loop, "loop", false, "play a file again and again at its natural speed, until interrupted")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`host:port` of metrics and health, none for none; the log says which port was free")
	require(cmd, "stream", "platform", "account")
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
