package app

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vigil-stream/vigil/payments/backtest"
	"github.com/vigil-stream/vigil/payments/rule"
)

// A backtestReport is what `vigil payments backtest --json` prints.
type backtestReport struct {
	Rules        string `json:"rules"`
	RulesVersion int64  `json:"rules_version"`
	Against      string `json:"against,omitempty"`
	AgainstVer   int64  `json:"against_version,omitempty"`
	Payments     int    `json:"payments"`
	passedOver
	Seconds float64 `json:"seconds"`
	backtest.Result
}

// passedOver is what of the records did not count.
type passedOver struct {
	Refused       int `json:"refused"`
	Contradicting int `json:"contradicting"` // a reference used for another payment, or one that tells not which
	Again         int `json:"again"`         // payments told of before, or withdrawn before they came
	Withdrawals   int `json:"withdrawals"`   // told of
	Withdrawn     int `json:"withdrawn"`     // payments that they took back
}

func (b *backtester) passedOver() passedOver {
	return passedOver{
		Refused: b.bad, Contradicting: b.origins.bad, Again: b.origins.again, Withdrawals: b.withdrawn, Withdrawn: b.origins.taken,
	}
}

func (b *backtester) report(changed, old *rule.Set, against string, took time.Duration) error {
	r := backtestReport{
		Rules: b.o.Rules, RulesVersion: changed.Version, Payments: b.payments, passedOver: b.passedOver(),
		Seconds: took.Seconds(), Result: b.run.Result(b.o.Most),
	}
	if old != nil {
		r.Against, r.AgainstVer = against, old.Version
	}
	if b.o.JSON {
		enc := json.NewEncoder(b.o.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	return r.print(b.o.Out)
}

// print writes the report for people.
func (r *backtestReport) print(out io.Writer) error {
	p := &printer{out: out}
	against := "no rules"
	if r.Against != "" {
		against = fmt.Sprintf("%s, version %d", r.Against, r.AgainstVer)
	}
	p.f("%s, version %d, against %s\n", r.Rules, r.RulesVersion, against)
	p.f("%d payments of %d subjects in %.1f s", r.Payments, r.Subjects, r.Seconds)
	p.passedOver(r.passedOver)
	p.f("\n\n")
	p.table(func(row func(cells ...any)) {
		row("rule", "old", "new", "more", "fewer", "")
		for _, one := range r.Result.Rules {
			row(one.ID, side(one.OldVersion, one.Old), side(one.NewVersion, one.New), plus(one.More), minus(one.Fewer), what(one))
		}
		row("subjects with any", r.Any.Old, r.Any.New, plus(r.Any.More), minus(r.Any.Fewer), "")
	})
	if len(r.Groups) > 0 {
		p.f("\n")
		p.table(func(row func(cells ...any)) {
			row("group", "subjects", "old", "new", "difference", "by rule (old to new)")
			for _, g := range r.Groups {
				row(g.Name, g.Subjects, rate(g.Old, g.Subjects), rate(g.New, g.Subjects), points(g), byRule(g.Rules))
			}
		})
	}
	p.findings("more", r.More)
	p.findings("fewer", r.Fewer)
	if r.NotTold > 0 {
		p.f("\n%d findings are not told; --limit tells more\n", r.NotTold)
	}
	return p.err
}

// passedOver says what of the payments did not count.
func (p *printer) passedOver(o passedOver) {
	for _, what := range []struct {
		n    int
		text string
	}{{o.Refused, "refused"}, {o.Contradicting, "with a reference of another"}, {o.Again, "told of before or withdrawn before"}} {
		if what.n > 0 {
			p.f(", %d %s", what.n, what.text)
		}
	}
	if o.Withdrawals > 0 {
		p.f(", %d withdrawals that took back %d", o.Withdrawals, o.Withdrawn)
	}
}

// A printer keeps the first error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format, args...)
	}
}

func (p *printer) table(fill func(row func(cells ...any))) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fill(func(cells ...any) {
		text := make([]string, len(cells))
		for i, c := range cells {
			text[i] = fmt.Sprint(c)
		}
		if p.err == nil {
			_, p.err = fmt.Fprintln(w, strings.Join(text, "\t"))
		}
	})
	if p.err == nil {
		p.err = w.Flush()
	}
	for line := range strings.Lines(b.String()) {
		p.f("%s\n", strings.TrimRight(line, " \n"))
	}
}

func (p *printer) findings(side string, all []backtest.Finding) {
	if len(all) == 0 {
		return
	}
	p.f("\n%s:\n", side)
	for _, f := range all {
		var refs []string
		for _, ref := range f.Refs {
			refs = append(refs, ref.Institution+"/"+ref.Ref)
		}
		group := ""
		if f.Group != "" {
			group = " (" + f.Group + ")"
		}
		p.f("%s %s %s%s: %s [%s]\n", f.Rule, f.Role, f.Subject, group, f.Says, strings.Join(refs, ", "))
	}
}

func side(version string, n int) string {
	if version == "" {
		return "-"
	}
	return fmt.Sprint(n)
}

func plus(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("+%d", n)
}

func minus(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("-%d", n)
}

func what(r backtest.Rule) string {
	switch {
	case r.OldVersion == "":
		return "is new"
	case r.NewVersion == "":
		return "is gone"
	case r.OldVersion != r.NewVersion:
		return "is changed"
	}
	return ""
}

func rate(n, of int) string { return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(of)) }

func points(g backtest.Group) string {
	return fmt.Sprintf("%+.1f", 100*float64(g.New-g.Old)/float64(g.Subjects))
}

func byRule(rules []backtest.Rule) string {
	var all []string
	for _, r := range rules {
		all = append(all, fmt.Sprintf("%s %d to %d", r.ID, r.Old, r.New))
	}
	return strings.Join(all, ", ")
}
