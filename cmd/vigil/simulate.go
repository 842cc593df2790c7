package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) simulate() *cobra.Command {
	o := app.SimulateOptions{Stdout: c.out, Stderr: c.errs}
	cmd := &cobra.Command{
		Use:   "simulate --out DIR",
		Short: "Write a labelled world of made-up people: payments, sessions, hashes, flags, scores",
		Long: "Write a world to measure on: a few networks that pay for commissioned streams, and a\n" +
			"thousand times as many innocent people, among them all who look alike. The labels\n" +
			"are in DIR/labels, and nothing else says who is who. The same seed, size and knobs\n" +
			"give the same bytes. --knobs prints every assumption with its source.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage(app.Simulate(cmd.Context(), c.config, o))
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the world")
	f.IntVar(&o.People, "people", 20_000, "people in it")
	f.IntVar(&o.Days, "days", 90, "days it lasts")
	f.StringVar(&o.Start, "start", "", "first `day` (default 2026-02-02, with --feed so long ago that it ends today)")
	f.StringVar(&o.Out, "out", "", "`folder` to write, new or empty")
	f.StringVar(&o.KnobFile, "knob-file", "", "`file` of knobs, one `name: value` a line")
	f.StringArrayVar(&o.Set, "set", nil, "turn a knob: `name=value`, as often as you like")
	f.BoolVar(&o.PrintKnobs, "knobs", false, "print the knobs with their sources, and make nothing")
	f.BoolVar(&o.Feed, "feed", false, "then play it into the topics; import its lists first")
	f.Float64Var(&o.Speed, "speed", 0, "with --feed: event time over the clock's, 0 is as fast as it goes")
	return cmd
}
