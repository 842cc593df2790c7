package bundle

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vigil-stream/vigil/audit/verify"
)

const (
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://github.com/vigil-stream/vigil/evidence-bundle/v1"
)

// An envelope is DSSE's, with one signature.
type envelope struct {
	Payload     []byte      `json:"payload"` // base64 in JSON
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

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

// encoded is DSSE's pre-authentication encoding: what is signed.
func encoded(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}

func (c Contents) seal(subjects []subject, sign func([]byte) ([]byte, error)) ([]byte, error) {
	id, _, err := verify.PublicKey(c.LogKey)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(statement{
		Type: statementType, Subject: subjects, PredicateType: predicateType,
		Predicate: predicate{Case: c.Case, By: c.By, At: c.At.UTC(), Tool: c.Tool},
	})
	if err != nil {
		return nil, err
	}
	sig, err := sign(encoded(payloadType, payload))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	data, err := json.Marshal(envelope{payload, payloadType, []signature{{id, sig}}})
	return append(data, '\n'), err
}

// unseal checks the signature and returns what it signs.
func unseal(data []byte, key string) ([]byte, error) {
	id, public, err := verify.PublicKey(key)
	if err != nil {
		return nil, err
	}
	var e envelope
	if err := strict(data, &e); err != nil {
		return nil, fmt.Errorf("is no DSSE envelope: %w", err)
	}
	if e.PayloadType != payloadType {
		return nil, fmt.Errorf("signs a payload of type %.80q, and must %q", e.PayloadType, payloadType)
	}
	if len(e.Signatures) != 1 {
		return nil, fmt.Errorf("has %d signatures, and must have one", len(e.Signatures))
	}
	if s := e.Signatures[0]; !ed25519.Verify(public, encoded(e.PayloadType, e.Payload), s.Sig) {
		return nil, fmt.Errorf("its signature, said to be by %.80q, is not one by the key %s", s.KeyID, id)
	}
	return e.Payload, nil
}

// strict decodes one JSON value without members that v does not have.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("bytes after the end")
	}
	return nil
}
