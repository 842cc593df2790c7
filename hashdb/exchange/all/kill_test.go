package all_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/all"
)

// listed is how many entries the owner has, one a minute.
const listed = 3000

var first = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func owner(t *testing.T) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		from, err1 := time.Parse(time.RFC3339, q.Get("from"))
		to, err2 := time.Parse(time.RFC3339, q.Get("to"))
		if err1 != nil || err2 != nil {
			t.Errorf("asked for %s", r.URL)
			return
		}
		const size = 100
		var in []int
		for i := range listed {
			if at := first.Add(time.Duration(i) * time.Minute); !at.Before(from) && !at.After(to) {
				in = append(in, i)
			}
		}
		rand.New(rand.NewPCG(uint64(from.Unix()), uint64(to.Unix()))).Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		start, _ := strconv.Atoi(q.Get("start"))
		end := min(start+size, len(in))
		_, _ = fmt.Fprint(w, `<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images>`)
		for _, i := range in[start:end] {
			_, _ = fmt.Fprintf(w, `<image><member id="1"/><timestamp>%s</timestamp><id>%d</id><fingerprints><md5>%032x</md5><pdq>%064x</pdq></fingerprints></image>`,
				first.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), i, i, i)
		}
		_, _ = fmt.Fprint(w, `</images>`)
		if end < len(in) {
			next := url.Values{"from": {q.Get("from")}, "to": {q.Get("to")}, "start": {strconv.Itoa(end)}}
			_, _ = fmt.Fprintf(w, `<paging><next>/v2/entries?%s</next></paging>`, strings.ReplaceAll(next.Encode(), "&", "&amp;"))
		}
		_, _ = fmt.Fprint(w, `</queryResult>`)
	}))
	t.Cleanup(server.Close)
	return server
}

// open returns a database and a syncer of the owner.
func open(t *testing.T, dir, address string) (*hashdb.DB, *exchange.Syncer) {
	t.Helper()
	db, err := hashdb.Open(filepath.Join(dir, "db"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return first.Add(listed*time.Minute + time.Hour) }
	s, err := exchange.NewSyncer(parse(t, `exchanges:
- {source: n, exchange: ncmec, url: "`+address+`", every: 10m, stale_after: 1h, credentials: {user: {env: ALL_TEST}, password: {env: ALL_TEST}},
   list: {state: shadow}, options: {since: 2026-01-01, window: 1h, records: 150}}`), exchange.SyncerOptions{
		Store: db, Open: all.Opener{Lists: db, Now: now}.Open, Now: now, Locks: filepath.Join(dir, "locks"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, s
}

// TestKill syncs in another process, kills that at random, and holds each time that the
// database has exactly the entries up to its checkpoint, and in the end all of them.
func TestKill(t *testing.T) {
	t.Setenv("ALL_TEST", password)
	if dir := os.Getenv("ALL_TEST_DIR"); dir != "" {
		fmt.Println("begun")
		_, s := open(t, dir, os.Getenv("ALL_TEST_URL"))
		if _, err := s.Sync(t.Context(), "n"); err != nil {
			t.Fatal(err)
		}
		fmt.Println("ended")
		time.Sleep(time.Minute)
		return
	}
	server := owner(t)
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	before, amid := 0, 0
	for range 10 {
		child := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.v")
		child.Env = append(os.Environ(), "ALL_TEST_DIR="+dir, "ALL_TEST_URL="+server.URL)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "begun" {
		}
		time.Sleep(time.Duration(rng.IntN(120)) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		db, s := open(t, dir, server.URL)
		n := held(t, db)
		if n < before {
			t.Fatalf("%d entries after %d", n, before)
		}
		if n > before && n < listed {
			amid++
		}
		before = n
		if n == listed {
			if _, err := s.Sync(t.Context(), "n"); err != nil { // Nobody holds its lock.
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db, s := open(t, dir, server.URL)
	defer func() { _ = db.Close() }()
	if _, err := s.Sync(t.Context(), "n"); err != nil {
		t.Fatal(err)
	}
	if n := held(t, db); n != listed {
		t.Fatalf("%d entries in the end, want %d", n, listed)
	}
	t.Logf("%d of 10 kills fell into a sync that had begun to write", amid)
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	for _, l := range db.Lists() {
		if l.State != hashdb.StateShadow {
			t.Errorf("list %s is %s", l.ID(), l.State)
		}
	}
	if st := s.Status()[0]; st.Stale || st.Entries != 2*listed {
		t.Errorf("got %+v", st)
	}
}

// held returns how many of the owner's entries the database has, and holds that it has
// them in both kinds, and exactly those up to its checkpoint.
func held(t *testing.T, db *hashdb.DB) int {
	t.Helper()
	_, from, _ := strings.Cut(string(db.Checkpoint("exchange/n")), "\n")
	var at struct{ To time.Time }
	want := 0
	if from != "" {
		if err := json.Unmarshal([]byte(from), &at); err != nil {
			t.Fatal(err)
		}
		want = min(listed, int(at.To.Sub(first)/time.Minute)+1)
	}
	total := 0
	for _, l := range db.Lists() {
		n := 0
		for e, err := range db.Entries(t.Context(), l.ID()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Time.After(at.To) {
				t.Fatalf("an entry of %s is in, and the checkpoint at %s", e.Time, at.To)
			}
			n++
		}
		if n != want || l.Entries != want {
			t.Fatalf("list %s has %d entries and says %d, want %d", l.ID(), n, l.Entries, want)
		}
		total += n
	}
	if total%2 != 0 {
		t.Fatalf("%d entries of two kinds", total)
	}
	return total / 2
}
