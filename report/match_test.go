package report

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

func matched(list, entry string, distance int, held bool) signal.Signal {
	return signal.Signal{Kind: signal.KindMatch, Match: &signal.Match{List: list, HashKind: "pdq", Entry: entry, Distance: distance, Radius: 31, Held: held}}
}

// TestAnAlertNamesTheEntriesThatMatched, each once at its nearest, and none that is held back.
func TestAnAlertNamesTheEntriesThatMatched(t *testing.T) {
	d := confirmed()
	d.Case.Signals = append(d.Case.Signals, matched("b", "e", 12, false), matched("a", "e", 12, false), matched("a", "e", 3, false), matched("a", "held", 0, true), sessionIn("PH", "demo", 0))
	a := alertOf(t, d, logOf(t, 0))
	want := []Match{{"a", "pdq", "e", 3, 31}, {"demo-list", "pdq", "e1", 8, 31}, {"b", "pdq", "e", 12, 31}}
	if !slices.Equal(a.Matches, want) {
		t.Errorf("%+v", a.Matches)
	}
	data, err := Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeAlert(data); err != nil || !slices.Equal(got.Matches, want) {
		t.Errorf("%+v, %v", got.Matches, err)
	}
	for i := range maxMatches + 9 {
		d.Case.Signals = append(d.Case.Signals, matched("many", fmt.Sprint(i), 1, false))
	}
	if data, err = Encode(alertOf(t, d, logOf(t, 0))); err == nil {
		_, err = DecodeAlert(data)
	}
	if err != nil {
		t.Errorf("more than an alert names: %v", err)
	}
}
