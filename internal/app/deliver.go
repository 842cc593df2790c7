package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// DeliveryConfig says how a centre is treated by who delivers to it.
type DeliveryConfig struct {
	Gap     time.Duration `yaml:"gap"`     // between two attempts at least
	Quota   int           `yaml:"quota"`   // attempts in 24 hours at most
	First   time.Duration `yaml:"first"`   // pause after the first failure, which doubles
	Longest time.Duration `yaml:"longest"` // of those pauses
	Trip    int           `yaml:"trip"`    // failures in a row after which the centre is left alone
	Rest    time.Duration `yaml:"rest"`    // for how long at first
}

func (d DeliveryConfig) settings() delivery.Settings {
	return delivery.Settings{Gap: d.Gap, Quota: d.Quota, First: d.First, Longest: d.Longest, Trip: d.Trip, Rest: d.Rest}
}

// channels are the ways that this deployment has to centres, beside their queues.
func (c *Config) channels(store *review.Store, centres route.Directory) (map[string]delivery.Channel, error) {
	out := map[string]delivery.Channel{}
	if c.NCMEC.Credentials == "" {
		return out, nil
	}
	channel, err := c.newTipline(store)
	if err != nil {
		return nil, err
	}
	for _, centre := range centres.Centres {
		if centre.Channel == "ncmec" {
			out[centre.ID] = channel
		}
	}
	return out, nil
}

// orders are the deliveries of alerts whose centres have a channel.
func orders(alerts []report.Alert, centres route.Directory, channels map[string]delivery.Channel) ([]delivery.Delivery, error) {
	var list []delivery.Delivery
	for _, a := range alerts {
		if channels[a.Centre.ID] == nil {
			continue
		}
		centre, err := centres.Centre(a.Centre.ID)
		if err != nil {
			return nil, err
		}
		d, err := delivery.Order(a, centres.Limit(centre))
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// startDelivery starts a worker for each centre that has a channel.
func startDelivery(ctx context.Context, g *errgroup.Group, c Config, store *review.Store, channels map[string]delivery.Channel, reg prometheus.Registerer, log *zap.Logger) error {
	changes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_delivery_changes_total", Help: "What came of attempts to deliver alerts, by centre and state.",
	}, []string{"centre", "state"})
	late := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_delivery_late_total", Help: "Attempts after the time that the law gives, by centre.",
	}, []string{"centre"})
	for _, collector := range []prometheus.Collector{changes, late} {
		if err := reg.Register(collector); err != nil {
			return fmt.Errorf("delivery: %w", err)
		}
	}
	for id, channel := range channels {
		w := &delivery.Worker{
			Centre: id, Channel: channel, Store: store, Settings: c.Delivery[id].settings(), Now: time.Now, Chance: rand.Float64,
			Changed: func(d delivery.Delivery) {
				changes.WithLabelValues(d.Centre, string(d.State)).Inc()
				if d.Late(time.Now()) {
					late.WithLabelValues(d.Centre).Inc()
				}
				log.Info("delivery", zap.String("alert", d.Alert), zap.String("centre", d.Centre), zap.String("state", string(d.State)), zap.Int("attempts", d.Attempts))
			},
			Trouble: func(err error) {
				log.Error("delivery stands still and is tried again", zap.String("centre", id), zap.Error(err))
			},
		}
		g.Go(func() error { w.Run(ctx); return nil })
	}
	return nil
}
