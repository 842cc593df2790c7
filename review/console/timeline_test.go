package console

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// However many streams and typologies a case has, all that was seen is drawn.
func TestTheTimeLineLeavesNothingOut(t *testing.T) {
	for _, tt := range []struct {
		streams, typologies int
		want                []string
	}{
		{1, 2, []string{"stream s0", "payments P00", "payments P01"}},
		{18, 2, []string{"18 streams", "payments P00", "payments P01"}},
		{9, 1, []string{"9 streams", "payments P00"}},
		{1, 12, []string{"stream s0", "12 typologies"}},
	} {
		var c review.Case
		for i := range tt.streams {
			at := start.Add(time.Duration(i) * 24 * time.Hour)
			c.Signals = append(c.Signals, signal.Signal{Start: at, End: at.Add(time.Hour), Session: &signal.Session{Stream: fmt.Sprintf("s%d", i)}})
		}
		for i := range tt.typologies {
			c.Signals = append(c.Signals, signal.Signal{Payment: &signal.Payment{Typology: fmt.Sprintf("P%02d", i), Times: []time.Time{start.Add(time.Minute), start.Add(100 * time.Hour)}}})
		}
		tl := draw(c)
		var lanes []string
		marks := 0
		for _, l := range tl.Lanes {
			lanes, marks = append(lanes, l.Label), marks+len(l.Marks)
		}
		if !slices.Equal(lanes, tt.want) || marks != tt.streams+2*tt.typologies {
			t.Errorf("%d streams and %d typologies: %d marks on %q", tt.streams, tt.typologies, marks, lanes)
		}
	}
}

// A tick with no room for the day and the hour says the day, unless it was told already.
func TestATickSaysWhichDay(t *testing.T) {
	for _, tt := range []struct {
		hours int
		want  []string
	}{
		{200, []string{"1 Mar 12:00", "9 Mar", "18 Mar", "26 Mar", "3 Apr"}},
		{3, []string{"1 Mar 12:00", "15:00", "18:00", "21:00", "2 Mar"}},
	} {
		var c review.Case
		for i := range 5 {
			at := start.Add(time.Duration(i*tt.hours) * time.Hour)
			c.Signals = append(c.Signals, signal.Signal{Start: at, End: at, Flag: &signal.Flag{Stream: "s"}})
		}
		var got []string
		for _, tick := range draw(c).Ticks {
			got = append(got, tick.Label)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
