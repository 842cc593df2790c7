package review

import (
	"errors"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

func TestDecodeCaseReturnsTheRecord(t *testing.T) {
	data := raw(t, caseOf(7, "a", "b"))
	c, err := DecodeCase(data)
	if err != nil {
		t.Fatal(err)
	}
	if c.Revision != 7 || len(c.Parts) != 3 || len(c.Signals) != 2 || c.Signals[1].Flag == nil {
		t.Errorf("got %+v", c)
	}
	if c.Digest != digest(data) || len(c.Digest) != 64 {
		t.Errorf("digest %q is not that of the record", c.Digest)
	}
}

func TestDecodeCaseTakesRoundedWeights(t *testing.T) {
	c := caseOf(1, "a", "b", "c")
	for i := range c.Parts {
		c.Parts[i].Weight += 0.005
	}
	if _, err := DecodeCase(raw(t, c)); err != nil {
		t.Error(err)
	}
}

func TestDecodeCaseRejectsMisfits(t *testing.T) {
	good := string(raw(t, caseOf(7, "secret")))
	for name, c := range map[string]struct{ old, new, reason, want string }{
		"state":          {`"state":"open"`, `"state":"confirmed"`, "schema", "/state"},
		"revision":       {`"revision":7`, `"revision":0`, "schema", "/revision"},
		"unknown field":  {`"omitted":0`, `"omitted":0,"extra":1`, "schema", "extra"},
		"other id":       {caseID, signal.ID("case", "other"), "schema", "/id"},
		"order":          {`"last":"2026`, `"last":"2025`, "schema", "/last"},
		"sum":            {`"weight":3`, `"weight":3.5`, "case-sum", "/score"},
		"probability":    {`"probability":0.`, `"probability":0.9`, "case-sum", "/probability"},
		"signal":         {`"kind":"flag"`, `"kind":"guess"`, "schema", "/signals/0"},
		"signal subject": {`"kind":"flag","subject":"sub_0`, `"kind":"flag","subject":"sub_1`, "schema", "/signals/0/subject"},
		"no JSON":        {`{`, `{{`, "json", "byte"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, c.old, c.new, 1)
			if bad == good {
				t.Fatal("the record is still good")
			}
			_, err := DecodeCase([]byte(bad))
			var rejection *signal.Rejection
			if !errors.As(err, &rejection) {
				t.Fatalf("got %v, want a Rejection", err)
			}
			if rejection.Reason() != c.reason || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want reason %s that names %s", err, c.reason, c.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q quotes the value", err)
			}
		})
	}
}

func TestMaterialGrowth(t *testing.T) {
	decided := caseOf(1, "a", "b")
	lighter := caseOf(2, "a", "b")
	heavier := func(by float64) Case {
		c := caseOf(2, "a", "b")
		c.Parts[0].Weight += by
		return c.summed()
	}
	for name, c := range map[string]struct {
		now  Case
		want bool
	}{
		"the same":             {lighter, false},
		"a new signal":         {caseOf(2, "a", "b", "c"), true},
		"another signal":       {caseOf(2, "a", "c"), true},
		"a signal less":        {caseOf(2, "a"), false},
		"score up by one":      {heavier(1), true},
		"score up by less":     {heavier(0.99), false},
		"score down by plenty": {heavier(-9), false},
	} {
		if got := material(decided, c.now); got != c.want {
			t.Errorf("%s: material is %v, want %v", name, got, c.want)
		}
	}
}

func FuzzDecodeCase(f *testing.F) {
	f.Add(raw(f, caseOf(7, "a")))
	f.Add([]byte(`{"parts":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCase(data)
		var rejection *signal.Rejection
		if err != nil && !errors.As(err, &rejection) {
			t.Fatalf("not a Rejection: %v", err)
		}
		if err == nil && c.Digest != digest(data) {
			t.Fatal("the digest is not that of the record")
		}
	})
}
