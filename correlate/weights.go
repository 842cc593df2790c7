package correlate

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// Weights say what each part of a score may be worth against each innocent explanation.
// They are a versioned file, schema/weights.json describes it, and every number in it
// names its source or says that it is assumed or fitted, and on what.
type Weights struct {
	file weightsFile
	// What follows is made of the file.
	explanations []string       // sorted
	typologies   []string       // ids, sorted
	place        map[string]int // of a typology's feature, by its id
	features     []Feature      // the fixed ones, then typologies
	priors       []int64        // by explanation: prior less the logarithm of its share, in thousandths
	matrix       [][]float64
	bar          float64     // as a score, in natural log
	rows         [][]float64 // the weights of what speaks for or of everybody, by feature, for allows
}

// Version names the weights in the cases that they score.
func (w *Weights) Version() string { return w.file.Version }

// A Feature is one named kind of evidence.
type Feature struct {
	Name string // of its part
	// Sign is +1 where its weights are never below 0, −1 where never above, and 0 of either.
	Sign float64
}

// Bar is the score, in natural-log odds, from which on a case opens.
func (w *Weights) Bar() float64 { return w.bar }

// Features returns the features, in the order of an Assessment's values.
func (w *Weights) Features() []Feature { return slices.Clone(w.features) }

// Explanations returns the names of the innocent explanations, in the order of an
// Assessment's scores against them.
func (w *Weights) Explanations() []string { return slices.Clone(w.explanations) }

// A number is a value with where it comes from.
type number struct {
	Value  float64 `json:"value"`
	Source string  `json:"source"`
}

type weightsFile struct {
	Version      string                 `json:"version"`
	Bar          number                 `json:"bar"`
	Prior        number                 `json:"prior"`
	Explanations map[string]explanation `json:"explanations"`
	LowAudience  number                 `json:"low_audience"`
	HelpFrom     number                 `json:"help_from"`
	LookFrom     number                 `json:"look_from"`
	ListMatch    struct {
		Bands      []band            `json:"bands"`
		Doubling   number            `json:"doubling"`
		Doublings  number            `json:"doublings"`
		Categories map[string]number `json:"categories,omitempty"`
	} `json:"list_match"`
	Flags struct {
		User      flagWeight `json:"user"`
		Trusted   flagWeight `json:"trusted"`
		Moderator flagWeight `json:"moderator"`
	} `json:"flags"`
	Classifiers []classifier `json:"classifiers,omitempty"`
	Coincidence struct {
		Aligned   number `json:"aligned"`
		LeadHours number `json:"lead_hours"`
		Least     number `json:"least"`
	} `json:"coincidence"`
	Named       named               `json:"named"`
	Parts       map[string]against  `json:"parts"`
	Typologies  map[string]typology `json:"typologies"`
	Calibration *calibration        `json:"calibration,omitempty"`
}

// An explanation is an innocent way to come by what is seen.
type explanation struct {
	Says string `json:"says"`
	// Share is how many of the people whom no case should suspect it applies to.
	Share number `json:"share"`
}

// A band is what the first frame is worth that matches within so many bits.
type band struct {
	HashKind string `json:"hash_kind"`
	UpTo     int    `json:"up_to"`
	number
}

type flagWeight struct {
	First number `json:"first"`
	Next  number `json:"next"`
}

// A classifier is a table of calibration: the natural log of how many times likelier a
// score is of a stream that shows abuse than of one that does not.
type classifier struct {
	Name   string  `json:"name"`
	Source string  `json:"source"`
	Points []point `json:"points"`
	// Silence is the same of a private stream of which it sent no score; none where it is
	// not known how many streams the classifier looks at.
	Silence *number `json:"silence,omitempty"`
}

type point struct {
	Score float64 `json:"score"`
	Value float64 `json:"value"`
}

// against is a part's weight against each explanation; "*" stands for those not named.
type against map[string]number

// A typology is what it is worth, at full strength, that it fired.
type typology struct {
	Name    string  `json:"name"` // of the part
	Against against `json:"against"`
}

// A calibration maps a score to what it has turned out to be worth, in thousandths of
// natural log odds both.
type calibration struct {
	Source string  `json:"source"`
	Points []point `json:"points"`
}

// calibrate reads the table between its points by straight lines, and goes on beyond its
// ends at the same distance.
func (f *weightsFile) calibrate(score int64) int64 {
	if f.Calibration == nil {
		return score
	}
	x, points := float64(score)/1000, f.Calibration.Points
	first, last := points[0], points[len(points)-1]
	switch {
	case x <= first.Score:
		return score + thousandths(first.Value-first.Score)
	case x >= last.Score:
		return score + thousandths(last.Value-last.Score)
	}
	return thousandths((&classifier{Points: points}).at(x))
}

var weightsSchema = signal.MustSchema(schemas, "schema/weights.json")

//go:embed weights.json
var defaultWeights []byte

//go:embed assumed.json
var assumedWeights []byte

// AssumedFile returns the weights that a fit begins with: what was assumed before anything
// was fitted.
func AssumedFile() []byte { return slices.Clone(assumedWeights) }

// DefaultFile returns the weights file that comes with the binary.
func DefaultFile() []byte { return slices.Clone(defaultWeights) }

// DefaultWeights returns the weights that come with the binary.
func DefaultWeights() (*Weights, error) { return LoadWeights(defaultWeights) }

// LoadWeights reads a weights file. It refuses what does not fit the schema,
// naming the field, and then reports everything else that is wrong at once.
func LoadWeights(data []byte) (*Weights, error) {
	w := &Weights{}
	f := &w.file
	if err := weightsSchema.Decode(data, f); err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	err := errors.Join(f.checkBands(), f.checkShares(), f.checkTables(), f.checkTypologies(), f.checkParts(), f.checkNamed())
	if err != nil {
		return nil, fmt.Errorf("weights %s: %w", f.Version, err)
	}
	w.lay()
	return w, nil
}

// lay makes the matrix of the file.
func (w *Weights) lay() {
	f := &w.file
	w.explanations = slices.Sorted(maps.Keys(f.Explanations))
	w.typologies = slices.Sorted(maps.Keys(f.Typologies))
	w.place = map[string]int{}
	for i, id := range w.typologies {
		w.place[id] = fixedParts + i
	}
	columns := make([]against, 0, fixedParts+len(w.typologies))
	for _, part := range fixed {
		w.features = append(w.features, Feature{part.name, part.sign})
		columns = append(columns, f.Parts[part.name])
	}
	for _, id := range w.typologies {
		w.features = append(w.features, Feature{f.Typologies[id].Name, 1})
		columns = append(columns, f.Typologies[id].Against)
	}
	for _, e := range w.explanations {
		w.priors = append(w.priors, thousandths(f.Prior.Value-math.Log(f.Explanations[e].Share.Value)))
		row := make([]float64, len(columns))
		for k, c := range columns {
			n, named := c[e]
			if !named {
				n = c["*"]
			}
			row[k] = n.Value
		}
		w.matrix = append(w.matrix, row)
	}
	w.bar = math.Log(f.Bar.Value/(1-f.Bar.Value)) - 0.001 // of which probability rounds to the bar
	for k := range w.features {
		row := make([]float64, len(w.explanations))
		for e := range row {
			row[e] = w.matrix[e][k]
			if w.features[k].Sign <= 0 && k != partSigns {
				row[e] = 0
			}
		}
		w.rows = append(w.rows, row)
	}
}

// bits is the length of a hash.
func bits(hashKind string) int {
	if hashKind == "pdq" {
		return 256
	}
	return 64
}
