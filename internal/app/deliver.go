package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
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
	Lease   time.Duration `yaml:"lease"`   // for how long one attempt holds an alert
}

func (d DeliveryConfig) settings() delivery.Settings {
	return delivery.Settings{Gap: d.Gap, Quota: d.Quota, First: d.First, Longest: d.Longest, Trip: d.Trip, Rest: d.Rest, Lease: d.Lease}
}

// channels are the ways that this deployment has to centres, beside their queues.
// All that is wrong with their configuration is told at once.
func (c *Config) channels(store *review.Store, before forewarn, centres route.Directory) (map[string]delivery.Channel, error) {
	out := map[string]delivery.Channel{}
	var faults []error
	open := func(id string, channel delivery.Channel, err error) {
		if err != nil {
			faults = append(faults, err)
			return
		}
		out[id] = standing{Channel: channel, store: store}
	}
	for _, centre := range centres.Centres {
		if centre.Channel == "ncmec" && c.NCMEC.Credentials != "" {
			channel, err := c.newTipline(store, before)
			open(centre.ID, channel, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		channel, err := c.newChannel(id, centres)
		open(id, channel, err)
	}
	return out, errors.Join(faults...)
}

// newChannel opens the channel of a centre by what the directory says of it.
func (c *Config) newChannel(id string, centres route.Directory) (delivery.Channel, error) {
	key, ch := "channels."+id, c.Channels[id]
	centre, err := centres.Centre(id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	var form form
	switch centre.Channel {
	case "webhook", "file":
		if (centre.Channel == "webhook") != (ch.Webhook != nil) || ch.Filer != "" {
			return nil, fmt.Errorf("%s: by the directory %s is reached by %s: give it that alone", key, id, map[string]string{"webhook": "a webhook", "file": "a drop"}[centre.Channel])
		}
	case "goaml", "fincen":
		form, err = ch.newForm(centre.Channel, id)
	default:
		return nil, fmt.Errorf("%s: by the directory %s is reached by %s, for which nothing is set here; a directory of your own may say webhook, file, goaml or fincen", key, id, centre.Channel)
	}
	if ch.Webhook != nil {
		channel, open := ch.Webhook.open(key+".webhook", c.Completeness.gate())
		if err = errors.Join(err, open); err != nil || form == nil {
			return channel, err
		}
		return formChannel{form, postedForms{channel}, c.Completeness.gate(), time.Now}, nil
	}
	folder, open := ch.Drop.open(key+".drop", c.dropMarks(id), c.Completeness.gate())
	if err = errors.Join(err, open); err != nil || form == nil {
		return folder, err
	}
	if centre.Channel == "fincen" {
		return formChannel{form, droppedSARs{droppedForms{folder}}, c.Completeness.gate(), time.Now}, nil
	}
	return formChannel{form, droppedForms{folder}, c.Completeness.gate(), time.Now}, nil
}

// standing is a channel that sends no alert which nobody needs any more: its case was dismissed
// since, or another alert on it goes to the same centre.
type standing struct {
	delivery.Channel
	store *review.Store
}

// overtaken says why nobody needs an alert any more; empty where it is needed.
func (s standing) overtaken(ctx context.Context, a report.Alert) (string, error) {
	d, ok, err := s.store.LastDecision(ctx, a.Statement.Case)
	if err != nil {
		return "", err
	}
	if !ok || d.Verdict != review.Confirm {
		return "The case was dismissed since.", nil
	}
	later, err := s.store.Followed(ctx, a.Statement.Case, a.Centre.ID, a.Statement.Sequence)
	if later {
		return "A later decision on the case has an alert of its own to this centre.", nil
	}
	return "", err
}

// Prepare implements delivery.Preparer. What is not needed any more is held for nothing.
func (s standing) Prepare(ctx context.Context, a report.Alert, earlier []delivery.Delivery) error {
	channel, ok := s.Channel.(delivery.Preparer)
	if !ok {
		return nil
	}
	if says, err := s.overtaken(ctx, a); says != "" || err != nil {
		return err
	}
	return channel.Prepare(ctx, a, earlier)
}

// Send implements delivery.Channel.
func (s standing) Send(ctx context.Context, a report.Alert, earlier []delivery.Delivery) (report.Answer, error) {
	says, err := s.overtaken(ctx, a)
	if err != nil {
		return report.Answer{}, err
	}
	if says == "" {
		return s.Channel.Send(ctx, a, earlier)
	}
	o, err := s.Withdraw(ctx, a.ID, false)
	if o.State == report.Withdrawn {
		o.Says = says
	}
	return o, err
}

// orders are the deliveries of alerts: into the queue of each centre, and by the channel of
// those that have one.
func orders(alerts []report.Alert, centres route.Directory, channels map[string]delivery.Channel) (queued, filings []delivery.Delivery, err error) {
	for _, a := range alerts {
		centre, err := centres.Centre(a.Centre.ID)
		if err != nil {
			return nil, nil, err
		}
		d, err := delivery.Order(a, centres.Limit(centre))
		if err != nil {
			return nil, nil, err
		}
		queued = append(queued, d)
		if channels[a.Centre.ID] != nil {
			filings = append(filings, d)
		}
	}
	return queued, filings, nil
}

// The ways by which alerts leave, as metrics and lists name them.
const (
	byQueue   = "queue"
	byChannel = "channel"
)

// deliveryChanges returns what is told of every change of a delivery, by its way.
func deliveryChanges(reg prometheus.Registerer, log *zap.Logger) (func(way string, d delivery.Delivery), error) {
	changes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_delivery_changes_total", Help: "What came of attempts to deliver alerts, by centre, way and state.",
	}, []string{"centre", "way", "state"})
	late := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_delivery_late_total", Help: "Attempts after the time that the law gives, by centre.",
	}, []string{"centre"})
	for _, collector := range []prometheus.Collector{changes, late} {
		if err := reg.Register(collector); err != nil {
			return nil, fmt.Errorf("delivery: %w", err)
		}
	}
	return func(way string, d delivery.Delivery) {
		changes.WithLabelValues(d.Centre, way, string(d.State)).Inc()
		if d.Late(time.Now()) {
			late.WithLabelValues(d.Centre).Inc()
		}
		log.Info("delivery", zap.String("alert", d.Alert), zap.String("centre", d.Centre), zap.String("way", way), zap.String("state", string(d.State)), zap.Int("attempts", d.Attempts))
	}, nil
}

// startDelivery starts a worker for each centre that has a channel, behind the gate.
func startDelivery(ctx context.Context, g *errgroup.Group, c Config, store forewarnedStore, gate *gate, channels map[string]delivery.Channel, changed func(string, delivery.Delivery), log *zap.Logger) {
	for id, channel := range channels {
		w := &delivery.Worker{
			Centre: id, Channel: channel, Store: store, Settings: c.Delivery[id].settings(), Now: time.Now, Chance: rand.Float64,
			Pass: gate.channel, Changed: func(d delivery.Delivery) { changed(byChannel, d) },
			Trouble: func(err error) {
				log.Error("delivery stands still and is tried again", zap.String("centre", id), zap.Error(err))
			},
		}
		g.Go(func() error { w.Run(ctx); return nil })
	}
}
