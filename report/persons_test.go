package report

import (
	"strings"
	"testing"
)

// TestPrintSaysHowManyPersons reads alerts of one person, of two and of one in danger, each
// as it is sent and received.
func TestPrintSaysHowManyPersons(t *testing.T) {
	l := logOf(t, 0)
	two, one, danger := confirmed(), confirmed(), confirmed()
	two.Second, two.Persons = "reviewer-2", 2
	one.Persons = 1
	danger.Persons, danger.Danger = 1, "canary-danger: somebody is being hurt now"
	before := confirmed()
	says := map[string]string{
		"two":    "reviewer-1 and reviewer-2 (two persons)",
		"one":    "CONFIRMED BY ONE PERSON: the sender's policy asks for no second.",
		"danger": "CONFIRMED BY ONE PERSON, BECAUSE A DANGER WOULD NOT WAIT.",
	}
	for name, a := range map[string]Alert{"two": alertOf(t, two, l), "one": alertOf(t, one, l), "danger": alertOf(t, danger, l), "before": alertOf(t, before, l)} {
		data, err := Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeAlert(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := strings.Join(strings.Fields(printed(t, got, Verify(got, l.verifier))), " ")
		for of, line := range says {
			if strings.Contains(text, line) != (of == name) {
				t.Errorf("%s: says %q: %v", name, line, of != name)
			}
		}
		if strings.Contains(text, "DID NOT VERIFY") || strings.Contains(string(data), "canary") {
			t.Errorf("%s: does not verify, or tells what stays here", name)
		}
	}
	data, err := Encode(alertOf(t, before, l))
	if err != nil || strings.Contains(string(data), `"persons"`) || strings.Contains(string(data), `"danger"`) {
		t.Errorf("an older statement has other bytes than it had: %s, %v", data, err)
	}
}
