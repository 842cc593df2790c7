package review

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// IsPostgres reports whether the place of a store is a PostgreSQL, and no file.
func IsPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// connections are how many a process has with PostgreSQL at most, pages and writers
// together.
const connections = 16

// oldestPostgres is the first version that the store is written for.
const oldestPostgres = 140000

// openPostgres connects to the database at a URL. No error repeats it.
func openPostgres(ctx context.Context, where string) (*sql.DB, error) {
	config, err := postgresConfig(where)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{stdlib.GetConnector(*config), new(sync.Map)})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := fitting(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// postgresConfig reads a URL as libpq does, with the password of the environment or of a
// password file where the URL has none. Other than libpq it wants the server's
// certificate to be in order, unless the URL says otherwise or the server is on loopback.
func postgresConfig(where string) (*pgx.ConnConfig, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, errors.New("the URL of the database does not parse")
	}
	query := u.Query()
	if host := u.Hostname(); !query.Has("sslmode") && host != "" && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		query.Set("sslmode", "verify-full")
		u.RawQuery = query.Encode()
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		// The library's error repeats the URL, if without its password.
		reason := errors.Unwrap(err)
		if reason == nil {
			reason = errors.New("see the libpq documentation for its form")
		}
		return nil, fmt.Errorf("the URL of the database: %w", reason)
	}
	// Each statement is planned for its own values: a place with a hundred thousand cases
	// wants another plan than one with ten.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	for name, value := range map[string]string{
		"application_name": "vigil",
		// A process that is cut off in the middle must not keep the others for ever.
		"idle_in_transaction_session_timeout": "10s",
	} {
		if _, said := config.RuntimeParams[name]; !said {
			config.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// fitting checks that a server can keep what the store promises.
func fitting(ctx context.Context, db *sql.DB) error {
	var version int
	var commit, encoding string
	err := db.QueryRowContext(ctx, `
		SELECT current_setting('server_version_num'), current_setting('synchronous_commit'), current_setting('server_encoding')`).
		Scan(&version, &commit, &encoding)
	switch {
	case err != nil:
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	case version < oldestPostgres:
		return fmt.Errorf("PostgreSQL is of version %d, want %d or newer", version/10000, oldestPostgres/10000)
	case commit == "off":
		return errors.New("synchronous_commit is off for this role or database: a decision could be lost after it was told")
	case encoding != "UTF8":
		return fmt.Errorf("the database is in %s, want UTF8", encoding)
	}
	return nil
}

// A connector makes connections that take the store's SQL.
type connector struct {
	driver.Connector
	said *sync.Map // what each query is in PostgreSQL's words: there are as many as the store has
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	standard, ok := inner.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of type %T", inner), inner.Close())
	}
	return conn{standard, c.said}, nil
}

// A conn is a connection of pgx that takes SQLite's placeholders, and truth as 1 and 0.
type conn struct {
	*stdlib.Conn
	said *sync.Map
}

func (c conn) spelled(query string) (string, error) {
	if known, ok := c.said.Load(query); ok {
		return known.(string), nil
	}
	text, err := forPostgres(query)
	if err == nil {
		c.said.Store(query, text)
	}
	return text, err
}

func (c conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext is refused, since database/sql would prepare what it could not pass on.
func (conn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, errors.New("statements are not prepared on PostgreSQL")
}

func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	text, err := c.spelled(query)
	if err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, text, args)
}

func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	text, err := c.spelled(query)
	if err != nil {
		return nil, err
	}
	got, err := c.Conn.QueryContext(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return rows{got}, nil
}

// CheckNamedValue makes an argument what SQLite would take it for.
func (conn) CheckNamedValue(v *driver.NamedValue) (err error) {
	if v.Value, err = driver.DefaultParameterConverter.ConvertValue(v.Value); err != nil {
		return err
	}
	if truth, ok := v.Value.(bool); ok {
		v.Value = int64(boolInt(truth))
	}
	return nil
}

type rows struct{ driver.Rows }

func (r rows) Next(dest []driver.Value) error {
	if err := r.Rows.Next(dest); err != nil {
		return err
	}
	for i, v := range dest {
		if truth, ok := v.(bool); ok {
			dest[i] = int64(boolInt(truth))
		}
	}
	return nil
}
