package correlate

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// Weights say what each part of a score may be worth. They are a versioned file,
// schema/weights.json describes it, and every number in it names its source or
// says that it is assumed.
type Weights struct{ file weightsFile }

// Version names the weights in the cases that they score.
func (w Weights) Version() string { return w.file.Version }

// A number is a value with where it comes from.
type number struct {
	Value  float64 `json:"value"`
	Source string  `json:"source"`
}

type weightsFile struct {
	Version   string `json:"version"`
	Bar       number `json:"bar"`
	Prior     number `json:"prior"`
	ListMatch struct {
		Bands     []band `json:"bands"`
		Doubling  number `json:"doubling"`
		Doublings number `json:"doublings"`
	} `json:"list_match"`
	PrivateSession number `json:"private_session"`
	PublicSessions number `json:"public_sessions"`
	UserFlag       struct {
		First number `json:"first"`
		Next  number `json:"next"`
	} `json:"user_flag"`
	Typologies  map[string]typology `json:"typologies"`
	Coincidence struct {
		Aligned   number `json:"aligned"`
		LeadHours number `json:"lead_hours"`
		Least     number `json:"least"`
		Most      number `json:"most"`
	} `json:"coincidence"`
	Related number `json:"related"`
	Rhythm  number `json:"rhythm"`
}

// A band is what the first frame is worth that matches within so many bits.
type band struct {
	HashKind string `json:"hash_kind"`
	UpTo     int    `json:"up_to"`
	number
}

// A typology is what it is worth, at full strength, that it fired.
type typology struct {
	Name string `json:"name"` // of the part
	number
}

var weightsSchema = signal.MustSchema(schemas, "schema/weights.json")

//go:embed weights.json
var defaultWeights []byte

// DefaultWeights returns the weights that come with the binary.
func DefaultWeights() (Weights, error) { return LoadWeights(defaultWeights) }

// LoadWeights reads a weights file. It refuses what does not fit the schema,
// naming the field, and then reports everything else that is wrong at once.
func LoadWeights(data []byte) (Weights, error) {
	var w Weights
	if err := weightsSchema.Decode(data, &w.file); err != nil {
		return Weights{}, fmt.Errorf("weights: %w", err)
	}
	if err := errors.Join(w.file.checkBands(), w.file.checkTypologies()); err != nil {
		return Weights{}, fmt.Errorf("weights %s: %w", w.file.Version, err)
	}
	return w, nil
}

// bits is the length of a hash.
func bits(hashKind string) int {
	if hashKind == "pdq" {
		return 256
	}
	return 64
}

// checkBands sees to it that every match of every kind finds a band, and that a
// closer match is never worth less.
func (f weightsFile) checkBands() error {
	var errs []error
	for _, kind := range []string{"pdq", "phash", "dhash", "ahash"} {
		last, value := -1, 0.0
		for i, b := range f.ListMatch.Bands {
			if b.HashKind != kind {
				continue
			}
			if b.UpTo <= last {
				errs = append(errs, fmt.Errorf("/list_match/bands/%d/up_to: must be above the band of %s before it", i, kind))
			}
			if last >= 0 && b.Value > value {
				errs = append(errs, fmt.Errorf("/list_match/bands/%d/value: must not be above that of the closer band of %s", i, kind))
			}
			last, value = b.UpTo, b.Value
		}
		if last != bits(kind) {
			errs = append(errs, fmt.Errorf("/list_match/bands: the last of %s must have up_to %d", kind, bits(kind)))
		}
	}
	return errors.Join(errs...)
}

// reserved are the names of the parts that are not typologies.
var reserved = []string{
	partPrior, partListMatch, partPrivateSession, partPublicSessions,
	partUserFlag, partCoincidence, partRelated, partRhythm,
}

// checkTypologies keeps the parts' names apart, and a corridor from ever having
// a weight: where a payment comes from is no evidence against anybody.
func (f weightsFile) checkTypologies() error {
	var errs []error
	seen := make(map[string]bool)
	for _, id := range slices.Sorted(maps.Keys(f.Typologies)) {
		name := f.Typologies[id].Name
		if id == "P03" {
			errs = append(errs, errors.New("/typologies/P03: a corridor has no weight of its own"))
		}
		if seen[name] || slices.Contains(reserved, name) {
			errs = append(errs, fmt.Errorf("/typologies/%s/name: is the name of another part", id))
		}
		seen[name] = true
	}
	return errors.Join(errs...)
}
