package inbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report/drop"
)

// Files are a file of records, or a folder of such files, as package drop fills it. What is
// read again is known again by its bytes, so that nothing needs to be remembered.
type Files struct {
	path  string
	clock func() time.Time
	seen  map[string]stamp
}

type stamp struct {
	size int64
	at   time.Time
}

// settled is for how long a file of a folder must have stayed as it is before it is read:
// who writes it there may not be done.
const settled = 2 * time.Second

// maxEntries limits the files of a folder that are looked at.
const maxEntries = 100_000

// NewFiles reads from a path, which must be there.
func NewFiles(path string, clock func() time.Time) (*Files, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read from: %w", err)
	}
	return &Files{path: path, clock: clock, seen: map[string]stamp{}}, nil
}

// Poll gives each record of what is new or has changed to take, and returns how many files
// that were. An error of take ends it, and what was not taken comes again. A file that
// cannot be read is a record that says so.
func (f *Files) Poll(take func(Record) error) (files int, err error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return 0, fmt.Errorf("read from: %w", err)
	}
	if !info.IsDir() {
		return f.file(filepath.Base(f.path), f.path, info, take)
	}
	entries, err := os.ReadDir(f.path) // by name
	if err != nil {
		return 0, fmt.Errorf("read from: %w", err)
	}
	beside := attached(entries)
	for i, e := range entries {
		if i == maxEntries {
			return files, fmt.Errorf("read from: %s has more than %d files: take away what was read", f.path, maxEntries)
		}
		if e.IsDir() || passed(e.Name()) || beside[e.Name()] {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away
		}
		if err != nil {
			return files, fmt.Errorf("read from: %w", err)
		}
		if f.clock().Sub(info.ModTime()) < settled {
			continue
		}
		n, err := f.file(e.Name(), filepath.Join(f.path, e.Name()), info, take)
		files += n
		if err != nil {
			return files, err
		}
	}
	return files, nil
}

// passed reports whether a file of a folder is none of records by its name: it is not whole
// yet, it is hidden, or it describes others.
func passed(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, drop.Part) ||
		strings.HasSuffix(name, drop.ManifestName) || strings.HasSuffix(name, drop.ReceiptName)
}

// attached are the files of deliveries, by their manifests, that are no records: a report in
// another form, say, for officers to open with other tools.
func attached(entries []fs.DirEntry) map[string]bool {
	ids, out := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), drop.ManifestName); ok {
			ids[id] = true
		}
	}
	for _, e := range entries {
		id, rest, _ := strings.Cut(e.Name(), ".")
		if ids[id] && !strings.HasSuffix(rest, "json") && !strings.HasSuffix(rest, "age") {
			out[e.Name()] = true
		}
	}
	return out
}

func (f *Files) file(name, path string, info fs.FileInfo, take func(Record) error) (int, error) {
	now := stamp{info.Size(), info.ModTime()}
	if f.seen[path] == now {
		return 0, nil
	}
	records, err := read(name, path, info)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		records = []Record{{Source: name, Place: 1, Fault: "It could not be read: " + err.Error() + "."}}
	}
	for _, r := range records {
		if err := take(r); err != nil {
			return 0, err
		}
	}
	f.seen[path] = now
	return 1, nil
}

func read(name, path string, info fs.FileInfo) (records []Record, err error) {
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	if info.Size() > MaxFile {
		return nil, fmt.Errorf("it has %d bytes, and the limit is %d", info.Size(), MaxFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err := io.ReadAll(io.LimitReader(file, MaxFile+1)) // it may have grown
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("it has more than %d bytes", MaxFile)
	}
	return Split(name, data), nil
}
