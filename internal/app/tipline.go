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

func (c *Config) newTipline(store *review.Store, before forewarn) (*tipline, error) {
	client, err := c.NCMEC.client(nil)
	if err != nil {
		return nil, err
	}
	return &tipline{conf: *c, store: store, filer: &ncmec.Filer{Client: client, Journal: filingJournal{store, before}, Now: time.Now}}, nil
}

// Prepare implements delivery.Preparer: what a report lacks shows without its pictures.
func (t *tipline) Prepare(ctx context.Context, a report.Alert, _ []delivery.Delivery) error {
	d, err := t.store.Decision(ctx, a.Statement.Decision)
	if err != nil {
		return err
	}
	in := ncmec.Input{Decision: d, Reporter: t.conf.NCMEC.reporter()}
	if in.Account, err = t.conf.accountOf(ctx, t.store, d); err == nil {
		err = in.Complete()
	}
	var lacks *ncmec.Incomplete
	if errors.As(err, &lacks) {
		return &delivery.Hold{Says: err.Error()}
	}
	return err
}

// Send files the report of an alert, or holds it where it lacks something.
func (t *tipline) Send(ctx context.Context, a report.Alert, earlier []delivery.Delivery) (report.Answer, error) {
	return t.file(ctx, a, earlier, func(*ncmec.Input) {})
}

// Correct files what takes the place of earlier reports, or takes them back: they are
// finished, and so can be changed no more.
func (t *tipline) Correct(ctx context.Context, c report.Correction, earlier []delivery.Delivery) (report.Answer, error) {
	data, err := report.EncodeCorrection(c)
	if err != nil {
		return report.Answer{}, err
	}
	return t.file(ctx, c.AsAlert(), earlier, func(in *ncmec.Input) { in.Corrects, in.Attach = ncmec.Correction(c.Outcome), data })
}

func (t *tipline) file(ctx context.Context, a report.Alert, earlier []delivery.Delivery, change func(*ncmec.Input)) (report.Answer, error) {
	d, err := t.store.Decision(ctx, a.Statement.Decision)
	if err != nil {
		return report.Answer{}, err
	}
	prior, err := numbers(earlier)
	if err != nil {
		return report.Answer{}, err
	}
	in, err := t.conf.inputOf(ctx, t.store, a, d, "", prior)
	var lacks *ncmec.Incomplete
	switch {
	case errors.As(err, &lacks):
		return report.Answer{}, &delivery.Hold{Says: err.Error()}
	case err != nil: // ours, and not the alert's: it is tried again
		return report.Answer{}, err
	}
	change(&in)
	draft, err := ncmec.Build(in)
	switch {
	case errors.As(err, &lacks) || errors.Is(err, ncmec.ErrNotPersons):
		return report.Answer{}, &delivery.Hold{Says: err.Error()}
	case err != nil:
		return report.Answer{State: report.Refused, Says: err.Error()}, nil
	}
	s, err := t.filer.File(ctx, a.ID, a.Statement.Case, draft)
	return ncmec.AnswerOf(s, err), nil
}

// Withdraw implements delivery.Channel.
func (t *tipline) Withdraw(ctx context.Context, id string, may bool) (report.Answer, error) {
	return t.filer.Withdraw(ctx, id, may)
}

// Ask implements delivery.Channel.
func (t *tipline) Ask(ctx context.Context, alert string) (report.Answer, error) {
	return t.filer.Ask(ctx, alert)
}

// prior are the reports that were filed on the case of an alert before.
func prior(ctx context.Context, store *review.Store, a report.Alert) ([]int64, error) {
	s := a.Statement
	earlier, err := store.EarlierFilings(ctx, delivery.Delivery{Alert: a.ID, Case: s.Case, Centre: a.Centre.ID, Sequence: s.Sequence})
	if err != nil {
		return nil, err
	}
	return numbers(earlier)
}

// numbers are those of reports that were filed.
func numbers(filed []delivery.Delivery) (list []int64, err error) {
	for _, d := range filed {
		id, err := strconv.ParseInt(d.Receipt, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("receipt of an earlier report: %w", err)
		}
		list = append(list, id)
	}
	return list, nil
}

// A filingJournal is the journal of filings, in the store of deliveries.
type filingJournal struct {
	store  *review.Store
	before forewarn
}

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
	if s.Finishing && !s.Finished && j.before != nil {
		if err := j.before(ctx, finishing(s, time.Now())); err != nil {
			return err
		}
	}
	return j.store.SaveFilingJournal(ctx, s.Alert, data, steps)
}
