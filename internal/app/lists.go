package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vigil-stream/vigil/hashdb"
)

// ListChanges are what a command line changes about a list; nil leaves it.
type ListChanges struct {
	Radius                                         *int
	Owner, Category, Severity, Jurisdiction, Terms *string
	State                                          *string
	Allow                                          *bool
}

// apply returns the list as changed.
func (ch ListChanges) apply(l hashdb.List) hashdb.List {
	for _, t := range []struct {
		from *string
		to   *string
	}{
		{ch.Owner, &l.Owner}, {ch.Category, &l.Category}, {ch.Severity, &l.Severity},
		{ch.Jurisdiction, &l.Jurisdiction}, {ch.Terms, &l.Terms}, {ch.State, (*string)(&l.State)},
	} {
		if t.from != nil {
			*t.to = *t.from
		}
	}
	if ch.Radius != nil {
		l.Radius = *ch.Radius
	}
	if ch.Allow != nil {
		l.Allow = *ch.Allow
	}
	return l
}

// check says what is wrong with the changes for a list of any kind.
func (ch ListChanges) check() error {
	widest := hashdb.List{Source: "any", Kind: hashdb.KindPDQ, State: hashdb.StateLive}
	if err := ch.apply(widest).Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return nil
}

// ListOptions say which list to print or change.
type ListOptions struct {
	Source  string // empty: print all
	Kind    string // empty: every kind of the source
	Changes ListChanges
	JSON    bool
	Out     io.Writer
}

// Lists prints the lists, or changes those of a source.
func Lists(ctx context.Context, c Config, o ListOptions) error {
	kind, err := optionalKind(o.Kind)
	if err != nil {
		return err
	}
	if o.Changes == (ListChanges{}) {
		return c.withLists(func(db *hashdb.DB) error { return printLists(o, chosen(db.Lists(), o.Source, kind)) })
	}
	if o.Source == "" {
		return fmt.Errorf("%w: say which list to change", ErrUsage)
	}
	if err := o.Changes.check(); err != nil {
		return err
	}
	return c.changeLists(ctx, func(change listChange) error {
		lists := chosen(change.db.Lists(), o.Source, kind)
		if len(lists) == 0 {
			return noList(c, o.Source, kind)
		}
		for _, l := range lists {
			if err := change.store.SetList(ctx, o.Changes.apply(l.List)); err != nil {
				return err
			}
		}
		return printLists(o, chosen(change.db.Lists(), o.Source, kind))
	})
}

// chosen returns the lists of a source and kind; empty means any.
func chosen(all []hashdb.ListInfo, source string, kind hashdb.Kind) []hashdb.ListInfo {
	var some []hashdb.ListInfo
	for _, l := range all {
		if (source == "" || l.Source == source) && (kind == 0 || l.Kind == kind) {
			some = append(some, l)
		}
	}
	return some
}

func noList(c Config, source string, kind hashdb.Kind) error {
	name := source
	if kind != 0 {
		name += "/" + kind.String()
	}
	return fmt.Errorf("no list %s in %s: see `vigil hashes list`", name, c.hashesDir())
}

func printLists(o ListOptions, lists []hashdb.ListInfo) error {
	if o.JSON {
		e := json.NewEncoder(o.Out)
		e.SetIndent("", "  ")
		if lists == nil {
			lists = []hashdb.ListInfo{}
		}
		return e.Encode(lists)
	}
	w := tabwriter.NewWriter(o.Out, 0, 8, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, "LIST\tKIND\tENTRIES\tRADIUS\tSTATE\tVERSION\tOWNER\tCATEGORY\tSEVERITY\tJURISDICTION"); err != nil {
		return err
	}
	for _, l := range lists {
		state := string(l.State)
		if l.Allow {
			state += ", allow"
		}
		if _, err := fmt.Fprintln(w, strings.Join([]string{l.Source, l.Kind.String(), fmt.Sprint(l.Entries), fmt.Sprint(l.Radius),
			state, l.Version, orDash(l.Owner), orDash(l.Category), orDash(l.Severity), orDash(l.Jurisdiction)}, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
