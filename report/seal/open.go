package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/audit/dsse"
)

// A Step is one of those in which a record is opened, in this order.
type Step string

// The steps.
const (
	StepSize        Step = "size"        // no larger than MaxSealed
	StepDecrypt     Step = "decrypt"     // encrypted to one of the identities, and whole
	StepEnvelope    Step = "envelope"    // a DSSE envelope of one signature
	StepSignature   Step = "signature"   // by the key
	StepType        Step = "type"        // of a payload of vigil, of at most MaxPayload bytes
	StepAttachments Step = "attachments" // what their SHA-256 say
)

// A Fault says at which step a record was found to be bad. None after it was taken.
type Fault struct {
	Step Step
	Err  error
}

func (f *Fault) Error() string { return fmt.Sprintf("open: %s: %v", f.Step, f.Err) }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// A Record is one that was opened.
type Record struct {
	PayloadType string
	Payload     []byte
	Attachments []Attachment
	Encrypted   bool
}

// Open opens what Seal made: with one of the identities where it is encrypted, and signed
// by key (C2SP signed note). The payload's type is of vigil's own, and which the caller
// must look at. An error is a *Fault.
func Open(data []byte, key string, with []age.Identity) (payloadType string, payload []byte, err error) {
	r, err := OpenRecord(data, key, with)
	return r.PayloadType, r.Payload, err
}

// magic is how an age file begins.
var magic = []byte("age-encryption.org/v1\n")

// IsEncrypted reports whether data begins as what is encrypted with age does.
func IsEncrypted(data []byte) bool { return bytes.HasPrefix(data, magic) }

// OpenRecord is Open, with the attachments. That the payload names them is the caller's to
// see.
func OpenRecord(data []byte, key string, with []age.Identity) (Record, error) {
	if len(data) > MaxSealed {
		return Record{}, &Fault{StepSize, fmt.Errorf("%d bytes, and the limit is %d", len(data), MaxSealed)}
	}
	r := Record{Encrypted: IsEncrypted(data)}
	if r.Encrypted {
		var err error
		if data, err = decrypt(data, with); err != nil {
			return Record{}, &Fault{StepDecrypt, err}
		}
	}
	values := json.NewDecoder(bytes.NewReader(data))
	e, err := envelope(values)
	if err != nil {
		return Record{}, &Fault{StepEnvelope, err}
	}
	if err := e.Check(key); err != nil {
		return Record{}, &Fault{StepSignature, err}
	}
	switch {
	case !typeForm.MatchString(e.PayloadType):
		return Record{}, &Fault{StepType, fmt.Errorf("%.80q, and it must be like %s", e.PayloadType, typeForm)}
	case len(e.Payload) > MaxPayload:
		return Record{}, &Fault{StepType, fmt.Errorf("a payload of %d bytes, and the limit is %d", len(e.Payload), MaxPayload)}
	}
	r.PayloadType, r.Payload = e.PayloadType, e.Payload
	if r.Attachments, err = attachments(values); err == nil && len(r.Attachments) > 0 && !r.Encrypted {
		err = errors.New("they are not encrypted")
	}
	if err != nil {
		return Record{}, &Fault{StepAttachments, err}
	}
	return r, nil
}

func decrypt(data []byte, with []age.Identity) ([]byte, error) {
	if len(with) == 0 {
		return nil, errors.New("it is encrypted, and there is no identity to open it with")
	}
	header, _, _ := bytes.Cut(data, []byte("\n---"))
	if n := bytes.Count(header, []byte("\n->")); n > maxStanzas {
		return nil, fmt.Errorf("it is encrypted to %d keys, and the limit is %d", n, maxStanzas)
	}
	r, err := age.Decrypt(bytes.NewReader(data), with...)
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return nil, errors.New("it is not encrypted to this identity")
	case err != nil:
		return nil, err
	}
	return io.ReadAll(r)
}

// envelope reads the first of the values.
func envelope(values *json.Decoder) (dsse.Envelope, error) {
	var first json.RawMessage
	if err := values.Decode(&first); err != nil {
		return dsse.Envelope{}, fmt.Errorf("is no JSON: %w", err)
	}
	return dsse.Parse(first)
}

// attachments reads the other values, a line each as Seal writes them.
func attachments(values *json.Decoder) ([]Attachment, error) {
	values.DisallowUnknownFields()
	var all []Attachment
	for {
		var a Attachment
		err := values.Decode(&a)
		if errors.Is(err, io.EOF) {
			return all, checkAttached(all)
		}
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", len(all)+1, err)
		}
		if all = append(all, a); len(all) > MaxAttachments {
			return nil, fmt.Errorf("more than %d", MaxAttachments)
		}
	}
}
