package app

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// LookupOptions say what to look up and how.
type LookupOptions struct {
	Kind   string
	Radius int // hashdb.OwnRadius: each list's own
	Hashes []string
	Out    io.Writer
	Err    io.Writer
}

// LookupHashes prints, a line each, every list entry within reach of each hash:
// first those that match, then what an allow-list took out, then those of lists on
// trial or disputed. A bad hash is named and the others are done.
func LookupHashes(c Config, o LookupOptions) error {
	kind, err := parseKind(o.Kind)
	if err != nil {
		return err
	}
	if o.Radius != hashdb.OwnRadius && (o.Radius < 0 || o.Radius > kind.MaxRadius()) {
		return fmt.Errorf("%w: --radius %d for %v: want 0 to %d", ErrUsage, o.Radius, kind, kind.MaxRadius())
	}
	return c.withLists(func(db *hashdb.DB) error { return o.lookup(c, db, kind) })
}

func (o LookupOptions) lookup(c Config, db *hashdb.DB, kind hashdb.Kind) error {
	if !slices.Contains(db.Kinds(), kind) {
		return fmt.Errorf("no list of kind %s with an entry in %s: an empty look-up would pass for no match", kind, c.hashesDir())
	}
	refused := false
	for i, text := range o.Hashes {
		h, err := hashdb.ParseHash(kind, text)
		if err != nil {
			refused = true
			if _, err := fmt.Fprintf(o.Err, "vigil hashes lookup: hash %d: %v\n", i+1, err); err != nil {
				return err
			}
			continue
		}
		answers, err := db.Search(hashdb.Query{Radius: o.Radius}, h)
		if err != nil {
			return err
		}
		if err := printAnswer(o.Out, text, answers[0]); err != nil {
			return err
		}
	}
	if refused {
		return ErrSomeRefused
	}
	return nil
}

func printAnswer(out io.Writer, asked string, a hashdb.Answer) error {
	if len(a.Matches)+len(a.Allowed)+len(a.Shadow) == 0 {
		_, err := fmt.Fprintf(out, "%s no match\n", asked)
		return err
	}
	for _, group := range []struct {
		verdict string
		matches []hashdb.Match
	}{{"match", a.Matches}, {"allowed", a.Allowed}, {"vetoed", a.Vetoed}, {"shadow", a.Shadow}} {
		for _, m := range group.matches {
			if _, err := fmt.Fprintf(out, "%s %s %s\n", asked, group.verdict, strings.Join(matchFields(m), " ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// matchFields are name=value, those that the list does not state left out. Texts
// are quoted, since they are the owner's.
func matchFields(m hashdb.Match) []string {
	fields := []string{
		"list=" + m.List, "entry=" + m.Entry, "hash=" + m.Hash.String(), fmt.Sprintf("distance=%d", m.Distance),
		fmt.Sprintf("radius=%d", m.Radius), "version=" + m.Version, "state=" + string(m.State),
	}
	text := func(name, value string) {
		if value != "" {
			fields = append(fields, fmt.Sprintf("%s=%q", name, value))
		}
	}
	text("owner", m.Owner)
	text("category", m.Category)
	text("severity", m.Severity)
	text("jurisdiction", m.Jurisdiction)
	text("tags", strings.Join(m.Tags, ","))
	text("refs", strings.Join(m.Refs, ","))
	if m.Parties > 0 {
		fields = append(fields, fmt.Sprintf("parties=%d", m.Parties))
	}
	if !m.Time.IsZero() {
		fields = append(fields, "time="+m.Time.Format("2006-01-02T15:04:05Z"))
	}
	if m.Disputed {
		fields = append(fields, "disputed=true")
	}
	return fields
}
