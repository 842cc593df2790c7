package report

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/internal/golden"
)

func printed(t *testing.T, a Alert, c Check) string {
	t.Helper()
	var b strings.Builder
	if err := Print(&b, a, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrint(t *testing.T) {
	l := logOf(t, 0)
	byProgram := confirmed()
	byProgram.StandIn, byProgram.Reviewer = true, "demo-stand-in"
	forged := alertOf(t, confirmed(), l)
	forged.Statement.Parts[1].Weight = 2
	for name, a := range map[string]Alert{
		"alert":    alertOf(t, confirmed(), l),
		"stand-in": alertOf(t, byProgram, l),
		"forged":   forged,
	} {
		t.Run(name, func(t *testing.T) {
			got := printed(t, a, Verify(a, l.verifier))
			for _, line := range strings.Split(got, "\n") {
				if n := utf8.RuneCountInString(line); n > width {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			golden.Check(t, name+".golden", got)
		})
	}
}

func TestPrintDoesNotLetTheAlertSteerTheTerminal(t *testing.T) {
	a := alertOf(t, confirmed(), logOf(t, 0))
	const evil = "\x1b[2J\x1b]0;x\x07\u202e\u009b31m\r\n"
	a.Why, a.Centre.Name, a.Statement.Parts[0].Says = evil, evil, evil
	a.Statement.Evidence[0].Ref, a.Statement.Evidence[0].Holder, a.Statement.Parts[0].Name = evil, evil, evil
	got := printed(t, a, Check{Findings: []Finding{{Name: evil, Says: evil}}})
	if strings.ContainsAny(got, "\x1b\x07\r\u202e\u009b") {
		t.Errorf("got %q", got)
	}
}

func TestPrintKeepsNamesOfChecksApartFromWhatTheySay(t *testing.T) {
	got := printed(t, alertOf(t, confirmed(), logOf(t, 0)), Check{Findings: []Finding{{Name: "attachments", OK: true, Says: "a"}, {Name: "log", OK: true, Says: "b"}}})
	if !strings.Contains(got, "\n  attachments ok. a\n  log         ok. b\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestPrintShowsSomeEvidenceAndCountsTheRest(t *testing.T) {
	a := alertOf(t, confirmed(), logOf(t, 0))
	one := a.Statement.Evidence[0]
	for range 20 {
		a.Statement.Evidence = append(a.Statement.Evidence, one)
	}
	a.Statement.Omitted = 3
	got := printed(t, a, Check{})
	for _, want := range []string{"and 12 more in the record", "and 3 that did not fit"} {
		if !strings.Contains(got, want) {
			t.Errorf("does not say %q:\n%s", want, got)
		}
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestPrintReportsAWriterThatFails(t *testing.T) {
	if err := Print(broken{}, Alert{}, Check{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
