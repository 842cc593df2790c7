package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/signal"
)

// The content types of sealed records. Neither is registered; both are in wide use.
const (
	TypeSigned    = "application/vnd.dsse.envelope.v1+json" // signed alone
	TypeEncrypted = "application/age-encryption"            // signed, then encrypted
)

// The limits of a record.
const (
	// MaxPayload is the largest payload, in bytes.
	MaxPayload = signal.MaxJSON
	// MaxSealed is the largest record, in bytes: what fits a message of the queues.
	MaxSealed = 8 << 20
	// MaxAttachments is how many a record carries, and MaxAttached how many bytes they may
	// have in sum: base64 makes a third more of them, and the envelope takes its own.
	MaxAttachments = 64
	MaxAttached    = 4 << 20
	// maxStanzas limits the recipients of a record that is opened: each costs an exchange
	// of keys with each identity.
	maxStanzas = 128
)

// typeForm is what a payload's type looks like.
var typeForm = regexp.MustCompile(`^application/vnd\.vigil\.[a-z0-9.-]{1,64}\+json$`)

// An Attachment is a file beside an envelope.
type Attachment struct {
	SHA256    string `json:"sha256"` // of Data, 64 hex digits
	MediaType string `json:"media_type"`
	Data      []byte `json:"data"` // base64 in JSON
}

// Attach returns bytes as an attachment.
func Attach(mediaType string, data []byte) Attachment {
	sum := sha256.Sum256(data)
	return Attachment{SHA256: hex.EncodeToString(sum[:]), MediaType: mediaType, Data: data}
}

// Seal signs a payload by sign, whose verifier key (C2SP signed note) is key, and with
// recipients encrypts the envelope to them: each of them can open it alone. It returns the
// record and its content type, TypeSigned or TypeEncrypted.
func Seal(payloadType string, payload []byte, key string, sign func([]byte) ([]byte, error), to []age.Recipient) (data []byte, contentType string, err error) {
	return SealWith(payloadType, payload, nil, key, sign, to)
}

// SealWith is Seal with attachments, which need recipients.
func SealWith(payloadType string, payload []byte, attached []Attachment, key string, sign func([]byte) ([]byte, error), to []age.Recipient) (data []byte, contentType string, err error) {
	switch {
	case !typeForm.MatchString(payloadType):
		return nil, "", fmt.Errorf("seal: the payload's type is %.80q, and must be like %s", payloadType, typeForm)
	case len(payload) > MaxPayload:
		return nil, "", fmt.Errorf("seal: the payload has %d bytes, and the limit is %d", len(payload), MaxPayload)
	case len(attached) > 0 && len(to) == 0:
		return nil, "", fmt.Errorf("seal: %d attachments and no key to encrypt to", len(attached))
	}
	if err := checkAttached(attached); err != nil {
		return nil, "", fmt.Errorf("seal: %w", err)
	}
	plain, err := dsse.Seal(payloadType, payload, key, sign)
	if err != nil {
		return nil, "", fmt.Errorf("seal: %w", err)
	}
	if len(to) == 0 {
		return plain, TypeSigned, nil
	}
	for _, a := range attached {
		line, err := json.Marshal(a)
		if err != nil {
			return nil, "", fmt.Errorf("seal: %w", err)
		}
		plain = append(append(plain, '\n'), line...)
	}
	if data, err = encrypt(pad(plain), to); err != nil {
		return nil, "", fmt.Errorf("seal: encrypt: %w", err)
	}
	if len(data) > MaxSealed {
		return nil, "", fmt.Errorf("seal: makes %d bytes, and the limit is %d", len(data), MaxSealed)
	}
	return data, TypeEncrypted, nil
}

func encrypt(plain []byte, to []age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// checkAttached holds attachments to the limits and to what they say they are.
func checkAttached(all []Attachment) error {
	if len(all) > MaxAttachments {
		return fmt.Errorf("%d attachments, and the limit is %d", len(all), MaxAttachments)
	}
	total, have := 0, map[string]bool{}
	for i, a := range all {
		switch total += len(a.Data); {
		case total > MaxAttached:
			return fmt.Errorf("attachments of more than %d bytes", MaxAttached)
		case len(a.MediaType) == 0 || len(a.MediaType) > 80:
			return fmt.Errorf("attachment %d has a media type of %d letters, and must have 1 to 80", i+1, len(a.MediaType))
		case Attach(a.MediaType, a.Data).SHA256 != a.SHA256:
			return fmt.Errorf("attachment %d has another SHA-256 than %.64q", i+1, a.SHA256)
		case have[a.SHA256]:
			return fmt.Errorf("attachment %d is there twice", i+1)
		}
		have[a.SHA256] = true
	}
	return nil
}
