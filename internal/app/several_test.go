package app

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A several is two processes of the real program on one PostgreSQL and one broker, each with
// a console of its own.
type several struct {
	t         *testing.T
	bin, code string
	c         Config
	db        *sql.DB
	broker    string
	client    *stream.Client
	weights   *correlate.Weights
	dealt     int
}

func newSeveral(t *testing.T) *several {
	t.Helper()
	s := &several{t: t, bin: ownProgram(t)}
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	s.broker = broker.Addr()
	s.c, s.db = deployed(t, true)
	undo, none := time.Second, 0
	s.c.Review.Persons, s.c.Review.Undo, s.c.Review.Again, s.c.Review.Golden = 2, &undo, &none, &none
	s.c.Review.SecondLook, s.c.SessionTimeout = &none, 6*time.Second // so that partitions of who was killed are taken over soon
	if s.weights, err = correlate.DefaultWeights(); err != nil {
		t.Fatal(err)
	}
	vigil(t, s.bin, "topics", "create", "--config", writeConfig(t, s.c, s.broker))
	s.client = connect(t, s.broker, s.c.Prefix)
	return s
}

// A desk is one of the processes.
type desk struct {
	*worker
	c Config
}

func (s *several) start(name string) *desk {
	s.t.Helper()
	d := &desk{c: s.c}
	d.c.State, d.c.Review.Listen = filepath.Join(s.c.Data, "state-"+name), freeAddr(s.t)
	log := filepath.Join(s.t.TempDir(), name+".log")
	d.worker = startWorker(s.t, s.bin, log, "run", "--config", writeConfig(s.t, d.c, s.broker), "--rooms", "review,report")
	return d
}

// ready waits for a desk's pages.
func (s *several) ready(desks ...*desk) {
	s.t.Helper()
	for _, d := range desks {
		eventually(s.t, time.Minute, "a console", func() (bool, string) {
			res, err := http.Get("http://" + d.c.Review.Listen + "/signin")
			if err != nil {
				return false, err.Error() + tail(d.log.Name())
			}
			return res.Body.Close() == nil && res.StatusCode == http.StatusOK, res.Status
		})
	}
	var err error
	if s.code, err = s.c.consoleCode(); err != nil {
		s.t.Fatal(err)
	}
}

// deal lets new cases come down the river, to whichever process has their partition, and
// returns their ids.
func (s *several) deal(n int) (ids []string) {
	s.t.Helper()
	var outs []stream.Output
	for range n {
		data := madeCase(s.t, s.weights, s.dealt, true)
		made, err := review.DecodeCase(data)
		if err != nil {
			s.t.Fatal(err)
		}
		s.dealt++
		ids = append(ids, made.ID)
		outs = append(outs, stream.Output{Topic: topicCases, Event: stream.Event{
			ID: signal.ID("case-record", made.ID), Source: "vigil/correlate", Type: "vigil.case.v1", Time: made.Last, Key: made.ID, ContentType: typeJSON, Data: data,
		}})
	}
	if err := s.client.Produce(s.t.Context(), outs...); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func (s *several) count(query string) (n int) {
	s.t.Helper()
	if err := s.db.QueryRow(query).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

const (
	confirmedCases = `SELECT count(*) FROM cases WHERE state = 'confirmed'`
	alertsLeft     = `SELECT count(*) FROM outbox WHERE kind = 'alert' AND done_at IS NULL`
	alertsDone     = `SELECT count(*) FROM outbox WHERE kind = 'alert' AND done_at IS NOT NULL`
	outboxLeft     = `SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL) + (SELECT count(*) FROM queued WHERE state NOT IN ('filed', 'withdrawn'))`
)

// work has people confirm what waits, at their desks and at the same time, until so many
// cases are confirmed in all.
func (s *several) work(name string, until int, people map[string]*desk) {
	s.t.Helper()
	s.t.Run(name, func(t *testing.T) {
		for person, at := range people {
			t.Run(person, func(t *testing.T) {
				t.Parallel()
				v := (&session{t: t, c: at.c, code: s.code}).visitor(person)
				v.signsIn(review.RoleReviewer)
				eventually(t, 2*time.Minute, "cases to confirm", func() (bool, string) {
					n := s.count(confirmedCases)
					if n >= until {
						return true, ""
					}
					res, err := v.http.PostForm("http://"+at.c.Review.Listen+"/next", nil)
					if err != nil {
						t.Fatal(err)
					}
					status, page := v.read(res)
					if status == http.StatusNotFound { // the others have what there is
						return false, fmt.Sprintf("%d of %d are confirmed", n, until)
					}
					v.page = v.came("/next", status, page, http.StatusOK)
					id := v.finds(`action="/case/([0-9a-f]{32})/decide"`)
					v.press("/case/"+id+"/decide", "reason", "confirm/several-signs")
					return false, "at work"
				})
			})
		}
	})
	if s.t.Failed() {
		s.t.FailNow()
	}
}

func (s *several) settled() {
	s.t.Helper()
	eventually(s.t, time.Minute, "an empty outbox", func() (bool, string) {
		n := s.count(outboxLeft)
		return n == 0, fmt.Sprint(n)
	})
}

// TestTwoProcessesOnOnePostgreSQL: people decide at the consoles of both, one process is
// killed on the way, and each confirmed case has each of its alerts once.
func TestTwoProcessesOnOnePostgreSQL(t *testing.T) {
	s := newSeveral(t)
	a, b := s.start("a"), s.start("b") // at the same time: of keys that both make, both use one
	s.ready(a, b)

	calm := map[string]bool{}
	note := func(ids []string) {
		for _, id := range ids {
			calm[id] = true
		}
	}
	note(s.deal(6))
	s.work("both", 6, map[string]*desk{"anna": a, "ben": b, "carl": a, "dora": b})
	s.settled()

	// One is killed while alerts leave, whichever of them it is that lets them.
	before := s.count(alertsDone)
	s.deal(8)
	s.work("before a kill", 14, map[string]*desk{"anna": a, "ben": b, "carl": a})
	eventually(t, time.Minute, "an alert that has left", func() (bool, string) {
		n := s.count(alertsDone)
		return n > before || s.count(alertsLeft) == 0, fmt.Sprint(n)
	})
	if !b.kill() {
		t.Error("there was nothing to kill")
	}
	s.settled()
	s.deal(2)
	s.work("one alone", 16, map[string]*desk{"anna": a, "carl": a})
	s.settled()

	// Now the other goes, and the first comes again.
	b = s.start("b")
	s.ready(b)
	s.deal(4)
	s.work("before another kill", 20, map[string]*desk{"anna": a, "ben": b})
	if !a.kill() {
		t.Error("there was nothing to kill")
	}
	s.settled()
	note(s.deal(2))
	s.work("the heir", 22, map[string]*desk{"dora": b, "ben": b})
	s.settled()
	b.stop()
	s.check(calm)
}

// check holds the queues of all centres against what was decided. Of calm cases, on whose way
// nothing was killed, a queue has one record an alert; of the others repeats have one id.
func (s *several) check(calm map[string]bool) {
	s.t.Helper()
	directory, err := s.c.directory()
	if err != nil {
		s.t.Fatal(err)
	}
	store, err := s.c.openStore(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	want, decisions := map[string]int{}, []string{}
	if err := store.Decided(s.t.Context(), func(d review.Decision) error {
		if d.Verdict != review.Confirm || d.Second == "" || d.Second == d.Reviewer {
			s.t.Errorf("decision %s: %s by %s and %q", d.ID, d.Verdict, d.Reviewer, d.Second)
		}
		decisions = append(decisions, d.ID)
		for _, to := range directory.Route(d).Told {
			want[d.CaseID+" "+to.Centre.ID]++
		}
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	if len(decisions) != s.dealt {
		s.t.Errorf("%d decisions of %d cases", len(decisions), s.dealt)
	}
	got, records := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	var all []string
	for _, centre := range directory.Centres {
		for _, one := range readQueue(s.t, s.c, s.client, centre) {
			records[one.id()]++
			if calm[one.Alert.Statement.Case] && records[one.id()] > 1 {
				s.t.Errorf("alert %s lies in the queue of %s %d times", one.id(), centre.ID, records[one.id()])
			}
			if !seen[one.id()] {
				seen[one.id()] = true
				all = append(all, one.id())
				got[one.Alert.Statement.Case+" "+centre.ID]++
			}
		}
	}
	if !maps.Equal(got, want) {
		s.t.Errorf("alerts by case and centre:\n%v\nwant\n%v", got, want)
	}
	repeats := 0
	for _, n := range records {
		repeats += n - 1
	}
	s.t.Logf("%d alerts of %d cases, %d repeated after a kill", len(all), s.dealt, repeats)
	config := writeConfig(s.t, s.c, s.broker)
	printed := vigil(s.t, s.bin, "inbox", "--config", config, "--centre", "ca")
	if n, want := strings.Count("\n"+printed, "\nALERT "), len(slices.DeleteFunc(slices.Collect(maps.Keys(want)), func(k string) bool { return !strings.HasSuffix(k, " ca") })); n != want || strings.Contains(printed, "FAILED") {
		s.t.Errorf("the inbox prints %d alerts, want %d:\n%.2000s", n, want, printed)
	}
	inTheLog(s.t, s.c, slices.Concat(decisions, all))
	if said := vigil(s.t, s.bin, "audit", "verify", "--config", config); !strings.Contains(said, "verifies") {
		s.t.Error(said)
	}
}
