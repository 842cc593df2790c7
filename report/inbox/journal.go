package inbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A Line is one of the journal: who looked at what, or did what, and when.
type Line struct {
	Seq    int64
	At     time.Time
	Who    string // "inbox" for what nobody did by hand
	What   string
	About  string // id, or empty
	Detail string
}

// The words for what was done.
const (
	DidView     = "view"
	DidSay      = "say"
	DidUndo     = "undo"
	DidRead     = "read correction"
	DidExport   = "export"
	DidDownload = "download"
	DidSignIn   = "sign in"
	DidKnown    = "known identifiers"
	DidStart    = "start"
)

func (s *Store) log(ctx context.Context, tx *sql.Tx, who, what, about, detail string) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO journal (at, who, what, about, detail) VALUES (?, ?, ?, ?, ?)`,
		s.now().UnixMicro(), who, what, about, detail); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Log notes what somebody did, before any of it is given out.
func (s *Store) Log(ctx context.Context, who, what, about, detail string) error {
	return s.write(ctx, func(tx *sql.Tx) error { return s.log(ctx, tx, who, what, about, detail) })
}

// Journal returns the newest lines, those about one id or, where it is empty, all.
func (s *Store) Journal(ctx context.Context, about string, limit int) ([]Line, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq, at, who, what, about, detail FROM journal WHERE ?1 = '' OR about = ?1 ORDER BY seq DESC LIMIT ?2`, about, limit)
	lines, err := list(rows, err, func(r *sql.Rows) (l Line, err error) {
		var at int64
		err = r.Scan(&l.Seq, &at, &l.Who, &l.What, &l.About, &l.Detail)
		l.At = fromMicros(at)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return lines, nil
}
