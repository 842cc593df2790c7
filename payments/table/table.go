// Package table reads the data files that payments ship and that a deployment may
// replace: CSV whose first row is the version, whose second row names the columns,
// and whose lines that begin with # are for people.
//
//	# Where it is from.
//	version,2026-11
//	country,zone
//	AD,Europe/Andorra
//
// It knows no meaning of any column; split and typology do. It trusts no file: every
// fault names the line.
package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxBytes and MaxRows limit a file.
const (
	MaxBytes = 4 << 20
	MaxRows  = 100_000
)

// A Table is a data file.
type Table struct {
	Version string
	Rows    []Row
}

// A Row is a row of a table, its cells in the order of the columns.
type Row struct {
	Line  int
	Cells []string
}

// Errorf is a fault of the row.
func (r Row) Errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", r.Line, fmt.Errorf(format, args...))
}

// Read reads a file with exactly these columns. At most ten faults are told at once.
func Read(data []byte, columns ...string) (Table, error) {
	if len(data) > MaxBytes {
		return Table{}, fmt.Errorf("has %d bytes, and the limit is %d", len(data), MaxBytes)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, true
	head, err := r.Read()
	if err != nil || len(head) != 2 || head[0] != "version" || strings.TrimSpace(head[1]) == "" {
		return Table{}, errors.New("must begin with a row version,NAME")
	}
	t := Table{Version: strings.TrimSpace(head[1])}
	if names, err := r.Read(); err != nil || !slices.Equal(names, columns) {
		return Table{}, fmt.Errorf("the second row must be %s", strings.Join(columns, ","))
	}
	var faults []error
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, errors.Join(faults...)
		}
		if err != nil {
			return t, errors.Join(append(faults, err)...) // names its line
		}
		line, _ := r.FieldPos(0)
		row := Row{Line: line, Cells: cells}
		switch {
		case len(t.Rows) == MaxRows:
			return t, errors.Join(append(faults, row.Errorf("there are more than %d rows", MaxRows))...)
		case len(faults) == 10:
			return t, errors.Join(append(faults, errors.New("and perhaps more"))...)
		case len(cells) != len(columns):
			faults = append(faults, row.Errorf("has %d cells, and needs %d", len(cells), len(columns)))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		t.Rows = append(t.Rows, row)
	}
}
