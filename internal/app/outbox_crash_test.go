package app

import (
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

// A store's own words for not taking a note that something is done. So a process
// does what it is to do and cannot note it, which is where a kill finds it.
var forgets = map[bool][2]string{
	false: {`CREATE TRIGGER forgets BEFORE UPDATE OF %[2]s ON %[1]s WHEN NEW.%[3]s BEGIN SELECT RAISE(ABORT, 'forgotten for the test'); END`,
		`DROP TRIGGER forgets`},
	true: {`CREATE FUNCTION forgets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'forgotten for the test'; END $$;
		CREATE TRIGGER forgets BEFORE UPDATE OF %[2]s ON %[1]s FOR EACH ROW WHEN (NEW.%[3]s) EXECUTE FUNCTION forgets()`,
		`DROP TRIGGER forgets ON %[1]s; DROP FUNCTION forgets`},
}

// TestAKillBetweenDecisionAndPublication kills the real process at each step between a
// decision and its alert: before anything of it is out, after its entry is in the audit log
// and before that is noted, after its alerts are ordered and before that is noted, after they
// are with the centres and before that is noted.
func TestAKillBetweenDecisionAndPublication(t *testing.T) {
	bin := ownProgram(t)
	for _, postgres := range []bool{false, true} {
		t.Run(map[bool]string{false: "SQLite", true: "PostgreSQL"}[postgres], func(t *testing.T) {
			broker, err := stream.StartEmbedded(t.TempDir(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = broker.Close() }()
			c, db := deployed(t, postgres)
			config := writeConfig(t, c, broker.Addr())
			vigil(t, bin, "topics", "create", "--config", config)
			decided := confirmed(t, c, 3) // and nobody is there to carry it onwards

			log := filepath.Join(t.TempDir(), "run.log")
			for _, at := range [][4]any{
				{"outbox", "done_at", "kind = 'audit'", "(audit)"},
				{"outbox", "done_at", "kind = 'alert'", "(alert)"},
				{"queued", "state", "state = 'filed'", "is in the queue of"},
			} {
				if _, err := db.Exec(fmt.Sprintf(forgets[postgres][0], at[:3]...)); err != nil {
					t.Fatal(err)
				}
				w := startWorker(t, bin, log, "run", "--config", config, "--rooms", "report")
				eventually(t, time.Minute, "a row that cannot be noted", func() (bool, string) {
					said := tail(log)
					return strings.Contains(said, at[3].(string)) && strings.Contains(said, "forgotten for the test"), said
				})
				if !w.kill() {
					t.Error("there was nothing to kill")
				}
				drop := forgets[postgres][1]
				if postgres {
					drop = fmt.Sprintf(drop, at[0])
				}
				if _, err := db.Exec(drop); err != nil {
					t.Fatal(err)
				}
			}
			client := connect(t, broker.Addr(), c.Prefix)
			sent := alertsOf(t, c, client)
			if len(sent) == 0 {
				t.Error("no alert went out before the last kill: it was not where the test wants it")
			}

			heir := startWorker(t, bin, log, "run", "--config", config, "--rooms", "report")
			eventually(t, time.Minute, "that everything is out", func() (bool, string) {
				var left int
				err := db.QueryRow(`SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL) + (SELECT count(*) FROM queued WHERE state <> 'filed')`).Scan(&left)
				return err == nil && left == 0, fmt.Sprint(left, err)
			})
			heir.stop()

			all := alertsOf(t, c, client)
			told := map[string]bool{}
			for id, a := range all {
				told[a.Statement.Decision] = true
				printed := vigil(t, bin, "inbox", "--config", config, "--centre", a.Centre.ID, "--json")
				if n := len(regexp.MustCompile(`"id": ?"`+id+`"`).FindAllString(printed, -1)); n != 1 {
					t.Errorf("the inbox of %s has alert %s %d times", a.Centre.ID, id, n)
				}
			}
			if got := slices.Sorted(maps.Keys(told)); !slices.Equal(got, decided) {
				t.Errorf("alerts tell of decisions %v, want %v", got, decided)
			}
			if again := slices.DeleteFunc(slices.Sorted(maps.Keys(sent)), func(id string) bool { _, ok := all[id]; return ok }); len(again) > 0 {
				t.Errorf("alerts %v went out under other ids the second time", again)
			}
			inTheLog(t, c, slices.Concat(decided, slices.Sorted(maps.Keys(all))))
		})
	}
}

// deployed is a deployment of one person on an own store, and a look into that.
func deployed(t *testing.T, postgres bool) (Config, *sql.DB) {
	t.Helper()
	c := DefaultConfig(filepath.Join(t.TempDir(), "data"))
	c.Listen, c.Review.Listen, c.OwnList = "none", "none", "none"
	c.Review.onePerson()
	driver, where := "sqlite", c.storeFile()
	if postgres {
		driver, where = "pgx", storetest.Schema(t)
		u, err := url.Parse(where)
		if err != nil {
			t.Fatal("not a URL")
		}
		secret, _ := u.User.Password()
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		u.User = url.User(u.User.Username())
		c.Review.Store, c.Review.StorePassword = u.String(), exchange.Credential{File: file}
	}
	db, err := sql.Open(driver, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return c, db
}

// confirmed has n cases confirmed in the store of a deployment and returns the ids of the
// decisions, sorted.
func confirmed(t *testing.T, c Config, n int) (ids []string) {
	t.Helper()
	weights, err := correlate.DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range n {
		data := madeCase(t, weights, i, true)
		if _, err := store.Receive(t.Context(), data); err != nil {
			t.Fatal(err)
		}
		made, err := review.DecodeCase(data)
		if err != nil {
			t.Fatal(err)
		}
		out, err := store.Decide(t.Context(), review.Request{
			CaseID: made.ID, Digest: made.Digest, Verdict: review.Confirm, Reason: "several-signs", By: review.Reviewer("tester"),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, out.Decision.ID)
	}
	slices.Sort(ids)
	return ids
}

// alertsOf are the alerts with all centres, by id. Of one id all are about the same.
func alertsOf(t *testing.T, c Config, client *stream.Client) map[string]report.Alert {
	t.Helper()
	directory, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]report.Alert{}
	for _, centre := range directory.Centres {
		for _, one := range readQueue(t, c, client, centre) {
			a := one.Alert
			if before, ok := found[a.ID]; ok && before.Statement.Decision != a.Statement.Decision {
				t.Errorf("alert %s tells of two decisions", a.ID)
			}
			found[a.ID] = a
		}
	}
	return found
}

// inTheLog wants entries of some ids in the audit log, and of each id one text only.
func inTheLog(t *testing.T, c Config, want []string) {
	t.Helper()
	_, verifier, err := audit.LoadOrCreateKey(c.auditKeys())
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	_, err = audit.Read(t.Context(), c.auditDir(), verifier, func(_ uint64, e audit.Entry) {
		text, err := e.Encode()
		if err != nil {
			t.Error(err)
		}
		if before, ok := texts[e.ID]; ok && before != string(text) {
			t.Errorf("the log says two things of %s", e.ID)
		}
		texts[e.ID] = string(text)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range want {
		if texts[id] == "" {
			t.Errorf("%s is not in the audit log", id)
		}
	}
}
