package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) hashes() *cobra.Command {
	return group("hashes", "Keep, query and share hash lists",
		c.hashesImport(), c.hashesLookup(), c.hashesList(), c.hashesRetract(), c.hashesStats(), c.hashesExport(),
		c.hashesSync(), c.hashesFeedback(), c.hashesQuarantine(), c.hashesRelease(), c.hashesServe(), c.hashesKey(), c.hashesBench())
}

const kindNames = "pdq, phash, dhash, ahash, md5, sha1 or sha256"

// configured runs f with the configuration.
func (c *cli) configured(f func(conf app.Config) error) error {
	conf, err := c.config()
	if err != nil {
		return err
	}
	return usage(f(conf))
}

// metricsFlag is for processes that run beside `vigil run`, which has the port of the
// configuration.
func metricsFlag(f *pflag.FlagSet, addr *string) {
	f.StringVar(addr, "metrics", "127.0.0.1:0", "`host:port` of metrics and health, none for none; the log says which port was free")
}

// listFlags adds the flags that change a list; the returned function tells those
// that were given.
func listFlags(f *pflag.FlagSet) func() app.ListChanges {
	var values struct {
		radius                                                int
		owner, category, severity, jurisdiction, terms, state string
		allow                                                 bool
	}
	f.IntVar(&values.radius, "radius", 0, "`bits` within which the list matches (default: the kind's)")
	f.StringVar(&values.owner, "owner", "", "`name` of who keeps the list")
	f.StringVar(&values.category, "category", "", "the owner's `class` of what is listed")
	f.StringVar(&values.severity, "severity", "", "the owner's `word` for how grave it is")
	f.StringVar(&values.jurisdiction, "jurisdiction", "", "`country` whose law the list goes by, as in ISO 3166")
	f.StringVar(&values.terms, "terms", "", "`terms` of use")
	f.StringVar(&values.state, "state", "", "`state`: live, shadow, quarantined or retired")
	f.BoolVar(&values.allow, "allow", false, "a list of known innocent pictures: its matches take out those of others")
	return func() (ch app.ListChanges) {
		if f.Changed("radius") {
			ch.Radius = &values.radius
		}
		for name, to := range map[string]**string{
			"owner": &ch.Owner, "category": &ch.Category, "severity": &ch.Severity,
			"jurisdiction": &ch.Jurisdiction, "terms": &ch.Terms, "state": &ch.State,
		} {
			if f.Changed(name) {
				value := f.Lookup(name).Value.String()
				*to = &value
			}
		}
		if f.Changed("allow") {
			ch.Allow = &values.allow
		}
		return ch
	}
}

func (c *cli) hashesImport() *cobra.Command {
	o := app.ImportOptions{Format: "auto", Out: c.out, Err: c.errs}
	cmd := &cobra.Command{
		Use:   "import --source NAME FILE…",
		Short: "Import files of hashes into a source's lists",
		Long: "Import files of hashes into a source's lists. A file is taken whole or not at all; bad\n" +
			"records are named and skipped. An import that was cut short goes on where it was when\n" +
			"it is typed again. Formats: " + app.ListFormats() + ".",
		Args: args(cobra.MinimumNArgs(1)),
	}
	f := cmd.Flags()
	f.StringVar(&o.Source, "source", "", "`name` of the lists' source")
	f.StringVar(&o.Format, "format", o.Format, "`format` of the files, or auto")
	f.StringVar(&o.Kind, "kind", "", "`kind` of hashes whose format does not say it: "+kindNames)
	f.StringSliceVar(&o.OnlyTags, "only-tag", nil, "leave out entries without this `tag`, as in category:1 of VICS, whose files hold innocent media too")
	changes := listFlags(f)
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		o.Files, o.Changes = files, changes()
		return c.configured(func(conf app.Config) error { return app.ImportHashes(cmd.Context(), conf, o) })
	}
	require(cmd, "source")
	return cmd
}

func (c *cli) hashesLookup() *cobra.Command {
	o := app.LookupOptions{Kind: "pdq", Radius: -1, Out: c.out, Err: c.errs}
	cmd := &cobra.Command{
		Use:   "lookup HASH…",
		Short: "Print every list entry near each hash",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, hashes []string) error {
			o.Hashes = hashes
			return c.configured(func(conf app.Config) error { return app.LookupHashes(conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Kind, "kind", o.Kind, "`kind` of hash: "+kindNames)
	f.IntVar(&o.Radius, "radius", o.Radius, "`bits` within which to look (default: each list's own radius)")
	return cmd
}

func (c *cli) hashesList() *cobra.Command {
	o := app.ListOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "Print the lists, or change what is said of one",
		Args:  args(cobra.MaximumNArgs(1)),
	}
	f := cmd.Flags()
	f.StringVar(&o.Kind, "kind", "", "only the list of this `kind`")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	changes := listFlags(f)
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		if len(names) > 0 {
			o.Source = names[0]
		}
		o.Changes = changes()
		return c.configured(func(conf app.Config) error { return app.Lists(cmd.Context(), conf, o) })
	}
	return cmd
}

func (c *cli) hashesRetract() *cobra.Command {
	o := app.RetractOptions{Kind: "pdq", Status: "retracted", Out: c.out}
	cmd := &cobra.Command{
		Use:   "retract --source NAME (HASH… | --ref ID…)",
		Short: "Retract or dispute entries of a source's lists",
		Args:  args(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, hashes []string) error {
			o.Hashes = hashes
			return c.configured(func(conf app.Config) error { return app.RetractHashes(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Source, "source", "", "`name` of the lists' source")
	f.StringVar(&o.Kind, "kind", o.Kind, "`kind` of the hashes: "+kindNames)
	f.StringSliceVar(&o.Refs, "ref", nil, "owner's `id` whose entries of any kind are retracted")
	f.StringVar(&o.Status, "status", o.Status, "`status` that the entries get: retracted, disputed, or listed again")
	require(cmd, "source")
	return cmd
}

func (c *cli) hashesStats() *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Print the lists, their versions and what keeping them takes", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return c.configured(func(conf app.Config) error { return app.HashStats(conf, c.out) })
		},
	}
}

func (c *cli) hashesExport() *cobra.Command {
	o := app.ExportOptions{Kind: "pdq", Format: "csv", Out: c.out}
	cmd := &cobra.Command{
		Use:   "export --source NAME",
		Short: "Write a list in one of the formats",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.ExportList(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Source, "source", "", "`name` of the list's source")
	f.StringVar(&o.Kind, "kind", o.Kind, "`kind` of the list: "+kindNames)
	f.StringVar(&o.Format, "format", o.Format, "`format`: lines, csv, vics or threatexchange")
	f.StringVar(&o.To, "to", "", "`file` to make (default: standard output)")
	f.StringSliceVar(&o.Recipients, "recipient", nil, "age `public key` to encrypt to (age1…)")
	require(cmd, "source")
	return cmd
}

func (c *cli) hashesSync() *cobra.Command {
	return &cobra.Command{
		Use:   "sync [SOURCE…]",
		Short: "Bring lists into step with their owners now",
		Args:  args(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, sources []string) error {
			return c.configured(func(conf app.Config) error { return app.SyncLists(cmd.Context(), conf, sources, c.out) })
		},
	}
}

func (c *cli) hashesFeedback() *cobra.Command {
	o := app.FeedbackOptions{Kind: "pdq"}
	cmd := &cobra.Command{
		Use:   "feedback --source NAME --ref ID --verdict VERDICT",
		Short: "Tell a list's owner what came of an entry",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error { return app.SendFeedback(cmd.Context(), conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Source, "source", "", "`name` of the list's source")
	f.StringVar(&o.Kind, "kind", o.Kind, "`kind` of the hash: "+kindNames)
	f.StringVar(&o.Ref, "ref", "", "owner's `id` of the entry")
	f.StringVar(&o.Hash, "hash", "", "the entry's `hash`, for owners who want it")
	f.StringVar(&o.Verdict, "verdict", "", "`verdict`: affirmed or disputed")
	f.StringVar(&o.Reason, "reason", "", "`reason`, from the owner's list of them")
	require(cmd, "source", "ref", "verdict")
	return cmd
}

func (c *cli) hashesServe() *cobra.Command {
	var listen, metrics string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve look-ups over HTTP to those who have a key",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.configured(func(conf app.Config) error {
				conf.Listen = metrics
				return app.ServeLookups(cmd.Context(), conf, listen)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:9620", "`host:port`; put TLS in front where others can reach it")
	metricsFlag(cmd.Flags(), &metrics)
	return cmd
}

func (c *cli) hashesKey() *cobra.Command {
	o := app.KeyOptions{Out: c.out}
	cmd := &cobra.Command{
		Use:   "key --name NAME",
		Short: "Make a key for the look-up service and print it once",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return c.configured(func(conf app.Config) error { return app.NewLookupKey(conf, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Name, "name", "", "`name` of who gets it")
	f.IntVar(&o.PerMinute, "per-minute", 6000, "`hashes` that it may look up in a minute")
	f.IntVar(&o.PerDay, "per-day", 1_000_000, "`hashes` that it may look up in a day")
	f.BoolVar(&o.SeeHash, "see-hash", false, "answers give the list's own hash")
	f.BoolVar(&o.SeeShadow, "see-shadow", false, "answers give matches of shadow lists too")
	require(cmd, "name")
	return cmd
}

func (c *cli) hashesBench() *cobra.Command {
	o := app.BenchOptions{N: 1_000_000, Radius: 31, Out: c.out}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure look-ups among uniform hashes beside a plain scan",
		Args:  args(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return usage(app.BenchLists(o)) },
	}
	f := cmd.Flags()
	f.IntVar(&o.N, "n", o.N, "`number` of entries")
	f.IntVar(&o.Radius, "radius", o.Radius, "`bits` within which to look")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	f.StringVar(&o.Dir, "dir", "", "`folder` for the segment (default: the system's temporary one)")
	return cmd
}
