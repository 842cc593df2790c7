// Package storetest gives tests a place for a case store: a file, or a schema of a real
// PostgreSQL. A package whose TestMain calls Main has all its tests run on both, so that
// there is no behaviour of one that the other was not asked for.
package storetest

import (
	"crypto/rand"
	"database/sql"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Variable names the URL of a PostgreSQL in which tests may make schemas, as
// deploy/postgres/with-postgres.sh sets it.
const Variable = "VIGIL_POSTGRES"

var postgres bool // what Place gives now

// Main runs the tests of a package on SQLite and then, where there is a PostgreSQL, on
// that. In CI there must be one.
func Main(m *testing.M) {
	there := os.Getenv(Variable) != ""
	if code := m.Run(); code != 0 || !there || flag.Lookup("test.fuzz").Value.String() != "" {
		return // the code is that with which the program ends
	}
	fmt.Println("the same on PostgreSQL:")
	postgres = true
	m.Run()
}

// Postgres reports whether tests run on PostgreSQL now.
func Postgres() bool { return postgres }

// OnlyFile skips a test that is about the file of SQLite.
func OnlyFile(t testing.TB) {
	t.Helper()
	if postgres {
		t.Skip("is about SQLite's file")
	}
}

// Place returns the place of a new store, which is gone when the test is over. Stores that
// are opened there twice are the same.
func Place(t testing.TB) string {
	t.Helper()
	// Asked for in the test, so that go test runs it anew when it changes.
	if there := os.Getenv(Variable) != ""; !there && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set: in CI the tests of the store need a real PostgreSQL", Variable)
	}
	if !postgres {
		return filepath.Join(t.TempDir(), "review.db")
	}
	return Schema(t)
}

// Schema returns the URL of a new schema in the PostgreSQL that there is, or skips the test.
// In CI there must be one.
func Schema(t testing.TB) string {
	t.Helper()
	where := os.Getenv(Variable)
	if where == "" && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set: in CI this test needs a real PostgreSQL", Variable)
	}
	if where == "" {
		t.Skipf("%s is not set: no PostgreSQL", Variable)
	}
	u, err := url.Parse(where)
	if err != nil {
		t.Fatalf("%s is no URL", Variable) // whose error would show a password
	}
	db, err := sql.Open("pgx", where)
	if err != nil {
		t.Fatalf("%s: does not open", Variable)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA `+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the stores in it were closed
		if _, err := db.Exec(`DROP SCHEMA ` + schema + ` CASCADE`); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}
