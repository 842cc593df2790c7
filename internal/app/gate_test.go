package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/drop"
	reporthook "github.com/vigil-stream/vigil/report/webhook"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/webhook"
	"github.com/vigil-stream/vigil/signal"
)

// A gateBench is a deployment whose outbox a test carries by hand, at a time of its own.
type gateBench struct {
	c        Config
	store    *review.Store
	pump     *pump
	verifier string
	client   *stream.Client
	now      time.Time
}

func newGateBench(t *testing.T, change func(*Config)) *gateBench {
	t.Helper()
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	b := &gateBench{now: time.Now()}
	b.c, _ = deployed(t, false)
	b.c.Brokers, b.c.CentreKeys = []string{broker.Addr()}, playedCentres(t, b.c)
	if change != nil {
		change(&b.c)
	}
	if err := b.c.Validate(); err != nil {
		t.Fatal(err)
	}
	b.client = connect(t, broker.Addr(), b.c.Prefix)
	centres, err := b.c.directory()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.CreateTopics(t.Context(), b.c.topicSpecs(centres)); err != nil {
		t.Fatal(err)
	}
	ledger, verifier, err := b.c.openAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close(context.WithoutCancel(t.Context())) })
	if b.store, err = b.c.openStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() })
	sealer, err := b.c.newSealer(centres)
	if err != nil {
		t.Fatal(err)
	}
	b.verifier = verifier
	b.pump = newPump(b.store, ledger, sealer, centres, "none", time.Minute, b.client, prometheus.NewRegistry(), zap.NewNop())
	b.pump.gate = testGate(t, &b.c, b.store)
	b.pump.gate.now = func() time.Time { return b.now }
	return b
}

// testGate is that of a deployment.
func testGate(t *testing.T, c *Config, store *review.Store) *gate {
	t.Helper()
	keeps, closes, err := c.custody(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closes() })
	centres, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	return c.newGate(store, keeps, centres)
}

// carry carries what is there until nothing moves.
func (b *gateBench) carry(t *testing.T) {
	t.Helper()
	for range 20 {
		n, err := b.pump.all(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("the outbox does not come to rest")
}

// aCase is one of a match two days before, with a record or without.
func aCase(revision uint64, record bool) review.Case {
	const who signal.Subject = "sub_00000000000000000000000000000077"
	at := time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Second)
	s := signal.Signal{
		ID: signal.ID("match", "gate"), Revision: revision, Kind: signal.KindMatch, Subject: who, Start: at, End: at, Says: "frames match",
		Match: &signal.Match{Stream: "s", Platform: "demo", HashKind: "pdq", List: "l", ListVersion: "v", Entry: "e", Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9},
	}
	if record {
		s.Evidence = []signal.Evidence{{What: "frame", Holder: "demo", Ref: "s/1", At: at}} // without the digest of its original
	}
	session := signal.Signal{
		ID: signal.ID("session", "gate"), Revision: 1, Kind: signal.KindSession, Subject: who, Start: at, End: at, Says: "a stream",
		Session: &signal.Session{Stream: "s", Platform: "demo", Country: "PH"},
	}
	return review.Case{
		ID: signal.ID("case", string(who)), Revision: revision, Subject: who, State: review.StateOpen, Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w", First: at, Last: at,
		Parts: []review.Part{{Name: "list-match", Weight: 2, Says: "frames match", Signals: []string{s.ID}}}, Signals: []signal.Signal{session, s},
	}
}

func (b *gateBench) decide(t *testing.T, c review.Case, v review.Verdict, reason string) review.Decision {
	t.Helper()
	raw, err := json.Marshal(c)
	if err == nil {
		_, err = b.store.Receive(t.Context(), raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.store.Decide(t.Context(), review.Request{CaseID: c.ID, Digest: digestOf(raw), Verdict: v, Reason: reason, By: review.Reviewer("r1")})
	if err != nil {
		t.Fatal(err)
	}
	b.now = time.Now()
	return out.Decision
}

// states wants all deliveries by one way to be in a state.
func (b *gateBench) states(t *testing.T, way string, want review.FilingState, says string) {
	t.Helper()
	list := b.store.QueuedAlerts
	if way == byChannel {
		list = b.store.Filings
	}
	all, err := list(t.Context(), "", review.MaxLimit)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d deliveries by %s, %v", len(all), way, err)
	}
	for _, d := range all {
		if d.State != want || !strings.Contains(d.Says, says) {
			t.Errorf("alert to %s by its %s is %s, want %s: %s", d.Centre, way, d.State, want, d.Says)
		}
	}
}

// A counter is a channel that counts what it is asked to send.
type counter struct{ sent int }

func (c *counter) Send(context.Context, report.Alert, []delivery.Delivery) (report.Answer, error) {
	c.sent++
	return report.Answer{State: report.Filed, Receipt: "r"}, nil
}

func (c *counter) Correct(context.Context, report.Correction, []delivery.Delivery) (report.Answer, error) {
	c.sent++
	return report.Answer{State: report.Filed, Receipt: "r"}, nil
}

func (c *counter) Withdraw(context.Context, string, bool) (report.Answer, error) {
	return report.Answer{State: report.Withdrawn}, nil
}

func (c *counter) Ask(context.Context, string) (report.Answer, error) {
	return report.Answer{State: report.Absent}, nil
}

// TestAnEmptyTipLeavesByNoWay takes a case that a person confirmed of which nothing is borne
// out, and tries every way by which an alert leaves, also when its time is over.
func TestAnEmptyTipLeavesByNoWay(t *testing.T) {
	b := newGateBench(t, func(c *Config) { c.Completeness.Bars = map[string]float64{"us": 0} })
	us := &counter{}
	b.pump.channels = map[string]delivery.Channel{"us": us, "ph": us}
	b.decide(t, aCase(1, false), review.Confirm, "several-signs")
	b.carry(t)
	b.now = b.now.Add(24 * 365 * time.Hour)
	b.carry(t)
	b.states(t, byQueue, review.FilingHeld, "evidence: No record bears out")
	if got := alertsOf(t, b.c, b.client); len(got) != 0 {
		t.Errorf("%d empty alerts are in queues", len(got))
	}

	all, err := b.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	var empty report.Alert
	for _, d := range all {
		if empty, err = report.DecodeAlert(d.Body); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		(&delivery.Worker{Centre: d.Centre, Channel: us, Store: b.store, Now: time.Now, Chance: func() float64 { return 0 }, Pass: b.pump.gate.channel}).Run(ctx)
		cancel()
	}
	b.states(t, byChannel, review.FilingHeld, "evidence: No record bears out")
	if us.sent != 0 || empty.ID == "" {
		t.Errorf("a channel sent %d empty alerts", us.sent)
	}
	var out bytes.Buffer
	if err := ListDeliveries(t.Context(), b.c, DeliveriesOptions{State: "held", Out: &out}); err != nil || strings.Count(out.String(), "No record bears out") != 2*len(all) {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := RetryDelivery(t.Context(), b.c, RetryOptions{Alert: empty.ID, Reviewer: "r1", Reason: "it is urgent", Out: &out}); err != nil {
		t.Error(err)
	}
	b.carry(t)
	b.states(t, byQueue, review.FilingHeld, "evidence: No record bears out")

	// The channels by themselves, and a worker that has no gate.
	hits := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer server.Close()
	secret, err := webhook.ParseSecret(webhook.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	hook, err := reporthook.New(reporthook.Endpoint{URL: server.URL, Secrets: []webhook.Secret{secret}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"out", "marks"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := drop.Open(drop.Settings{Outgoing: filepath.Join(dir, "out"), Marks: filepath.Join(dir, "marks")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	claims := empty
	claims.Lacks = []string{"everything"} // which passes no check that must hold
	for _, a := range []report.Alert{empty, claims} {
		for name, send := range map[string]func(context.Context, report.Alert, []delivery.Delivery) (report.Answer, error){"webhook": hook.Send, "drop": folder.Send} {
			var held *report.Held
			if o, err := send(t.Context(), a, nil); !errors.As(err, &held) {
				t.Errorf("%s: %+v, %v", name, o, err)
			}
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "out")); err != nil || len(left) != 0 || hits != 0 {
		t.Errorf("%d files, %d requests, %v", len(left), hits, err)
	}
	synctest.Test(t, func(t *testing.T) {
		d, err := delivery.Order(empty, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		one := &oneFiling{d: d}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		(&delivery.Worker{Centre: d.Centre, Channel: us, Store: one, Now: func() time.Time { return d.Next.Add(time.Minute) }, Chance: func() float64 { return 0 }}).Run(ctx)
		if us.sent != 0 || one.d.State != delivery.Held {
			t.Errorf("a worker without a gate: %+v", one.d)
		}
	})

	// What people make by hand of a file.
	data, err := report.Encode(claims)
	if err != nil {
		t.Fatal(err)
	}
	for form, make := range map[string]func(FormOptions) error{"goaml": MakeGoAML, "fincen": MakeSAR} {
		o := FormOptions{Alert: filepath.Join(dir, "alert.json"), LogKey: b.verifier, Filer: "../../report/" + form + "/testdata/filer.json", To: filepath.Join(dir, form), Now: time.Now, Out: &out}
		if err := os.WriteFile(o.Alert, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var held *report.Held
		if err := make(o); !errors.As(err, &held) {
			t.Errorf("%s: %v", form, err)
		}
		if _, err := os.Stat(o.To); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: something was written", form)
		}
	}
}

type oneFiling struct{ d delivery.Delivery }

func (o *oneFiling) EarlierFilings(context.Context, delivery.Delivery) ([]delivery.Delivery, error) {
	return nil, nil
}

func (o *oneFiling) NextFiling(context.Context, string, time.Time) (delivery.Delivery, bool, error) {
	return o.d, o.d.State == delivery.Queued, nil
}

func (o *oneFiling) SaveFiling(_ context.Context, d delivery.Delivery) (delivery.Delivery, error) {
	o.d = d
	return d, nil
}

// TestALackingAlertGoesAtItsLastCall: what lacks only what may be lacking waits for it, and
// goes before the law's time is over, saying what it lacks.
func TestALackingAlertGoesAtItsLastCall(t *testing.T) {
	b := newGateBench(t, func(c *Config) {
		bar := 0.9
		c.Completeness = CompletenessConfig{Bar: &bar, Bars: map[string]float64{"us": 0.1}, Weights: map[string]float64{"originals": 8}}
	})
	d := b.decide(t, aCase(1, true), review.Confirm, "several-signs")
	b.carry(t)
	if got := alertsOf(t, b.c, b.client); len(got) != 1 {
		t.Fatalf("%d alerts went, want that to us alone", len(got))
	}
	all, err := b.store.QueuedAlerts(t.Context(), review.FilingHeld, 0)
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	last := map[string]time.Time{}
	var end time.Time
	for _, f := range all {
		last[f.Alert] = delivery.LastCall(f, d.At)
		if left := f.Due.Sub(last[f.Alert]); left > 6*time.Hour || left < f.Due.Sub(d.At)/10 && left < 6*time.Hour {
			t.Errorf("the last call of %s leaves %s", f.Centre, left)
		}
		if last[f.Alert].After(end) {
			end = last[f.Alert]
		}
		if !strings.Contains(f.Says, "originals: 1 frames lack") {
			t.Errorf("%s is held for %s", f.Centre, f.Says)
		}
	}
	for ; !b.now.After(end.Add(delivery.Recheck)); b.now = b.now.Add(delivery.Recheck) {
		b.carry(t)
		for id, a := range alertsOf(t, b.c, b.client) {
			if at, held := last[id]; held && b.now.Before(at) {
				t.Fatalf("alert to %s went %s before its last call", a.Centre.ID, at.Sub(b.now))
			}
		}
		if b.now.Before(end.Add(-2 * time.Hour)) {
			b.now = b.now.Add(time.Hour)
		}
	}
	got := alertsOf(t, b.c, b.client) // which verifies them
	if len(got) != len(all)+1 {
		t.Errorf("%d alerts went of %d", len(got), len(all)+1)
	}
	for id, a := range got {
		if _, was := last[id]; was != strings.Contains(strings.Join(a.Lacks, " "), "originals: 1 frames lack") {
			t.Errorf("to %s, held %v: it says it lacks %q", a.Centre.ID, was, a.Lacks)
		}
	}
	b.states(t, byQueue, review.FilingFiled, "")
}

// TestWhatIsDecidedAnewDoesNotLeave: a held alert whose decision is taken back for good never
// goes, and nothing is corrected that nobody was told.
func TestWhatIsDecidedAnewDoesNotLeave(t *testing.T) {
	b := newGateBench(t, nil)
	b.decide(t, aCase(1, false), review.Confirm, "several-signs")
	b.carry(t)
	c := aCase(2, true)
	c.Score, c.Probability = 3, 0.9526
	c.Parts[0].Weight = 3
	b.decide(t, c, review.Dismiss, "false-match")
	b.now = b.now.Add(delivery.Recheck)
	b.carry(t)
	b.states(t, byQueue, review.FilingWithdrawn, "another decision has been made since")
	if got := alertsOf(t, b.c, b.client); len(got) != 0 {
		t.Errorf("%d alerts left", len(got))
	}
}

func TestConfigOfCompleteness(t *testing.T) {
	for text, want := range map[string]string{
		"completeness: {bar: 0.7, bars: {us: 0.5}, weights: {viewed: 4}}": "",
		"completeness: {bars: {us: 0}}":                                   "",
		"completeness: {bar: 0}":                                          "completeness.bar: 0 would",
		"completeness: {bar: 2, bars: {xx: -1}, weights: {person: 1}}":    "completeness.bar: must be|completeness.bars.xx: must be|completeness.bars.xx: there is no|completeness.weights.person: no such",
		"completeness: {stand_ins: true}":                                 "stand_ins",
	} {
		_, err := parseConfig([]byte(text), "")
		for _, one := range strings.Split(want, "|") {
			if one == "" && err != nil || one != "" && (err == nil || !strings.Contains(err.Error(), one)) {
				t.Errorf("%s: got %v, want %q", text, err, one)
			}
		}
	}
}
