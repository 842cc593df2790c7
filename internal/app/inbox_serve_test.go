package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
)

// serveInbox runs an inbox until stop is called.
func serveInbox(t *testing.T, o ServeInboxOptions) (stop func()) {
	t.Helper()
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ServeInbox(ctx, o) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// openDesk opens the inbox beside the process that serves it.
func openDesk(t *testing.T, o DeskOptions) *inbox.Store {
	t.Helper()
	store, err := o.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// waiting returns the alerts that wait, once there are so many.
func waiting(t *testing.T, store *inbox.Store, n int) []inbox.Item {
	t.Helper()
	var items []inbox.Item
	eventually(t, time.Minute, "alerts in the inbox", func() (bool, string) {
		p, err := store.Queue(t.Context(), inbox.PlaceWaits, 0, 100)
		items = p.Items
		return err == nil && len(items) == n, ""
	})
	return items
}

func TestAnInboxOnAQueue(t *testing.T) {
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	inboxOnAQueue(t, broker.Addr())
}

func TestAnInboxOnARealQueue(t *testing.T) { inboxOnAQueue(t, realKafka(t)) }

// inboxOnAQueue takes what a real sender sealed off a broker, says what came of it, and has
// the word come back to the sender's side: once, over a stop between any two steps.
func inboxOnAQueue(t *testing.T, broker string) {
	t.Helper()
	s := newSentAlert(t)
	s.c.Prefix = "inbox-" + strings.ToLower(rand.Text()[:10]) + "."
	client := connect(t, broker, s.c.Prefix)
	table, err := s.c.directory()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateTopics(t.Context(), topicSpecs(1, 1, table.Centres)); err != nil {
		t.Fatal(err)
	}
	topic := s.alert.Centre.Topic()
	produce := func(data []byte, kind string) {
		t.Helper()
		m := s.record(t).Event
		m.Data, m.Type, m.ID = data, kind, m.ID+kind
		if err := client.Produce(t.Context(), stream.Output{Topic: topic, Event: m}); err != nil {
			t.Fatal(err)
		}
	}
	produce(s.record(t).Data, typeSealed)
	produce([]byte("nothing"), report.TypeAlert)

	desk := DeskOptions{Centre: "ph", Data: t.TempDir(), Keys: s.c.path(ownCentresDir), LogKeys: []string{s.sealer.key}}
	o := ServeInboxOptions{Desk: desk, Brokers: []string{broker}, Prefix: s.c.Prefix, Zone: "Asia/Manila"}
	stop := serveInbox(t, o)
	store := openDesk(t, desk)
	if got := waiting(t, store, 1); got[0].ID != s.alert.ID || !got[0].Sealed {
		t.Errorf("%+v", got)
	}
	eventually(t, time.Minute, "the second record", func() (bool, string) {
		next, err := store.Next(t.Context(), topic, 0)
		return err == nil && next == 2, ""
	})
	if failed, _, err := store.Failures(t.Context(), 0, 9); err != nil || len(failed) != 1 || failed[0].Failed != inbox.StepForm || failed[0].Place != 1 {
		t.Errorf("%+v, %v", failed, err)
	}
	stop()

	// What is said while nothing runs leaves later; what had left and was not noted leaves
	// again under the same id.
	var said []report.Outcome
	for _, r := range []report.Result{report.Acknowledged, report.Actionable} {
		w, err := store.Say(t.Context(), inbox.Word{Alert: s.alert.ID, Result: r, By: "anna"})
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, w)
	}
	first, err := store.Unsent(t.Context(), 1)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	if err := client.Produce(t.Context(), outcomeOf("ph", first[0])); err != nil {
		t.Fatal(err)
	}
	stop = serveInbox(t, o)
	defer func() { stop() }()
	eventually(t, time.Minute, "nothing that waits", func() (bool, string) {
		c, err := store.Counts(t.Context())
		return err == nil && c.Unsent == 0, ""
	})
	public, err := os.ReadFile(filepath.Join(desk.Keys, "ph"+verifierEnd))
	if err != nil {
		t.Fatal(err)
	}
	keys := OutcomeKeys{"ph": strings.TrimSpace(string(public))}
	ids := map[string]int{}
	if err := client.ReadAll(t.Context(), topicReceipts, func(m stream.Message) error {
		o, err := keys.open(m.Data)
		if err != nil || m.Type != report.TypeOutcome || m.Ext["centre"] != "ph" || m.Key != s.alert.ID || m.ID != o.ID || o.Case != s.alert.Statement.Case {
			t.Errorf("%+v, %v", m, err)
		}
		ids[m.ID]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(ids) != 2 || ids[said[0].ID] != 2 || ids[said[1].ID] != 1 {
		t.Errorf("outcomes by id: %v", ids)
	}
	// The queue was read on from where it was, and nothing came twice.
	if f, err := store.View(t.Context(), s.alert.ID, "anna"); err != nil || f.Copies != 1 || f.Result != report.Actionable {
		t.Errorf("%+v, %v", f.Item, err)
	}
}

// TestAnInboxOnAFolder runs without any broker, and puts what is said into files that the
// sender's side reads.
func TestAnInboxOnAFolder(t *testing.T) {
	s := newSentAlert(t)
	from, out := t.TempDir(), t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(from, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		hourAgo := time.Now().Add(-time.Hour) // settled
		if err := os.Chtimes(path, hourAgo, hourAgo); err != nil {
			t.Fatal(err)
		}
	}
	put("a.age", s.record(t).Data)
	desk := DeskOptions{Centre: "ph", Data: t.TempDir(), Keys: s.c.path(ownCentresDir), LogKeys: []string{s.sealer.key}}
	known := filepath.Join(t.TempDir(), "known.blind")
	if _, err := blindingKey(filepath.Join(desk.Data, "blind.key")); err != nil {
		t.Fatal(err)
	}
	e := s.alert.Statement.Evidence[0]
	var set strings.Builder
	if err := InboxBlind(filepath.Join(desk.Data, "blind.key"), true, strings.NewReader("kind,holder,value,label\nstream,"+e.Holder+","+e.Ref+",Elm\npayment,"+e.Holder+","+e.Ref+",Elm\n"), &set); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(known, []byte(set.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := serveInbox(t, ServeInboxOptions{Desk: desk, From: from, Outcomes: out, Known: known})
	defer func() { stop() }()
	store := openDesk(t, desk)
	waiting(t, store, 1)
	put("b.json", []byte("{}")) // comes while it runs
	eventually(t, time.Minute, "what came later, and what is known", func() (bool, string) {
		c, err := store.Counts(t.Context())
		return err == nil && c.Failed == 1 && c.Known == 2, ""
	})
	w, err := store.Say(t.Context(), inbox.Word{Alert: s.alert.ID, Result: report.Insufficient, Missing: []string{report.CheckUrgency}, By: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(out, w.ID+".outcome.json")
	eventually(t, time.Minute, "the outcome's file", func() (bool, string) {
		_, err := os.Stat(file)
		return err == nil, ""
	})
	// It plays the centre itself, so that it knows its key; with brokers it does not.
	var says strings.Builder
	elsewhere := s.c
	elsewhere.Brokers = []string{"127.0.0.1:1"}
	if err := TakeOutcomes(t.Context(), elsewhere, []string{file}, &says); err == nil || !strings.Contains(err.Error(), "no key of centre ph") {
		t.Errorf("with brokers and without outcome_keys: %v", err)
	}
	if err := TakeOutcomes(t.Context(), s.c, []string{file}, &says); err != nil || !strings.Contains(says.String(), "ph says insufficient (word 1)") {
		t.Errorf("the sender reads %q, %v", says.String(), err)
	}
}

// TestAnInboxIsForThisMachine and says all that is wrong with its command.
func TestAnInboxIsForThisMachine(t *testing.T) {
	for _, c := range []struct {
		o    ServeInboxOptions
		want string
	}{
		{ServeInboxOptions{From: "x", Listen: "0.0.0.0:1"}, `--listen: "0.0.0.0:1": development mode, in which anybody can be anybody, is for loopback only; --openid lets people sign in`},
		{ServeInboxOptions{From: "x", Listen: "x", OpenID: "nowhere"}, `--listen: "x" is not host:port`}, {ServeInboxOptions{From: "x", Listen: "0.0.0.0:1", OpenID: "nowhere"}, "--openid: open nowhere"},
		{ServeInboxOptions{Listen: "127.0.0.1:1"}, "either --brokers or --from"},
		{ServeInboxOptions{From: "x", Brokers: []string{"b"}, Listen: "127.0.0.1:1"}, "either --brokers or --from"},
		{ServeInboxOptions{Brokers: []string{"b"}, Receipts: "x", Listen: "127.0.0.1:1"}, "--receipts answers a file drop"},
		{ServeInboxOptions{From: "x", Listen: "127.0.0.1:1", Zone: "Atlantis/Here"}, "--zone"},
		{ServeInboxOptions{From: "x", Listen: "127.0.0.1:1", Desk: DeskOptions{Centre: "ph", Keys: "nowhere"}}, "--log-key"},
	} {
		if err := ServeInbox(t.Context(), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}
