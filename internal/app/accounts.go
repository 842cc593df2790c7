package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/custody"
	"github.com/vigil-stream/vigil/review/webhook"
)

// accounts are what platforms say of accounts, and what they are asked: those that get
// webhooks, about accounts of which they themselves told a reason to look.
type accounts struct {
	conf  *Config
	store *review.Store
	keeps *custody.Custody
}

// ask orders that the platforms of a decision be asked, each once.
func (x *accounts) ask(ctx context.Context, d review.Decision) error {
	known, err := x.store.AccountRequests(ctx, d.CaseID)
	if err != nil {
		return err
	}
	for _, v := range action.Views(d.Case.Subject, d.Case.Signals) {
		if !x.conf.hasWebhook(v.Platform) || slices.ContainsFunc(known, func(r review.AccountRequest) bool { return r.Platform == v.Platform && !r.Answered.IsZero() }) {
			continue
		}
		if r, ok := account.Ask(d.CaseID, v, d.At); ok {
			if err := x.store.AskAccount(ctx, d.CaseID, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// answers are what platforms said of the account of a case, and the names of those of which
// an answer may come.
func (x *accounts) answers(ctx context.Context, caseID string) (said []report.AccountData, open []string, err error) {
	known, err := x.store.AccountRequests(ctx, caseID)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range known {
		switch {
		case r.Answered.IsZero() && r.State != review.DeliveryFailed:
			open = append(open, r.Platform)
		case !r.Answered.IsZero() && r.Kept.Unknown == "":
			data, err := x.keeps.OpenAccount(ctx, caseID, r.Kept.Generation, r.Kept.Sealed)
			if err != nil {
				return nil, nil, err
			}
			if digestOf(data) != r.Kept.SHA256 {
				return nil, nil, fmt.Errorf("the account of case %s in the store is not what the platform said", caseID)
			}
			said = append(said, report.AccountData{Platform: r.Platform, At: r.Answered.UTC(), SHA256: r.Kept.SHA256, Account: data})
		}
	}
	return said, open, nil
}

// hasWebhook reports whether a platform gets webhooks.
func (c *Config) hasWebhook(platform string) bool {
	return slices.ContainsFunc(c.Platforms, func(p webhook.Platform) bool { return p.Name == platform })
}

// accountOf is what a report to the CyberTipline says of an account: by the folder of the
// configuration, where somebody put it, else what a platform answered; nil for nothing yet.
func (c *Config) accountOf(ctx context.Context, store *review.Store, d review.Decision) (a *ncmec.Account, err error) {
	if a, err := c.NCMEC.account(d.Case.Subject); a != nil || err != nil {
		return a, err
	}
	known, err := store.AccountRequests(ctx, d.CaseID)
	if err != nil || !slices.ContainsFunc(known, func(r review.AccountRequest) bool { return r.Kept.SHA256 != "" }) {
		return nil, err
	}
	keeps, closes, err := c.custody(ctx, store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closes()) }()
	said, _, err := (&accounts{c, store, keeps}).answers(ctx, d.CaseID)
	if err != nil || len(said) == 0 {
		return nil, err
	}
	got, err := ncmec.DecodeAccount(said[0].Account)
	return &got, err
}

// keepAccount keeps a platform's answer, encrypted under the key of its case.
func keepAccount(keeps *custody.Custody) func(context.Context, review.AccountRequest, account.Answer) (bool, error) {
	return func(ctx context.Context, r review.AccountRequest, a account.Answer) (bool, error) {
		k := review.KeptAccount{Unknown: a.Unknown}
		if a.Account != nil {
			data, err := account.Encode(*a.Account)
			if err != nil {
				return false, err
			}
			k.SHA256 = digestOf(data)
			if k.Generation, k.Sealed, err = keeps.SealAccount(ctx, r.Case, data); err != nil {
				return false, err
			}
		}
		return keeps.Store.TakeAccount(ctx, r.Platform, r.ID, k)
	}
}

// joined is an alert with what platforms said of its account.
func (x *accounts) joined(ctx context.Context, a report.Alert) (report.Alert, []string, error) {
	said, open, err := x.answers(ctx, a.Statement.Case)
	a.Accounts = said
	return a, open, err
}

// asQueued is an alert as its centre's queue has it, or would now.
func (c *Config) asQueued(ctx context.Context, store *review.Store, a report.Alert) (report.Alert, error) {
	if !slices.Contains(c.NameAccounts, a.Centre.ID) {
		return a, nil
	}
	keeps, closes, err := c.custody(ctx, store)
	if err != nil {
		return a, err
	}
	a, _, err = (&accounts{c, store, keeps}).joined(ctx, a)
	return a, errors.Join(err, closes())
}

// waits says that platforms were asked and have not answered, as a check that is missing. It
// has no weight: it is waited for, and at the last call the alert goes without.
func waits(open []string) report.QualityResult {
	slices.Sort(open)
	return report.QualityResult{Name: "account", Says: fmt.Sprintf("Platform %s was asked whose account it is, and has not answered.", open[0])}
}
