// Command vigil watches live streams and payments for signs of live-streamed
// child sexual abuse and brings what a person confirms to the reporting centre
// in charge. This package owns flags, subcommands and exit codes, and nothing
// else: internal/app does the work.
//
// Exit codes: 0 done; 1 failed, or some of the input was refused; 2 wrong usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the process at once: an open that waits, as of a pipe that
	// nobody writes, hears of no context.
	context.AfterFunc(ctx, stop)
	root := newRoot(os.Stdin, os.Stdout, os.Stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(os.Stderr, "vigil: %v\nSee 'vigil help'.\n", err)
		return 2
	default:
		_, _ = fmt.Fprintf(os.Stderr, "vigil: %v\n", err)
		return 1
	}
}

// A usageError is the caller's: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// A cli holds what the subcommands share.
type cli struct {
	in         io.Reader
	out, errs  io.Writer
	configFile string
	data       string
	brokers    []string
}

func newRoot(in io.Reader, out, errs io.Writer) *cobra.Command {
	c := &cli{in: in, out: out, errs: errs}
	root := &cobra.Command{
		Use:   "vigil",
		Short: "From live streams and payments to a reporting centre's queue, with a person in between",
		Long: "Vigil matches live video frames against perceptual-hash lists, correlates them with\n" +
			"payment patterns and users' flags, puts an explained case before a human reviewer,\n" +
			"and delivers what the reviewer confirms to the reporting centre in charge.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	p := root.PersistentFlags()
	p.StringVar(&c.configFile, "config", "", "configuration `file` (default vigil.yaml, if there is one)")
	p.StringVar(&c.data, "data", "", "`folder` of keys, lists, cases, audit log and state (overrides the configuration)")
	p.StringSliceVar(&c.brokers, "brokers", nil, "Kafka brokers, `host:port,…` (overrides the configuration)")
	root.AddCommand(
		c.demo(), c.run(), c.watch(), c.streams(), c.intake(), c.feed(), c.payments(),
		c.hash(), c.hashes(), c.review(), c.platforms(), c.report(), c.inbox(), c.evidence(), c.audit(), c.topics(),
		c.simulate(), c.evaluate(),
		&cobra.Command{
			Use: "version", Short: "Print the version", Args: args(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error { return app.Version(out) },
		},
	)
	return root
}

// config loads the configuration and lays the flags over it.
func (c *cli) config() (app.Config, error) {
	conf, err := app.LoadConfig(c.configFile, c.data)
	if err != nil {
		return conf, usageError{err}
	}
	if len(c.brokers) > 0 {
		conf.Brokers = c.brokers
	}
	return conf, nil
}

// args makes a wrong number of arguments a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if err := check(cmd, list); err != nil {
			return usageError{fmt.Errorf("%s: %w", cmd.CommandPath(), err)}
		}
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return usageError{fmt.Errorf("%s needs one of its subcommands: see 'vigil help %s'", cmd.CommandPath(), use)}
	}}
	g.AddCommand(children...)
	return g
}

// require makes empty flags that have no sensible default a usage error, all of
// them at once.
func require(cmd *cobra.Command, names ...string) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		if err := needs(cmd, names...); err != nil {
			return err
		}
		return run(cmd, list)
	}
}

// needs refuses a command line that leaves out one of the named flags.
func needs(cmd *cobra.Command, names ...string) error {
	var missing []string
	for _, name := range names {
		if cmd.Flag(name).Value.String() == "" {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return usageError{fmt.Errorf("%s needs %s", cmd.CommandPath(), strings.Join(missing, ", "))}
	}
	return nil
}

// given refuses flags that are given and empty: a key in a file that the shell did not find
// must not count as no key asked for.
func given(cmd *cobra.Command, names ...string) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		for _, name := range names {
			if f := cmd.Flag(name); f.Changed && f.Value.String() == "" {
				return usageError{fmt.Errorf("--%s is given and empty; leave it out for its default", name)}
			}
		}
		return run(cmd, list)
	}
}

// usage turns a fault of the command line that app found into a usageError.
func usage(err error) error {
	if errors.Is(err, app.ErrUsage) {
		return usageError{err}
	}
	return err
}
