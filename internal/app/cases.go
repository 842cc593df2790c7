package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// withStore runs f on the case store of a deployment, and makes none: an empty
// one in a mistyped folder or database would say that there are no cases.
func withStore(ctx context.Context, c Config, f func(*review.Store) error) error {
	where, err := c.storePlace()
	if err != nil {
		return err
	}
	if err := review.There(ctx, where); err != nil {
		return fmt.Errorf("no case store yet, or not the one of `vigil run`: %w", err)
	}
	store, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(store), store.Close())
}

// MigrateStore brings the case store to this version and prints which that is.
func MigrateStore(ctx context.Context, c Config, out io.Writer) error {
	store, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	version, err := store.Version(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "the case store is of version %d\n", version)
	return err
}

// ListCases prints cases, the most probable first. The state "open" means all
// that wait for a person, reopened ones too; "all" means every one.
func ListCases(ctx context.Context, c Config, state string, out io.Writer) error {
	filter := review.Filter{States: []review.State{review.State(state)}, Limit: review.MaxLimit}
	switch {
	case state == "all":
		filter.States = nil
	case state == "open":
		filter.States = []review.State{review.StateOpen, review.StateReopened}
	case !filter.States[0].Valid():
		return fmt.Errorf("%w: --state %q is none of open, reopened, confirmed, dismissed, withdrawn, help, all", ErrUsage, state)
	}
	return withStore(ctx, c, func(store *review.Store) error {
		cases, err := store.List(ctx, filter)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			_, err := fmt.Fprintln(out, "no cases")
			return err
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		if _, err := fmt.Fprintln(w, "CASE\tSTATE\tPROBABILITY\tSUBJECT\tEVIDENCE UNTIL"); err != nil {
			return err
		}
		for _, s := range cases {
			if _, err := fmt.Fprintf(w, "%s\t%s\t%.3f\t%s\t%s\n",
				s.ID, s.State, s.Probability, s.Subject, s.Last.Format(time.RFC3339)); err != nil {
				return err
			}
		}
		return w.Flush()
	})
}

// ShowCase prints a case for a reviewer; that it was seen is logged.
func ShowCase(ctx context.Context, c Config, id, viewer string, out io.Writer) error {
	return withStore(ctx, c, func(store *review.Store) error {
		shown, decisions, err := store.Show(ctx, id, review.Reviewer(viewer))
		if err != nil {
			return err
		}
		return printCase(out, shown, decisions)
	})
}

func printCase(out io.Writer, c review.Case, decisions []review.Decision) error {
	var b strings.Builder
	fmt.Fprintf(&b, "case     %s (%s, revision %d)\n", c.ID, c.State, c.Revision)
	fmt.Fprintf(&b, "digest   %s\n", c.Digest)
	fmt.Fprintf(&b, "subject  %s\n", c.Subject)
	fmt.Fprintf(&b, "seen     %s to %s\n", c.First.Format(time.RFC3339), c.Last.Format(time.RFC3339))
	fmt.Fprintf(&b, "score    %+.2f, a probability of %s (weights %s)\n\n", c.Score, signal.Percent(c.Probability), c.Weights)
	printParts(&b, "  ", c.Parts)
	if len(c.Against) > 0 {
		b.WriteString("\nagainst each innocent explanation alone:")
		for _, a := range c.Against {
			fmt.Fprintf(&b, " %s %+.1f;", a.Explanation, a.Score)
		}
		b.WriteString("\n")
	}
	for _, p := range c.Pairs {
		fmt.Fprintf(&b, "\n  with it %s, %d transfers, %d private sessions watched: a probability of %s; if the case is right, %+.2f\n", p.Payer, p.Transfers, p.Visits, signal.Percent(p.Probability), p.Score)
		printParts(&b, "    ", p.Parts)
	}
	b.WriteString("\n")
	for _, s := range c.Signals {
		fmt.Fprintf(&b, "  %s  %-8s %s\n", s.Start.Format(time.RFC3339), s.Kind, s.Says)
	}
	if c.Omitted > 0 {
		fmt.Fprintf(&b, "  and %d more signals\n", c.Omitted)
	}
	for _, d := range decisions {
		fmt.Fprintf(&b, "\n%s: %s by %s, %s", d.At.Format(time.RFC3339), d.Verdict, strings.Join(d.People(), " and "), d.Reason)
		if d.Note != "" {
			fmt.Fprintf(&b, "\n  %s", d.Note)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, strings.Map(printable, b.String()))
	return err
}

func printParts(b *strings.Builder, indent string, parts []review.Part) {
	for _, p := range parts {
		fmt.Fprintf(b, "%s%+6.2f  %-22s %s\n", indent, p.Weight, p.Name, p.Says)
	}
}

// printable replaces what could play tricks on a terminal: a list's name or a
// note may hold escape sequences.
func printable(r rune) rune {
	if r == '\n' || unicode.IsPrint(r) {
		return r
	}
	return '\uFFFD'
}

// DecideOptions are a reviewer's decision as typed.
type DecideOptions struct {
	Case, Digest, Verdict, Reason, Note, Reviewer string
	Danger                                        string // why it cannot wait for a second person
	Action                                        string // for the platform; empty for what follows from the reason
}

// DecideCase decides a case as it was seen.
func DecideCase(ctx context.Context, c Config, o DecideOptions, out io.Writer) error {
	verdict := review.Verdict(o.Verdict)
	reasons := review.Reasons(verdict)
	if reasons == nil {
		return fmt.Errorf("%w: --verdict %q is neither %s nor %s", ErrUsage, o.Verdict, review.Confirm, review.Dismiss)
	}
	if !slices.Contains(reasons, o.Reason) {
		return fmt.Errorf("%w: --reason to %s is one of %s", ErrUsage, verdict, strings.Join(reasons, ", "))
	}
	if k := action.Kind(o.Action); k != "" && (!k.Chosen() || verdict == review.Dismiss && k != action.None) {
		return fmt.Errorf("%w: --action is one of %v, and none where the case is dismissed", ErrUsage, action.Choices())
	}
	return withStore(ctx, c, func(store *review.Store) error {
		// Who has a shell on the machine of the store could write into it; as a reviewer,
		// they cannot settle alone what takes two.
		got, err := store.Decide(ctx, review.Request{
			CaseID: o.Case, Digest: o.Digest, Verdict: verdict, Reason: o.Reason, Note: o.Note,
			Danger: o.Danger, Action: action.Kind(o.Action), By: review.Reviewer(o.Reviewer),
		})
		if err != nil {
			return err
		}
		if d := got.Decision; got.Final {
			_, err = fmt.Fprintf(out, "decision %s: %s case %s\n", d.ID, d.Verdict, d.CaseID)
		} else {
			_, err = fmt.Fprintf(out, "kept: %s case %s; another person must look at it before anything is decided\n", verdict, o.Case)
		}
		if err == nil && !got.UndoUntil.IsZero() {
			_, err = fmt.Fprintf(out, "`vigil review undo %s` takes it back until %s; nothing leaves before\n", o.Case, got.UndoUntil.Format(time.RFC3339))
		}
		return err
	})
}

// UndoCase takes back what a reviewer said last of a case.
func UndoCase(ctx context.Context, c Config, id, reviewer string, out io.Writer) error {
	return withStore(ctx, c, func(store *review.Store) error {
		if err := store.Undo(ctx, id, review.Reviewer(reviewer)); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "taken back: case %s\n", id)
		return err
	})
}
