package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

var loggedAlert = signal.ID("alert", "logged")

func deliveryEntry(i int, refs ...string) audit.Entry {
	return audit.Entry{
		Kind: audit.KindDelivery, ID: fmt.Sprint("entry-", i), Digest: digestOf([]byte("x")), At: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		Refs: append([]string{loggedAlert}, refs...),
	}
}

// TestWhereADeliveryStoodByTheLog reads the entries of one delivery in random orders, since
// what is written before it is sent comes by another way than what came of it.
func TestWhereADeliveryStoodByTheLog(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	sending := func(r int) []string {
		return []string{"case", "centre/us", "state/sending", fmt.Sprint("revision/", r)}
	}
	state := func(r int, s string, more ...string) []string {
		return append([]string{"case", "centre/us", "state/" + s, fmt.Sprint("revision/", r)}, more...)
	}
	for name, test := range map[string]struct {
		entries [][]string
		want    review.Logged
		none    bool
	}{
		"filed":              {[][]string{sending(2), state(3, "queued"), sending(4), state(5, "filed", "receipt/77")}, review.Logged{State: review.FilingFiled, Receipt: "77", Revision: 5}, false},
		"filed with a name":  {[][]string{sending(2), state(3, "filed", "receipt/sha256:aa")}, review.Logged{State: review.FilingFiled, Revision: 3}, false},
		"filed, before this": {[][]string{{"case", "centre/us", "state/filed", "receipt/5"}, sending(9)}, review.Logged{State: review.FilingFiled, Receipt: "5"}, false},
		"killed":             {[][]string{sending(2), state(3, "queued"), sending(4)}, review.Logged{State: review.FilingUnknown, Revision: 4}, false},
		"unknown":            {[][]string{sending(2), state(3, "unknown")}, review.Logged{State: review.FilingUnknown, Revision: 3}, false},
		"failed":             {[][]string{sending(2), state(3, "failed")}, review.Logged{}, true},
		"withdrawn":          {[][]string{sending(2), state(3, "unknown"), sending(4), state(5, "withdrawn")}, review.Logged{}, true},
		"in the queue":       {[][]string{{"case", "queue/us", "state/filed"}, state(2, "held")}, review.Logged{}, true},
		"there, and killed":  {[][]string{{"case", "queue/us", "state/filed"}, sending(2)}, review.Logged{State: review.FilingUnknown, Revision: 2}, false},
		"frames alone":       {[][]string{{"case", "centre/us", "frames/3"}}, review.Logged{}, true},
		"killed in a finish": {[][]string{sending(2), {"case", "asked/finish", "outcome/begun", "report/4711"}}, review.Logged{State: review.FilingUnknown, Revision: 2, Journal: []byte("4711")}, false},
	} {
		for range 6 {
			found := map[string]*loggedDelivery{}
			chance.Shuffle(len(test.entries), func(i, j int) { test.entries[i], test.entries[j] = test.entries[j], test.entries[i] })
			for i, refs := range test.entries {
				if err := noteDelivery(found, uint64(i), deliveryEntry(i, refs...)); err != nil {
					t.Fatal(err)
				}
			}
			got, ok, err := found[loggedAlert].stands(loggedAlert)
			if err != nil || ok == test.none {
				t.Fatalf("%s: %v, %v", name, ok, err)
			}
			if !ok {
				continue
			}
			if got.State != test.want.State || got.Receipt != test.want.Receipt || got.Revision != test.want.Revision || !bytes.Contains(got.Journal, test.want.Journal) || (len(got.Journal) > 0) != (len(test.want.Journal) > 0) {
				t.Errorf("%s: %+v %s, want %+v", name, got, got.Journal, test.want)
			}
		}
	}
}

// aLog is a log with a delivery that was filed, and what its folder and key are.
func aLog(t *testing.T, c Config) *audit.Log {
	t.Helper()
	ledger, _, err := c.openAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close(context.Background()) })
	if err := forewarning(ledger)(t.Context(), deliveryEntry(1, "case", "centre/us", "state/filed", "receipt/77", "revision/3")); err != nil {
		t.Fatal(err)
	}
	return ledger
}

// TestALogThatWasChangedIsNotBelieved: one digit in the log's folder, and nothing is taken
// over.
func TestALogThatWasChangedIsNotBelieved(t *testing.T) {
	c, _ := deployed(t, false)
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	ledger := aLog(t, c)
	key := mustVerifier(t, c)
	if moved, err := reconcile(t.Context(), store, ledger, c.auditDir(), key); err != nil || moved != 0 {
		t.Fatal(moved, err)
	}
	changed := 0
	err = filepath.WalkDir(c.auditDir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "entries") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(data, []byte("receipt/77")) {
			return err
		}
		changed++
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		return os.WriteFile(path, bytes.ReplaceAll(data, []byte("receipt/77"), []byte("receipt/78")), 0o600)
	})
	if err != nil || changed == 0 {
		t.Fatal(changed, err)
	}
	if _, err := reconcile(t.Context(), store, ledger, c.auditDir(), key); err == nil {
		t.Error("a log that was changed is believed")
	}
}

// TestNothingIsSentThatTheLogDoesNotKnow: where the log takes nothing, a delivery stays in the
// queue, and no report is finished.
func TestNothingIsSentThatTheLogDoesNotKnow(t *testing.T) {
	c, _ := deployed(t, false)
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	made := aDecidedCase(t, store)
	d := delivery.Delivery{Alert: loggedAlert, Case: made.ID, Centre: "us", Sequence: 1, State: delivery.Queued, Revision: 1, Body: []byte("{}")}
	if err := store.OrderFilings(t.Context(), []delivery.Delivery{d}); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	none := func(context.Context, audit.Entry) error { return full }
	d.State = delivery.Sending
	if _, err := (forewarnedStore{store, none}).SaveFiling(t.Context(), d); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if now, err := store.Filing(t.Context(), loggedAlert); err != nil || now.State != delivery.Queued {
		t.Errorf("it is %+v, %v", now, err)
	}
	if err := (filingJournal{store, none}).Save(t.Context(), ncmec.State{Alert: loggedAlert, Case: made.ID, ReportID: 7, Finishing: true}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if journal, err := store.FilingJournal(t.Context(), loggedAlert); err != nil || len(journal) != 0 {
		t.Errorf("kept is %s, %v", journal, err)
	}
	var told []audit.Entry
	keep := func(_ context.Context, e audit.Entry) error { told = append(told, e); return e.Validate() }
	if _, err := (forewarnedStore{store, keep}).SaveFiling(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := (filingJournal{store, keep}).Save(t.Context(), ncmec.State{Alert: loggedAlert, Case: made.ID, ReportID: 7, Finishing: true}); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || !strings.Contains(fmt.Sprint(told[0].Refs), "state/sending revision/2") || !strings.Contains(fmt.Sprint(told[1].Refs), "asked/finish outcome/begun report/7") {
		t.Errorf("the log is told %+v", told)
	}
}
