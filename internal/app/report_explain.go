package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// ExplainOptions say which alert to explain, and who asks.
type ExplainOptions struct {
	Alert    string
	Reviewer string
	Account  string // file of what the platform says of the account; empty means the configuration's folder
	XML      bool   // print the report as it would be filed, and nothing else
	Out      io.Writer
}

// ExplainAlert prints each field of an alert, and of the report that is made of it for its
// centre, with the evidence on which it rests. It shows a case, so that the view is logged.
func ExplainAlert(ctx context.Context, c Config, o ExplainOptions) error {
	return withStore(ctx, c, func(store *review.Store) error {
		a, centre, d, err := c.alertOf(ctx, store, o.Alert, review.Reviewer(o.Reviewer))
		if err != nil {
			return err
		}
		told, err := c.asQueued(ctx, store, a) // what lies in the queue; the report has the account by itself
		if err != nil {
			return err
		}
		if centre.Channel != "ncmec" {
			if o.XML {
				return fmt.Errorf("%s is reached by %s, which has no XML here", centre.ID, centre.Channel)
			}
			return explain(o.Out, told, nil, nil)
		}
		prior, err := prior(ctx, store, a)
		if err != nil {
			return err
		}
		var draft ncmec.Draft
		in, err := c.inputOf(ctx, store, a, d, o.Account, prior)
		if err == nil {
			draft, err = ncmec.Build(in)
		}
		if o.XML {
			if err != nil {
				return err
			}
			_, err = o.Out.Write(draft.XML)
			return err
		}
		var held *ncmec.Incomplete
		if errors.As(err, &held) || errors.Is(err, ncmec.ErrNotPersons) {
			return explain(o.Out, told, nil, err)
		}
		if err != nil {
			return err
		}
		return explain(o.Out, told, &draft, nil)
	})
}

// alertOf makes an alert anew from the decision that it was made of, as a person may see it.
func (c *Config) alertOf(ctx context.Context, store *review.Store, id string, who review.Person) (report.Alert, route.Centre, review.Decision, error) {
	fail := func(err error) (report.Alert, route.Centre, review.Decision, error) {
		return report.Alert{}, route.Centre{}, review.Decision{}, err
	}
	centres, err := c.directory()
	if err != nil {
		return fail(err)
	}
	caseID, decision, err := store.Alerted(ctx, id)
	if err != nil {
		return fail(err)
	}
	_, decisions, err := store.Show(ctx, caseID, who)
	if err != nil {
		return fail(err)
	}
	i := slices.IndexFunc(decisions, func(d review.Decision) bool { return d.ID == decision })
	if i < 0 {
		return fail(fmt.Errorf("decision %s of alert %s no longer stands", decision, id))
	}
	d := decisions[i]
	index, ok, err := store.AuditIndex(ctx, d.ID)
	if err != nil || !ok {
		return fail(errors.Join(fmt.Errorf("decision %s is not in the audit log", d.ID), err))
	}
	verifier, err := c.verifier("")
	if err != nil {
		return fail(err)
	}
	proof, err := verify.Prove(c.auditDir(), verifier, index)
	if err != nil {
		return fail(err)
	}
	plan := centres.Route(d)
	alerts, err := report.Tell(d, plan, proof, verifier)
	if err != nil {
		return fail(err)
	}
	for i, a := range alerts {
		if a.ID == id {
			return a, plan.Told[i].Centre, d, nil
		}
	}
	return fail(fmt.Errorf("by the directory of centres as it is now, the case does not go to the centre of alert %s", id))
}

// inputOf is what the report of an alert rests on: the account from a file or from the folder
// of the configuration, the pictures that can be opened, and what people saw of them.
func (c *Config) inputOf(ctx context.Context, store *review.Store, a report.Alert, d review.Decision, account string, prior []int64) (in ncmec.Input, err error) {
	in = ncmec.Input{Decision: d, Alert: a.ID, Reporter: c.NCMEC.reporter(), Prior: prior, Now: time.Now().UTC()}
	if account != "" {
		in.Account, err = readAccount(account)
		if err == nil && in.Account == nil {
			err = fmt.Errorf("no such file: %s", account)
		}
	} else {
		in.Account, err = c.accountOf(ctx, store, d)
	}
	if err != nil {
		return in, err
	}
	if in.Attach, err = report.Encode(a); err != nil {
		return in, err
	}
	seen, err := store.SeenWhole(ctx, d.CaseID)
	if err != nil {
		return in, err
	}
	in.Viewed = func(sha256 string) (string, bool) { entry, ok := seen[sha256]; return entry, ok }
	in.Frames, err = c.picturesOf(ctx, store, d.Case)
	return in, err
}

// picturesOf are the pictures that a case names and that this process can open, which is
// where review.evidence_identity is set.
func (c *Config) picturesOf(ctx context.Context, store *review.Store, of review.Case) (map[string][]byte, error) {
	frames, err := c.consoleFrames(ctx, store)
	if err != nil || frames == nil {
		return nil, err
	}
	found, err := frames.Of(ctx, of)
	if err != nil {
		return nil, err
	}
	pictures := map[string][]byte{}
	for _, f := range found {
		if f.Named {
			pictures[f.SHA256] = f.JPEG
		}
	}
	return pictures, nil
}

func explain(w io.Writer, a report.Alert, draft *ncmec.Draft, held error) error {
	fields, err := report.Fields(a)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "alert %s to %s\n", a.ID, a.Centre.Name)
	for _, f := range fields {
		line(&b, f.Path, f.Value, f.Source)
	}
	switch {
	case held != nil:
		fmt.Fprintf(&b, "\nreport for the CyberTipline: held, since %s\n", oneLine(held.Error()))
	case draft != nil:
		b.WriteString("\nreport for the CyberTipline\n")
		for _, f := range draft.Fields {
			line(&b, f.Path, f.Value, f.Source)
		}
		for i, up := range draft.Uploads {
			fmt.Fprintf(&b, "\nfile %d of it, %d bytes\n", i+1, len(up.Data))
			for _, f := range up.Fields {
				line(&b, f.Path, f.Value, f.Source)
			}
		}
		for _, absent := range draft.Absent {
			fmt.Fprintf(&b, "\nnot at hand: frame %s\n", oneLine(absent))
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// shownValue is how much of a value is printed, in characters.
const shownValue = 120

func line(b *strings.Builder, path, value, source string) {
	text := []rune(oneLine(value))
	if len(text) > shownValue {
		text = append(text[:shownValue], '…')
	}
	fmt.Fprintf(b, "  %s = %s\n      <- %s\n", path, string(text), oneLine(source))
}

// oneLine keeps what comes from outside from steering a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return ' '
		}
		return printable(r)
	}, s)
}
