package all_test

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/all"
)

const password = "open-sesame-7391"

// none are no lists.
type none struct{}

func (none) Lists() []hashdb.ListInfo { return nil }
func (none) Entries(context.Context, hashdb.ListID) iter.Seq2[hashdb.Entry, error] {
	return func(func(hashdb.Entry, error) bool) {}
}

func parse(t *testing.T, text string) exchange.SourceConfigs {
	t.Helper()
	c, err := exchange.ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c.Exchanges
}

// every is a configuration of each exchange with all of its options.
const every = `exchanges:
- {source: n, exchange: ncmec, url: https://n.example/hashsharing, every: 10m, stale_after: 1h, credentials: {user: {env: ALL_TEST}, password: {env: ALL_TEST}},
   options: {since: 2020-01-01, window: 1h, margin: 2m, records: 1000}}
- {source: s, exchange: stopncii, url: https://s.example/v1, every: 10m, stale_after: 1h,
   credentials: {subscription_key: {env: ALL_TEST}, fetch_key: {env: ALL_TEST}, submit_key: {env: ALL_TEST}}, options: {page_size: 10}}
- {source: t, exchange: threatexchange, url: https://t.example/v25.0, every: 10m, stale_after: 1h, credentials: {token: {env: ALL_TEST}},
   options: {group: 12345678901234567, types: "HASH_PDQ, HASH_MD5", page_size: 10, max_loss: 20}}
- {source: w, exchange: web, url: "https://w.example/list.txt?v=1", every: 10m, stale_after: 1h, credentials: {token: {env: ALL_TEST}},
   options: {format: lines, kind: pdq, max_loss: 20, skip_bad: true}}
- {source: f, exchange: folder, path: /nix, every: 10m, stale_after: 1h, options: {format: csv, kind: md5, still: 1m}}
- {source: a, exchange: arachnid, url: https://a.example, credentials: {user: {env: ALL_TEST}, password: {env: ALL_TEST}}, options: {batch: 10}}
`

func TestOpensEvery(t *testing.T) {
	o := all.Opener{Lists: none{}, Now: time.Now}
	configs := parse(t, every)
	if len(configs) != len(exchange.Exchanges()) {
		t.Fatalf("%d of %d exchanges", len(configs), len(exchange.Exchanges()))
	}
	if err := o.Check(configs); err != nil {
		t.Fatal(err)
	}
	for _, c := range configs {
		// Without its secrets, and with them.
		for _, value := range []string{"", password} {
			t.Setenv("ALL_TEST", value)
			var err error
			if c.Remote() {
				_, err = o.OpenMatcher(c)
			} else {
				_, err = o.Open(c, func(error) {})
			}
			if ok := value != "" || len(c.Credentials) == 0; (err == nil) != ok {
				t.Errorf("%s with %q: %v", c.Exchange, value, err)
			}
			if err != nil && strings.Count(err.Error(), "ALL_TEST") != len(c.Credentials) {
				t.Errorf("%s: not every missing secret is told: %v", c.Exchange, err)
			}
		}
		_, err := o.OpenFeedback(c)
		if takes := c.Exchange == "ncmec" || c.Exchange == "stopncii" || c.Exchange == "threatexchange"; (err == nil) != takes {
			t.Errorf("%s takes feedback: %v", c.Exchange, err)
		}
	}
	if _, err := o.Open(configs[len(configs)-1], nil); err == nil {
		t.Error("arachnid handed out a list")
	}
	if _, err := o.OpenMatcher(configs[0]); err == nil {
		t.Error("ncmec answers look-ups")
	}
}

func TestCheckTellsAll(t *testing.T) {
	o := all.Opener{Lists: none{}, Now: time.Now}
	err := o.Check(parse(t, `exchanges:
- {source: n, exchange: ncmec, url: https://n.example, every: 10m, stale_after: 1h, credentials: {user: {env: A}, pass: {env: A}}, options: {windw: 1h, records: 0}}
- {source: t, exchange: threatexchange, url: https://t.example, every: 10m, stale_after: 1h, credentials: {token: {env: A}}}
- {source: w, exchange: web, url: http://w.example/l, every: 10m, stale_after: 1h, options: {format: best, skip_bad: maybe, max_loss: 101}}
- {source: f, exchange: folder, path: /nix, every: 10m, stale_after: 1h, credentials: {user: {env: A}}, options: {kind: pqd}}
- {source: a, exchange: arachnid, url: https://a.example, options: {batch: 0}}
`))
	if err == nil {
		t.Fatal("nothing was told")
	}
	for _, want := range []string{
		"line 2: source n: ", `credentials have no "password"`, `"pass" is not one of`, `no option "windw"`, "options.records",
		"line 3: source t: ", "group", "line 4: source w: ", "options.format", "options.skip_bad", "options.max_loss",
		"line 5: source f: ", `"user" is not one of`, "options.kind", "line 6: source a: ", "options.batch", `no "user"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

// TestSecretsStay syncs every exchange against a host that refuses, and holds that no
// secret gets into what is reported.
func TestSecretsStay(t *testing.T) {
	t.Setenv("ALL_TEST", password)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.WriteHeader(http.StatusUnauthorized)
		for _, v := range r.Header {
			_, _ = w.Write([]byte(strings.Join(v, " ") + r.URL.String()))
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	db, err := hashdb.Open(filepath.Join(dir, "db"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	configs := parse(t, strings.ReplaceAll(strings.ReplaceAll(every, "https://", server.URL+"/"), "/nix", dir+"/nix"))
	s, err := exchange.NewSyncer(configs, exchange.SyncerOptions{
		Store: db, Open: all.Opener{Lists: db, Now: time.Now}.Open, Now: time.Now, Locks: filepath.Join(dir, "locks"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range s.Sources() {
		out, err := s.Sync(t.Context(), source)
		if err == nil {
			t.Errorf("%s: no error", source)
			continue
		}
		if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "?") {
			t.Errorf("%s: %v", source, err)
		}
		if out.Err == nil {
			t.Errorf("%s: the outcome has no error", source)
		}
	}
	if asked != 4 {
		t.Errorf("the host was asked %d times", asked)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), password) {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
