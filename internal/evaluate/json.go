package evaluate

import (
	"encoding/json"
	"math"
)

// What is not defined (the precision of no cases) is null in JSON, and NaN here.

type nullable struct{ v float64 }

func (n nullable) MarshalJSON() ([]byte, error) {
	if math.IsNaN(n.v) || math.IsInf(n.v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(n.v)
}

// MarshalJSON writes an interval; undefined numbers are null.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]nullable{"value": {i.Value}, "low": {i.Low}, "high": {i.High}})
}

// MarshalJSON writes a yield; undefined numbers are null.
func (y Yield) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]nullable{
		"per_day": {y.PerDay}, "reviewed": {y.Reviewed}, "found": {y.Found}, "precision": {y.Precision}, "recall": {y.Recall},
	})
}
