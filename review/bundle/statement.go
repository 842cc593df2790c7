package bundle

import (
	"encoding/json"
	"time"

	"github.com/vigil-stream/vigil/audit/dsse"
)

const (
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://github.com/vigil-stream/vigil/evidence-bundle/v1"
)

// A statement is in-toto's, about the other files.
type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     predicate `json:"predicate"`
}

type subject struct {
	Name   string `json:"name"`
	Digest struct {
		SHA256 string `json:"sha256"`
	} `json:"digest"`
}

// A predicate says of what the files are the evidence, and who gave it out.
type predicate struct {
	Case string    `json:"case"`
	By   string    `json:"exported_by"`
	At   time.Time `json:"exported_at"`
	Tool string    `json:"tool"`
}

func subjectOf(name, sum string) (s subject) {
	s.Name, s.Digest.SHA256 = name, sum
	return s
}

func (c Contents) seal(subjects []subject, sign func([]byte) ([]byte, error)) ([]byte, error) {
	payload, err := json.Marshal(statement{
		Type: statementType, Subject: subjects, PredicateType: predicateType,
		Predicate: predicate{Case: c.Case, By: c.By, At: c.At.UTC(), Tool: c.Tool},
	})
	if err != nil {
		return nil, err
	}
	data, err := dsse.Seal(payloadType, payload, c.LogKey, sign)
	return append(data, '\n'), err
}
