package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/report/seal"
	"github.com/vigil-stream/vigil/review"
)

// A pump carries the case store's outbox onwards, oldest first: audit entries
// to the log, decided cases as alerts to their centre's queue (queues.go), and what else
// follows from decisions (orders.go). A row is marked
// done after its effect is durable, so a crash repeats a row and loses none;
// repeats have the same id.
type pump struct {
	store    *review.Store
	ledger   *audit.Log
	sealer   *sealer
	attach   map[string]string                                             // what goes with alerts, by centre
	open     func(context.Context, review.Case) (map[string][]byte, error) // a case's pictures, by SHA-256
	centres  route.Directory
	channels map[string]delivery.Channel // beside the queues, by centre
	gate     *gate
	changed  func(way string, d delivery.Delivery)
	ownList  string        // that confirmed cases' frames go into; "none" for none
	gap      time.Duration // between matches whose frames in between belong to them
	client   *stream.Client
	log      *zap.Logger
	done     *prometheus.CounterVec
	failed   prometheus.Counter
	unopened prometheus.Counter
}

const (
	outboxBatch = 100
	outboxPoll  = 200 * time.Millisecond
	outboxRetry = 2 * time.Second
	// outboxLease is how long a pump that stands still keeps those of other processes from
	// the outbox. Without one each would carry all of it, and all would leave twice.
	outboxLease = 5 * time.Second
)

func newPump(store *review.Store, ledger *audit.Log, sealer *sealer, centres route.Directory, ownList string, gap time.Duration, client *stream.Client, reg prometheus.Registerer, log *zap.Logger) *pump {
	p := &pump{store: store, ledger: ledger, sealer: sealer, centres: centres, ownList: ownList, gap: gap, client: client, log: log,
		done: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vigil_outbox_rows_total", Help: "Outbox rows carried onwards, by kind.",
		}, []string{"kind"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vigil_outbox_failures_total", Help: "Attempts to carry the outbox onwards that failed and are tried again.",
		}),
		unopened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vigil_alert_frames_failures_total", Help: "Decisions whose frames could not be opened to go with their alerts, which went by reference alone.",
		}),
	}
	reg.MustRegister(p.done, p.failed, p.unopened)
	return p
}

// run carries what there is to carry until ctx ends, whenever no other process does.
func (p *pump) run(ctx context.Context) error {
	me := rand.Text()
	defer func() {
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), outboxRetry)
		defer stop()
		if err := p.store.EndLease(end, review.LeaseOutbox, me); err != nil {
			p.log.Warn("another process takes the outbox over a little later", zap.Error(err))
		}
	}()
	for {
		n := 0
		mine, err := p.store.Lease(ctx, review.LeaseOutbox, me, outboxLease)
		if err == nil && mine {
			n, err = p.all(ctx)
		}
		wait := outboxPoll
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			p.failed.Inc()
			p.log.Error("outbox stands still and is tried again", zap.Error(err))
			wait = outboxRetry
		case n > 0:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// all carries one batch of everything, in the order in which one makes another, and returns how
// much that was.
func (p *pump) all(ctx context.Context) (n int, err error) {
	for _, next := range []func(context.Context) (int, error){p.once, p.queues, p.orders} {
		more, err := next(ctx)
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
}

// once carries one batch and returns how many rows that was.
func (p *pump) once(ctx context.Context) (int, error) {
	rows, err := p.store.Outbox(ctx, outboxBatch)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(rows); {
		n, err := p.carry(ctx, rows[done:])
		done += n
		if err != nil {
			return done, err
		}
	}
	return len(rows), nil
}

// carry carries the first row, and with an audit entry all entries that follow
// it, since the log takes many at the price of one.
func (p *pump) carry(ctx context.Context, rows []review.OutboxRow) (int, error) {
	entries := 0
	for entries < len(rows) && rows[entries].Entry != nil {
		entries++
	}
	results := make([][]string, max(entries, 1))
	var err error
	if entries > 0 {
		batch := make([]audit.Entry, entries)
		for i := range batch {
			batch[i] = *rows[i].Entry
		}
		var indexes []uint64
		indexes, err = p.ledger.AppendAll(ctx, batch)
		for i, index := range indexes {
			results[i] = []string{strconv.FormatUint(index, 10)}
		}
	} else {
		results[0], err = p.alert(ctx, *rows[0].Decision)
	}
	if err != nil {
		return 0, fmt.Errorf("outbox row %d (%s): %w", rows[0].Seq, rows[0].Kind, err)
	}
	for i, result := range results {
		if err := p.store.Done(ctx, rows[i].Seq, result...); err != nil {
			return i, fmt.Errorf("outbox row %d (%s): %w", rows[i].Seq, rows[i].Kind, err)
		}
		p.done.WithLabelValues(rows[i].Kind).Inc()
	}
	return len(results), nil
}

// alert builds a decided case's alerts, with the proof that the decision is in
// the audit log, and orders that each leave for its centre: the centre in charge, and those
// that the law wants told as well. It returns their ids.
func (p *pump) alert(ctx context.Context, d review.Decision) ([]string, error) {
	// The decision's own entry lies before its alert in the outbox.
	index, ok, err := p.store.AuditIndex(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("decision %s is not in the audit log yet", d.ID)
	}
	proof, err := p.ledger.Prove(ctx, index)
	if err != nil {
		return nil, err
	}
	alerts, err := report.Tell(d, p.centres.Route(d), proof, p.sealer.key)
	if err != nil {
		return nil, err
	}
	outs, err := harvests(d, p.ownList, p.gap)
	if err != nil {
		return nil, err
	}
	// An order that is repeated changes nothing, and is there before the row is done.
	queued, filings, err := orders(alerts, p.centres, p.channels)
	if err != nil {
		return nil, err
	}
	if err := p.store.OrderFilings(ctx, filings); err != nil {
		return nil, err
	}
	if err := p.store.OrderQueued(ctx, queued); err != nil {
		return nil, err
	}
	ids := make([]string, len(alerts))
	for i, a := range alerts {
		ids[i] = a.ID
	}
	return ids, p.client.Produce(ctx, outs...)
}

// toCentre is a record of a centre's queue. What is in clear says of which alert it is, and
// nothing else: the key is the alert's id, so that what takes an alert back comes after it.
func (p *pump) toCentre(c report.Centre, id, alert, payloadType string, payload []byte, attached []seal.Attachment) (stream.Output, error) {
	data, contentType, err := p.sealer.seal(c.ID, payloadType, payload, attached)
	return stream.Output{Topic: c.Topic(), Event: stream.Event{
		ID: id, Source: "vigil/report", Type: typeSealed, Key: alert, ContentType: contentType, Data: data,
	}}, err
}
