package review

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// pragmas of each connection, of which the last overwrites what is deleted: a writer waits for another process up to ten
// seconds, the log is written ahead, and a commit is on the disk when it
// returns. Transactions take the write lock when they begin, since one that
// reads first and asks for the lock later can fail without waiting.
const pragmas = "_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_txlock=immediate&_dqs=0&_pragma=secure_delete(1)"

// readers is how many pages read at once.
const readers = 4

// openFile opens the file at path, for a writer and for readers, and makes it when it does
// not exist.
func openFile(ctx context.Context, path string) (db, read *sql.DB, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	if err := create(ctx, abs); err != nil {
		return nil, nil, err
	}
	if db, err = connect(abs); err != nil {
		return nil, nil, err
	}
	if read, err = connect(abs); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	read.SetMaxOpenConns(readers)
	return db, read, nil
}

// create makes a new store's file, readable to its owner only; SQLite gives its
// side files the same mode. A file that is there already is made private.
//
// The file is made complete under another name and then linked into place. So
// nobody sees it before it is private and in write-ahead mode: the switch to that
// mode fails, without waiting, when another process has the file open. And the
// file itself is never opened and closed by hand, which would drop the locks that
// another Store of this process holds on it, as POSIX has it.
func create(ctx context.Context, path string) error {
	err := os.Chmod(path, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	err = errors.Join(file.Close(), writeAhead(ctx, file.Name()))
	if err == nil {
		err = os.Link(file.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil // another process was first
	}
	return errors.Join(err, os.Remove(file.Name()))
}

// writeAhead makes the empty file at path a database in write-ahead mode.
func writeAhead(ctx context.Context, path string) error {
	db, err := connect(path)
	if err != nil {
		return err
	}
	return errors.Join(db.PingContext(ctx), db.Close())
}

// connect prepares a connection to the file at an absolute path.
func connect(path string) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: path, RawQuery: pragmas}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	// SQLite has one writer at a time. With one connection the goroutines of a
	// process queue for it in turn, in place of polling for the lock.
	db.SetMaxOpenConns(1)
	return db, nil
}
