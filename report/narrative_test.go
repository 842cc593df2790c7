package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// sampleAlert is the alert that the packages of channels are tested with: they read
// testdata/alert.json.
func sampleAlert(t testing.TB) Alert {
	t.Helper()
	d := confirmed()
	d.Second, d.Persons = "reviewer-2", 2
	return alertOf(t, d, logOf(t, 0))
}

func TestSampleAlert(t *testing.T) {
	data, err := Encode(sampleAlert(t))
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "alert.json", append(data, '\n'))
	golden.Check(t, "log-key.txt", logOf(t, 0).verifier+"\n") // by which it verifies
}

func TestNarrative(t *testing.T) {
	a := sampleAlert(t)
	golden.Check(t, "narrative.golden", Narrative(a, 8000))
	if text := Narrative(a, 8000); strings.Contains(text, "canary") {
		t.Error("the reviewer's note is told")
	}
	a.Statement.Second, a.Statement.Danger = "", true
	if text := Narrative(a, 8000); !strings.Contains(text, "One person confirmed alone because a danger") || !strings.HasPrefix(text, "A person (reviewer-1)") {
		t.Errorf("danger is not told:\n%s", text)
	}
	a.Statement.StandIn = true
	if text := Narrative(a, 8000); !strings.HasPrefix(text, "A PROGRAM DECIDED") {
		t.Errorf("a stand-in is not told:\n%s", text)
	}
}

func TestNarrativeFits(t *testing.T) {
	a := sampleAlert(t)
	a.Statement.Evidence = nil
	for i := range 200 {
		a.Statement.Evidence = append(a.Statement.Evidence, review.Evidence{Evidence: signal.Evidence{
			What: "transaction", Holder: "DEMOPHXX", Ref: fmt.Sprintf("TX-%04d", i), At: start.Add(time.Duration(i) * time.Minute),
		}})
	}
	a.Statement.Omitted = 5
	for _, limit := range []int{50_000, 8000, 4000, 1000, 100, 3, 0} {
		text := Narrative(a, limit)
		n := utf8.RuneCountInString(text)
		if n > limit {
			t.Errorf("%d characters for a limit of %d", n, limit)
		}
		told := strings.Count(text, "reference TX-")
		if limit >= 4000 {
			left := 200 + 5 - told
			if !strings.Contains(text, fmt.Sprintf("\nand %d more.\n", left)) || !strings.Contains(text, "TX-0000") {
				t.Errorf("limit %d: %d records are told, and the rest is not counted", limit, told)
			}
			if !strings.HasSuffix(text, "append-only log.") {
				t.Errorf("limit %d: the end is cut", limit)
			}
		}
		if limit == 8000 && (told == 0 || told == 200) {
			t.Errorf("%d of 200 records are told in 8000 characters", told)
		}
	}
}
