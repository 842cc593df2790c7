package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/columns"
	"github.com/vigil-stream/vigil/payments/service"
)

// ServePayments takes payments over HTTP from institutions until ctx ends.
func ServePayments(ctx context.Context, c Config, listen string) (err error) {
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	if _, err := service.LoadKeys(c.paymentKeys()); err != nil {
		return c.noPaymentKeys(err) // Before a broker is waited for.
	}
	reg := newRegistry()
	client, err := dialWith(ctx, c, reg, log, topicTransactions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	handler, err := c.paymentsService(client, reg, log)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveOps(ctx, c.Listen, reg, client.Ready, log) })
	g.Go(func() error { return serveHTTP(ctx, listen, "payments intake", handler, log) })
	return g.Wait()
}

func (c *Config) noPaymentKeys(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not there: make a key with `vigil payments key --name NAME --institution INSTITUTION`", c.paymentKeys())
	}
	return err
}

// paymentsService is the intake of payments, which sends to client.
func (c *Config) paymentsService(client *stream.Client, reg prometheus.Registerer, log *zap.Logger) (http.Handler, error) {
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return nil, err
	}
	keys, err := service.LoadKeys(c.paymentKeys())
	if err != nil {
		return nil, c.noPaymentKeys(err)
	}
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "vigil_payments_intake_seconds", Help: "Time to answer requests of the payments intake over HTTP.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10),
	}, []string{"route", "key", "status"})
	records := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_payments_intake_records_total", Help: "Records that came over HTTP, by what became of them.",
	}, []string{"key", "result"})
	reg.MustRegister(took, records)
	return service.New(keys, service.Options{
		Send: func(ctx context.Context, items []payments.Item) error {
			outs := make([]stream.Output, len(items))
			for i, item := range items {
				outs[i] = transactionOutput(item)
			}
			return client.Produce(ctx, outs...)
		},
		Token:   cardToken(tok),
		Columns: func(file string) (*columns.Map, error) { return readColumnMap(c.beside(file)) },
		Ready:   client.Ready, Now: time.Now,
		Observe: func(route, key string, status int, d time.Duration) {
			took.WithLabelValues(route, key, strconv.Itoa(status)).Observe(d.Seconds())
		},
		Count: func(key string, accepted, refused int) {
			records.WithLabelValues(key, "accepted").Add(float64(accepted))
			records.WithLabelValues(key, "refused").Add(float64(refused))
		},
		Report: func(err error) { log.Error("payments intake", zap.Error(err)) },
	})
}

func (c *Config) paymentKeys() string { return c.path("payment-keys.yaml") }

// beside is a file that the file of keys names, from that file's folder.
func (c *Config) beside(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(c.paymentKeys()), file)
}

// PaymentKeyOptions say what a new key of the payments intake may do.
type PaymentKeyOptions struct {
	Name, Institution string
	Columns           string // file of a column map, from the folder of the file of keys
	PerMinute, PerDay int    // records
	Out               io.Writer
}

// NewPaymentKey adds a key to the file of keys and prints it: it is kept nowhere. A
// column map that it names must be a good one.
func NewPaymentKey(c Config, o PaymentKeyOptions) error {
	if o.Columns != "" {
		if _, err := readColumnMap(c.beside(o.Columns)); err != nil {
			return err
		}
	}
	return addKey(c.paymentKeys(), o.Out, func(digest string) service.Key {
		return service.Key{
			Key:         api.Key{Name: o.Name, SHA256: digest, PerMinute: o.PerMinute, PerDay: o.PerDay},
			Institution: o.Institution, Columns: o.Columns,
		}
	}, func(keys ...service.Key) error {
		_, err := service.NewKeys(keys...)
		return err
	})
}
