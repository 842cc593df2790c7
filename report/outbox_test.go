package report

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/review"
)

// TestFromCaseToAlert goes the whole way on the real store and the real log: a
// case is received, seen, decided, logged, proven, told and logged again.
func TestFromCaseToAlert(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	now := start
	clock := func() time.Time { now = now.Add(time.Second); return now }
	store, err := review.Open(ctx, storetest.Place(t), clock, review.OnePerson())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	signer, verifier, err := audit.NewKey("demo-log")
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(ctx, filepath.Join(dir, "audit"), signer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := log.Close(ctx); err != nil {
			t.Error(err)
		}
	}()

	c := confirmed().Case
	for i := range c.Parts { // numbers that do not end in binary
		c.Parts[i].Weight += 0.1
	}
	c.Score += 0.1 * float64(len(c.Parts))
	c.Probability = 1 / (1 + math.Exp(-c.Score))
	if _, err := store.Receive(ctx, []byte(mustJSON(t, c))); err != nil {
		t.Fatal(err)
	}
	seen, _, err := store.Show(ctx, caseID, review.Reviewer("reviewer-1"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Decide(ctx, review.Request{
		CaseID: caseID, Digest: seen.Digest, Verdict: review.Confirm, By: review.Reviewer("reviewer-1"), Reason: "known-material",
	})
	if err != nil {
		t.Fatal(err)
	}

	var alerts []Alert
	var logged []string
	for range 3 { // the second round has the entry of the alert, the third nothing
		rows, err := store.Outbox(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			var results []string
			switch row.Kind {
			case review.KindAudit:
				index, err := log.Append(ctx, *row.Entry)
				if err != nil {
					t.Fatal(err)
				}
				results = []string{strconv.FormatUint(index, 10)}
				logged = append(logged, row.Entry.Kind)
			case review.KindAlert:
				index, ok, err := store.AuditIndex(ctx, row.Decision.ID)
				if err != nil || !ok {
					t.Fatalf("the decision's entry is not in the log: %v", err)
				}
				proof, err := log.Prove(ctx, index)
				if err != nil {
					t.Fatal(err)
				}
				told, err := Tell(*row.Decision, directory(t).Route(*row.Decision), proof, verifier)
				if err != nil {
					t.Fatal(err)
				}
				alerts = append(alerts, told...)
				for _, a := range told {
					results = append(results, a.ID)
				}
			}
			if err := store.Done(ctx, row.Seq, results...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := strings.Join(logged, " "); got != "case view decision alert alert alert" {
		t.Errorf("logged %s", got)
	}
	var ids []string
	for _, a := range alerts {
		ids = append(ids, a.Centre.ID)
	}
	if strings.Join(ids, " ") != "ph us ph-amlc" {
		t.Fatalf("alerts to %v", ids)
	}
	data, err := Encode(alerts[0])
	if err != nil {
		t.Fatal(err)
	}
	a, err := DecodeAlert(data)
	if err != nil {
		t.Fatal(err)
	}
	if check := Verify(a, verifier); !check.OK() {
		t.Errorf("the alert does not verify: %+v", check)
	}
	if !json.Valid(data) || a.Statement.CaseDigest != seen.Digest || a.Centre.ID != "ph" {
		t.Errorf("got %s", data)
	}
}
