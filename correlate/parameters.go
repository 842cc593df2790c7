package correlate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Parameters are the numbers of weights that fitting moves.
type Parameters struct {
	// Prior is in natural log odds; Shares are those of the explanations, in their order.
	Prior  float64
	Shares []float64
	// Matrix has the weight of each feature against each explanation: Matrix[e][k].
	Matrix [][]float64
	// Calibration maps scores to what they turned out to be worth, both in natural log
	// odds, ascending; none for no calibration.
	Calibration []Point
	// Named are the weights of those whom a case names, an intercept first and then those
	// of NamedFeatures.
	Named []float64
}

// A Point is one line of a table.
type Point struct{ Score, Value float64 }

// Parameters returns a copy of the weights' own.
func (w *Weights) Parameters() Parameters {
	p := Parameters{Prior: w.file.Prior.Value, Named: []float64{w.file.Named.Intercept.Value}}
	for _, f := range namedFeatures {
		p.Named = append(p.Named, w.file.Named.Parts[f.name].Value)
	}
	for e, name := range w.explanations {
		p.Shares = append(p.Shares, w.file.Explanations[name].Share.Value)
		p.Matrix = append(p.Matrix, slices.Clone(w.matrix[e]))
	}
	if w.file.Calibration != nil {
		for _, c := range w.file.Calibration.Points {
			p.Calibration = append(p.Calibration, Point(c))
		}
	}
	return p
}

// digits is how exactly parameters are written: to a thousandth, as scores are summed.
func rounding(x float64) float64 { return math.Round(x*1000) / 1000 }

// With returns a weights file like this one, of another version, with other parameters.
// Numbers that stay as they are keep their source; others have the one given and say what they were.
// The file fits LoadWeights, or an error says what does not.
func (w *Weights) With(version, source string, p Parameters) ([]byte, error) {
	f := w.file
	f.Version = version
	moved := func(was number, value float64) number {
		if value == was.Value {
			return was
		}
		return number{value, fmt.Sprintf("%s; before: %g", source, was.Value)}
	}
	f.Prior = moved(f.Prior, rounding(p.Prior))
	f.Explanations = maps.Clone(f.Explanations)
	left := 1.0
	largest := 0
	for e := range w.explanations {
		if p.Shares[e] > p.Shares[largest] {
			largest = e
		}
	}
	shares := make([]float64, len(p.Shares))
	for e, s := range p.Shares {
		shares[e] = math.Max(math.Round(s*1e6)/1e6, 1e-6)
		if e != largest {
			left -= shares[e]
		}
	}
	shares[largest] = math.Round(left*1e6) / 1e6
	for e, name := range w.explanations {
		x := f.Explanations[name]
		x.Share = moved(x.Share, shares[e])
		f.Explanations[name] = x
	}
	column := func(k int, was against) against {
		out := against{}
		for e, name := range w.explanations {
			n, named := was[name]
			if !named {
				n = was["*"]
			}
			out[name] = moved(n, rounding(p.Matrix[e][k])+0) // no negative zero
		}
		return out
	}
	f.Parts = map[string]against{}
	for k, part := range fixed {
		f.Parts[part.name] = column(k, w.file.Parts[part.name])
	}
	f.Typologies = map[string]typology{}
	for i, id := range w.typologies {
		t := w.file.Typologies[id]
		t.Against = column(fixedParts+i, t.Against)
		f.Typologies[id] = t
	}
	f.Named = named{moved(f.Named.Intercept, rounding(p.Named[0])), map[string]number{}}
	for k, of := range namedFeatures {
		f.Named.Parts[of.name] = moved(w.file.Named.Parts[of.name], rounding(p.Named[1+k])+0)
	}
	f.Calibration = nil
	if len(p.Calibration) > 0 {
		f.Calibration = &calibration{Source: source}
		for _, c := range p.Calibration {
			f.Calibration.Points = append(f.Calibration.Points, point{rounding(c.Score), rounding(c.Value)})
		}
	}
	data, err := f.encode()
	if err != nil {
		return nil, err
	}
	if _, err := LoadWeights(data); err != nil {
		return nil, fmt.Errorf("what was fitted: %w", err)
	}
	return data, nil
}

// encode writes the file with every number on a line.
func (f *weightsFile) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("encode weights: %w", err)
	}
	return b.Bytes(), nil
}
