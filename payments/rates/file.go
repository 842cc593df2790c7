package rates

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A File is a table on disk that can be read again, for a deployment adds a day's rates
// every day. It is safe for concurrent use.
type File struct {
	path    string
	options Options
	mu      sync.Mutex
	last    []byte
	table   atomic.Pointer[Table]
}

// Open reads a table of a file. An empty path is no file, and stays [None].
func Open(path string, o Options) (*File, error) {
	f := &File{path: path, options: o}
	if path == "" {
		none, err := None(o)
		f.table.Store(none)
		return f, err
	}
	if _, err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload reads the file again and reports whether it had changed. After an error the
// table is that of before.
func (f *File) Reload() (changed bool, err error) {
	if f.path == "" {
		return false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := read(f.path)
	if err != nil {
		return false, fmt.Errorf("rates: %w", err)
	}
	if f.last != nil && bytes.Equal(text, f.last) {
		return false, nil
	}
	table, err := Read(text, f.options)
	if err != nil {
		return false, fmt.Errorf("rates %s: %w", f.path, err)
	}
	f.table.Store(table)
	f.last = text
	return true, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, MaxFile+1))
}

// Table is the newest that could be read.
func (f *File) Table() *Table { return f.table.Load() }

// Base is Table.Base of the newest table.
func (f *File) Base(minor int64, currency string, at time.Time) (int64, bool) {
	return f.table.Load().Base(minor, currency, at)
}
