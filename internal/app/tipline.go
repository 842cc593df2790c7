package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/review"
)

// A tipline is the channel of centres that take reports by the CyberTipline's API.
type tipline struct {
	conf  Config
	store *review.Store
	filer *ncmec.Filer
}

func (c *Config) newTipline(store *review.Store) (*tipline, error) {
	client, err := c.NCMEC.client(nil)
	if err != nil {
		return nil, err
	}
	return &tipline{conf: *c, store: store, filer: &ncmec.Filer{Client: client, Journal: filingJournal{store}, Now: time.Now}}, nil
}

// Send files the report of an alert, or holds it where it lacks something.
func (t *tipline) Send(ctx context.Context, a report.Alert) (report.Answer, error) {
	d, ok, err := t.store.LastDecision(ctx, a.Statement.Case)
	switch {
	case err != nil:
		return report.Answer{}, err
	case !ok || d.ID != a.Statement.Decision:
		// What has been decided since has an alert of its own, or a correction.
		return report.Answer{State: report.Refused, Says: "The decision does not stand any more, or another has been made since."}, nil
	}
	prior, err := t.prior(ctx, a)
	if err != nil {
		return report.Answer{}, err
	}
	draft, err := t.conf.draftOf(ctx, t.store, a, d, "", prior)
	var lacks *ncmec.Incomplete
	switch {
	case errors.As(err, &lacks) || errors.Is(err, ncmec.ErrNotPersons):
		return report.Answer{}, &delivery.Hold{Says: err.Error()}
	case err != nil:
		return report.Answer{State: report.Refused, Says: err.Error()}, nil
	}
	s, err := t.filer.File(ctx, a.ID, a.Statement.Case, draft)
	return ncmec.AnswerOf(s, err), nil
}

// Ask implements delivery.Channel.
func (t *tipline) Ask(ctx context.Context, alert string) (report.Answer, error) {
	return t.filer.Ask(ctx, alert)
}

// prior are the reports that were filed on the same case before.
func (t *tipline) prior(ctx context.Context, a report.Alert) ([]int64, error) {
	receipts, err := t.store.Receipts(ctx, a.Statement.Case, a.Centre.ID, a.ID)
	if err != nil {
		return nil, err
	}
	var prior []int64
	for _, r := range receipts {
		id, err := strconv.ParseInt(r, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("receipt of an earlier report: %w", err)
		}
		prior = append(prior, id)
	}
	return prior, nil
}

// A filingJournal is the journal of filings, in the store of deliveries.
type filingJournal struct{ store *review.Store }

// Load implements ncmec.Journal.
func (j filingJournal) Load(ctx context.Context, alert string) (s ncmec.State, err error) {
	data, err := j.store.FilingJournal(ctx, alert)
	if err != nil || len(data) == 0 {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("journal of delivery %s: %w", alert, err)
	}
	return s, nil
}

// Save implements ncmec.Journal. Every step is told to the audit log.
func (j filingJournal) Save(ctx context.Context, s ncmec.State) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	steps := make([]review.FilingStep, len(s.Steps))
	for i, step := range s.Steps {
		steps[i] = review.FilingStep{At: step.At, Asked: step.Asked, Outcome: step.Outcome, Request: step.RequestID}
		if step.ReportID > 0 {
			steps[i].Report = strconv.FormatInt(step.ReportID, 10)
		}
	}
	return j.store.SaveFilingJournal(ctx, s.Alert, data, steps)
}
