package inbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

// TestEachReason moves one thing at a time, and names the part that follows.
func TestEachReason(t *testing.T) {
	facts := Facts{Newest: start.Add(-20 * 24 * time.Hour), Decided: start.Add(-time.Hour), Probability: 0.5, Complete: 1}
	stand := Stand{Now: start, Within: 24 * time.Hour}
	base := Sum(Reasons(facts, stand))
	for _, c := range []struct {
		part, says string
		points     float64
		change     func(*Facts, *Stand)
	}{
		{"danger", "would not wait", pointsDanger, func(f *Facts, _ *Stand) { f.Danger = true }},
		{"going on", "may be going on now", pointsNow, func(f *Facts, _ *Stand) { f.Newest = start.Add(-23 * time.Hour) }},
		{"going on", "30 hours old", pointsRecent, func(f *Facts, _ *Stand) { f.Newest = start.Add(-30 * time.Hour) }},
		{"going on", "of the future", 0, func(f *Facts, _ *Stand) { f.Newest = start.Add(2 * time.Hour) }},
		{"a child at risk", "a private stream", pointsChild, func(f *Facts, _ *Stand) { f.Parts = []string{"private-session", "list-match"} }},
		{"a child at risk", "flagged it", maxChild, func(f *Facts, _ *Stand) {
			f.Parts = []string{"private-session", "paid-sessions", "user-flag", "classifier-score"}
		}},
		{"how sure", "over 99.9 %", pointsSure / 2, func(f *Facts, _ *Stand) { f.Probability = 1 }},
		{"how complete", "20 % complete; 3 checks fail", -0.8 * pointsComplete, func(f *Facts, _ *Stand) { f.Complete, f.Missing = 0.2, 3 }},
		{"term", "19 hours ago, and the law gives 24 hours", pointsTerm, func(f *Facts, _ *Stand) { f.Decided = start.Add(-19 * time.Hour) }},
		{"term", "13 hours", pointsHalf, func(f *Facts, _ *Stand) { f.Decided = start.Add(-13 * time.Hour) }},
		{"known", "under Elm, what has no label", pointsKnown, func(_ *Facts, s *Stand) {
			s.Known = []Known{{blind.Stream, "Elm", 1}, {blind.Payment, "", 1}, {blind.IP, "Elm", 1}}
		}},
		{"repeat", "found to be known", pointsRepeat, func(_ *Facts, s *Stand) { s.Repeat, s.Reviewed = true, report.Known }},
		{"repeat", "nothing final", 0, func(_ *Facts, s *Stand) { s.Repeat = true }},
		{"stand-in", "A program", pointsStandIn, func(f *Facts, _ *Stand) { f.StandIn = true }},
		{"taken back", "took it back", pointsRetract, func(_ *Facts, s *Stand) { s.Retract = true }},
	} {
		f, s := facts, stand
		c.change(&f, &s)
		got := Reasons(f, s)
		at := slices.IndexFunc(got, func(r Reason) bool { return r.Name == c.part })
		if at < 0 || !strings.Contains(got[at].Says, c.says) {
			t.Errorf("%s: %+v", c.part, got)
		}
		if moved := Sum(got) - base; moved < c.points-0.01 || moved > c.points+0.01 {
			t.Errorf("%s (%s) moves by %v, want %v", c.part, c.says, moved, c.points)
		}
	}
}

// TestNoCountryCounts changes all that an alert says of places, and its order stays. The
// names of the parts that count say nothing of who anybody is.
func TestNoCountryCounts(t *testing.T) {
	log := inboxtest.NewLog(t, 0)
	for _, country := range []string{"", "PH", "US", "DE"} {
		a := log.Alert(t, inboxtest.Case{Number: 1, At: start, Strong: true, Country: country}, 1)
		b := a
		b.Centre.Country, b.Centre.Name, b.Why, b.Also = "XX", "Elsewhere", "For another reason.", []string{"us"}
		if x, y := fmt.Sprint(factsOf(a)), fmt.Sprint(factsOf(b)); x != y || strings.Contains(x, "PH") {
			t.Errorf("%s\n%s", x, y)
		}
		if x, y := fmt.Sprint(factsOf(a)), fmt.Sprint(factsOf(log.Alert(t, inboxtest.Case{Number: 1, At: start, Strong: true}, 1))); x != y {
			t.Errorf("from %s it is\n%s, else\n%s", country, x, y)
		}
	}
	for _, r := range atRisk {
		for _, word := range []string{"country", "nation", "corridor", "sex", "gender", "age", "name", "language"} {
			if strings.Contains(r.part, word) && !strings.Contains(r.part, "message") {
				t.Errorf("the part %s counts", r.part)
			}
		}
	}
}

// TestThePartsAtRiskAreThere holds the names that count to those of the weights that come
// with the binary: a part that was renamed would count for nothing, and nobody would see it.
func TestThePartsAtRiskAreThere(t *testing.T) {
	data, err := os.ReadFile("../../correlate/weights.json")
	if err != nil {
		t.Fatal(err)
	}
	var weights struct{ Parts map[string]any }
	if err := json.Unmarshal(data, &weights); err != nil {
		t.Fatal(err)
	}
	for _, r := range atRisk {
		if _, ok := weights.Parts[r.part]; !ok {
			t.Errorf("no part is called %s", r.part)
		}
	}
}

// TestTheOrder puts alerts in by chance, and the most urgent comes first, with the parts
// that say why.
func TestTheOrder(t *testing.T) {
	d := newDesk(t)
	day := 24 * time.Hour
	made := []inboxtest.Case{ // in the order in which they are to stand
		{Number: 1, At: start.Add(-2 * time.Hour), Strong: true, Danger: true},
		{Number: 2, At: start.Add(-3 * time.Hour), Strong: true},
		{Number: 3, At: start.Add(-4 * day), Strong: true},
		{Number: 4, At: start.Add(-20 * day), Strong: true},
		{Number: 5, At: start.Add(-20 * day), Lacks: true},
	}
	order := rand.New(rand.NewPCG(3, 4)).Perm(len(made))
	for i, n := range order {
		d.take(int64(i), inboxtest.JSON(t, d.log.Alert(t, made[n], 1)))
	}
	d.take(9, inboxtest.JSON(t, d.log.Alert(t, inboxtest.Case{Number: 6, At: start.Add(-2 * time.Hour), Strong: true, Danger: true}, 1)))
	d.take(10, inboxtest.JSON(t, d.log.Correction(t, inboxtest.Case{Number: 6, At: start.Add(-2 * time.Hour), Strong: true, Danger: true}, true)))
	made = append(made, inboxtest.Case{Number: 6, At: start.Add(-2 * time.Hour), Strong: true, Danger: true})
	p, err := d.Queue(t.Context(), PlaceWaits, 0, 50)
	if err != nil || p.Total != len(made) {
		t.Fatalf("%d, %v", p.Total, err)
	}
	for i, c := range made {
		if want := d.log.Alert(t, c, 1).ID; p.Items[i].ID != want {
			t.Errorf("at %d stands %s with %v, want case %d", i, p.Items[i].ID, p.Items[i].Points, c.Number)
		}
		if i > 0 && p.Items[i].Points > p.Items[i-1].Points {
			t.Errorf("%d has more points than the one before", i)
		}
	}
	if f := d.view(p.Items[0].ID); f.Points != p.Items[0].Points || fmt.Sprint(f.Reasons) != fmt.Sprint(p.Items[0].Reasons) {
		t.Errorf("its page says %v\nthe list %v", f.Reasons, p.Items[0].Reasons)
	}
	second, err := d.Queue(t.Context(), PlaceWaits, 4, 50)
	if err != nil || len(second.Items) != 2 || second.Items[0].ID != p.Items[4].ID {
		t.Errorf("from 4: %+v, %v", second, err)
	}
}
