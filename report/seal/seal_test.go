package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/audit/dsse"
)

const payloadType = "application/vnd.vigil.test.v1+json"

type signer struct {
	key  string
	sign func([]byte) ([]byte, error)
}

func newSigner(t testing.TB) signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewEd25519VerifierKey("test", public)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, func(text []byte) ([]byte, error) { return ed25519.Sign(private, text), nil }}
}

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func stepOf(t *testing.T, err error) Step {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("no fault: %v", err)
	}
	return f.Step
}

func TestEachRecipientOpensAloneAndNobodyElse(t *testing.T) {
	s := newSigner(t)
	one, other, stranger := newIdentity(t), newIdentity(t), newIdentity(t)
	payload := []byte(`{"id":"a"}`)
	data, contentType, err := Seal(payloadType, payload, s.key, s.sign, []age.Recipient{one.Recipient(), other.Recipient()})
	if err != nil || contentType != TypeEncrypted || !IsEncrypted(data) {
		t.Fatal(contentType, err)
	}
	for _, leaks := range []string{"payload", "test", "vigil", "eyJpZCI6ImEifQ"} {
		if bytes.Contains(data, []byte(leaks)) {
			t.Errorf("%q can be read without a key", leaks)
		}
	}
	for _, id := range []age.Identity{one, other} {
		gotType, got, err := Open(data, s.key, []age.Identity{stranger, id})
		if err != nil || gotType != payloadType || !bytes.Equal(got, payload) {
			t.Error(gotType, string(got), err)
		}
	}
	for name, with := range map[string][]age.Identity{"a stranger": {stranger}, "nobody": nil} {
		if _, got, err := Open(data, s.key, with); stepOf(t, err) != StepDecrypt || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenNamesTheStepThatFails(t *testing.T) {
	s, other, id := newSigner(t), newSigner(t), newIdentity(t)
	to := []age.Recipient{id.Recipient()}
	sealed := func(payloadType string, by signer, to []age.Recipient) []byte {
		plain, err := dsse.Seal(payloadType, []byte(`{}`), by.key, by.sign)
		if err == nil && to != nil {
			plain, err = encrypt(plain, to)
		}
		if err != nil {
			t.Fatal(err)
		}
		return plain
	}
	encrypted := func(plain []byte) []byte {
		data, err := encrypt(plain, to)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	good := sealed(payloadType, s, to)
	plain := sealed(payloadType, s, nil)
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	// What was signed as one type must not pass as another.
	retyped := bytes.Replace(plain, []byte("vigil.test.v1"), []byte("vigil.test.v2"), 1)
	line := func(a Attachment) []byte {
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return append(append(bytes.Clone(plain), '\n'), data...)
	}
	attached := Attach("image/jpeg", []byte("picture"))
	changed := attached
	changed.Data = []byte("another")
	many := make([]age.Recipient, maxStanzas+1)
	for i := range many {
		many[i] = id.Recipient()
	}
	for name, tt := range map[string]struct {
		data []byte
		want Step
		says string
	}{
		"good":                   {good, "", ""},
		"signed alone":           {plain, "", ""},
		"too large":              {make([]byte, MaxSealed+1), StepSize, "the limit is"},
		"cut":                    {good[:len(good)-1], StepDecrypt, ""},
		"a flipped bit":          {flipped, StepDecrypt, ""},
		"many keys":              {sealed(payloadType, s, many), StepDecrypt, "129 keys"},
		"no JSON":                {encrypted([]byte("text")), StepEnvelope, "is no JSON"},
		"a plain alert":          {[]byte(`{"id":"x","statement":{}}`), StepEnvelope, "is no DSSE envelope"},
		"nothing":                {nil, StepEnvelope, "is no JSON"},
		"a member more":          {bytes.Replace(plain, []byte("{"), []byte(`{"more":1,`), 1), StepEnvelope, "unknown field"},
		"two signatures":         {bytes.Replace(plain, []byte(`"signatures":[`), []byte(`"signatures":[{"keyid":"x","sig":""},`), 1), StepEnvelope, "2 signatures"},
		"another signer":         {sealed(payloadType, other, to), StepSignature, "is not one by the key test+"},
		"another type":           {retyped, StepSignature, ""},
		"no type of vigil":       {sealed("text/plain", s, to), StepType, "text/plain"},
		"attached in clear":      {line(attached), StepAttachments, "not encrypted"},
		"attached":               {encrypted(line(attached)), "", ""},
		"an attachment changed":  {encrypted(line(changed)), StepAttachments, "another SHA-256"},
		"an attachment of typed": {encrypted(append(line(attached), `{"x":1}`...)), StepAttachments, "attachment 2"},
	} {
		_, err := OpenRecord(tt.data, s.key, []age.Identity{id})
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || stepOf(t, err) != tt.want || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAttachmentsComeBackAsTheyWere(t *testing.T) {
	s, id := newSigner(t), newIdentity(t)
	all := []Attachment{Attach("image/jpeg", []byte("one")), Attach("image/jpeg", []byte("two"))}
	data, _, err := SealWith(payloadType, []byte(`{}`), all, s.key, s.sign, []age.Recipient{id.Recipient()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenRecord(data, s.key, []age.Identity{id})
	if err != nil || len(r.Attachments) != 2 || string(r.Attachments[1].Data) != "two" || !r.Encrypted {
		t.Fatal(r, err)
	}
}

func TestSealRefuses(t *testing.T) {
	s, id := newSigner(t), newIdentity(t)
	to := []age.Recipient{id.Recipient()}
	one := Attach("image/jpeg", []byte("one"))
	wrong := one
	wrong.SHA256 = strings.Repeat("0", 64)
	for name, tt := range map[string]struct {
		payloadType string
		payload     []byte
		attached    []Attachment
		to          []age.Recipient
		want        string
	}{
		"a type":             {"text/plain", nil, nil, to, `type is "text/plain"`},
		"a large payload":    {payloadType, make([]byte, MaxPayload+1), nil, to, "the payload has 1048577 bytes"},
		"attached in clear":  {payloadType, nil, []Attachment{one}, nil, "no key to encrypt to"},
		"another hash":       {payloadType, nil, []Attachment{wrong}, to, "another SHA-256"},
		"one twice":          {payloadType, nil, []Attachment{one, one}, to, "twice"},
		"no media type":      {payloadType, nil, []Attachment{Attach("", nil)}, to, "media type of 0 letters"},
		"large attachments":  {payloadType, nil, []Attachment{Attach("x", make([]byte, MaxAttached+1))}, to, "more than 4194304 bytes"},
		"attachments beyond": {payloadType, nil, make([]Attachment, MaxAttachments+1), to, "65 attachments"},
	} {
		if _, _, err := SealWith(tt.payloadType, tt.payload, tt.attached, s.key, s.sign, tt.to); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The largest that the limits allow fits a record.
	full := Attach("image/jpeg", make([]byte, MaxAttached))
	if _, _, err := SealWith(payloadType, make([]byte, MaxPayload), []Attachment{full}, s.key, s.sign, to); err != nil {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	s, id := newSigner(f), newIdentity(f)
	to := []age.Recipient{id.Recipient()}
	payload := []byte(`{"id":"a"}`)
	signed, _, err := Seal(payloadType, payload, s.key, s.sign, nil)
	if err != nil {
		f.Fatal(err)
	}
	sealed, _, err := Seal(payloadType, payload, s.key, s.sign, to)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed, false)
	f.Add(signed, true)
	f.Add(sealed, false)
	f.Add([]byte(`{"payload":"","payloadType":"","signatures":[{}]}`), true)
	f.Add(append(bytes.Clone(signed), "\n{\"sha256\":\"\",\"media_type\":\"x\",\"data\":\"\"}"...), true)
	f.Fuzz(func(t *testing.T, data []byte, wrap bool) {
		if wrap {
			// Anybody may encrypt to the reader.
			var err error
			if data, err = encrypt(data, to); err != nil {
				t.Fatal(err)
			}
		}
		gotType, got, err := Open(data, s.key, []age.Identity{id})
		switch {
		case err != nil:
			stepOf(t, err)
		case gotType != payloadType || !bytes.Equal(got, payload):
			t.Fatalf("opens as what was never signed: %s %q", gotType, got)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	s, id := newSigner(b), newIdentity(b)
	payload := bytes.Repeat([]byte(" "), 20<<10)
	for b.Loop() {
		data, _, err := Seal(payloadType, payload, s.key, s.sign, []age.Recipient{id.Recipient()})
		if err == nil {
			_, _, err = Open(data, s.key, []age.Identity{id})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
