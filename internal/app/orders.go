package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// The types of what leaves the case store beside alerts.
const (
	typeAction   = "vigil.action.v1"
	typeReceipt  = "vigil.receipt.v1"
	typeFeedback = "vigil.feedback.v1"
	sourceReview = "vigil/review"
)

// orders carries what else is to leave: actions for platforms, corrections of alerts, words
// for the owners of lists. As with the outbox, a crash repeats an order and loses none.
func (p *pump) orders(ctx context.Context) (done int, err error) {
	if _, err := p.store.Expire(ctx); err != nil {
		return 0, err
	}
	list, err := p.store.Orders(ctx, outboxBatch)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		outs, err := p.order(ctx, o)
		if errors.Is(err, review.ErrFirst) {
			continue // its alert has not left, or its decision is not in the log
		}
		if err == nil {
			err = p.client.Produce(ctx, outs...)
		}
		if err == nil {
			err = p.store.OrderDone(ctx, o.ID)
		}
		if err != nil {
			return done, fmt.Errorf("order %s (%s): %w", o.ID, o.Kind, err)
		}
		p.done.WithLabelValues(o.Kind).Inc()
		done++
	}
	return done, nil
}

func (p *pump) order(ctx context.Context, o review.Order) ([]stream.Output, error) {
	switch o.Kind {
	case review.OrderAction:
		out, err := actionOutput(o)
		return []stream.Output{out}, err
	case review.OrderFeedback:
		return []stream.Output{{Topic: topicFeedback, Event: stream.Event{
			ID: o.ID, Source: sourceReview, Type: typeFeedback, Key: o.ID, ContentType: typeJSON, Data: o.Record,
		}}}, nil
	default:
		return p.corrections(ctx, o)
	}
}

func actionOutput(o review.Order) (stream.Output, error) {
	r, err := action.Decode(o.Record)
	if err != nil {
		return stream.Output{}, fmt.Errorf("%s", err.Error()) // a fault of the store, and no bad record
	}
	return stream.Output{Topic: topicActions, Event: stream.Event{
		ID: r.ID, Source: sourceReview, Type: typeAction, Subject: string(r.Subject), Time: r.At,
		Key: string(r.Subject), ContentType: typeJSON, Data: o.Record, Ext: map[string]string{"platform": r.Platform},
	}}, nil
}

// corrections tell the centres that got a decision's alerts that it is no longer so.
func (p *pump) corrections(ctx context.Context, o review.Order) ([]stream.Output, error) {
	var c review.Correction
	if err := json.Unmarshal(o.Record, &c); err != nil {
		return nil, err
	}
	was, alerts, err := p.store.AlertsOf(ctx, c.Decision)
	if err != nil {
		return nil, err
	}
	by, err := p.store.Decision(ctx, c.By)
	if err != nil {
		return nil, err
	}
	index, ok, err := p.store.AuditIndex(ctx, by.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("decision %s is not in the audit log yet: %w", by.ID, review.ErrFirst)
	}
	proof, err := p.ledger.Prove(ctx, index)
	if err != nil {
		return nil, err
	}
	var outs []stream.Output
	var list []delivery.Delivery
	for _, alert := range alerts {
		queued, err := p.left(ctx, alert)
		if err != nil {
			return nil, err
		}
		centre, err := report.CentreOf(p.centres, was, alert)
		if err != nil {
			return nil, err
		}
		record, err := report.Correct(was, by, alert, centre, proof, p.sealer.key)
		if err != nil {
			return nil, err
		}
		told, err := p.centres.Centre(centre.ID)
		if err != nil {
			return nil, err
		}
		d, err := delivery.OrderCorrection(record, p.centres.Limit(told))
		if err != nil {
			return nil, err
		}
		list = append(list, d)
		data, err := report.EncodeCorrection(record)
		if err != nil {
			return nil, err
		}
		if !queued && record.Outcome == report.Retracted {
			continue
		}
		if !queued { // it tells for the first time
			if c := p.gate.checks.Judge(record.AsAlert()); !c.Sound() {
				return nil, fmt.Errorf("correction %s says too little (%s): %w", record.ID, strings.Join(c.Missing(), "; "), review.ErrFirst)
			}
		}
		out, err := p.toCentre(centre, record.ID, alert, report.PayloadCorrection, data, nil)
		if err != nil {
			return nil, fmt.Errorf("correction %s: %w", record.ID, err)
		}
		outs = append(outs, out)
	}
	// Every channel that had the alert gets its correction; an order that is repeated changes
	// nothing.
	return outs, p.store.OrderFilings(ctx, list)
}

// left reports whether an alert went into its centre's queue, where there is something to
// correct. Of one that is still held the gate says next whether it ever will.
func (p *pump) left(ctx context.Context, alert string) (bool, error) {
	d, err := p.store.QueuedAlert(ctx, alert)
	switch {
	case errors.Is(err, review.ErrNotFound):
		return true, nil // it is of before alerts were held
	case err != nil:
		return false, err
	case d.State == delivery.Filed:
		return true, nil
	case d.State == delivery.Withdrawn || d.State == delivery.Failed:
		return false, nil
	}
	return false, fmt.Errorf("alert %s has not left yet: %w", alert, review.ErrFirst)
}

func receiptOutput(platform string, r action.Receipt) (stream.Output, error) {
	data, err := r.Encode()
	return stream.Output{Topic: topicReceipts, Event: stream.Event{
		ID: r.ID(), Source: "vigil/platforms", Type: typeReceipt, Time: r.At, Key: r.ActionID,
		ContentType: typeJSON, Data: data, Ext: map[string]string{"platform": platform},
	}}, err
}

// receiptLoop keeps what platforms say of actions, and centres of alerts.
func receiptLoop(store *review.Store, keys OutcomeKeys) stream.Loop {
	return stream.Loop{Name: "review-receipts", Topic: topicReceipts,
		Handle: func(ctx context.Context, m stream.Message, _ stream.State) ([]stream.Output, error) {
			switch m.Type {
			case report.TypeOutcome:
				return nil, outcomeRecord(ctx, store, keys, m)
			case typeReceipt:
			default:
				return nil, signal.Reject("type", "is neither a platform's receipt nor a centre's outcome")
			}
			r, err := action.DecodeReceipt(m.Data)
			if err != nil {
				return nil, err
			}
			return nil, store.TakeReceipt(ctx, m.Ext["platform"], r)
		}}
}
