package correlate

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// checkBands sees to it that every match of every kind finds a band, and that a
// closer match is never worth less.
func (f *weightsFile) checkBands() error {
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

// checkShares sees to it that the explanations leave nobody out.
func (f *weightsFile) checkShares() error {
	sum := 0.0
	for _, e := range f.Explanations {
		sum += e.Share.Value
	}
	if math.Abs(sum-1) > 0.001 {
		return fmt.Errorf("/explanations: the shares add up to %.4f, and must to 1", sum)
	}
	return nil
}

// checkTables sees to it that tables ascend: a higher score is never worth less.
func (f *weightsFile) checkTables() error {
	var errs []error
	check := func(at string, points []point) {
		for i := 1; i < len(points); i++ {
			if points[i].Score <= points[i-1].Score || points[i].Value < points[i-1].Value {
				errs = append(errs, fmt.Errorf("%s/points/%d: must have a score above the point before it, and no lesser value", at, i))
			}
		}
	}
	names := map[string]bool{}
	for i, c := range f.Classifiers {
		at := fmt.Sprintf("/classifiers/%d", i)
		if names[c.Name] {
			errs = append(errs, fmt.Errorf("%s/name: is the name of another classifier", at))
		}
		names[c.Name] = true
		check(at, c.Points)
	}
	if f.Calibration != nil {
		check("/calibration", f.Calibration.Points)
	}
	return errors.Join(errs...)
}

// unweighable are words that no part's name may have: where somebody pays from and what
// somebody is are no evidence against anybody.
var unweighable = []string{
	"corridor", "country", "nationality", "nation", "origin", "residence", "sex", "gender", "age",
	"race", "ethnicity", "religion", "language", "surname",
}

// checkTypologies keeps the parts' names apart, and what nobody can help from ever having
// a weight.
func (f *weightsFile) checkTypologies() error {
	var errs []error
	seen := map[string]bool{partPrior: true, partOthers: true, partCalibration: true, partAlone: true}
	for _, part := range fixed {
		seen[part.name] = true
	}
	for _, id := range slices.Sorted(maps.Keys(f.Typologies)) {
		at, name := "/typologies/"+id, f.Typologies[id].Name
		switch id {
		case corridor:
			errs = append(errs, fmt.Errorf("%s: a corridor has no weight of its own", at))
		case sextortion:
			errs = append(errs, fmt.Errorf("%s: who pays under threat may be a victim; it weighs as the part %s alone", at, fixed[partVictim].name))
		}
		if id == fixedPrice {
			errs = append(errs, fmt.Errorf("%s: it speaks against, and weighs as the part %s alone", at, fixed[partFixedPrice].name))
		}
		if seen[name] {
			errs = append(errs, fmt.Errorf("%s/name: is the name of another part", at))
		}
		seen[name] = true
		for _, word := range strings.Split(name, "-") {
			if slices.Contains(unweighable, word) {
				errs = append(errs, fmt.Errorf("%s/name: %s is no evidence against anybody, and has no weight", at, word))
			}
		}
		errs = append(errs, f.checkAgainst(at+"/against", f.Typologies[id].Against, 1))
	}
	return errors.Join(errs...)
}

// checkParts sees to it that every part has a weight against every explanation, of its
// sign.
func (f *weightsFile) checkParts() error {
	var errs []error
	for _, part := range fixed {
		errs = append(errs, f.checkAgainst("/parts/"+part.name, f.Parts[part.name], part.sign))
	}
	return errors.Join(errs...)
}

func (f *weightsFile) checkAgainst(at string, a against, sign float64) error {
	var errs []error
	_, others := a["*"]
	for _, e := range slices.Sorted(maps.Keys(f.Explanations)) {
		if _, named := a[e]; !named && !others {
			errs = append(errs, fmt.Errorf("%s: has no weight against %s", at, e))
		}
	}
	for _, e := range slices.Sorted(maps.Keys(a)) {
		if _, known := f.Explanations[e]; !known && e != "*" {
			errs = append(errs, fmt.Errorf("%s/%s: is no explanation", at, e))
		}
		if a[e].Value*sign < 0 {
			what := map[float64]string{1: "for, and its weight must not be below 0", -1: "against, and its weight must not be above 0"}[sign]
			errs = append(errs, fmt.Errorf("%s/%s/value: the part speaks %s", at, e, what))
		}
	}
	return errors.Join(errs...)
}
