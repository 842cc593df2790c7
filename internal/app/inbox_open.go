package app

import (
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
)

// What a centre was told by one record of its queue.
type told struct {
	*inbox.Checked
	check report.Check // all steps, as they are printed
}

// openTold opens a record of a centre's queue with its keys and checks it against the key of
// the sender's log. The error is of a record that cannot be read, and names the first step
// that failed; what can be read and is not as it must be is told by the check.
func openTold(m stream.Message, centre, key string, identities []age.Identity) (told, error) {
	t := told{Checked: inbox.Keys{Centre: centre, Logs: []string{key}, Identities: identities}.Check(m.Data, m.Type)}
	if t.About == "" {
		for _, s := range t.Steps {
			if !s.OK {
				return told{}, fmt.Errorf("%s: %s", s.Name, s.Says)
			}
		}
	}
	for _, s := range t.Steps {
		t.check.Findings = append(t.check.Findings, report.Finding{Name: s.Name, OK: s.OK, Says: s.Says})
	}
	return t, nil
}

func (t told) id() string {
	if t.Kind == inbox.KindCorrection {
		return t.Correction.ID
	}
	return t.Alert.ID
}

// print writes what a person at the centre reads.
func (t told) print(w io.Writer) error {
	how := ""
	switch {
	case !t.Sealed:
		how = "PLAIN: this record came unsigned and in clear, as they did before they were sealed. The log's proof alone speaks for it.\n"
	case !t.Private:
		how = "IN CLEAR: this record was signed and not encrypted: all who can read the queue can read it.\n"
	}
	if _, err := io.WriteString(w, how); err != nil {
		return err
	}
	if t.Kind == inbox.KindCorrection {
		return report.PrintCorrection(w, t.Correction, t.check)
	}
	return report.Print(w, t.Alert, t.check)
}
