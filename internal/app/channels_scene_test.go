package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	hook "github.com/vigil-stream/vigil/report/webhook/standin"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/webhook"
	"github.com/vigil-stream/vigil/signal"
)

// Whom a made-up case is told to, each by another channel.
const (
	byTipline = "us"        // the platform's duty
	byWebhook = "ph"        // where the child is
	byDrop    = "de"        // where who is suspected pays from
	byGoAML   = "ae-fiu"    // one institution's duty
	byFinCEN  = "us-fincen" // another's
)

var everyChannel = []string{byTipline, byWebhook, byDrop, byGoAML, byFinCEN}

// A channelScene is a deployment with a channel of every kind, and stand-ins of the centres.
type channelScene struct {
	c     Config
	db    *sql.DB
	store *review.Store
	tip   *standin.Server
	hook  *hook.Server
	taken *takers
}

// newChannelScene has all but what is known of accounts: see know.
func newChannelScene(t *testing.T) *channelScene {
	t.Helper()
	s := &channelScene{taken: &takers{came: map[string]int{}, files: map[string]map[string][]byte{}}}
	s.c, s.db = deployed(t, false)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	read := func(path string) string {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	folder := func(name string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	centres := read("../../report/route/centres.yaml")
	for id, channel := range map[string]string{byWebhook: "webhook", byDrop: "file"} {
		centres = regexp.MustCompile(`(id: `+id+`\n(?:    .*\n)*?    channel: )\w+`).ReplaceAllString(centres, "${1}"+channel)
	}
	s.c.Centres = write("centres.yaml", centres)

	var err error
	if s.tip, err = standin.New("demo", "secret", time.Now); err != nil {
		t.Fatal(err)
	}
	text := webhook.NewSecret()
	secret, err := webhook.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	s.hook = hook.New(secret, time.Now)
	front, other := httptest.NewServer(s.tip), httptest.NewServer(s.hook)
	t.Cleanup(front.Close)
	t.Cleanup(other.Close)

	s.c.NCMEC.URL, s.c.NCMEC.Credentials, s.c.NCMEC.Accounts = front.URL+"/ispws", write("credentials", "demo:secret\n"), folder("accounts")
	s.c.NCMEC.Reporter.Email = "desk@demo.example"
	dropped := func(id string) *DropConfig {
		d := &DropConfig{Outgoing: folder(id + "-out"), Receipts: folder(id + "-receipts")}
		s.taken.from = append(s.taken.from, *d)
		return d
	}
	of := func(file, holder string) string { return strings.ReplaceAll(read(file), "DEMOPHXX", holder) }
	s.c.Channels = map[string]ChannelConfig{
		byWebhook: {Webhook: &WebhookConfig{URL: other.URL + "/alerts", StatusURL: other.URL + "/alerts/{id}", Secrets: []string{write("hook", text)}}},
		byDrop:    {Drop: dropped(byDrop)},
		byGoAML:   {Drop: dropped(byGoAML), Books: folder("goaml-books"), Filer: write("goaml.json", of("../../report/goaml/testdata/filer.json", "DEMOAEXX"))},
		byFinCEN:  {Drop: dropped(byFinCEN), Books: folder("fincen-books"), Filer: write("fincen.json", of("../../report/fincen/testdata/filer.json", "DEMOUSXX"))},
	}
	s.c.Delivery = map[string]DeliveryConfig{}
	for _, id := range everyChannel {
		s.c.Delivery[id] = DeliveryConfig{Gap: time.Millisecond, First: 20 * time.Millisecond, Longest: 200 * time.Millisecond, Rest: 20 * time.Millisecond, Lease: time.Second}
	}
	if err := s.c.Validate(); err != nil {
		t.Fatal(err)
	}
	if s.store, err = s.c.openStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	return s
}

// pump is that of the deployment, with its channels, on a broker of its own.
func (s *channelScene) pump(t *testing.T) *pump {
	t.Helper()
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	s.c.CentreKeys = playedCentres(t, s.c)
	client := connect(t, broker.Addr(), s.c.Prefix)
	centres, err := s.c.directory()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateTopics(t.Context(), s.c.topicSpecs(centres)); err != nil {
		t.Fatal(err)
	}
	ledger, _, err := s.c.openAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close(context.Background()) })
	sealer, err := s.c.newSealer(centres)
	if err != nil {
		t.Fatal(err)
	}
	p := newPump(s.store, ledger, sealer, centres, "none", time.Minute, client, prometheus.NewRegistry(), zap.NewNop())
	p.gate = testGate(t, &s.c, s.store)
	if p.channels, err = s.c.channels(s.store, nil, centres); err != nil {
		t.Fatal(err)
	}
	return p
}

// carried has a pump carry all that waits.
func carried(t *testing.T, p *pump) {
	t.Helper()
	for {
		n, err := p.all(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// made is the i-th made-up case, of a revision: its subject is told to every channel.
func made(i, revision int) review.Case {
	who := signal.Subject(fmt.Sprintf("sub_%032x", i+1))
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	signals := []signal.Signal{
		{
			ID: signal.ID("session", string(who)), Revision: uint64(revision), Kind: signal.KindSession, Start: at, End: at.Add(time.Duration(revision) * time.Minute), Says: "a private session",
			Session:  &signal.Session{Stream: fmt.Sprint("s", i), Platform: "demo", Private: true, Country: "PH"},
			Evidence: []signal.Evidence{{What: "session", Holder: "demo", Ref: fmt.Sprint("s", i), At: at}},
		},
		{
			ID: signal.ID("match", string(who)), Revision: 1, Kind: signal.KindMatch, Start: at, End: at, Says: "frames match",
			Match: &signal.Match{Stream: fmt.Sprint("s", i), Platform: "demo", HashKind: "pdq", List: "l", ListVersion: "v", Entry: "e", Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9},
		},
		{
			ID: signal.ID("payment", string(who)), Revision: 1, Kind: signal.KindPayment, Start: at, End: at, Says: "five payments",
			Payment:  &signal.Payment{Typology: "P05", Rules: "r3", Role: signal.Sender, Country: "DE", Transfers: 5, Counterparties: 5, Times: []time.Time{at}, Strength: 1},
			Evidence: []signal.Evidence{{What: "transaction", Holder: "DEMOAEXX", Ref: "TX-0001", At: at}, {What: "transaction", Holder: "DEMOAEXX", Ref: "TX-0002", At: at}, {What: "transaction", Holder: "DEMOUSXX", Ref: "US-1", At: at}},
		},
	}
	weight := float64(revision) + float64(i%9)/4
	c := review.Case{
		ID: signal.ID("case", string(who)), Revision: uint64(revision), Subject: who, State: review.StateOpen, Score: 1 + weight, Probability: 1 / (1 + math.Exp(-1-weight)), Bar: 0.5, Weights: "w2", First: at, Last: at.Add(time.Duration(revision) * time.Minute),
		Parts: []review.Part{{Name: "private-session", Weight: weight, Says: "a private session", Signals: []string{signals[0].ID}}, {Name: "payment-P05", Weight: 1, Says: "five payments", Signals: []string{signals[2].ID}}},
	}
	for _, one := range signals {
		one.Subject = who
		c.Signals = append(c.Signals, one)
	}
	return c
}

// confirm has a case received and confirmed.
func (s *channelScene) confirm(t *testing.T, c review.Case, danger bool) review.Decision {
	t.Helper()
	raw, err := json.Marshal(c)
	if err == nil {
		_, err = s.store.Receive(t.Context(), raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := review.Request{CaseID: c.ID, Digest: digestOf(raw), Verdict: review.Confirm, Reason: "paid-abuse-suspected", Action: action.Suspend, By: review.Reviewer("anna")}
	if danger {
		r.Danger = "a child is at risk now"
	}
	out, err := s.store.Decide(t.Context(), r)
	if err != nil || !out.Final {
		t.Fatal(out, err)
	}
	return out.Decision
}

// answer has a person who had no part answer an appeal against the newest action on a case.
func (s *channelScene) answer(t *testing.T, c review.Case, outcome review.AppealOutcome, reason string) {
	t.Helper()
	var id string
	if err := s.db.QueryRow(`SELECT id FROM actions WHERE case_id = ? AND platform = 'demo' ORDER BY place DESC LIMIT 1`, c.ID).Scan(&id); err != nil {
		t.Fatal(err)
	}
	a, _, err := s.store.Object(t.Context(), "demo", id, "It was a drawing lesson.")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(c)
	if err == nil {
		_, err = s.store.AnswerAppeal(t.Context(), review.AnswerRequest{AppealID: a.ID, Digest: digestOf(raw), Outcome: outcome, Reason: reason, By: review.Reviewer("carl")})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// know puts what the platform and the institutions know of a case's subject where it is read.
func (s *channelScene) know(t *testing.T, c review.Case) {
	t.Helper()
	for folder, text := range map[string]string{
		s.c.NCMEC.Accounts:           strings.ReplaceAll(reportedAccount, string(reportedSubject), string(c.Subject)),
		s.c.Channels[byGoAML].Books:  booksOf(t, "../../report/goaml/testdata/books.json", "DEMOAEXX"),
		s.c.Channels[byFinCEN].Books: booksOf(t, "../../report/fincen/testdata/subject.json", "DEMOUSXX"),
	} {
		if err := os.WriteFile(filepath.Join(folder, string(c.Subject)+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func booksOf(t *testing.T, file, holder string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "DEMOPHXX", holder)
}

// takers are who take files away from drops and answer with receipts.
type takers struct {
	from []DropConfig

	mu    sync.Mutex
	came  map[string]int // deliveries by id
	order []string
	files map[string]map[string][]byte // by id and name
}

// take takes what is there away, whole or not at all.
func (k *takers) take(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range k.from {
		list, err := filepath.Glob(filepath.Join(d.Outgoing, "*"+drop.ManifestName))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range list {
			data, err := os.ReadFile(path)
			var m drop.Manifest
			if err == nil {
				err = json.Unmarshal(data, &m)
			}
			if err != nil {
				t.Fatal(err)
			}
			k.came[m.ID]++
			k.order = append(k.order, m.ID)
			k.files[m.ID] = map[string][]byte{}
			for _, f := range m.Files {
				name := filepath.Join(d.Outgoing, f.Name)
				body, err := os.ReadFile(name)
				if sum := sha256.Sum256(body); err != nil || hex.EncodeToString(sum[:]) != f.SHA256 {
					t.Fatalf("%s is not what its manifest says: %v", f.Name, err)
				}
				k.files[m.ID][strings.TrimPrefix(f.Name, m.ID+".")] = body
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(data)
			number, answer := fmt.Sprintf("310%011d", len(k.order)), drop.ReceiptName
			receipt, err := json.Marshal(drop.Receipt{ID: m.ID, Manifest: hex.EncodeToString(sum[:]), State: "filed", Receipt: number})
			if strings.Contains(d.Outgoing, byFinCEN) { // which answers in its own words
				answer = ".ack.xml"
				receipt = []byte(`<EFilingBatchXML StatusCode="A"><EFilingSubmissionXML StatusCode="A"><EFilingActivityXML><BSAID>` + number + `</BSAID></EFilingActivityXML></EFilingSubmissionXML></EFilingBatchXML>`)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(d.Receipts, m.ID+".part"), receipt, 0o600)
			}
			if err == nil {
				err = os.Rename(filepath.Join(d.Receipts, m.ID+".part"), filepath.Join(d.Receipts, m.ID+answer))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
