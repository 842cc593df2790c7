package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/vigil-stream/vigil/internal/app"
)

// formatFlags say how files hold payments, the same for every command that reads them.
func formatFlags(f *pflag.FlagSet, o *app.FileFormat) {
	f.StringVar(&o.Format, "format", "auto", "how the files hold payments: `NAME` is auto or one of "+strings.Join(app.FeedFormats(), ", "))
	f.StringVar(&o.Columns, "columns", "", "the files are CSV, whose columns mean what this `FILE` says")
	f.BoolVar(&o.Cards, "cards", false, "the files are ISO 8583, messages behind their lengths; needs --institution and --as-of")
	f.StringVar(&o.Institution, "institution", "", "cards: `NAME` of their issuer, as a BIC")
	f.StringVar(&o.AsOf, "as-of", "", "cards: `TIME` at which the file was made, as 2026-01-31T06:00:00Z; messages have no year")
	f.StringVar(&o.Encoding, "encoding", "auto", "cards: `ascii|binary`; auto goes by the file's beginning")
	f.IntVar(&o.Header, "header", 0, "cards: `bytes` of each message's length, 2 or 4; 0 goes by the file's beginning")
	f.StringVar(&o.Names, "names", "25-13-2", "cards: `LAYOUT` of field 43, the merchant: 25-13-2, 22-13-3 or 23-13-2-2")
}
