package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/payments/rates"
)

func (c *Config) rateOptions() rates.Options {
	return rates.Options{Base: c.BaseCurrency, Days: c.RatesDays}
}

// countedRates counts the amounts that could not be converted, so that whoever runs
// the deployment sees that its rules of amounts abstain, and for which currency.
type countedRates struct {
	file    *rates.File
	without *prometheus.CounterVec
}

// newRates reads the deployment's rates, and makes metrics of them.
func (c *Config) newRates(reg prometheus.Registerer) (*countedRates, error) {
	file, err := rates.Open(c.Rates, c.rateOptions())
	if err != nil {
		return nil, err
	}
	r := &countedRates{file: file, without: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_payments_without_rate_total", Help: "Payments of which rules of amounts know nothing, since there is no rate of their day.",
	}, []string{"currency"})}
	reg.MustRegister(r.without, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "vigil_payments_newest_rate_timestamp_seconds", Help: "Date of the newest rate; 0 where there is none.",
	}, func() float64 {
		if newest := file.Table().Newest(); !newest.IsZero() {
			return float64(newest.Unix())
		}
		return 0
	}))
	return r, nil
}

// Base implements split.Rates.
func (r *countedRates) Base(minor int64, currency string, at time.Time) (int64, bool) {
	base, ok := r.file.Base(minor, currency, at)
	if !ok {
		r.without.WithLabelValues(currency).Inc() // Of ISO 4217, so there are few.
	}
	return base, ok
}

// ratesEvery is how long a change of the file of rates may go unseen.
const ratesEvery = time.Minute

// follow reads the rates again when the file changes, until ctx ends. A bad file is
// reported, and leaves the rates as they were.
func (r *countedRates) follow(ctx context.Context, log *zap.Logger) error {
	tick := time.NewTicker(ratesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			switch changed, err := r.file.Reload(); {
			case err != nil:
				log.Error("the file of rates is not read again", zap.Error(err))
			case changed:
				log.Info("rates", zap.String("version", r.file.Table().Version()), zap.Int("rates", r.file.Table().Len()))
			}
		}
	}
}

// CheckRates reads a file of rates as run would, and says what is in it.
func CheckRates(c Config, path string, out io.Writer) error {
	file, err := rates.Open(path, c.rateOptions())
	if err != nil {
		return err
	}
	t := file.Table()
	newest := "none"
	if t.Len() > 0 {
		newest = t.Newest().Format(time.DateOnly)
	}
	_, err = fmt.Fprintf(out, "%s: %d rates per %s, the newest of %s, each for %d days, version %s\n", path, t.Len(), t.Currency(), newest, c.RatesDays, t.Version())
	return err
}
