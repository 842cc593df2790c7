package simulate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/signal"
)

const timeForm = time.RFC3339

// A Folder is a world that was written.
type Folder struct {
	dir string
	m   manifest
	key []byte
}

// Open opens a world's folder.
func Open(dir string) (*Folder, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if _, err := m.options(); err != nil {
		return nil, err
	}
	key, err := readKey(dir)
	return &Folder{dir: dir, m: m, key: key}, err
}

// Parts is how many parts the world has; People and Days how large it is.
func (f *Folder) Parts() int  { return f.m.Parts }
func (f *Folder) People() int { return f.m.People }
func (f *Folder) Days() int   { return f.m.Days }

// Start is the midnight at which the world begins.
func (f *Folder) Start() time.Time { return f.m.Start }

// Seed is what the world was drawn by.
func (f *Folder) Seed() uint64 { return f.m.Seed }

// Labelled reports whether the labels tell all that an evaluation asks: those of worlds from
// before lack who dealt with a network, or of whom in one what is told.
func (f *Folder) Labelled() bool { return f.m.Ties && f.m.Lacks }

// Key is the key of its subject tokens.
func (f *Folder) Key() []byte { return f.key }

// Lists returns the entries of the hash lists by name, PDQ in hex.
func (f *Folder) Lists() (map[string][]string, error) {
	files, err := os.ReadDir(filepath.Join(f.dir, listsDir))
	if err != nil {
		return nil, err
	}
	lists := make(map[string][]string)
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(f.dir, listsDir, file.Name()))
		if err != nil {
			return nil, err
		}
		lists[strings.TrimSuffix(file.Name(), ".txt")] = strings.Fields(string(data))
	}
	return lists, nil
}

// Rates returns the table of the world's exchange rates, as payments/rates reads it.
func (f *Folder) Rates() ([]byte, error) { return os.ReadFile(filepath.Join(f.dir, ratesFile)) }

// Open gives the records of a part in the order in which they arrive, and what is true of
// it, which nothing but an evaluation may ask.
func (f *Folder) Open(part int) (iter.Seq2[Record, error], Labels, error) {
	labels, err := f.Labels(part)
	return f.Records(part), labels, err
}

// Records gives all records of a part in the order in which they arrive. The records of a
// part are held in memory, the world's are not.
func (f *Folder) Records(part int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		all, err := f.readPart(filepath.Join(f.dir, partDir(part)))
		if err != nil {
			yield(Record{}, fmt.Errorf("part %d: %w", part, err))
			return
		}
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (f *Folder) readPart(dir string) ([]Record, error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, n := range names {
		read := map[string]func(string, []byte) (Record, error){
			"sessions.jsonl": readSession, "flags.jsonl": readTimed(Flags), "scores.jsonl": readTimed(Scores), "frames.jsonl": readFrame,
		}[n.Name()]
		name := filepath.Join(dir, n.Name())
		var got []Record
		if read != nil {
			got, err = readLines(name, read)
		} else {
			got, err = f.readPayments(name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Name(), err)
		}
		all = append(all, got...)
	}
	rank := map[Topic]int{Transactions: 0, Sessions: 1, Frames: 2, Flags: 3, Scores: 4}
	slices.SortStableFunc(all, func(a, b Record) int {
		if c := a.Arrives.Compare(b.Arrives); c != 0 {
			return c
		}
		return rank[a.Topic] - rank[b.Topic]
	})
	return all, nil
}

// readPayments reads what a bank sent. The files of pacs.008 are of several batches: what
// a batch holds arrives when it ends.
func (f *Folder) readPayments(name string) (all []Record, err error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	every := time.Duration(f.m.Knobs["bank.batch_hours"] * float64(time.Hour))
	from, err := intake.Open(in, "auto")
	if err != nil {
		return nil, err
	}
	for {
		item, err := from.Next()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		case item.Err != nil:
			return nil, fmt.Errorf("transaction %d: %w", item.Number, item.Err)
		}
		r := Record{Topic: Transactions, ContentType: item.ContentType, Data: item.Data, Key: item.Key(), At: item.Transaction.At, Arrives: item.Transaction.At}
		if item.ContentType == payments.ContentXML && every > 0 {
			r.Arrives = f.m.Start.Add((r.Arrives.Sub(f.m.Start)/every + 1) * every)
		}
		all = append(all, r)
	}
}

func readLines(name string, read func(string, []byte) (Record, error)) (all []Record, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		r, err := read(name, bytes.Clone(s.Bytes()))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, r)
	}
	return all, s.Err()
}

// timed is what all records of a platform say.
type timed struct {
	Stream string    `json:"stream"`
	At     time.Time `json:"at"`
}

func readTimed(topic Topic) func(string, []byte) (Record, error) {
	return func(_ string, line []byte) (Record, error) {
		var t timed
		if err := json.Unmarshal(line, &t); err != nil {
			return Record{}, err
		}
		return Record{Topic: topic, Arrives: t.At, At: t.At, Key: t.Stream, ContentType: payments.ContentJSON, Data: line}, nil
	}
}

var readSession = readTimed(Sessions)

func readFrame(_ string, line []byte) (Record, error) {
	var f frameForm
	if err := json.Unmarshal(line, &f); err != nil {
		return Record{}, err
	}
	at, err := time.Parse(timeForm, f.At)
	if err != nil {
		return Record{}, err
	}
	return Record{
		Topic: Frames, Arrives: at, At: at, Key: f.Stream, ContentType: detect.HashType, Data: f.Hash,
		Frame: detect.Frame{
			ID: f.ID, Stream: f.Stream, Platform: f.Platform, Subject: signal.Subject(f.Subject), At: at,
			ContentType: detect.HashType, Data: f.Hash,
		},
	}, nil
}

// Labels tells what is true of a part. Nothing but an evaluation may ask.
func (f *Folder) Labels(part int) (Labels, error) {
	dir := filepath.Join(f.dir, labelsDir, partDir(part))
	var l Labels
	if err := readValues(filepath.Join(dir, peopleFile), &l.People); err != nil {
		return Labels{}, err
	}
	err := readValues(filepath.Join(dir, networkFile), &l.Networks)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // a part without networks
	}
	return l, err
}

func readValues[T any](name string, into *[]T) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	for d.More() {
		var v T
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("%s: value %d: %w", filepath.Base(name), len(*into)+1, err)
		}
		*into = append(*into, v)
	}
	return nil
}
