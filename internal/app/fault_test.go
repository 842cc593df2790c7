package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/segmentio/kafka-go"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// How hard the workers are treated.
const (
	killsWanted = 20
	rounds      = 12 // the input comes in as many pieces
	killers     = 3  // workers of the stateful rooms; a fourth hosts review and report
)

// TestKilledWorkersLoseAndDoubleNothing runs a town of 20,000 frames and 20,000
// payments with 100 planted cases on real Kafka while its workers are killed at
// random, and holds the outcome to that of an undisturbed run.
func TestKilledWorkersLoseAndDoubleNothing(t *testing.T) {
	broker := realKafka(t)
	bin := buildVigil(t)
	town := newTown(20_000, 20_000, 100)

	calm := newDeployment(t, bin, broker, "calm", town)
	input := town.all(t, calm.tok)
	// Without the room lists: when it asks archives to look back depends on the clock.
	all := []string{"detect", "payments", "correlate", "review", "report"}
	one := calm.worker("all", all...)
	calm.produce(input)
	calm.reviewed()
	calm.drained()
	one.stop()

	wild := newDeployment(t, bin, broker, "wild", town)
	var workers []*worker
	for i := range killers {
		workers = append(workers, wild.worker(fmt.Sprintf("stateful-%d", i), "detect", "payments", "correlate"))
	}
	workers = append(workers, wild.worker("people", "review", "report"))
	wild.drained() // all of them have joined
	r := rand.New(rand.NewPCG(1, 2))
	kills := 0
	kill := func(after time.Duration) {
		<-time.After(after)
		// One to three at once; the rest of the group has to take over.
		for _, i := range r.Perm(len(workers))[:1+r.IntN(3)] {
			if workers[i].kill() {
				kills++
			}
			workers[i].start()
		}
	}
	for round := range rounds {
		// A kill finds the workers amid fresh input, or taking over from others.
		wild.produce(input[len(input)*round/rounds : len(input)*(round+1)/rounds])
		kill(time.Duration(r.IntN(1500)) * time.Millisecond)
		if round%3 == 2 {
			kill(time.Duration(r.IntN(8000)) * time.Millisecond)
		}
		wild.drained()
	}
	wild.reviewed()
	wild.drained()
	for _, w := range workers {
		w.stop()
	}
	t.Logf("%d kills", kills)
	if kills < killsWanted {
		t.Errorf("only %d kills", kills)
	}

	// A fresh owner of everything takes the checkpoints and replays the rest.
	wild.c.Listen = freeAddr(t)
	heir := wild.worker("heir", all...)
	wild.owned("http://" + wild.c.Listen + "/metrics")
	heir.stop()

	want := town.alertIDs(t, wild)
	for _, d := range []*deployment{calm, wild} {
		got := d.alerts()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d alerts, want %d; missing %v, unexpected %v", d.name, len(got), len(want), without(want, got), without(got, want))
		}
		if _, err := audit.Verify(t.Context(), d.c.auditDir(), d.verifier(), ""); err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
	}
	// Of correlate the cases are compared and not the state, which notes the revisions of
	// signals, and these count what came before.
	for _, topic := range []string{topicSignals, topicCases} {
		calmSaid, wildSaid := calm.lastSaid(topic), wild.lastSaid(topic)
		t.Logf("%s: %d", topic, len(calmSaid))
		if len(calmSaid) < 100 {
			t.Errorf("%s: the undisturbed run left only %d", topic, len(calmSaid))
		}
		for id, want := range calmSaid {
			if got := wildSaid[id]; got != want {
				t.Errorf("%s: %s differs:\n%.3000s\n%.3000s", topic, id, got, want)
				break
			}
		}
		if len(wildSaid) != len(calmSaid) {
			t.Errorf("%s: %d, want %d", topic, len(wildSaid), len(calmSaid))
		}
	}
	calmState, wildState := dumpState(t, filepath.Join(calm.dir, "state-all")), dumpState(t, filepath.Join(wild.dir, "state-heir"))
	if len(calmState) < 1000 {
		t.Errorf("the undisturbed run left only %d keys of state", len(calmState))
	}
	differ := 0
	for key, value := range calmState {
		if other, ok := wildState[key]; !ok || !bytes.Equal(value, other) {
			if differ++; differ < 5 {
				t.Errorf("state %q differs:\n%.600q\n%.600q", key, value, other)
			}
		}
	}
	for key := range wildState {
		if _, ok := calmState[key]; !ok {
			differ++
		}
	}
	if differ > 0 {
		t.Errorf("%d of %d keys of state differ from the undisturbed run", differ, len(calmState))
	}
}

// freeAddr is an address on loopback that was free a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// A deployment is one run of a town on a prefix of its own.
type deployment struct {
	t           *testing.T
	name, bin   string
	broker, dir string
	c           Config
	client      *stream.Client
	town        *town
	tok         *signal.Tokenizer
	table       route.Directory
	decided     map[string]bool
}

func newDeployment(t *testing.T, bin, broker, name string, town *town) *deployment {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	c := DefaultConfig(filepath.Join(dir, "data"))
	c.Review.onePerson()
	c.Prefix = fmt.Sprintf("fault-%s-%d.", name, time.Now().UnixNano())
	c.CheckpointEvery = 2000
	c.SessionTimeout = 6 * time.Second
	c.Listen, c.Review.Listen = "none", "none"
	// All the planted replay the same pictures, and all at the same time: that is a flood,
	// and what is confirmed of one is in the streams of the others. Neither is at stake here.
	c.Flood.Streams, c.OwnList = 10_000, "none"
	d := &deployment{t: t, name: name, bin: bin, broker: broker, dir: dir, c: c, town: town, decided: map[string]bool{}}
	config := d.config("tools")
	vigil(t, bin, "topics", "create", "--config", config)
	list := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(list, []byte(strings.Join(town.world.ListHashes, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vigil(t, bin, "hashes", "import", "--config", config, "--source", "fault-list", list)
	var err error
	// Both runs share the key, so that subjects, and with them states, compare.
	if err = os.WriteFile(c.KeyFile, []byte(strings.Repeat("5a", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d.tok, err = tokenizer(c.KeyFile); err != nil {
		t.Fatal(err)
	}
	if d.table, err = route.Default(); err != nil {
		t.Fatal(err)
	}
	d.client = connect(t, broker, c.Prefix)
	return d
}

func (d *deployment) config(process string) string {
	c := d.c
	c.State = filepath.Join(d.dir, "state-"+process)
	return writeConfig(d.t, c, d.broker)
}

func (d *deployment) worker(name string, rooms ...string) *worker {
	return startWorker(d.t, d.bin, filepath.Join(d.dir, name+".log"),
		"run", "--config", d.config(name), "--rooms", strings.Join(rooms, ","))
}

// produce sends records, a thousand at a time.
func (d *deployment) produce(input []stream.Output) {
	d.t.Helper()
	for batch := range slices.Chunk(input, 1000) {
		if err := d.client.Produce(d.t.Context(), batch...); err != nil {
			d.t.Fatalf("produce: %v", err)
		}
	}
}

// reviewed lets the reviewer go on until all planted cases are decided.
func (d *deployment) reviewed() {
	d.t.Helper()
	eventually(d.t, 2*time.Minute, d.name+": decisions", func() (bool, string) {
		d.review()
		return len(d.decided) >= len(d.town.planted), fmt.Sprintf("%d of %d decided", len(d.decided), len(d.town.planted))
	})
}

// review plays a person, since nothing leaves on the word of a program: it confirms each case
// whose evidence is whole.
func (d *deployment) review() {
	d.t.Helper()
	store, err := d.c.openStore(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			d.t.Error(err)
		}
	}()
	cases, err := store.List(d.t.Context(), review.Filter{States: []review.State{review.StateOpen}, Limit: review.MaxLimit})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, s := range cases {
		c, _, err := store.Show(d.t.Context(), s.ID, review.Reviewer("robin"))
		if err != nil {
			d.t.Fatal(err)
		}
		if !whole(c) {
			continue
		}
		// A case that changed in between is looked at again next time.
		if _, err := store.Decide(d.t.Context(), review.Request{
			CaseID: c.ID, Digest: c.Digest, Verdict: review.Confirm, Reason: "several-signs", By: review.Reviewer("robin"),
		}); err == nil {
			d.decided[c.ID] = true
		}
	}
}

// whole says that a case rests on a match, a session and payments.
func whole(c review.Case) bool {
	kinds := map[signal.Kind]bool{}
	for _, s := range c.Signals {
		kinds[s.Kind] = true
	}
	return kinds[signal.KindMatch] && kinds[signal.KindSession] && kinds[signal.KindPayment]
}

// drained waits until every group has committed the end of its topic and the
// outbox is empty; the reviewer works meanwhile.
func (d *deployment) drained() {
	d.t.Helper()
	drained(d.t, d.name, d.broker, d.c, d.review)
	outboxEmpty(d.t, d.name, d.c)
}

// owned waits until a process, by its own metrics, has every partition of the
// stateful loops and has done all of its records.
func (d *deployment) owned(metrics string) {
	d.t.Helper()
	want := 6 * d.c.Partitions
	eventually(d.t, 2*time.Minute, d.name+": all partitions done", func() (bool, string) {
		answer, err := http.Get(metrics)
		if err != nil {
			return false, err.Error()
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			return false, err.Error()
		}
		lags := regexp.MustCompile(`(?m)^vigil_lag_records\{loop="(detect-frames|detect-flood|detect-archive|payments-origin|payments-profile|correlate)".*\} (\S+)$`).FindAllStringSubmatch(string(text), -1)
		for _, lag := range lags {
			if lag[2] != "0" {
				return false, lag[0]
			}
		}
		return len(lags) == want, fmt.Sprintf("%d of %d partitions", len(lags), want)
	})
}

func (d *deployment) verifier() string {
	d.t.Helper()
	_, verifier, err := audit.LoadOrCreateKey(d.c.auditKeys())
	if err != nil {
		d.t.Fatal(err)
	}
	return verifier
}

// alerts returns the ids in the queue of the town's centre, repeats dropped, sorted. Each
// alert in any queue must pass its checks.
func (d *deployment) alerts() []string {
	d.t.Helper()
	var seen report.Seen
	var ids []string
	for _, centre := range d.table.Centres {
		for _, one := range readQueue(d.t, d.c, d.client, centre) {
			// The law has others told too, of the same cases.
			if one.Kind == inbox.KindAlert && seen.First(one.id()) && centre.ID == townCentre {
				ids = append(ids, one.id())
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// drained waits until every group of the river has committed the end of its topic, from the
// source on; meanwhile is called at each look.
func drained(t *testing.T, name, broker string, c Config, meanwhile func()) {
	t.Helper()
	for _, g := range []struct{ group, topic string }{
		{"detect-frames", topicFrames}, {"detect-flood", topicMatches}, {"detect-archive", topicPrints},
		{"detect-sessions", topicSessions}, {"detect-flags", topicFlags}, {"payments-split", topicTransactions},
		{"payments-origin", topicOrigins}, {"payments-profile", topicTransfers}, {"correlate", topicSignals}, {"review", topicCases},
	} {
		eventually(t, 5*time.Minute, name+": "+g.group, func() (bool, string) {
			meanwhile()
			lag, err := lagOf(t.Context(), broker, c.Prefix+g.group, c.Prefix+g.topic, c.Partitions)
			return err == nil && lag == 0, fmt.Sprintf("lag %d, %v", lag, err)
		})
	}
}

// outboxEmpty waits until all that the case store wants done outside is done.
func outboxEmpty(t *testing.T, name string, c Config) {
	t.Helper()
	eventually(t, time.Minute, name+": outbox", func() (bool, string) {
		store, err := c.openStore(t.Context())
		if err != nil {
			return false, err.Error()
		}
		defer func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		rows, err := store.Outbox(t.Context(), 10)
		if err != nil || len(rows) > 0 {
			return false, fmt.Sprintf("%d rows, %v", len(rows), err)
		}
		for _, state := range []review.FilingState{review.FilingQueued, review.FilingSending, review.FilingUnknown} {
			if left, err := store.QueuedAlerts(t.Context(), state, 10); err != nil || len(left) > 0 {
				return false, fmt.Sprintf("%d alerts %s, %v", len(left), state, err)
			}
		}
		return true, ""
	})
}

// lagOf returns how many records of a topic a group has not committed.
func lagOf(ctx context.Context, broker, group, topic string, partitions int) (int64, error) {
	client := &kafka.Client{Addr: kafka.TCP(broker), Timeout: 10 * time.Second}
	var numbers []int
	var requests []kafka.OffsetRequest
	for p := range partitions {
		numbers = append(numbers, p)
		requests = append(requests, kafka.LastOffsetOf(p))
	}
	committed, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: numbers}})
	if err != nil {
		return 0, err
	}
	ends, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
	if err != nil {
		return 0, err
	}
	var lag int64
	for _, end := range ends.Topics[topic] {
		lag += end.LastOffset
	}
	for _, p := range committed.Topics[topic] {
		if p.CommittedOffset < 0 {
			return 0, fmt.Errorf("nothing committed in partition %d", p.Partition)
		}
		lag -= p.CommittedOffset
	}
	return lag, nil
}

func storeFolders(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && e.Name() == "LOCK" {
			found = append(found, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// dumpState reads every key that rooms keep under a state folder, with its loop
// and partition before it.
func dumpState(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	state := map[string][]byte{}
	for _, folder := range storeFolders(t, dir) {
		// The flood gate's is a function of its topic's order, and that is the order in
		// which partitions upstream happened to be worked.
		// Correlate notes the revisions of signals, which count what came before: the cases
		// are compared in its place. What payments-profile writes is in the order in which
		// payments came, and the profiles that it makes are compared.
		if strings.Contains(folder, "detect-flood") || strings.Contains(folder, "correlate") {
			continue
		}
		db, err := pebble.Open(folder, &pebble.Options{ReadOnly: true, Logger: quiet{}})
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(dir, folder)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(folder, "payments-profile") {
			dumpProfiles(t, db, rel, state)
		} else if err := (closedStore{db}).Scan(nil, func(k, v []byte) (bool, error) {
			state[rel+" s"+string(k)] = slices.Clone(v)
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// dumpProfiles adds every profile of a store, as it is whatever the order in which its
// transfers came.
func dumpProfiles(t *testing.T, db *pebble.DB, name string, state map[string][]byte) {
	t.Helper()
	e, err := engine.New(engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Partition().Each(closedStore{db}, func(subject signal.Subject, role signal.Role, p *profile.Profile) error {
		state[fmt.Sprintf("%s %s %s", name, subject, role)] = p.Encode(nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A closedStore reads a state that no worker has open.
type closedStore struct{ db *pebble.DB }

func (s closedStore) Get(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(append([]byte("s"), key...))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(value), closer.Close()
}

func (s closedStore) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: append([]byte("s"), prefix...), UpperBound: []byte("t")})
	if err != nil {
		return err
	}
	for it.First(); it.Valid() && bytes.HasPrefix(it.Key()[1:], prefix); it.Next() {
		if more, err := fn(it.Key()[1:], it.Value()); err != nil || !more {
			return errors.Join(err, it.Close())
		}
	}
	return it.Close()
}

var errReadOnly = errors.New("the store is read only")

func (closedStore) Set([]byte, []byte) error         { return errReadOnly }
func (closedStore) DeleteRange([]byte, []byte) error { return errReadOnly }

// unnumbered takes the numbers of revisions out of what a record says, also of the
// signals that a case holds: they count how often it was said.
func unnumbered(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "revision")
		for _, one := range v {
			unnumbered(one)
		}
	case []any:
		for _, one := range v {
			unnumbered(one)
		}
	}
}

// lastSaid returns the last revision of each record of a topic by its id, without the
// numbers of revisions, and without signals and cases that were withdrawn.
func (d *deployment) lastSaid(topic string) map[string]string {
	d.t.Helper()
	type last struct {
		revision float64
		data     string
	}
	found := map[string]last{}
	if err := d.client.ReadAll(d.t.Context(), topic, func(m stream.Message) error {
		var v map[string]any
		if err := json.Unmarshal(m.Data, &v); err != nil {
			return err
		}
		id, revision := fmt.Sprint(v["id"]), v["revision"].(float64)
		if revision < found[id].revision {
			return nil
		}
		unnumbered(v)
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if p, ok := v["payment"].(map[string]any); ok && p["strength"] == 0.0 {
			data = nil // it says nothing, at whatever time
		}
		if topic == topicCases && v["state"] == correlate.Withdrawn {
			data = nil
		}
		found[id] = last{revision, string(data)}
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
	said := map[string]string{}
	for id, l := range found {
		if l.data != "" {
			said[id] = l.data
		}
	}
	return said
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
