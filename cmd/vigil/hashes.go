package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) hashes() *cobra.Command {
	return group("hashes", "Keep and query hash lists", c.hashesImport(), c.hashesLookup(), &cobra.Command{
		Use: "stats", Short: "Print the lists, their sizes and versions", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return app.HashStats(conf, c.out)
		},
	})
}

func (c *cli) hashesImport() *cobra.Command {
	o := app.ImportOptions{Kind: "pdq", Out: c.out, Err: c.errs}
	cmd := &cobra.Command{
		Use:   "import --source NAME FILE…",
		Short: "Import files of hashes, one in hex a line, into a source's list",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			o.Files = files
			return usage(app.ImportHashes(cmd.Context(), conf, o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Source, "source", "", "`name` of the list's owner")
	f.StringVar(&o.Kind, "kind", o.Kind, "`kind` of hash: pdq, phash, dhash or ahash")
	f.IntVar(&o.Radius, "radius", 0, "`bits` within which the list matches (default: the kind's)")
	require(cmd, "source")
	return cmd
}

func (c *cli) hashesLookup() *cobra.Command {
	kind, radius := "pdq", -1
	cmd := &cobra.Command{
		Use:   "lookup HASH…",
		Short: "Print every list entry near each hash",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, hashes []string) error {
			conf, err := c.config()
			if err != nil {
				return err
			}
			return usage(app.LookupHashes(conf, kind, radius, hashes, c.out, c.errs))
		},
	}
	f := cmd.Flags()
	f.StringVar(&kind, "kind", kind, "`kind` of hash: pdq, phash, dhash or ahash")
	f.IntVar(&radius, "radius", radius, "`bits` within which to look (default: each list's own radius)")
	return cmd
}
