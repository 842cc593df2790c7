package console

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// The measures of the drawing, in units of its viewBox.
const (
	lineLeft, lineRight = 150.0, 868.0 // of the axis
	laneHeight          = 26.0
	laneTop             = 26.0
	gapWidth            = 34.0
	minStretch          = 70.0
	maxLanes            = 9
	maxStretches        = 6
)

// A timeline is sessions, matches, flags and payments of a case on one line of time.
// Where nothing happened for long the line is broken, so that what did can be seen.
type timeline struct {
	Height float64
	Lanes  []lane
	Ticks  []tick
	Breaks []brk
	Gaps   []string // how long the breaks are, each length once
	Says   string   // what the drawing shows, in a sentence
	Events []event
}

type lane struct {
	Label string
	Y     float64
	Marks []mark
}

type mark struct {
	Class string
	X, W  float64
	Point bool // a moment and no stretch
	Y     float64
}

type tick struct {
	X     float64
	Label string
	End   bool // text ends here, so as not to leave the drawing
}

type brk struct{ X float64 }

// An event is a line of the same in words.
type event struct {
	From, To   time.Time
	Lane, Says string
	class      string
	times      []time.Time // of payments
}

func eventsOf(c review.Case) []event {
	var list []event
	for _, s := range c.Signals {
		e := event{From: s.Start, To: s.End, Says: s.Says}
		switch {
		case s.Session != nil:
			e.Lane, e.class = "stream "+s.Session.Stream, "session"
		case s.Match != nil:
			e.Lane, e.class = "stream "+s.Match.Stream, "match"
		case s.Flag != nil:
			e.Lane, e.class = "stream "+s.Flag.Stream, "flag"
		case s.Score != nil:
			e.Lane, e.class = "stream "+s.Score.Stream, "score"
		case s.Payment != nil:
			e.Lane, e.class, e.times = "payments "+s.Payment.Typology, "pay", s.Payment.Times
			if len(e.times) > 0 {
				e.From, e.To = e.times[0], e.times[len(e.times)-1]
			}
		default:
			continue
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b event) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Lane, b.Lane)) })
	return list
}

// A stretch is a part of the line without a break.
type stretch struct {
	from, to time.Time
	x, w     float64
}

// cut makes stretches of spans in order, with a break wherever nothing happens for longer
// than a gap; longer gaps if there would be too many.
func cut(spans []stretch, gap time.Duration) []stretch {
	for {
		parts := []stretch{spans[0]}
		for _, s := range spans[1:] {
			last := &parts[len(parts)-1]
			if s.from.Sub(last.to) > gap {
				parts = append(parts, s)
				continue
			}
			last.to = later(last.to, s.to)
		}
		if len(parts) <= maxStretches {
			return parts
		}
		gap *= 2
	}
}

// stretches cuts the line where nothing happens for an hour and a 24th of it.
func stretches(events []event) []stretch {
	var spans []stretch
	for _, e := range events {
		if len(e.times) == 0 {
			spans = append(spans, stretch{from: e.From, to: e.To})
		}
		for _, t := range e.times {
			spans = append(spans, stretch{from: t, to: t})
		}
	}
	if len(spans) == 0 {
		return nil
	}
	slices.SortFunc(spans, func(a, b stretch) int { return a.from.Compare(b.from) })
	end := spans[0].to
	for _, s := range spans {
		end = later(end, s.to)
	}
	parts := cut(spans, max(time.Hour, end.Sub(spans[0].from)/24))
	// Each has some room, and what is left is shared out by length.
	room := lineRight - lineLeft - gapWidth*float64(len(parts)-1) - minStretch*float64(len(parts))
	var total time.Duration
	for _, p := range parts {
		total += p.to.Sub(p.from)
	}
	x := lineLeft
	for i := range parts {
		p := &parts[i]
		p.x, p.w = x, minStretch+room/float64(len(parts))
		if total > 0 {
			p.w = minStretch + room*float64(p.to.Sub(p.from))/float64(total)
		}
		x += p.w + gapWidth
	}
	return parts
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// at is where on the line a time is.
func at(parts []stretch, t time.Time) float64 {
	for _, p := range parts {
		if !t.After(p.to) {
			length := p.to.Sub(p.from)
			if length <= 0 || t.Before(p.from) {
				return p.x + p.w/2*map[bool]float64{true: 1, false: 0}[length <= 0]
			}
			return p.x + p.w*float64(t.Sub(p.from))/float64(length)
		}
	}
	last := parts[len(parts)-1]
	return last.x + last.w
}

func draw(c review.Case) timeline {
	tl := timeline{Events: eventsOf(c)}
	parts := stretches(tl.Events)
	if len(parts) == 0 {
		return tl
	}
	lanes, label := map[string]int{}, labelOf(tl.Events)
	for _, e := range tl.Events {
		name := label(e)
		i, ok := lanes[name]
		if !ok {
			i = len(tl.Lanes)
			lanes[name] = i
			tl.Lanes = append(tl.Lanes, lane{Label: name, Y: laneTop + laneHeight*float64(i)})
		}
		l := &tl.Lanes[i]
		if len(e.times) > 0 {
			for _, t := range e.times {
				l.Marks = append(l.Marks, mark{Class: e.class, X: at(parts, t), Point: true, Y: l.Y})
			}
			continue
		}
		x := at(parts, e.From)
		w := at(parts, e.To) - x
		l.Marks = append(l.Marks, mark{Class: e.class, X: x, W: max(w, 3), Point: e.class == "flag", Y: l.Y})
	}
	for i, p := range parts {
		label := p.from.UTC().Format("2 Jan 15:04")
		if i > 0 && p.w < 2*minStretch { // there is no room for both
			label = p.from.UTC().Format("2 Jan")
			if day := parts[i-1].to.UTC().Format("2 Jan"); day == label {
				label = p.from.UTC().Format("15:04")
			}
		}
		tl.Ticks = append(tl.Ticks, tick{X: p.x, Label: label})
		if p.w > 240 && p.to.After(p.from) {
			format := "15:04"
			if p.to.Sub(p.from) > 24*time.Hour {
				format = "2 Jan 15:04"
			}
			tl.Ticks = append(tl.Ticks, tick{X: p.x + p.w, Label: p.to.UTC().Format(format), End: true})
		}
		if i > 0 {
			tl.Breaks = append(tl.Breaks, brk{X: p.x - gapWidth/2})
			if gap := span(p.from.Sub(parts[i-1].to)); !slices.Contains(tl.Gaps, gap) {
				tl.Gaps = append(tl.Gaps, gap)
			}
		}
	}
	tl.Height = laneTop + laneHeight*float64(len(tl.Lanes)) + 8
	tl.Says = fmt.Sprintf("%d things seen from %s to %s, on %d lines: %s.", len(tl.Events),
		parts[0].from.UTC().Format("2 Jan 2006 15:04"), parts[len(parts)-1].to.UTC().Format("2 Jan 2006 15:04"), len(tl.Lanes), labels(tl.Lanes))
	return tl
}

// labelOf gives each stream and each typology a lane and, where these would be too many, all
// streams one together, and then all typologies: none of them is left out.
func labelOf(events []event) func(event) string {
	streams, typologies := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		if e.class == "pay" {
			typologies[e.Lane] = true
		} else {
			streams[e.Lane] = true
		}
	}
	together := len(streams)+len(typologies) > maxLanes
	return func(e event) string {
		switch {
		case together && e.class != "pay" && len(streams) > 1:
			return fmt.Sprintf("%d streams", len(streams))
		case together && e.class == "pay" && len(typologies) >= maxLanes:
			return fmt.Sprintf("%d typologies", len(typologies))
		default:
			return e.Lane
		}
	}
}

func labels(lanes []lane) string {
	text := ""
	for i, l := range lanes {
		if i > 0 {
			text += ", "
		}
		text += l.Label
	}
	return text
}
