package inbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/seal"
	"github.com/vigil-stream/vigil/review"
)

// Keys are what a centre checks with and opens by.
type Keys struct {
	Centre string // id
	// Logs are verifier keys of the audit logs that it pinned, got by a way that it trusts.
	Logs []string
	// Identities are the centre's own secrets, by which it opens what is encrypted to it.
	Identities []age.Identity
	// SealedOnly refuses what came without a sender's signature.
	SealedOnly bool
	// Blinding is the key under which identifiers are compared; nil: they are not.
	Blinding *blind.Key
}

var centreForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func (k Keys) check() error {
	if !centreForm.MatchString(k.Centre) {
		return errors.New("centre: must be the id of a centre, as ph")
	}
	if len(k.Logs) == 0 {
		return errors.New("log keys: at least one verifier key of an audit log is needed: without one nothing can be checked")
	}
	for _, l := range k.Logs {
		if strings.Count(l, "+") < 2 {
			return errors.New("log keys: must be name+hash+key each, as in audit.pub")
		}
	}
	return nil
}

// MaxRecord limits a record, in bytes.
const MaxRecord = seal.MaxSealed

// The kinds of records.
const (
	KindAlert      = "alert"
	KindCorrection = "correction"
)

// A Step is one step of checking a record.
type Step struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`
}

// A Checked is what checking a record found.
type Checked struct {
	Kind    string // KindAlert, KindCorrection, or empty where nobody can tell
	About   string // id of the alert that it is, or says that it is about
	Payload []byte // the alert or correction, where it could be opened
	Sealed  bool   // its sender's signature holds
	Private bool   // it was encrypted to the centre
	// Attached are the files beside it, which the alert is to name.
	Attached []seal.Attachment
	Steps    []Step

	Alert      report.Alert
	Correction report.Correction
}

// Failed names the first step that failed; it is empty where none did.
func (c *Checked) Failed() string {
	for _, s := range c.Steps {
		if !s.OK {
			return s.Name
		}
	}
	return ""
}

func (c *Checked) step(name string, ok bool, format string, args ...any) bool {
	c.Steps = append(c.Steps, Step{name, ok, fmt.Sprintf(format, args...)})
	return ok
}

// The steps before those of report.Verify; between them come those of package seal. What a
// later one would need is not looked at where an earlier one failed.
const (
	StepRead   = "read"   // there are bytes to look at
	StepForm   = "form"   // it is an alert, a correction, or something sealed
	StepSealed = "sealed" // its sender signed it, where this inbox wants that
	StepDecode = "decode" // it fits its schema
	StepCentre = "centre" // it is for this centre
)

// Check looks at a record, step by step. kind is its type as its sender gave it, or empty.
func (k Keys) Check(data []byte, kind string) *Checked {
	c := &Checked{}
	switch {
	case len(data) > MaxRecord:
		c.step(string(seal.StepSize), false, "It has %d bytes, and a record has at most %d.", len(data), MaxRecord)
		return c
	case seal.IsEncrypted(data) || isEnvelope(data):
		if !k.open(c, data) {
			return c
		}
	case !isObject(data):
		c.step(StepForm, false, "It is neither JSON, nor a signed envelope, nor encrypted with age.")
		return c
	default:
		c.Payload, c.Kind = data, kindOf(data, kind)
		if !c.step(StepSealed, !k.SealedOnly, "It is JSON as it is: not encrypted, and not signed by its sender.") {
			return c
		}
	}
	k.read(c)
	return c
}

// kinds are those of the types of payloads.
var kinds = map[string]string{
	report.PayloadAlert: KindAlert, report.PayloadCorrection: KindCorrection,
}

// open opens what is sealed, by whichever pinned key signed it.
func (k Keys) open(c *Checked, data []byte) bool {
	var fault *seal.Fault
	for _, key := range k.Logs {
		r, err := seal.OpenRecord(data, key, k.Identities)
		if err == nil {
			name, _, _ := strings.Cut(key, "+")
			if c.Private = r.Encrypted; r.Encrypted {
				c.step(string(seal.StepDecrypt), true, "It was encrypted to this centre, and its secret opened it.")
			}
			c.step(string(seal.StepSignature), true, "Whoever has the key %s that you pinned signed it.", name)
			if n := len(r.Attachments); n > 0 {
				named := framesOf(r.Payload)
				for _, a := range r.Attachments {
					if !named[a.SHA256] {
						return c.step(string(seal.StepAttachments), false, "An attachment with the SHA-256 %s is beside it, which is none of the frames that the statement names.", a.SHA256)
					}
				}
				c.step(string(seal.StepAttachments), true, "The statement names everything beside it (%d), as frames, by the SHA-256 that it has.", n)
			}
			c.Sealed, c.Payload, c.Attached, c.Kind = true, r.Payload, r.Attachments, kinds[r.PayloadType]
			if c.Kind == "" {
				return c.step(string(seal.StepType), false, "It is %.100q, which this program does not know.", r.PayloadType)
			}
			return true
		}
		var this *seal.Fault
		if !errors.As(err, &this) {
			this = &seal.Fault{Step: seal.StepEnvelope, Err: err}
		}
		if fault == nil || fault.Step == seal.StepSignature {
			fault = this // a key that is not the signer's tells the least
		}
	}
	return c.step(string(fault.Step), false, "It cannot be opened: %s.", strings.TrimSuffix(fault.Err.Error(), "."))
}

// framesOf are the SHA-256 of the frames that the statement in a payload names.
func framesOf(payload []byte) map[string]bool {
	var said struct {
		Statement struct {
			Evidence []review.Evidence `json:"evidence"`
		} `json:"statement"`
	}
	named := map[string]bool{}
	if json.Unmarshal(payload, &said) == nil {
		for _, e := range said.Statement.Evidence {
			if e.What == "frame" {
				named[e.SHA256] = true
			}
		}
	}
	return named
}

// read decodes and verifies what is inside.
func (k Keys) read(c *Checked) {
	var err error
	var centre, logKey string
	switch c.Kind {
	case KindAlert:
		if c.Alert, err = report.DecodeAlert(c.Payload); err == nil {
			c.About, centre, logKey = c.Alert.ID, c.Alert.Centre.ID, c.Alert.LogKey
		}
	case KindCorrection:
		if c.Correction, err = report.DecodeCorrection(c.Payload); err == nil {
			c.About, centre, logKey = c.Correction.Alert, c.Correction.Centre.ID, c.Correction.LogKey
		}
	}
	if err != nil {
		c.step(StepDecode, false, "It does not fit the schema: %s.", strings.TrimSuffix(err.Error(), "."))
		return
	}
	c.step(StepDecode, true, "It fits the schema of %s.", map[string]string{KindAlert: "alerts", KindCorrection: "corrections"}[c.Kind])
	if !c.step(StepCentre, centre == k.Centre, "It is for the centre %s%s.", centre, map[bool]string{false: ", and this is the inbox of " + k.Centre}[centre == k.Centre]) {
		return
	}
	key := k.pinned(logKey)
	var check report.Check
	if c.Kind == KindAlert {
		check = report.Verify(c.Alert, key)
	} else {
		check = report.VerifyCorrection(c.Correction, key)
	}
	for _, f := range check.Findings {
		c.Steps = append(c.Steps, Step{f.Name, f.OK, f.Says})
	}
}

// pinned returns the log key that a record names by name and hash, or the first, by which
// the check then says that it is another.
func (k Keys) pinned(short string) string {
	for _, l := range k.Logs {
		if strings.HasPrefix(l, short+"+") {
			return l
		}
	}
	return k.Logs[0]
}

// isEnvelope reports whether data is JSON that is signed.
func isEnvelope(data []byte) bool {
	var e struct {
		PayloadType *string `json:"payloadType"`
	}
	first := json.NewDecoder(bytes.NewReader(data)) // attachments may follow
	return first.Decode(&e) == nil && e.PayloadType != nil
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \r\n\t"), []byte("{")) && json.Valid(data)
}

// kindOf says what plain JSON is: by its type where one came with it, else by what an alert
// does not have.
func kindOf(data []byte, kind string) string {
	switch kind {
	case report.TypeCorrection:
		return KindCorrection
	case "":
		var c struct {
			Alert   *string `json:"alert"`
			Outcome *string `json:"outcome"`
		}
		if json.Unmarshal(data, &c) == nil && c.Alert != nil && c.Outcome != nil {
			return KindCorrection
		}
	}
	return KindAlert
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
