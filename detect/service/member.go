package service

import (
	"bytes"
	"encoding/json"
	"math"
)

// The members of a JSON body. None makes decoding fail: that its type is wrong is kept,
// and told when its place is known, beside the other faults.

// text is a string.
type text struct {
	value string
	given bool
	wrong bool // Something else was given.
}

// UnmarshalJSON takes any JSON.
func (t *text) UnmarshalJSON(data []byte) error {
	*t = text{given: true}
	switch {
	case data[0] != '"':
		t.wrong = true
	case bytes.IndexByte(data, '\\') < 0:
		t.value = string(data[1 : len(data)-1])
	default:
		return json.Unmarshal(data, &t.value)
	}
	return nil
}

// number is a whole number, as JSON Schema has them: 31.0 is one.
type number struct {
	value int
	given bool
	wrong bool
}

// UnmarshalJSON takes any JSON.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number{given: true}
	var f *float64
	if err := json.Unmarshal(data, &f); err != nil || f == nil || *f != math.Trunc(*f) || math.Abs(*f) > 1e9 {
		n.wrong = true
		return nil
	}
	n.value = int(*f)
	return nil
}

// share is a number from 0 to 1.
type share struct {
	value        float64
	given, wrong bool
}

// UnmarshalJSON takes any JSON.
func (s *share) UnmarshalJSON(data []byte) error {
	*s = share{given: true}
	var f *float64
	if err := json.Unmarshal(data, &f); err != nil || f == nil || *f < 0 || *f > 1 {
		s.wrong = true
		return nil
	}
	s.value = *f
	return nil
}

// texts is an array of strings.
type texts struct {
	value        []text
	given, wrong bool
}

// UnmarshalJSON takes any JSON.
func (s *texts) UnmarshalJSON(data []byte) error {
	*s = texts{given: true}
	s.wrong = data[0] != '[' || json.Unmarshal(data, &s.value) != nil
	return nil
}

// boolean is true or false.
type boolean struct{ value, given, wrong bool }

// UnmarshalJSON takes any JSON.
func (b *boolean) UnmarshalJSON(data []byte) error {
	*b = boolean{given: true, value: data[0] == 't', wrong: data[0] != 't' && data[0] != 'f'}
	return nil
}

// objects is an array of objects that have no other members than T.
type objects[T any] struct {
	value []T
	wrong bool
}

// UnmarshalJSON takes any JSON.
func (o *objects[T]) UnmarshalJSON(data []byte) error {
	*o = objects[T]{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	o.wrong = data[0] != '[' || d.Decode(&o.value) != nil
	return nil
}
