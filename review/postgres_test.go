package review

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/storetest"
)

func TestPostgresIsRefusedWhereItCannotKeepWhatIsPromised(t *testing.T) {
	where := storetest.Schema(t)
	set := func(name, value string) string {
		u, err := url.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set(name, value)
		u.RawQuery = query.Encode()
		return u.String()
	}
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	u.User = url.UserPassword(u.User.Username(), "hunter2")
	for place, want := range map[string]string{
		set("synchronous_commit", "off"):     "synchronous_commit",
		set("search_path", "nowhere"):        "no schema",
		u.String():                           "password authentication failed",
		set("sslmode", "sometimes"):          "sslmode",
		set("connect_timeout", "x"):          "invalid syntax",
		"postgres://x:hunter2@[::1/db":       "does not parse",
		"postgres://x:hunter2@127.0.0.1:1/x": "connect",
	} {
		s, err := Open(context.Background(), place, ticker(), OnePerson())
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestEncryptionIsForServersElsewhere(t *testing.T) {
	for where, want := range map[string]string{
		"postgres://vigil@db.example/vigil":                   "db.example",
		"postgres://vigil@db.example/vigil?sslmode=verify-ca": "",
		"postgres://vigil@db.example/vigil?sslmode=disable":   "none",
		"postgres://vigil@127.0.0.1/vigil?sslmode=disable":    "none",
	} {
		config, err := postgresConfig(where)
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if config.TLSConfig != nil {
			got = config.TLSConfig.ServerName
			if config.TLSConfig.InsecureSkipVerify {
				got = "" // the library checks the chain by itself then
			}
		}
		if got != want || len(config.Fallbacks) > 0 {
			t.Errorf("%s: checks %q, want %q; %d fallbacks", where, got, want, len(config.Fallbacks))
		}
	}
}

// TestARoleThatMakesNoTables opens and uses a store with the rights that docs name.
func TestARoleThatMakesNoTables(t *testing.T) {
	where := storetest.Schema(t)
	owner := openAt(t, where)
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	schema := u.Query().Get("search_path")
	role := "run_" + schema
	text, err := os.ReadFile("../deploy/postgres/grants.sql")
	if err != nil {
		t.Fatal(err)
	}
	statements := `CREATE ROLE ` + role + ` LOGIN PASSWORD 'secret';` + strings.NewReplacer(":schema", schema, ":role", role).Replace(string(text))
	if _, err := owner.db.Exec(statements); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, statement := range []string{`DROP OWNED BY ` + role, `DROP ROLE ` + role} {
			if _, err := owner.db.Exec(statement); err != nil {
				t.Error(err)
			}
		}
	})
	u.User = url.UserPassword(role, "secret")
	s := openAt(t, u.String())
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decide(t, s, asked(t, c, Confirm))
	if _, err := s.db.Exec(`UPDATE decisions SET note = ''`); err != nil {
		t.Errorf("a note cannot be erased: %v", err)
	}
	for _, statement := range []string{`CREATE TABLE x (a BIGINT)`, `DELETE FROM decisions`, `UPDATE views SET viewer = 'x'`, `UPDATE decisions SET verdict = 'dismiss'`, `DROP TABLE holds`} {
		if _, err := s.db.Exec(statement); err == nil || !strings.Contains(err.Error(), "42501") { // insufficient privilege
			t.Errorf("%s: got %v, want that it may not", statement, err)
		}
	}
}
