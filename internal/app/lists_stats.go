package app

import (
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/hashdb"
)

// HashStats prints what lists there are and what keeping them takes.
func HashStats(c Config, out io.Writer) error {
	return c.withLists(func(db *hashdb.DB) error { return printStats(c, db, out) })
}

func printStats(c Config, db *hashdb.DB, out io.Writer) error {
	if err := printLists(ListOptions{Out: out}, db.Lists()); err != nil {
		return err
	}
	s := db.Stats()
	if _, err := fmt.Fprintf(out, "\n%d entries, %.1f bytes each; %d sealed segments of %d rows, %d bytes mapped; %d rows in the head, journal of %d bytes; generation %d\n",
		s.Entries, s.BytesPerEntry, s.Segments, s.Rows, s.MappedBytes, s.HeadRows, s.JournalBytes, s.Generation); err != nil {
		return err
	}
	for _, p := range s.Pending {
		if _, err := fmt.Fprintf(out, "import of %s for %s was cut short after %d records: run it again to go on\n", p.File, p.Source, p.Records); err != nil {
			return err
		}
	}
	what, encrypted, known := hashdb.AtRest(c.hashesDir())
	state := "not known to be encrypted"
	switch {
	case encrypted:
		state = "encrypted"
	case known:
		state = "NOT encrypted"
	}
	_, err := fmt.Fprintf(out, "at rest: %s (%s)\n", state, what)
	return err
}
