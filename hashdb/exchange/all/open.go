package all

import (
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/arachnid"
	"github.com/vigil-stream/vigil/hashdb/exchange/folder"
	"github.com/vigil-stream/vigil/hashdb/exchange/ncmec"
	"github.com/vigil-stream/vigil/hashdb/exchange/stopncii"
	"github.com/vigil-stream/vigil/hashdb/exchange/threatexchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/web"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

const day = 24 * time.Hour

// source opens an exchange that hands out lists. What is wrong with the secrets, s
// tells.
func (o Opener) source(c exchange.SourceConfig, s *secrets, report func(error)) (exchange.Source, error) {
	r := c.Options.Reader()
	switch c.Exchange {
	case "ncmec":
		opts := ncmec.Options{
			Client: o.client(c), User: s.need("user"), Password: s.need("password"), Report: report,
			Since:      r.Time("since", time.Time{}),
			Window:     r.Duration("window", 0, time.Second, 365*day),
			Margin:     r.Duration("margin", 0, time.Second, day),
			MaxRecords: r.Number("records", 0, 1, 1_000_000),
		}
		return opened(r, s, opts, ncmec.New)
	case "stopncii":
		opts := stopncii.Options{
			Client: o.client(c), Subscription: s.need("subscription_key"), Fetch: s.need("fetch_key"), Submit: s.may("submit_key"),
			Report: report, PageSize: r.Number("page_size", 0, 1, 1000),
		}
		return opened(r, s, opts, stopncii.New)
	case "threatexchange":
		opts := threatexchange.Options{
			Client: o.client(c), Token: s.need("token"), Bad: report, Known: o.known(c.Source),
			Group: r.Text("group", ""), Types: r.Words("types"), PageSize: r.Number("page_size", 0, 1, 1000),
			MaxLoss: share(r),
		}
		return opened(r, s, opts, threatexchange.New)
	case "web":
		opts := web.Options{
			Client: o.client(c), User: s.may("user"), Password: s.may("password"), Token: s.may("token"),
			Format: format(r), Kind: kind(r), MaxLoss: share(r), Known: o.known(c.Source), TempDir: o.TempDir,
		}
		if r.Text("skip_bad", "false", "true", "false") == "true" {
			opts.Bad = report
		}
		return opened(r, s, opts, web.New)
	case "folder":
		opts := folder.Options{
			Path: c.Path, Format: format(r), Kind: kind(r), Now: o.Now, Report: report,
			Still: r.Duration("still", 0, time.Second, day),
		}
		return opened(r, s, opts, folder.New)
	case "arachnid":
		return nil, errors.New("it answers look-ups and hands out no list")
	}
	return nil, fmt.Errorf("it is not one of %q", exchange.Exchanges())
}

// matcher opens an exchange that answers look-ups.
func (o Opener) matcher(c exchange.SourceConfig, s *secrets) (exchange.RemoteMatcher, error) {
	if c.Exchange != "arachnid" {
		return nil, errors.New("it answers no look-ups")
	}
	r := c.Options.Reader()
	opts := arachnid.Options{Client: o.client(c), User: s.need("user"), Password: s.need("password"), Batch: r.Number("batch", 0, 1, 1000)}
	if err := r.Err(); err != nil || len(s.faults) > 0 {
		return nil, err
	}
	return arachnid.New(opts)
}

// opened makes the source when options and secrets are as they should be.
func opened[O any, S exchange.Source](r *exchange.OptionReader, s *secrets, opts O, open func(O) (S, error)) (exchange.Source, error) {
	if err := r.Err(); err != nil || len(s.faults) > 0 {
		return nil, err
	}
	source, err := open(opts)
	if err != nil {
		return nil, err
	}
	return source, nil
}

// share reads how much of a list may vanish at once.
func share(r *exchange.OptionReader) float64 { return float64(r.Number("max_loss", 0, 1, 100)) / 100 }

func format(r *exchange.OptionReader) formats.Format {
	words := []string{string(formats.Auto)}
	for _, f := range formats.Names() {
		words = append(words, string(f))
	}
	return formats.Format(r.Text("format", string(formats.Auto), words...))
}

func kind(r *exchange.OptionReader) hashdb.Kind {
	var words []string
	for _, k := range hashdb.Kinds() {
		words = append(words, k.String())
	}
	k, err := hashdb.ParseKind(r.Text("kind", "", words...))
	if err != nil {
		return 0 // Not given, or told by the reader.
	}
	return k
}
