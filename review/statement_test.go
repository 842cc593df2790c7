package review

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

func decisionOn(c Case) Decision {
	return Decision{
		ID: signal.ID("decision", caseID, "1"), CaseID: caseID, CaseDigest: someDigest, Case: c, Verdict: Confirm,
		Reason: "several-signs", Reviewer: "reviewer-1", Sequence: 1, At: start.Add(time.Hour),
	}
}

func TestAStatementsDigestCoversAllOfIt(t *testing.T) {
	base := decisionOn(caseOf(1, "a")).Statement()
	want, err := base.Digest()
	if err != nil {
		t.Fatal(err)
	}
	fields := reflect.TypeFor[Statement]()
	for i := range fields.NumField() {
		changed := base
		reflect.ValueOf(&changed).Elem().Field(i).Set(other(reflect.ValueOf(base).Field(i)))
		got, err := changed.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			t.Errorf("%s is not in the digest", fields.Field(i).Name)
		}
	}
	if fields.NumField() != 24 {
		t.Errorf("%d fields were changed, want 24", fields.NumField())
	}
}

// other returns a value of v's type that is not v.
func other(v reflect.Value) reflect.Value {
	switch v := v.Interface().(type) {
	case time.Time:
		return reflect.ValueOf(v.Add(time.Second))
	case bool:
		return reflect.ValueOf(!v)
	}
	n := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		n.SetString(v.String() + "x")
	case reflect.Int:
		n.SetInt(v.Int() + 1)
	case reflect.Uint64:
		n.SetUint(v.Uint() + 1)
	case reflect.Float64:
		n.SetFloat(v.Float() + 0.125)
	default: // a slice: without its last element
		n.Set(v.Slice(0, v.Len()-1))
	}
	return n
}

func TestEvidenceSaysWhatItSupports(t *testing.T) {
	c := caseOf(1, "a", "b")
	c.Parts = append(c.Parts, Part{Name: "both", Weight: 1, Signals: []string{c.Signals[0].ID, c.Signals[1].ID}})
	c.Signals[1].Evidence = append(c.Signals[1].Evidence, c.Signals[0].Evidence[0]) // one record behind two signals
	s := decisionOn(c.summed()).Statement()
	if len(s.Evidence) != 2 || s.Omitted != 0 {
		t.Fatalf("got %+v, omitted %d, want two records", s.Evidence, s.Omitted)
	}
	if got, want := s.Evidence[0].Supports, []string{"flag-a", "both", "flag-b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the first record supports %v, want %v", got, want)
	}
	if got, want := s.Evidence[1].Supports, []string{"flag-b", "both"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the second record supports %v, want %v", got, want)
	}
}

func TestEvidenceBeyondTheLimitIsCountedAndTheWeightiestKept(t *testing.T) {
	c := caseOf(1)
	c.Omitted = 5
	for i := range 40 {
		s := flagOf(fmt.Sprint(i), 40-i)
		s.Evidence = nil
		for j := range 10 {
			s.Evidence = append(s.Evidence, signal.Evidence{What: "flag", Holder: "demo", Ref: fmt.Sprint(i, "-", j), At: s.Start})
		}
		c.Signals = append(c.Signals, s)
	}
	c.Parts = append(c.Parts,
		Part{Name: "light", Weight: 0.1, Signals: []string{c.Signals[0].ID}},
		Part{Name: "heavy", Weight: 9, Signals: []string{c.Signals[39].ID}})
	s := decisionOn(c.summed()).Statement()
	if len(s.Evidence) != MaxEvidence || s.Omitted != 400-MaxEvidence+5 {
		t.Fatalf("%d records and %d omitted, want %d and %d", len(s.Evidence), s.Omitted, MaxEvidence, 400-MaxEvidence+5)
	}
	for i, want := range []string{0: "[heavy]", 9: "[heavy]", 10: "[light]", 19: "[light]", 20: "[]"} {
		if got := fmt.Sprint(s.Evidence[i].Supports); want != "" && got != want {
			t.Errorf("record %d supports %s, want %s", i, got, want)
		}
	}
}
