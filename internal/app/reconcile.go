package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// The audit log is not restored with the case store, and so it knows of deliveries that a
// restored store does not. What is about to be sent is in it before it is sent, and at start
// the store learns from it what it has forgotten.

// A forewarn writes an entry into the audit log and returns when a signed checkpoint covers
// it. Nil writes none: for tests, which restore nothing.
type forewarn func(ctx context.Context, e audit.Entry) error

func forewarning(ledger *audit.Log) forewarn {
	return func(ctx context.Context, e audit.Entry) error {
		index, err := ledger.Append(ctx, e)
		if err == nil {
			_, err = ledger.Prove(ctx, index)
		}
		if err != nil {
			return fmt.Errorf("what is about to be sent is not in the audit log: %w", err)
		}
		return nil
	}
}

// A forewarnedStore lets nothing be sent that the audit log does not know to be about to be.
type forewarnedStore struct {
	*review.Store
	before forewarn
}

// SaveFiling implements delivery.Store.
func (s forewarnedStore) SaveFiling(ctx context.Context, d delivery.Delivery) (delivery.Delivery, error) {
	if d.State == delivery.Sending && s.before != nil {
		if err := s.before(ctx, review.SendingEntry(d, time.Now())); err != nil {
			return d, err
		}
	}
	return s.Store.SaveFiling(ctx, d)
}

// finishing is the entry that says that a report of an alert is about to be finished.
func finishing(s ncmec.State, at time.Time) audit.Entry {
	report := strconv.FormatInt(s.ReportID, 10)
	id := signal.ID("delivery-finishing", s.Alert, report, at.UTC().Format(time.RFC3339Nano))
	return audit.Entry{
		Kind: audit.KindDelivery, ID: id, Digest: digestOf([]byte(id)), At: at.UTC(),
		Refs: []string{s.Alert, s.Case, "asked/finish", "outcome/begun", "report/" + report},
	}
}

// logOverlap is how many entries before the newest that the store knows of are read again:
// several processes note in another order than they write.
const logOverlap = 1 << 12

// reconcile lets a store that was restored from a backup learn from the audit log what was
// sent since then. It returns how many deliveries it moved. On any other start it reads the
// last entries and moves none.
func reconcile(ctx context.Context, store *review.Store, ledger *audit.Log, dir, verifier string) (int, error) {
	newest, some, err := store.LoggedUpTo(ctx)
	if err != nil {
		return 0, err
	}
	from := uint64(0)
	if some {
		from = newest - min(newest, logOverlap)
	}
	found := map[string]*loggedDelivery{}
	err = audit.From(ctx, dir, verifier, from, func(index uint64, e audit.Entry) error {
		return noteDelivery(found, index, e)
	})
	if errors.Is(err, fs.ErrNotExist) { // a log that is new
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reconcile deliveries with the audit log: %w", err)
	}
	var list []review.Logged
	for alert, d := range found {
		l, ok, err := d.stands(alert)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		p, err := ledger.Prove(ctx, d.decides)
		if err != nil {
			return 0, fmt.Errorf("reconcile deliveries with the audit log: %w", err)
		}
		if !bytes.Equal(p.Entry, d.text) {
			return 0, fmt.Errorf("reconcile deliveries with the audit log: entry %d is another by its proof: `vigil audit verify` says what is wrong", d.decides)
		}
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b review.Logged) int { return cmp.Compare(a.Alert, b.Alert) })
	return store.Reconcile(ctx, list)
}

// A loggedDelivery is what entries of the log say of one delivery.
type loggedDelivery struct {
	state    review.FilingState
	receipt  string
	revision int64
	decides  uint64 // the entry that says so
	text     []byte
	report   int64 // of the CyberTipline, that was finished or was to be; 0 for none
	caseID   string
}

// noteDelivery reads an entry. Filed is final; else the highest revision says where a delivery
// stands, since what is written before it is sent and what is noted after come by two ways.
func noteDelivery(found map[string]*loggedDelivery, index uint64, e audit.Entry) error {
	if e.Kind != audit.KindDelivery || len(e.Refs) < 2 {
		return nil
	}
	refs := map[string]string{}
	for _, r := range e.Refs[1:] {
		if kind, value, ok := strings.Cut(r, "/"); ok {
			refs[kind] = value
		}
	}
	if refs["queue"] != "" { // that it lies in the centre's queue says nothing of the channel
		return nil
	}
	d := found[e.Refs[0]]
	if d == nil {
		d = &loggedDelivery{}
		found[e.Refs[0]] = d
	}
	if !strings.Contains(e.Refs[1], "/") {
		d.caseID = e.Refs[1]
	}
	if refs["asked"] == "finish" {
		if n, err := strconv.ParseInt(refs["report"], 10, 64); err == nil {
			d.report = n
		}
	}
	state := review.FilingState(refs["state"])
	revision, _ := strconv.ParseInt(refs["revision"], 10, 64) // entries from before have none
	if state == "" || d.state == review.FilingFiled || state != review.FilingFiled && revision < d.revision {
		return nil
	}
	text, err := e.Encode()
	if err != nil {
		return err
	}
	d.state, d.revision, d.decides, d.text = state, revision, index, text
	if d.receipt = refs["receipt"]; strings.HasPrefix(d.receipt, "sha256:") {
		d.receipt = "" // it may not stand in the log
	}
	return nil
}

// stands says where a delivery stood, and whether that is for a store to know.
func (d *loggedDelivery) stands(alert string) (review.Logged, bool, error) {
	l := review.Logged{Alert: alert, State: review.FilingFiled, Receipt: d.receipt, Revision: d.revision}
	switch d.state {
	case review.FilingFiled:
		return l, true, nil
	case review.FilingSending, review.FilingUnknown:
		l.State = review.FilingUnknown
	default:
		return l, false, nil
	}
	if d.report == 0 {
		return l, true, nil
	}
	var err error
	l.Journal, err = json.Marshal(ncmec.State{Alert: alert, Case: d.caseID, ReportID: d.report, Finishing: true})
	return l, true, err
}
