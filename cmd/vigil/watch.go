package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) watch() *cobra.Command {
	o := app.WatchOptions{Send: "frames", Out: c.out, Err: c.errs}
	var one app.StreamSpec
	var metrics string
	cmd := &cobra.Command{
		Use:   "watch FILE|URL | --streams FILE | --streams-topic",
		Short: "Sample live streams into frames, or into hashes of them, with ffmpeg",
		Long: "Watch samples frames of live streams and tells their sessions: a file, HLS over http,\n" +
			"RTMP, RTSP or SRT. One stream is named on the command line and ends with its input; many\n" +
			"are named in a YAML file, which is read again when it changes, or on the topic streams\n" +
			"(see `vigil streams`). With --send hashes no picture leaves this machine.\n\n" +
			"The account is tokenised here and never sent. An e-mail address, a phone number or\n" +
			"an IBAN is one subject wherever it appears; any other account id counts only beside\n" +
			"its platform, as account ISSUER and id do in a payment.",
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if len(list) == 1 {
				if err := needs(cmd, "stream", "platform", "account"); err != nil {
					return err
				}
				if cmd.Flags().Changed("fps") && (math.IsNaN(one.FPS) || one.FPS <= 0 || one.FPS > 60) {
					return usageError{fmt.Errorf("--fps %v is not above 0 and at most 60", one.FPS)}
				}
				one.Input = list[0]
				o.Spec = &one
			}
			return c.configured(func(conf app.Config) error {
				conf.Listen = metrics
				return app.Watch(cmd.Context(), conf, o)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.File, "streams", "", "YAML `file` of the streams to watch")
	f.BoolVar(&o.Topic, "streams-topic", false, "watch what the topic streams says")
	f.StringVar(&o.Shard, "shard", "", "watch the `i/n`-th share of those streams, as in 1/3")
	f.StringVar(&o.Send, "send", o.Send, "`what` of a frame to send: frames, or hashes only")
	metricsFlag(f, &metrics)
	f.StringVar(&one.Stream, "stream", "", "the one stream's `id` at the platform")
	f.StringVar(&one.Platform, "platform", "", "`name` of the platform")
	f.StringVar(&one.Account, "account", "", "the streamer's `account`: an e-mail address, a phone number, an IBAN, or the platform's id")
	f.StringVar(&one.Country, "country", "", "where the streamer probably is, ISO 3166-1 alpha-2 `code`")
	f.Float64Var(&one.FPS, "fps", 0, "frames a `second` to sample where nothing speaks against the stream (default: the policy's, 1)")
	f.BoolVar(&one.Private, "private", false, "the stream is not open to the public")
	f.BoolVar(&one.Loop, "loop", false, "play a file again and again at its natural speed, until interrupted")
	f.BoolVar(&one.Listen, "accept", false, "wait for one sender to push to the address: RTMP or SRT")
	return cmd
}

func (c *cli) streams() *cobra.Command {
	o := app.StreamsOptions{Out: c.out}
	start := &cobra.Command{
		Use:   "start FILE",
		Short: "Tell watchers to watch the streams of a YAML file; accounts are tokenised here",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.File = list[0]
			return c.configured(func(conf app.Config) error { return app.SetStreams(cmd.Context(), conf, o) })
		},
	}
	stop := &cobra.Command{
		Use:   "stop PLATFORM STREAM",
		Short: "Tell watchers to stop watching a stream",
		Args:  args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Platform, o.Stream = list[0], list[1]
			return c.configured(func(conf app.Config) error { return app.SetStreams(cmd.Context(), conf, o) })
		},
	}
	return group("streams", "Start and stop streams on the topic that `vigil watch --streams-topic` follows", start, stop)
}
