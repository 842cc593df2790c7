package app

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
)

// A refusal is what is told of a bad record of a file.
type refusal struct {
	File string `json:"file"`
	intake.Refusal
}

// newRefusals tells all faults of an item.
func newRefusals(file string, item payments.Item) []refusal {
	var all []refusal
	for _, r := range intake.Refusals(item) {
		all = append(all, refusal{file, r})
	}
	return all
}

// maxShown is how many refusals of a file are shown on a terminal.
const maxShown = 20

// A feedReport tells of refused records: the first of each file on errs, all of them in
// a file.
type feedReport struct {
	errs io.Writer
	name string
	file *os.File
	buf  *bufio.Writer
	csv  *csv.Writer

	mu    sync.Mutex
	total int
	codes map[string]map[string]int // by file and code
	shown map[string]int
}

// reporting calls do with a client, once a topic is there, and a report of what is refused.
func reporting(ctx context.Context, c Config, topic, name string, errs io.Writer, do func(*stream.Client, *feedReport) error) (err error) {
	client, err := dial(ctx, c, topic)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	report, err := newFeedReport(name, errs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, report.close()) }()
	return do(client, report)
}

func newFeedReport(name string, errs io.Writer) (*feedReport, error) {
	r := &feedReport{errs: errs, name: name, codes: map[string]map[string]int{}, shown: map[string]int{}}
	if name == "" {
		return r, nil
	}
	var err error
	if r.file, err = os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("report of errors: %w", err)
	}
	r.buf = bufio.NewWriter(r.file)
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		r.csv = csv.NewWriter(r.buf)
		err = r.csv.Write([]string{"file", "record", "byte", "reference", "code", "place", "reason"})
	}
	return r, err
}

func (r *feedReport) add(file string, item payments.Item) error {
	return r.tell(newRefusals(file, item))
}

// tell tells all faults of one record.
func (r *feedReport) tell(all []refusal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total++
	for i, f := range all {
		if r.codes[f.File] == nil {
			r.codes[f.File] = map[string]int{}
		}
		if i == 0 {
			r.codes[f.File][f.Code]++
		}
		if err := r.show(f); err != nil {
			return err
		}
		if err := r.write(f); err != nil {
			return fmt.Errorf("report of errors: %w", err)
		}
	}
	return nil
}

func (r *feedReport) show(f refusal) error {
	r.shown[f.File]++
	var err error
	switch n := r.shown[f.File]; {
	case n <= maxShown:
		place := f.Place
		if place != "" {
			place += ": "
		}
		_, err = fmt.Fprintf(r.errs, "%s: record %d: %s%s: %s\n", f.File, f.Record, place, f.Code, f.Reason)
	case n == maxShown+1:
		more := "--errors FILE would list them all"
		if r.name != "" {
			more = "all are in " + r.name
		}
		_, err = fmt.Fprintf(r.errs, "%s: and more: %s\n", f.File, more)
	}
	return err
}

func (r *feedReport) write(f refusal) error {
	switch {
	case r.csv != nil:
		return r.csv.Write([]string{
			f.File, strconv.Itoa(f.Record), strconv.FormatInt(f.Byte, 10), formula(f.Reference), f.Code, f.Place, f.Reason,
		})
	case r.buf != nil:
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		_, err = r.buf.Write(append(line, '\n'))
		return err
	}
	return nil
}

// formula keeps a reference from being taken for a formula by a spreadsheet.
func formula(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}

// forget takes a file out of the counts, to be told of anew.
func (r *feedReport) forget(file string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.codes[file] {
		r.total -= n
	}
	delete(r.codes, file)
	delete(r.shown, file)
}

// summary counts a file's bad records by their codes.
func (r *feedReport) summary(file string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	codes := r.codes[file]
	total := 0
	var list []string
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		total += codes[code]
		list = append(list, fmt.Sprintf("%s %d", code, codes[code]))
	}
	if total == 0 {
		return "none bad"
	}
	return fmt.Sprintf("%d bad: %s", total, strings.Join(list, ", "))
}

func (r *feedReport) close() error {
	if r.file == nil {
		return nil
	}
	var err error
	if r.csv != nil {
		r.csv.Flush()
		err = r.csv.Error()
	}
	if err = errors.Join(err, r.buf.Flush(), r.file.Close()); err != nil {
		return fmt.Errorf("report of errors: %w", err)
	}
	return nil
}
