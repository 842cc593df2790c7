package report

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
)

func lacks(c Completeness) []string {
	var names []string
	for _, one := range c.Checks {
		if !one.OK {
			names = append(names, one.Name)
		}
	}
	return names
}

func TestACompleteAlertPasses(t *testing.T) {
	c := Gate{Bar: 1}.Judge(sampleAlert(t))
	if !c.Ready() || c.Score != 1 || len(lacks(c)) != 0 || len(c.Checks) != 9 {
		t.Errorf("got %+v", c)
	}
	if err := (Gate{}).Pass(sampleAlert(t)); err != nil {
		t.Error(err)
	}
}

// TestEachCheck breaks one thing at a time: that check alone fails, with its words, and
// costs its weight.
func TestEachCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*review.Statement)
		fails  []string
		says   string
	}{
		"a stand-in":    {func(s *review.Statement) { s.StandIn = true }, []string{CheckPerson}, "No person confirmed"},
		"not confirmed": {func(s *review.Statement) { s.Verdict = review.Dismiss }, []string{CheckPerson}, "No person confirmed"},
		"nobody":        {func(s *review.Statement) { s.Reviewer = "" }, []string{CheckPerson, CheckViewed}, "who looked at"},
		"nothing borne out": {func(s *review.Statement) {
			for i := range s.Evidence {
				s.Evidence[i].Supports = []string{"regular-rhythm"}
			}
		}, []string{CheckEvidence, CheckShown}, "No record bears out"},
		"no holder": {func(s *review.Statement) {
			for i := range s.Evidence {
				s.Evidence[i].Holder = " "
			}
		}, []string{CheckIdentifiers}, "whose account it is"},
		"no reference": {func(s *review.Statement) {
			for i := range s.Evidence {
				s.Evidence[i].Ref = ""
			}
		}, []string{CheckIdentifiers}, "whose account it is"},
		"no subject":     {func(s *review.Statement) { s.Subject = "" }, []string{CheckIdentifiers}, "whose account it is"},
		"no first":       {func(s *review.Statement) { s.First = time.Time{} }, []string{CheckTimes}, "from when to when"},
		"last before":    {func(s *review.Statement) { s.Last = s.First.Add(-1) }, []string{CheckTimes}, "from when to when"},
		"a timeless one": {func(s *review.Statement) { s.Evidence[1].At = time.Time{} }, []string{CheckTimes}, "Record 2 has no time"},
		"of the future":  {func(s *review.Statement) { s.Evidence[2].At = s.At.Add(time.Second) }, []string{CheckTimes}, "Record 3 is of after the decision"},
		"no words": {func(s *review.Statement) {
			for i := range s.Parts {
				s.Parts[i].Says = " "
			}
		}, []string{CheckShown}, "Nothing says in words"},
		"long ago":       {func(s *review.Statement) { s.At = s.At.Add(15 * 24 * time.Hour) }, []string{CheckUrgency}, "15 days older"},
		"one person":     {func(s *review.Statement) { s.Second, s.Persons = "", 1 }, []string{CheckViewed}, "who looked at"},
		"no digest":      {func(s *review.Statement) { s.CaseDigest = "" }, []string{CheckViewed}, "who looked at"},
		"no original":    {func(s *review.Statement) { s.Evidence[0].SHA256 = "" }, []string{CheckOriginals}, "1 frames lack"},
		"some left out":  {func(s *review.Statement) { s.Omitted = 7 }, []string{CheckWhole}, "7 records are left out"},
		"nothing at all": {func(s *review.Statement) { s.Evidence = nil }, []string{CheckEvidence, CheckIdentifiers, CheckShown, CheckUrgency}, "no record has a time"},
	} {
		a := sampleAlert(t)
		c.change(&a.Statement)
		got := Gate{}.Judge(a)
		if names := lacks(got); !slices.Equal(names, c.fails) {
			t.Errorf("%s: %v failed, want %v", name, names, c.fails)
		}
		if !strings.Contains(strings.Join(got.Missing(), "\n"), c.says) {
			t.Errorf("%s: %v, want %s", name, got.Missing(), c.says)
		}
		var lost, all float64
		for n, w := range DefaultWeights() {
			all += w
			if slices.Contains(c.fails, n) {
				lost += w
			}
		}
		if math.Abs(got.Score-(all-lost)/all) > 1e-9 {
			t.Errorf("%s: a score of %v", name, got.Score)
		}
	}
}

// TestNothingEmptyGoes: no bar and no weights let an alert through that lacks a person,
// evidence or an identifier.
func TestNothingEmptyGoes(t *testing.T) {
	open := Gate{Bar: 1e-9, Weights: map[string]float64{}, Bars: map[string]float64{"ph": 0, "": 0}}
	for name := range DefaultWeights() {
		open.Weights[name] = 0
	}
	if err := open.Pass(sampleAlert(t)); err != nil {
		t.Fatalf("the gate is not open: %v", err)
	}
	for name, a := range map[string]Alert{
		"empty":       {},
		"no evidence": func() Alert { a := sampleAlert(t); a.Statement.Evidence = nil; return a }(),
		"stand-in":    func() Alert { a := sampleAlert(t); a.Statement.StandIn = true; return a }(),
		"no holders": func() Alert {
			a := sampleAlert(t)
			for i := range a.Statement.Evidence {
				a.Statement.Evidence[i].Holder = ""
			}
			return a
		}(),
	} {
		err := open.Pass(a)
		var held *Held
		if !errors.As(err, &held) || held.Alert != a.ID {
			t.Errorf("%s: %v", name, err)
		}
	}
	demo := Gate{StandIns: true}
	a := sampleAlert(t)
	a.Statement.StandIn = true
	if err := demo.Pass(a); err != nil {
		t.Errorf("a demonstration: %v", err)
	}
	a.Statement.Evidence = nil
	if demo.Pass(a) == nil {
		t.Error("an empty one passes in a demonstration")
	}
}

func TestBarsOfCentres(t *testing.T) {
	a := sampleAlert(t)
	a.Statement.Second, a.Statement.Persons = "", 1 // 10 of 12
	a.Statement.Omitted = 1                         // 9 of 12
	for name, c := range map[string]struct {
		gate Gate
		goes bool
	}{
		"default":             {Gate{}, true},
		"higher":              {Gate{Bar: 0.76}, false},
		"just":                {Gate{Bar: 0.75}, true},
		"the centre's":        {Gate{Bar: 0.9, Bars: map[string]float64{"ph": 0.5}}, true},
		"the centre's higher": {Gate{Bars: map[string]float64{"ph": 0.8}}, false},
		"another's":           {Gate{Bars: map[string]float64{"us": 0.8}}, true},
		"other weights":       {Gate{Bar: 0.95, Weights: map[string]float64{CheckViewed: 0, CheckWhole: 0}}, true},
	} {
		err := c.gate.Pass(a)
		if (err == nil) != c.goes {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "is held, being 75 % complete") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGateFaults(t *testing.T) {
	g := Gate{Bar: 2, Bars: map[string]float64{"us": math.NaN(), "ph": 0.5}, Weights: map[string]float64{"person": 1, CheckTimes: -1, CheckShown: 2}}
	want := []string{"bar: must be from 0 to 1", "bars.us: must be from 0 to 1", "weights.person: no such check, or one that must hold", "weights.times: must be from 0 to 1000"}
	if got := g.Faults(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := (Gate{}).Faults(); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
