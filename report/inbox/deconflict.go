package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/review/account"
)

// Identifiers are what an alert names that a centre may have already: the streams and
// payments whose records it refers to, by their holders, the digests of originals, and, where
// the sender names accounts to this centre, their ids, addresses and emails.
func Identifiers(a report.Alert) []blind.Identifier {
	var all []blind.Identifier
	add := func(i blind.Identifier) {
		if n, err := i.Normal(); err == nil && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, e := range a.Statement.Evidence {
		switch e.What {
		case "session", "score": // whose reference is the stream
			add(blind.Identifier{Kind: blind.Stream, Holder: e.Holder, Value: e.Ref})
		case "transaction":
			add(blind.Identifier{Kind: blind.Payment, Holder: e.Holder, Value: e.Ref})
		}
		if e.SHA256 != "" {
			add(blind.Identifier{Kind: blind.Evidence, Value: e.SHA256})
		}
	}
	for _, one := range Accounts(a) {
		add(blind.Identifier{Kind: blind.Account, Holder: one.Platform, Value: one.ID})
		for _, ip := range one.IPs {
			add(blind.Identifier{Kind: blind.IP, Value: ip.Address})
		}
		for _, email := range one.Emails {
			add(blind.Identifier{Kind: blind.Email, Value: email.Value})
		}
	}
	return all
}

// Accounts are what platforms say of an alert's account, as far as it can be read; the check
// "accounts" says whether it is theirs.
func Accounts(a report.Alert) (all []account.Account) {
	for _, one := range a.Accounts {
		if got, err := account.Decode(one.Account); err == nil {
			all = append(all, got)
		}
	}
	return all
}

// identify notes an alert's identifiers, blinded.
func (s *Store) identify(ctx context.Context, tx *sql.Tx, a report.Alert) error {
	if s.keys.Blinding == nil {
		return nil
	}
	for _, i := range Identifiers(a) {
		b, err := s.keys.Blinding.Blind(i)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO identifiers VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, a.ID, i.Kind, b); err != nil {
			return err
		}
	}
	return nil
}

// reblind blinds the identifiers of all alerts anew where the key is another than before.
// What is known under the old key can no longer coincide, and goes.
func (s *Store) reblind(ctx context.Context) error {
	if s.keys.Blinding == nil {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		id := s.keys.Blinding.ID()
		has, err := note(ctx, tx, "blinding")
		if err != nil || has == id {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM identifiers; DELETE FROM known`); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT r.payload FROM alerts a JOIN received r ON r.seq = a.received`)
		payloads, err := list(rows, err, func(r *sql.Rows) (data []byte, err error) { return data, r.Scan(&data) })
		if err != nil {
			return err
		}
		for _, data := range payloads {
			a, err := report.DecodeAlert(data)
			if err != nil {
				return err
			}
			if err := s.identify(ctx, tx, a); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO notes VALUES ('blinding', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, id)
		return err
	})
}

// ErrBlinding says that a set is under another key than the inbox's.
var ErrBlinding = errors.New("the set is under another blinding key than this inbox's: make it with the same --key")

// SetKnown takes the set of what the centre has already in place of the one before.
func (s *Store) SetKnown(ctx context.Context, set blind.Set) error {
	if s.keys.Blinding == nil || s.keys.Blinding.ID() != set.Key {
		return fmt.Errorf("known identifiers: %w", ErrBlinding)
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM known`); err != nil {
			return err
		}
		in, err := tx.PrepareContext(ctx, `INSERT INTO known VALUES (?, ?, ?)`)
		if err != nil {
			return err
		}
		for _, b := range set.All {
			if _, err := in.ExecContext(ctx, b.Kind, b.Blind, b.Label); err != nil {
				return errors.Join(err, in.Close())
			}
		}
		return in.Close()
	})
	if err != nil {
		return fmt.Errorf("known identifiers: %w", err)
	}
	return nil
}

// A Known is what an alert has in common with what the centre has already.
type Known struct {
	Kind  blind.Kind
	Label string
	Count int // identifiers
}

// A Related is another alert that has something in common with one.
type Related struct {
	Alert  string
	Came   int64 // microseconds
	Result report.Result
	// Case says that it is about the same case; Kinds are those of the identifiers that
	// both name, in order.
	Case  bool
	Kinds []blind.Kind
}

// maxRelated limits what is shown of one alert.
const maxRelated = 50

// known returns what of an alert coincides with what the centre has.
func (s *Store) known(ctx context.Context, alert string) ([]Known, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT k.kind, k.label, count(DISTINCT k.blind) FROM identifiers i JOIN known k ON k.blind = i.blind AND k.kind = i.kind
		WHERE i.alert = ? GROUP BY k.kind, k.label ORDER BY k.label, k.kind LIMIT ?`, alert, maxRelated)
	return list(rows, err, func(r *sql.Rows) (k Known, err error) { return k, r.Scan(&k.Kind, &k.Label, &k.Count) })
}

// related returns the alerts that an alert has something in common with, the newest first.
func (s *Store) related(ctx context.Context, alert string) ([]Related, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT a.id, a.came, a.result, 1, '' FROM alerts a JOIN alerts me ON me.id = ?1
			WHERE a.id <> ?1 AND (a.case_id = me.case_id OR (a.shared = me.shared AND me.shared <> ''))
		UNION ALL
		SELECT a.id, a.came, a.result, 0, j.kind FROM identifiers i JOIN identifiers j ON j.blind = i.blind AND j.kind = i.kind AND j.alert <> i.alert
			JOIN alerts a ON a.id = j.alert WHERE i.alert = ?1 GROUP BY a.id, j.kind
		ORDER BY 2 DESC, 1, 4 DESC, 5 LIMIT ?2`, alert, 4*maxRelated)
	type row struct {
		Related
		kind blind.Kind
	}
	all, err := list(rows, err, func(r *sql.Rows) (one row, err error) {
		return one, r.Scan(&one.Alert, &one.Came, &one.Result, &one.Case, &one.kind)
	})
	if err != nil {
		return nil, err
	}
	var out []Related
	for _, one := range all {
		if n := len(out); n == 0 || out[n-1].Alert != one.Alert {
			if n == maxRelated {
				break
			}
			out = append(out, one.Related)
		}
		if last := &out[len(out)-1]; one.kind != "" && !slices.Contains(last.Kinds, one.kind) {
			last.Kinds = append(last.Kinds, one.kind)
		}
	}
	return out, nil
}
