package evaluate

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// A bunch is people who are told the same.
type bunch struct {
	told       float64
	guilty, of int
	together   bool // in one circle, and each in one of their own otherwise
}

func calibrated(all ...bunch) Calibration {
	var scores []float64
	var guilty []bool
	for _, b := range all {
		for i := range b.of {
			scores, guilty = append(scores, Logit(b.told)), append(guilty, i < b.guilty)
		}
	}
	people := made(scores, guilty)
	at := 0
	for _, b := range all {
		for i := at; i < at+b.of && b.together; i++ {
			people[i].Circle = int32(at)
		}
		at += b.of
	}
	return lastOf(people)
}

func lastOf(people []Person) Calibration {
	return Calibrate(people, 0.02, func(p *Person) float64 { return p.Last }, NewResampler(people, 1, 400))
}

// TestCalibrationByHand: forty told 0.85 of whom 32 are guilty are nearly calibrated, forty
// told 0.35 of whom 24 are lie 0.25 off.
func TestCalibrationByHand(t *testing.T) {
	c := calibrated(bunch{told: 0.85, guilty: 32, of: 40}, bunch{told: 0.35, guilty: 24, of: 40},
		bunch{told: 0.55, of: Enough - 1}, // too few to be held to anything
		bunch{told: 0.001, of: 1000})
	near(t, "bin of 0.8, told", c.Bins[8].Told, 0.85)
	near(t, "bin of 0.8, true", c.Bins[8].True.Value, 0.8)
	near(t, "bin of 0.3, true", c.Bins[3].True.Value, 0.6)
	near(t, "expected error", c.ECE, (40*0.05+40*0.25+29*0.55)/109)
	near(t, "worst", c.Worst, 0.25)
	if c.People != 109 {
		t.Errorf("%d people", c.People)
	}
	// The binomial's 95 % of 24 in 40 is 0.45 to 0.75, and what is drawn is no other.
	if b := c.Bins[3].True; math.Abs(b.Low-0.45) > 0.03 || math.Abs(b.High-0.75) > 0.03 {
		t.Errorf("bounds of 24 in 40: %+v", b)
	}
	// One in ten guilty, who count a hundredth each: 36 of them and four others are as good
	// as (36/100 + 4)²/(36/10,000 + 4) people of equal weights.
	few := made(slices.Repeat([]float64{Logit(0.85)}, 40), append(make([]bool, 4), slices.Repeat([]bool{true}, 36)...))
	for i := range few {
		if few[i].Guilty {
			few[i].Weight = 0.01
		}
	}
	near(t, "effective", lastOf(few).Bins[8].Effective, 4.36*4.36/4.0036)
	for i := range few { // all of the guilty are one network
		if few[i].Guilty {
			few[i].Circle = 99
		}
	}
	near(t, "effective circles", lastOf(few).Bins[8].Effective, 4.36*4.36/(0.36*0.36+4))
	near(t, "effective people", lastOf(few).Bins[8].EffectivePeople, 4.36*4.36/4.0036)
	if n := lastOf(few).Bins[8].Circles; n != 5 {
		t.Errorf("%d circles", n)
	}
}

// TestCalibrationIsOfCircles: a tenth that is off by the pupils of one tutor is no reason
// to miss the aim, and the same of people who are independent is.
func TestCalibrationIsOfCircles(t *testing.T) {
	fine := bunch{told: 0.25, guilty: 250, of: 1000}
	for _, tt := range []struct {
		what          string
		of            []bunch
		worst, people float64
		off           bool
	}{
		{"well told", []bunch{fine}, 0, 0, false},
		{"one circle of forty", []bunch{fine, {told: 0.85, of: 40, together: true}, {told: 0.85, guilty: 40, of: 40}}, 0, 0.35, false},
		{"forty by themselves", []bunch{fine, {told: 0.85, of: 40}, {told: 0.85, guilty: 40, of: 40}}, 0.35, 0.35, true},
		{"two circles, both wrong", []bunch{fine, {told: 0.85, of: 40, together: true}, {told: 0.85, of: 1}}, 0, 0.85, false},
		{"forty, all wrong", []bunch{fine, {told: 0.85, of: 40}}, 0.85, 0.85, true},
		{"eight, all wrong: few, and yet beyond doubt", []bunch{fine, {told: 0.85, of: 8}}, 0, 0, true},
		{"four, all right: beyond no doubt", []bunch{fine, {told: 0.55, guilty: 4, of: 4}}, 0, 0, false},
		{"twenty, all right", []bunch{fine, {told: 0.55, guilty: 20, of: 20}}, 0, 0, true},
	} {
		c := calibrated(tt.of...)
		near(t, tt.what+": worst", c.Worst, tt.worst)
		near(t, tt.what+": worst of people", c.WorstOfPeople, tt.people)
		if off := slices.ContainsFunc(c.Bins, func(b Bin) bool { return b.Off }); off != tt.off {
			t.Errorf("%s: off %v: %+v", tt.what, off, c.Bins)
		}
		a := c.judged(0.001)
		if a.Met == (tt.worst > Within || tt.off) {
			t.Errorf("%s: met %v: %s", tt.what, a.Met, a.Got)
		}
		if named := strings.Contains(a.Got, "bounds that exclude all within 0.1 of what was told: 0."); named != tt.off {
			t.Errorf("%s: %s", tt.what, a.Got)
		}
	}
	// Twenty who are guilty and count a hundredth each, told 0.35, would be beside 0.37 of an
	// innocent person: that none is there says nothing.
	light := made(slices.Repeat([]float64{Logit(0.35)}, 20), slices.Repeat([]bool{true}, 20))
	light = append(light, made([]float64{Floor}, []bool{false})...)
	if b := lastOf(light).Bins[3]; !b.Off || math.Abs(b.True.Low-math.Pow(0.025, 1.0/20)) > 0.03 {
		t.Errorf("twenty of twenty: %+v", b)
	}
	for i := range 20 {
		light[i].Weight = 0.01
	}
	if b := lastOf(light).Bins[3]; b.Off || b.True.Low > 0.1 || b.True.Value != 1 {
		t.Errorf("twenty of twenty who weigh little: %+v", b)
	}
	if a := (&Calibration{Bins: make([]Bin, 10)}).judged(0.001); a.Met || a.Why == "" {
		t.Errorf("nobody is told anything, and the aim is met: %+v", a)
	}
}
