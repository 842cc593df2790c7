// Package dsse signs bytes with their type, as a DSSE envelope with one Ed25519 signature
// (https://github.com/secure-systems-lab/dsse, v1.0.2), by keys in the form of C2SP signed
// notes. What is signed says what it is, so that no signature holds for another kind of
// record. It says nothing on whether what was signed is true.
package dsse

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/audit/verify"
)

// An Envelope is the JSON of DSSE.
type Envelope struct {
	Payload     []byte      `json:"payload"` // base64 in JSON
	PayloadType string      `json:"payloadType"`
	Signatures  []Signature `json:"signatures"`
}

// A Signature is one of an envelope, with the name and hash of its key.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

// Encoded is DSSE's pre-authentication encoding: what is signed.
func Encoded(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}

// Seal returns the envelope of a payload, signed by sign, whose verifier key is key.
func Seal(payloadType string, payload []byte, key string, sign func([]byte) ([]byte, error)) ([]byte, error) {
	id, _, err := verify.PublicKey(key)
	if err != nil {
		return nil, err
	}
	sig, err := sign(Encoded(payloadType, payload))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return json.Marshal(Envelope{payload, payloadType, []Signature{{id, sig}}})
}

// Open checks that data is an envelope of a payload of the type, signed by the key, and
// returns the payload.
func Open(data []byte, payloadType, key string) ([]byte, error) {
	e, err := Parse(data)
	if err != nil {
		return nil, err
	}
	if e.PayloadType != payloadType {
		return nil, fmt.Errorf("signs a payload of type %.80q, and must %q", e.PayloadType, payloadType)
	}
	if err := e.Check(key); err != nil {
		return nil, err
	}
	return e.Payload, nil
}

// Parse reads an envelope of one signature. It says nothing on whether the signature holds:
// see Check.
func Parse(data []byte) (Envelope, error) {
	var e Envelope
	if err := Strict(data, &e); err != nil {
		return Envelope{}, fmt.Errorf("is no DSSE envelope: %w", err)
	}
	if len(e.Signatures) != 1 {
		return Envelope{}, fmt.Errorf("has %d signatures, and must have one", len(e.Signatures))
	}
	return e, nil
}

// Check reports an error unless the envelope is signed by the key. Only then its type and
// payload are the signer's.
func (e Envelope) Check(key string) error {
	id, public, err := verify.PublicKey(key)
	if err != nil {
		return err
	}
	if len(e.Signatures) != 1 {
		return fmt.Errorf("has %d signatures, and must have one", len(e.Signatures))
	}
	if s := e.Signatures[0]; !ed25519.Verify(public, Encoded(e.PayloadType, e.Payload), s.Sig) {
		return fmt.Errorf("its signature, said to be by %.80q, is not one by the key %s", s.KeyID, id)
	}
	return nil
}

// Strict decodes one JSON value without members that v does not have, and with nothing behind
// it: what is signed is read no other way, so that nothing lies in it that no reader sees.
func Strict(data []byte, v any) error {
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
