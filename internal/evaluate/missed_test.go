package evaluate

import (
	"maps"
	"testing"
)

// TestFatesByHand: the first line that is true of somebody counts, found before all others,
// and nobody counts twice.
func TestFatesByHand(t *testing.T) {
	high, low := Standing{}, Standing{}
	high.Best[All], low.Best[All] = 3, 1
	people := []Person{
		{Guilty: true, Group: "streamer", Standing: high, Lack: "no-stream", Opened: true},
		{Guilty: true, Group: "offender", Standing: low, Lack: "no-tie", Opened: true},
		{Guilty: true, Group: "offender", Standing: low, Lack: "no-tie"},
		{Guilty: true, Group: "offender", Standing: low, Lack: "no-tie", Victim: true, Opened: true},
		{Guilty: true, Group: "streamer", Standing: low, Lack: "no-stream"},
		{Guilty: true, Group: "streamer", Standing: low, Lack: "unlinked"},
		{Guilty: true, Group: "streamer", Standing: low, Lack: "outside"},
		{Guilty: true, Group: "offender", Standing: low, Shown: true},
		{Guilty: true, Group: "offender", Standing: low, Shown: true, Streams: 1},
		{Guilty: true, Group: "streamer", Standing: low, Shown: true, Streams: 3},
		{Guilty: true, Group: "streamer", Standing: low, Shown: true, Streams: 4},
		{Group: "tutor", Standing: low, Opened: true},
	}
	of, all, share := make(map[string]int), 0, 0.0
	for _, f := range Fates(people, 2) {
		of[f.What] = f.People
		all += f.People
		share += f.Share
	}
	if want := map[string]int{
		"found": 1, "ranks below the budget": 1, "a possible victim": 1,
		"never told: no stream": 1, "never told: not linked": 1, "never told: outside the window": 1, "never told: no tie": 1,
		"below the bar: payments alone": 1, "below the bar: one stream": 1, "below the bar: two or three streams": 1, "below the bar: four streams and more": 1,
	}; !maps.Equal(of, want) {
		t.Errorf("%v, want %v", of, want)
	}
	near(t, "share", share, 1)
	if all != 11 {
		t.Errorf("%d people", all)
	}
	if got := Fates(people[:2], 0); len(got) != 1 || got[0].People != 2 || got[0].Roles["offender"] != 1 {
		t.Errorf("all are found: %+v", got)
	}
}

// TestWhoHoldsTheBudget: by weight, and whoever counts nothing holds nothing.
func TestWhoHoldsTheBudget(t *testing.T) {
	people := made([]float64{3, 3, 3, 1}, []bool{true, false, false, false})
	people[0].Group, people[0].Weight, people[2].Weight = "streamer", 0.5, 0
	got := Holders(people, 2)
	if len(got) != 2 || got[0] != (Holder{"g", false, 1, 1}) || got[1] != (Holder{"streamer", true, 1, 0.5}) {
		t.Errorf("%+v", got)
	}
}

// TestHowACaseOfAGroupComesAbout: who is named, in how many circles, and how many of the
// guilty rank no higher.
func TestHowACaseOfAGroupComesAbout(t *testing.T) {
	people := made([]float64{1, 5, 6, 9, 3, 4, 5}, []bool{true, true, true, true, false, false, false})
	people[5].With, people[6].Circle = map[string]float64{"named by a case": 4}, people[5].Circle
	_, shares := FalsePositives(people, 2, (*Person).group)
	if len(shares) != 1 {
		t.Fatalf("%+v", shares)
	}
	s := shares[0]
	if s.Cases != 3 || s.Named != 1 || s.Circles != 2 || s.Among["g"] != 3 {
		t.Errorf("%+v", s)
	}
	near(t, "of the guilty at 5, 6 and 9 none ranks at 4 or below", s.AsGuilty, 0)
	people[4].Best[All] = 7
	_, shares = FalsePositives(people, 2, (*Person).group)
	near(t, "one ranks at 5 or below", shares[0].AsGuilty, 1.0/3)
}
