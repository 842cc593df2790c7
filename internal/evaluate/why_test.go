package evaluate

import "testing"

// TestWhyAnAimIsMissed: the reasons have the numbers of what they explain, and an aim that
// is met has none.
func TestWhyAnAimIsMissed(t *testing.T) {
	for _, tt := range []struct{ what, got, want string }{
		{"precision", whoInstead([]Holder{{"offender", true, 40, 4}, {"tutor", false, 3, 3}, {"charity", false, 1, 0.5}}), "of 7.5 cases 4 are right; the others are tutor 3, charity 0.5"},
		{"precision without a wrong case", whoInstead([]Holder{{"offender", true, 40, 4}}), ""},
		{
			"recall",
			whereMissed([]Fate{{What: "found", Share: 0.25}, {What: belowBudget, Share: 0.05}, {What: "never told: no tie", Share: 0.1}, {What: "never told: no stream", Share: 0.1}, {What: belowAlone, Share: 0.1}, {What: belowOne, Share: 0.2}, {What: "below the bar: two or three streams", Share: 0.2}}),
			"0.20 of the guilty could never be told from others by what was seen, so that no score finds more than 0.80; 0.30 show one coincidence or none, as innocent people do; 0.20 show more and stay below the bar, and of 0.05 a case was open and ranked below the budget",
		},
		{
			"corridor",
			whoTheyAre(Share{Name: "AE-IN", Ratio: 5.7, RatioLow: 2.4, Circles: 1, Among: map[string]int{"tutor-customer": 4, "tutor": 1}}, []Share{{Ratio: 5.7, Cases: 5}, {Ratio: 1.4, Cases: 1}, {Ratio: 2, Cases: 1}}),
			"AE-IN: tutor 1, tutor-customer 4, circles: 1, the ratio's lower bound is 2.4; of each of the 2 above 1.5 times the page says why, and what a reviewer needs to see",
		},
		{
			"calibration",
			worstTenth(Calibration{Bins: []Bin{
				{Low: 0.1, High: 0.2, Told: 0.15, True: Interval{0.9, 0.1, 1}, People: 9, Circles: 9, Weight: 9, Effective: 9},
				{Low: 0.8, High: 0.9, Told: 0.85, True: Interval{0.6, 0.4, 0.7}, People: 104, Circles: 41, Weight: 10, Effective: 37},
				{Low: 0.9, High: 1, Told: 0.95, True: Interval{0.9, 0.8, 1}, People: 200, Circles: 98, Weight: 20, Effective: 90},
			}}),
			"from 0.8 to 0.9 there are 104 people in 41 circles, who tell as much as 37 circles of equal weight; 0.85 is told and 0.60 true (0.40 to 0.70); the innocent among them weigh 4.0 and the guilty 6.0",
		},
		{
			"calibration by bounds alone",
			worstTenth(Calibration{Bins: []Bin{{Low: 0.1, High: 0.2, Told: 0.15, True: Interval{1, 0.7, 1}, People: 9, Circles: 9, Weight: 9, Effective: 9, Off: true}, {}}}),
			"from 0.1 to 0.2 there are 9 people in 9 circles, who tell as much as 9 circles of equal weight; 0.15 is told and 1.00 true (0.70 to 1.00); the innocent among them weigh 0.0 and the guilty 9.0",
		},
		{"calibration of few", worstTenth(Calibration{Bins: make([]Bin, 10)}), "no tenth holds as much as 30 circles"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s", tt.what, tt.got)
		}
	}
	r := Report{Aims: []Aim{{Met: true, Why: "a"}, {Why: "b"}}}
	r.clear()
	if r.Aims[0].Why != "" || r.Aims[1].Why != "b" {
		t.Errorf("%+v", r.Aims)
	}
}

func TestTheWorstShareIsNamed(t *testing.T) {
	for _, tt := range []struct {
		of   Share
		want string
	}{
		{Share{}, "nobody has a case"},
		{Share{Name: "tutor", Ratio: 2.04, Cases: 3, People: 90}, "tutor: 2.0 times, 3 of 90 people"},
	} {
		if got := worstOf(tt.of); got != tt.want {
			t.Errorf("%s, not %s", got, tt.want)
		}
	}
}
