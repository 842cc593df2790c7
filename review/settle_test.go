package review

import (
	"errors"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// TestWhatIsUnknownIsSettledByHand: with the centre's reference it is filed, without it is sent
// again, and nothing else is settled; the log knows who said so.
func TestWhatIsUnknownIsSettledByHand(t *testing.T) {
	boss := Person{ID: "boss", Roles: []Role{RoleSupervisor}}
	for name, c := range map[string]struct {
		state        FilingState
		had, receipt string
		want         FilingState
		of           error
	}{
		"it has it":            {FilingUnknown, "", "R-7", FilingFiled, nil},
		"it does not":          {FilingUnknown, "", "", FilingQueued, nil},
		"filed by hand":        {FilingFailed, "", "R-7", FilingFiled, nil},
		"failed anyway":        {FilingFailed, "", "", "", ErrNotSettled},
		"the reference":        {FilingFiled, "", "R-7", FilingFiled, nil},
		"another reference":    {FilingFiled, "R-1", "R-7", "", ErrNotSettled},
		"what is not sent yet": {FilingQueued, "", "R-7", "", ErrNotSettled},
		"what is withdrawn":    {FilingWithdrawn, "", "R-7", "", ErrNotSettled},
	} {
		s := newStore(t)
		of := caseOf(1, "a")
		receive(t, s, of)
		f := Filing{Alert: signal.ID("a"), Sequence: 1, Due: s.now(), Next: s.now()}
		ordered(t, s, of, f)
		f.in(t, s, c.state, c.had)
		d, err := s.SettleFiling(t.Context(), f.Alert, boss, c.receipt, "asked on the telephone")
		if !errors.Is(err, c.of) || err == nil && d.State != c.want {
			t.Errorf("%s: %s, %v", name, d.State, err)
		}
		if err != nil {
			continue
		}
		got, err := s.Filing(t.Context(), f.Alert)
		if err != nil || got.State != c.want || got.Receipt != c.receipt || got.Revision != d.Revision || (len(got.Body) == 0) != (c.want == FilingFiled) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		refs := ""
		for _, row := range pending(t, s) {
			if row.Entry != nil {
				refs += strings.Join(row.Entry.Refs, " ") + "\n"
			}
		}
		if !strings.Contains(refs, "asked/settle reviewer/boss") || strings.Contains(refs, "telephone") {
			t.Errorf("%s: the log has\n%s", name, refs)
		}
		if _, err := s.SettleFiling(t.Context(), f.Alert, Reviewer("anna"), "R-8", "asked"); err == nil {
			t.Errorf("%s: a reviewer settled it", name)
		}
		if _, err := s.SettleFiling(t.Context(), f.Alert, boss, "R-8", " "); err == nil {
			t.Errorf("%s: settled for no reason", name)
		}
	}
}
