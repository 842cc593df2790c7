package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"strings"

	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// OutcomeKeys are the verifier keys (C2SP signed note) of the centres that say what came of
// alerts, by the centre's id. Nothing is taken of a centre that has none here.
type OutcomeKeys map[string]string

var centreID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func (k OutcomeKeys) validate() error {
	var faults []error
	for centre, key := range k {
		if !centreID.MatchString(centre) {
			faults = append(faults, fmt.Errorf("outcome_keys.%s: the key of the map is the id of a centre", centre))
		} else if _, _, err := verify.PublicKey(key); err != nil {
			faults = append(faults, fmt.Errorf("outcome_keys.%s: not a verifier key of the form name+hash+key, which the centre gives out: %w", centre, err))
		}
	}
	return errors.Join(faults...)
}

// outcomeKeys are those of the configuration and, on an embedded broker, those of the centres
// that this deployment plays itself.
func (c *Config) outcomeKeys(table route.Directory) (OutcomeKeys, error) {
	all := OutcomeKeys{}
	maps.Copy(all, c.OutcomeKeys)
	for _, centre := range table.Centres {
		if _, ok := all[centre.ID]; ok || len(c.Brokers) > 0 {
			continue
		}
		text, err := os.ReadFile(c.centreKey(centre.ID, verifierEnd))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[centre.ID] = strings.TrimSpace(string(text))
	}
	return all, all.validate()
}

// open reads the value of an outcome's record by the key of the centre that it names.
func (k OutcomeKeys) open(data []byte) (report.Outcome, error) {
	centre, err := report.OutcomeCentre(data)
	if err != nil {
		return report.Outcome{}, signal.Reject("outcome", "%w", err)
	}
	key, ok := k[centre]
	if !ok {
		return report.Outcome{}, signal.Reject("outcome-key", "no key of centre %s is in outcome_keys", centre)
	}
	o, err := report.OpenOutcome(data, centre, key)
	if err != nil {
		return report.Outcome{}, signal.Reject("outcome", "%w", err)
	}
	return o, nil
}

// takeOutcome keeps the outcome that a record's value holds.
func takeOutcome(ctx context.Context, store *review.Store, keys OutcomeKeys, data []byte) (report.Outcome, error) {
	o, err := keys.open(data)
	if err != nil {
		return o, err
	}
	kept := review.AlertOutcome{
		ID: o.ID, Alert: o.Alert, CaseID: o.Case, Centre: o.Centre, Sequence: o.Sequence, Result: string(o.Result), At: o.At,
		Missing: o.Missing, Reference: o.Reference,
	}
	for _, e := range o.Entries {
		kept.Entries = append(kept.Entries, review.OutcomeEntry(e))
	}
	return o, store.TakeOutcome(ctx, kept)
}

// outcomeRecord takes an outcome from the topic receipts, where it must come as of the centre
// that signed it.
func outcomeRecord(ctx context.Context, store *review.Store, keys OutcomeKeys, m stream.Message) error {
	if centre, err := report.OutcomeCentre(m.Data); err == nil && m.Ext["centre"] != centre {
		return signal.Reject("outcome", "the record's attribute centre is not the centre that the outcome names")
	}
	_, err := takeOutcome(ctx, store, keys, m.Data)
	return err
}

// TakeOutcomes keeps outcomes that centres gave in files, each the value of one record: for
// centres that do not reach the topic. All files are looked at; the errors of those that were
// not taken are joined.
func TakeOutcomes(ctx context.Context, c Config, files []string, out io.Writer) error {
	table, err := c.directory()
	if err != nil {
		return err
	}
	keys, err := c.outcomeKeys(table)
	if err != nil {
		return err
	}
	return withStore(ctx, c, func(store *review.Store) error {
		var faults []error
		for _, name := range files {
			data, err := readSmall(name)
			var o report.Outcome
			if err == nil {
				o, err = takeOutcome(ctx, store, keys, data)
			}
			if err == nil {
				_, err = fmt.Fprintf(out, "alert %s: %s says %s (word %d)\n", o.Alert, o.Centre, o.Result, o.Sequence)
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
			}
		}
		return errors.Join(faults...)
	})
}
