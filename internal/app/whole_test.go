package app

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/correlate/fit"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A wholeWorld is a deployment with everybody that it speaks to: a broker, the CyberTipline,
// the owner of a list and the centre ph, which has an inbox of its own. It runs the real
// program.
type wholeWorld struct {
	t       *testing.T
	bin     string
	c       Config
	config  string
	log     string
	broker  *stream.Embedded
	client  *stream.Client
	filing  *standin.Server
	broken  atomic.Bool // a finish is done and not answered
	asked   atomic.Int64
	owner   *ownersStandIn
	inbox   *inbox.Store
	caseID  string
	digest  string
	running *worker
}

// newWholeWorld has one case on the topic cases: a private stream that matches an entry of a
// list, of which the centres ph and us are told.
func newWholeWorld(t *testing.T) *wholeWorld {
	t.Helper()
	w := &wholeWorld{t: t, bin: ownProgram(t), owner: newOwnersStandIn(t), log: filepath.Join(t.TempDir(), "run.log")}
	var err error
	if w.broker, err = stream.StartEmbedded(t.TempDir(), ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.broker.Close() })
	if w.filing, err = standin.New("demo", "secret", time.Now); err != nil {
		t.Fatal(err)
	}
	w.filing.Fail(func(r *http.Request) standin.Fault {
		if strings.HasSuffix(r.URL.Path, "/finish") {
			w.asked.Add(1)
			return standin.Fault{Vanish: w.broken.Load()}
		}
		return standin.Fault{}
	})
	front := httptest.NewServer(w.filing)
	t.Cleanup(front.Close)

	w.c = DefaultConfig(filepath.Join(t.TempDir(), "data"))
	w.c.Listen, w.c.Review.Listen, w.c.OwnList = "none", "none", "none"
	w.c.Review.onePerson()
	public, err := os.ReadFile(filepath.Join(filepath.Dir(playedCentres(t, w.c)["ph"]), "ph"+verifierEnd))
	if err != nil {
		t.Fatal(err)
	}
	w.c.OutcomeKeys = OutcomeKeys{"ph": strings.TrimSpace(string(public))}
	w.c.NCMEC.URL, w.c.NCMEC.Accounts = front.URL+"/ispws", t.TempDir()
	w.c.NCMEC.Reporter.Email = "desk@demo.example"
	w.c.NCMEC.Credentials = filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(w.c.NCMEC.Credentials, []byte("demo:secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	accountFile(t, w.c.NCMEC.Accounts, reportedAccount)
	w.c.Delivery = map[string]DeliveryConfig{"us": {Gap: 10 * time.Millisecond, First: time.Hour, Longest: time.Hour}}
	w.config = writeConfig(t, w.c, w.broker.Addr())
	w.exchange()
	vigil(t, w.bin, "topics", "create", "--config", w.config)
	w.client = connect(t, w.broker.Addr(), w.c.Prefix)

	db, err := w.c.openLists(func(err error) { t.Error(err) })
	if err == nil {
		_, err = db.Apply(t.Context(), hashdb.Batch{Source: "ncmec", Entries: []hashdb.Entry{{Hash: pdqOf(1), Ref: "7/a1"}}})
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.aCase()
	return w
}

// exchange puts the list's owner into the configuration, which has no other form than text.
func (w *wholeWorld) exchange() {
	w.t.Helper()
	text, err := os.ReadFile(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	e := w.owner.exchanges(w.t)[0]
	lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return strings.HasPrefix(l, "exchanges:") })
	own := fmt.Sprintf("exchanges:\n  - {source: ncmec, exchange: ncmec, url: %q, every: 1h, stale_after: 24h, credentials: {user: {file: %q}, password: {file: %q}}}\n",
		e.URL, e.Credentials["user"].File, e.Credentials["password"].File)
	if err := os.WriteFile(w.config, []byte(strings.Join(lines, "\n")+own), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if w.c, err = LoadConfig(w.config, ""); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wholeWorld) aCase() {
	w.t.Helper()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	all := []signal.Signal{
		{Kind: signal.KindSession, Start: at, End: at.Add(time.Minute), Says: "a private session", Session: &signal.Session{Stream: "s1", Platform: "demo", Private: true, Country: "PH"}},
		{Kind: signal.KindMatch, Start: at, End: at.Add(time.Minute), Says: "frames match", Match: &signal.Match{
			Stream: "s1", Platform: "demo", HashKind: "pdq", List: "ncmec", ListVersion: "v", Entry: pdqOf(1).Entry(), Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9}},
	}
	for i := range all {
		all[i].ID, all[i].Revision, all[i].Subject = signal.ID("whole", fmt.Sprint(i)), 1, reportedSubject
		all[i].Evidence = []signal.Evidence{{What: "session", Holder: "demo", Ref: "s1", At: at}}
	}
	w.caseID = signal.ID("case", string(reportedSubject))
	data, err := json.Marshal(review.Case{
		ID: w.caseID, Revision: 1, Subject: reportedSubject, State: review.StateOpen, Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w2",
		First: at, Last: at.Add(time.Minute), Parts: []review.Part{{Name: "list-match", Weight: 2, Says: "frames match", Signals: []string{all[1].ID}}}, Signals: all,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.digest = digestOf(data)
	if err := w.client.Produce(w.t.Context(), stream.Output{Topic: topicCases, Event: stream.Event{
		ID: "case-1", Source: "vigil/correlate", Type: "vigil.case.v1", Time: at, Key: w.caseID, ContentType: typeJSON, Data: data,
	}}); err != nil {
		w.t.Fatal(err)
	}
}

// run starts the program with rooms; stop ends it as Ctrl-C does.
func (w *wholeWorld) run(rooms string) {
	w.t.Helper()
	w.running = startWorker(w.t, w.bin, w.log, "run", "--config", w.config, "--rooms", rooms)
}

func (w *wholeWorld) stop() { w.running.stop() }

// replay has all groups read their topics from the start.
func (w *wholeWorld) replay() {
	w.t.Helper()
	admin := &kafka.Client{Addr: kafka.TCP(w.broker.Addr())}
	groups, err := admin.ListGroups(w.t.Context(), &kafka.ListGroupsRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, g := range groups.Groups {
		ids = append(ids, g.GroupID)
	}
	if len(ids) < 2 {
		w.t.Fatalf("groups %v", ids)
	}
	gone, err := admin.DeleteGroups(w.t.Context(), &kafka.DeleteGroupsRequest{GroupIDs: ids})
	if err != nil {
		w.t.Fatal(err)
	}
	for id, err := range gone.Errors {
		if err != nil {
			w.t.Fatalf("group %s: %v", id, err)
		}
	}
}

func (w *wholeWorld) db() *sql.DB {
	w.t.Helper()
	db, err := sql.Open("sqlite", w.c.storeFile())
	if err != nil {
		w.t.Fatal(err)
	}
	return db
}

// row waits until a query of the case store gives a text.
func (w *wholeWorld) row(what, query, want string) {
	w.t.Helper()
	db := w.db()
	defer func() { _ = db.Close() }()
	eventually(w.t, time.Minute, what, func() (bool, string) {
		var got sql.NullString
		err := db.QueryRow(query).Scan(&got)
		return err == nil && got.String == want, fmt.Sprint(got.String, err, "\n", tail(w.log))
	})
}

func (w *wholeWorld) backup(to string) {
	w.t.Helper()
	db := w.db()
	_, err := db.Exec(`VACUUM INTO '` + to + `'`)
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *wholeWorld) restore(from string) {
	w.t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(w.c.storeFile(), data, 0o600)
	}
	for _, end := range []string{"-wal", "-shm"} {
		if gone := os.Remove(w.c.storeFile() + end); gone != nil && !os.IsNotExist(gone) {
			err = gone
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *wholeWorld) decide() {
	w.t.Helper()
	store, err := w.c.openStore(w.t.Context())
	if err == nil {
		_, err = store.Decide(w.t.Context(), review.Request{CaseID: w.caseID, Digest: w.digest, Verdict: review.Confirm, Reason: "known-material", By: review.Reviewer("r1")})
	}
	if err == nil {
		err = store.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// serve runs the centre's inbox until the test ends.
func (w *wholeWorld) serve() {
	w.t.Helper()
	desk := DeskOptions{Centre: "ph", Data: w.t.TempDir(), Keys: w.c.path(ownCentresDir), LogKeys: []string{mustVerifier(w.t, w.c)}}
	w.t.Cleanup(serveInbox(w.t, ServeInboxOptions{Desk: desk, Brokers: []string{w.broker.Addr()}, Prefix: w.c.Prefix, Zone: "Asia/Manila"}))
	w.inbox = openDesk(w.t, desk)
	if got := waiting(w.t, w.inbox, 1); got[0].ID != review.AlertID(w.caseID, 1, "ph") || !got[0].Sealed {
		w.t.Fatalf("the inbox has %+v", got)
	}
}

// says has an officer of the centre say what came of the alert.
func (w *wholeWorld) says(r report.Result, entries ...report.EntryOutcome) {
	w.t.Helper()
	if _, err := w.inbox.Say(w.t.Context(), inbox.Word{Alert: review.AlertID(w.caseID, 1, "ph"), Result: r, Entries: entries, By: "officer"}); err != nil {
		w.t.Fatal(err)
	}
}

// finished is how many reports the CyberTipline has.
func (w *wholeWorld) finished() (n int) {
	for _, r := range w.filing.Reports() {
		if r.Finished {
			n++
		}
	}
	return n
}

// ids counts the records of a topic by id.
func (w *wholeWorld) ids(topic string) map[string]int {
	w.t.Helper()
	all := map[string]int{}
	if err := w.client.ReadAll(w.t.Context(), topic, func(m stream.Message) error { all[m.ID]++; return nil }); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// everything waits until nothing is under way.
func (w *wholeWorld) everything(outcomes int) {
	w.t.Helper()
	w.row("the report is filed", `SELECT state FROM filings WHERE centre = 'us'`, "filed")
	w.row("the centre's words are kept", `SELECT count(*) FROM outcomes`, fmt.Sprint(outcomes))
	w.row("nothing waits", `SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL) + (SELECT count(*) FROM orders WHERE done_at IS NULL)`, "0")
}

const everyRoom = "lists,review,report"

// TestOneFilingOverReplaysAndARestore goes from a case to what a centre says came of it, by
// the real program and an inbox of the centre's own: the report is filed, the owner of the list told, the decision counted and
// learned from. Then all topics are read again from the start, and then the case store is
// restored from a backup of before anything left: nobody is told anything twice.
func TestOneFilingOverReplaysAndARestore(t *testing.T) {
	w := newWholeWorld(t)
	w.run("review")
	w.row("a case", `SELECT state FROM cases`, "open")
	w.decide()
	w.stop()
	before := filepath.Join(t.TempDir(), "before.db")
	w.backup(before)

	w.run(everyRoom)
	w.row("the report is filed", `SELECT state FROM filings WHERE centre = 'us'`, "filed")
	w.serve()
	w.says(report.Acknowledged)
	w.says(report.Wrong, report.EntryOutcome{List: "ncmec", HashKind: "pdq", Entry: pdqOf(1).Entry(), Wrong: true})
	w.everything(2)
	heard := []string{"7/a1 " + innocentGUID}
	told := func(when string) {
		t.Helper()
		eventually(t, time.Minute, when+": the owner is told", func() (bool, string) {
			return slices.Equal(w.owner.heard("ncmec"), heard), fmt.Sprint(w.owner.heard("ncmec"), tail(w.log))
		})
		if n := w.finished(); n != 1 {
			t.Errorf("%s: %d reports are finished at the CyberTipline", when, n)
		}
		if got := w.ids("alerts.ph"); len(got) != 1 {
			t.Errorf("%s: alerts for ph %v", when, got)
		}
		if c, err := w.inbox.Counts(t.Context()); err != nil || c.Waits+c.Answered != 1 || c.Failed != 0 {
			t.Errorf("%s: the inbox has %+v, %v", when, c, err)
		}
		if got := w.ids(topicFeedback); len(got) != 1 {
			t.Errorf("%s: feedback %v", when, got)
		}
		if got := w.ids(topicDeadLetter); len(got) != 0 {
			t.Errorf("%s: dead letters %v", when, got)
		}
	}
	told("at first")
	w.stop()
	w.counted()
	receipt := w.receipt()

	w.replay()
	w.run(everyRoom)
	w.says(report.Known) // comes behind all that is read again
	w.everything(3)
	told("after a replay")
	if got := w.ids("alerts.ph"); got[review.AlertID(w.caseID, 1, "ph")] != 1 {
		t.Errorf("a replay leads to alerts %v", got)
	}
	w.stop()

	w.restore(before)
	w.replay()
	asked := w.asked.Load()
	w.run(everyRoom)
	w.everything(3)
	told("after a restore")
	w.stop()
	if n := w.asked.Load(); n != asked {
		t.Errorf("the CyberTipline was asked to finish %d times more", n-asked)
	}
	if got := w.receipt(); got != receipt || got == "" {
		t.Errorf("the report's number is %q, and was %q", got, receipt)
	}
	// And once more, with nothing to learn.
	w.run(everyRoom)
	w.everything(3)
	told("after another start")
	w.stop()

	// A centre that reaches no topic gives the same in a file.
	file := filepath.Join(t.TempDir(), "word.json")
	if err := w.client.ReadAll(t.Context(), topicReceipts, func(m stream.Message) error { return os.WriteFile(file, m.Data, 0o600) }); err != nil {
		t.Fatal(err)
	}
	if said := vigil(t, w.bin, "report", "outcome", file, "--config", w.config); !strings.HasPrefix(said, "alert "+review.AlertID(w.caseID, 1, "ph")+": ph says known (word 3)") {
		t.Errorf("vigil report outcome says %s", said)
	}
}

func (w *wholeWorld) receipt() (receipt string) {
	w.t.Helper()
	db := w.db()
	defer func() { _ = db.Close() }()
	if err := db.QueryRow(`SELECT receipt FROM filings WHERE centre = 'us'`).Scan(&receipt); err != nil {
		w.t.Fatal(err)
	}
	return receipt
}

// counted holds the statistics and what a fit would learn to what the centre said.
func (w *wholeWorld) counted() {
	w.t.Helper()
	t := w.t
	store, err := w.c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := store.Outcomes(t.Context(), review.Person{ID: "sue", Roles: []review.Role{review.RoleSupervisor}}, time.Time{})
	if err != nil || len(all.Centres) != 1 || all.Centres[0].Wrong != 1 || all.Centres[0].Read != 0 || len(all.People) != 1 || all.People[0].Name != "r1" || all.People[0].Wrong != 1 {
		t.Errorf("counted are %+v, %v", all, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	weights, err := correlate.DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	rows, wrong, err := decidedRows(t.Context(), w.c, weights)
	if err != nil || len(rows) != 1 || rows[0].Label != fit.Innocent || wrong != 1 {
		t.Errorf("a fit would learn from %+v, %d wrong, %v", rows, wrong, err)
	}
	var out bytes.Buffer
	if err := ListDeliveries(t.Context(), w.c, DeliveriesOptions{Out: &out}); err != nil || !strings.Contains(out.String(), "filed") {
		t.Errorf("%v %s", err, out.String())
	}
}

// TestARestoreAfterAFinishThatBrokeOff: the service finished the report and its answer was
// lost; the program is killed, and the store restored from a backup of before anything left.
// What was written into the audit log beforehand is enough to ask for that very report.
func TestARestoreAfterAFinishThatBrokeOff(t *testing.T) {
	w := newWholeWorld(t)
	w.run("review")
	w.row("a case", `SELECT state FROM cases`, "open")
	w.decide()
	w.stop()
	before := filepath.Join(t.TempDir(), "before.db")
	w.backup(before)
	w.broken.Store(true)
	w.run(everyRoom)
	eventually(t, time.Minute, "a finish", func() (bool, string) { return w.asked.Load() > 0, tail(w.log) })
	if !w.running.kill() {
		t.Fatal("there was nothing to kill")
	}
	w.broken.Store(false)
	if n := w.finished(); n != 1 {
		t.Fatalf("%d reports are finished", n)
	}
	w.restore(before)
	w.run(everyRoom)
	w.everything(0)
	w.stop()
	if n := w.finished(); n != 1 || len(w.filing.Reports()) != 1 {
		t.Errorf("%d reports are finished, of %d", n, len(w.filing.Reports()))
	}
}
