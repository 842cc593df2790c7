package fit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/vigil-stream/vigil/correlate"
)

// The labels of rows besides the names of explanations.
const (
	Guilty   = "guilty"
	Innocent = "innocent" // by which explanation is not known
)

// A Row is what was seen of somebody, and what is true.
type Row struct {
	Values []float64 // in the order of the weights' features
	// Final is what was seen at a moment that is the same for everybody, where that is known.
	// Scores are calibrated on it: whoever is looked at on the worst day of all looks worse
	// than they are.
	Final []float64
	// Label is Guilty, Innocent, or the name of an explanation.
	Label string
	// Times is how many people the row stands for.
	Times float64
}

// record is a Row as a line of JSON. Values are by the name of the part; those left out
// are 0.
type record struct {
	Label  string             `json:"label"`
	Values map[string]float64 `json:"values"`
	Times  float64            `json:"times,omitempty"` // 1 where it is left out
}

// MaxLine limits one line, in bytes.
const MaxLine = 64 << 10

// ReadRows reads rows, a line of JSON each: {"label": "tutor", "values": {"fan-in": 0.5}}.
// An error names the line and what is wrong with it.
func ReadRows(r io.Reader, w *correlate.Weights) ([]Row, error) {
	place := map[string]int{}
	for k, f := range w.Features() {
		place[f.Name] = k
	}
	labels := map[string]bool{Guilty: true, Innocent: true}
	for _, e := range w.Explanations() {
		labels[e] = true
	}
	var rows []Row
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), MaxLine)
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		row, err := readRow(lines.Bytes(), place, labels)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("line %d: is longer than %d bytes", n+1, MaxLine)
		}
		return nil, fmt.Errorf("after line %d: %w", n, err)
	}
	return rows, nil
}

func readRow(line []byte, place map[string]int, labels map[string]bool) (Row, error) {
	in := record{Times: 1}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Row{}, fmt.Errorf("want an object of label, values and times: %w", err)
	}
	if d.More() {
		return Row{}, errors.New("more than one value")
	}
	if !labels[in.Label] {
		return Row{}, fmt.Errorf("label: is neither %q, %q nor an explanation of the weights", Guilty, Innocent)
	}
	if !(in.Times > 0) || math.IsInf(in.Times, 0) {
		return Row{}, errors.New("times: must be above 0")
	}
	row := Row{Values: make([]float64, len(place)), Label: in.Label, Times: in.Times}
	for name, x := range in.Values {
		k, known := place[name]
		if !known {
			return Row{}, fmt.Errorf("values: %.64q is no part of the weights", name)
		}
		if math.Abs(x) > 1000 {
			return Row{}, fmt.Errorf("values: that of %.64q is beyond 1,000", name)
		}
		row.Values[k] = x
	}
	return row, nil
}

// WriteRow writes a row as ReadRows reads it.
func WriteRow(w io.Writer, features []correlate.Feature, r Row) error {
	out := record{Label: r.Label, Values: map[string]float64{}}
	if r.Times != 1 {
		out.Times = r.Times
	}
	for k, x := range r.Values {
		if x != 0 {
			out.Values[features[k].Name] = x
		}
	}
	data, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("write a row: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
