package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vigil-stream/vigil/signal"
)

// A mark says how far a file is sent. Digest is of the ids of the records so far, one
// after the other, so that another file, or one that was changed, is told from it.
type mark struct {
	Records int    `json:"records"`
	Digest  string `json:"digest"`
}

func (m mark) next(id string) mark {
	return mark{Records: m.Records + 1, Digest: signal.ID("fed", m.Digest, id)}
}

// markHead is how much of a file's beginning says which file it is, in bytes.
const markHead = 64 << 10

// A marked is a file whose beginning has been looked at.
type marked struct {
	io.Reader
	id string // empty where no marks are kept
}

// begin looks which file it is and how far it was sent before.
func (f *feeder) begin(r io.Reader) (marked, mark, error) {
	if f.marks == "" {
		return marked{Reader: r}, mark{}, nil
	}
	head := make([]byte, markHead)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return marked{}, mark{}, err
	}
	m := marked{io.MultiReader(bytes.NewReader(head[:n]), r), signal.ID("file", f.format, string(head[:n]))}
	if f.afresh {
		return m, mark{}, nil
	}
	data, err := os.ReadFile(f.markFile(m.id))
	if errors.Is(err, fs.ErrNotExist) {
		return m, mark{}, nil
	}
	if err != nil {
		return marked{}, mark{}, fmt.Errorf("how far it was sent: %w", err)
	}
	var before mark
	if err := json.Unmarshal(data, &before); err != nil || before.Records < 0 {
		return m, mark{}, nil // half of a note says nothing; what is sent again is dropped
	}
	return m, before, nil
}

func (f *feeder) markFile(id string) string { return filepath.Join(f.marks, id+".json") }

// note keeps how far the file is sent. The note may be of less than what was sent: the ids
// of records derive from the file, and what is sent again is dropped.
func (f *feeder) note(id string, m mark) error {
	if f.marks == "" || m.Records == 0 {
		return nil
	}
	data, err := json.Marshal(m)
	if err == nil {
		err = os.MkdirAll(f.marks, 0o700)
	}
	name := f.markFile(id)
	if err == nil {
		err = os.WriteFile(name+".new", data, 0o600)
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return fmt.Errorf("note how far it is sent: %w", err)
	}
	return nil
}

// forget removes the note of a file that is sent whole.
func (f *feeder) forget(id string) error {
	if f.marks == "" {
		return nil
	}
	if err := os.Remove(f.markFile(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("note that it is sent: %w", err)
	}
	return nil
}
