package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
)

// queues puts alerts whose time has come into the queues of their centres, if the gate lets
// them, and returns how many it moved. An alert is sending from before it may be in the queue
// until that is noted: a crash in between repeats the record, under the same id.
func (p *pump) queues(ctx context.Context) (int, error) {
	list, err := p.store.NextQueued(ctx, p.gate.now(), outboxBatch)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var going []delivery.Delivery
	var outs []stream.Output
	var last opened
	for _, d := range list {
		out, ok, err := p.queue(ctx, &d, &last)
		if errors.Is(err, delivery.ErrStale) {
			continue // another process has it
		}
		if err != nil {
			return 0, fmt.Errorf("alert %s into the queue of %s: %w", d.Alert, d.Centre, err)
		}
		if ok {
			going, outs = append(going, d), append(outs, out)
		}
	}
	if err := p.client.Produce(ctx, outs...); err != nil {
		return 0, fmt.Errorf("alerts into queues: %w", err)
	}
	for _, d := range going {
		d.State = delivery.Filed
		if err := p.moved(ctx, d); err != nil && !errors.Is(err, delivery.ErrStale) {
			return 0, fmt.Errorf("alert %s is in the queue of %s: %w", d.Alert, d.Centre, err)
		}
	}
	return len(list), nil
}

// queue brings one alert before the gate. Where it may go, that is noted, and ok is true.
func (p *pump) queue(ctx context.Context, d *delivery.Delivery, last *opened) (out stream.Output, ok bool, err error) {
	a, err := report.DecodeAlert(d.Body)
	if err != nil || a.ID != d.Alert || a.Centre.ID != d.Centre {
		d.State, d.Says = delivery.Failed, "The alert in the store is not the one it should be."
		return out, false, p.moved(ctx, *d)
	}
	a, err = p.gate.queue(ctx, *d, a)
	switch {
	case delivery.Keep(d, err, p.gate.now(), delivery.Recheck):
		return out, false, p.moved(ctx, *d)
	case errors.Is(err, errAnew):
		d.State, d.Says = delivery.Withdrawn, "It did not leave: "+err.Error()+"."
		return out, false, p.moved(ctx, *d)
	case err != nil:
		return out, false, err
	}
	data, err := report.Encode(a)
	if err != nil {
		d.State, d.Says = delivery.Failed, err.Error()
		return out, false, p.moved(ctx, *d)
	}
	var pictures map[string][]byte
	if p.attach[a.Centre.ID] == attachFrames {
		if pictures, err = p.pictures(ctx, a, last); err != nil {
			return out, false, err
		}
	}
	frames := attached(a, pictures)
	if err := p.store.Attached(ctx, a.ID, a.Statement.Case, a.Centre.ID, sumsOf(frames)); err != nil {
		return out, false, err
	}
	if out, err = p.toCentre(a.Centre, a.ID, a.ID, report.PayloadAlert, data, frames); err != nil {
		return out, false, err
	}
	if d.State == delivery.Sending {
		return out, true, nil
	}
	d.State, d.Says = delivery.Sending, delivery.Without(a)
	d.Attempts++
	*d, err = p.store.SaveQueued(ctx, *d)
	return out, err == nil, err
}

func (p *pump) moved(ctx context.Context, d delivery.Delivery) error {
	d, err := p.store.SaveQueued(ctx, d)
	if err == nil && p.changed != nil {
		p.changed(byQueue, d)
	}
	return err
}
