package app

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/seal"
)

// What a centre was told by one record of its queue.
type told struct {
	data       []byte // the JSON of one of the two
	alert      *report.Alert
	correction *report.Correction
	attached   []seal.Attachment
	check      report.Check // how it came, and what is in it
	plain      bool         // it came as records did before they were sealed
}

func (t told) id() string {
	if t.alert != nil {
		return t.alert.ID
	}
	return t.correction.ID
}

// openTold opens a record of a centre's queue with its keys and checks it against the key of
// the sender's log. The error is of a record that cannot be read, and names the first step
// that failed; what can be read and is not as it must be is told by the check.
func openTold(m stream.Message, centre, key string, identities []age.Identity) (t told, err error) {
	payloadType, payload, findings, err := t.open(m, key, identities)
	if err != nil {
		return told{}, err
	}
	t.data = payload
	var whose string
	switch payloadType {
	case report.PayloadAlert:
		a, err := report.DecodeAlert(payload)
		if err != nil {
			return told{}, fmt.Errorf("form: it is not an alert: %w", err)
		}
		t.alert, t.check, whose = &a, report.Verify(a, key), a.Centre.ID
	case report.PayloadCorrection:
		c, err := report.DecodeCorrection(payload)
		if err != nil {
			return told{}, fmt.Errorf("form: it is not a correction: %w", err)
		}
		t.correction, t.check, whose = &c, report.VerifyCorrection(c, key), c.Centre.ID
	default:
		return told{}, fmt.Errorf("type: %.80q is of nothing that a centre is told", payloadType)
	}
	// Whoever could open another centre's record could have put it here.
	addressed := report.Finding{Name: "centre", OK: whose == centre, Says: "It is for this centre."}
	if !addressed.OK {
		addressed.Says = fmt.Sprintf("It is for the centre %q: somebody has put it into another queue.", whose)
	}
	findings = append(findings, addressed)
	if len(t.attached) > 0 {
		if t.alert == nil {
			return told{}, errors.New("attachments: a correction has none")
		}
		findings = append(findings, checkAttached(*t.alert, t.attached))
	}
	t.check.Findings = append(findings, t.check.Findings...)
	return t, nil
}

// open takes a record out of what it came in.
func (t *told) open(m stream.Message, key string, identities []age.Identity) (payloadType string, payload []byte, findings []report.Finding, err error) {
	r, err := seal.OpenRecord(m.Data, key, identities)
	if errors.Is(err, seal.ErrPlain) && !seal.IsEncrypted(m.Data) && m.Type != typeSealed {
		t.plain = true
		payloadType = report.PayloadAlert
		if m.Type == report.TypeCorrection {
			payloadType = report.PayloadCorrection
		}
		return payloadType, m.Data, nil, nil
	}
	if err != nil {
		return "", nil, nil, err
	}
	t.attached = r.Attachments
	says := "Signed by the key of the log, and encrypted to this centre."
	if !r.Encrypted {
		says = "Signed by the key of the log. It was not encrypted: all who can read the queue can read it."
	}
	return r.PayloadType, r.Payload, []report.Finding{{Name: "sealed", OK: true, Says: says}}, nil
}

// print writes what a person at the centre reads.
func (t told) print(w io.Writer) error {
	if t.plain {
		if _, err := io.WriteString(w, "PLAIN: this record came unsigned and in clear, as they did before they were sealed. The log's proof alone speaks for it.\n"); err != nil {
			return err
		}
	}
	if t.correction != nil {
		return report.PrintCorrection(w, *t.correction, t.check)
	}
	return report.Print(w, *t.alert, t.check)
}
