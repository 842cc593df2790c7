package main

import (
	"github.com/spf13/cobra"

	"github.com/vigil-stream/vigil/internal/app"
)

func (c *cli) hash() *cobra.Command {
	o := app.HashOptions{Kind: "pdq", Out: c.out, Err: c.errs}
	mode := "512"
	cmd := &cobra.Command{
		Use:   "hash FILE…",
		Short: "Print `<hash> <quality> <file>` for each picture",
		Long: "Print `<hash> <quality> <file>` for each file: JPEG, PNG, WebP, binary PGM or PPM,\n" +
			"and anything for md5, sha1 and sha256. The quality is pdq's, 0 to 100, or \"-\".",
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			o.Files = files
			if cmd.Flags().Changed("mode") {
				o.Mode = mode
			}
			return usage(app.Hash(cmd.Context(), o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Kind, "kind", o.Kind, "`kind` of hash: pdq, phash, dhash, ahash, md5, sha1 or sha256")
	f.StringVar(&mode, "mode", mode, "pdq's `mode`: 512 as the C++ reference, or full as pdqhash and python-threatexchange")
	f.BoolVar(&o.Dihedral, "dihedral", false, "print pdq of the picture as it is, rot90, rot180, rot270, flipx, flipy,\nflipplus1 and flipminus1, a line each")
	return cmd
}
