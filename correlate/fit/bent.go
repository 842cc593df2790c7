package fit

import (
	"cmp"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
)

// bend is where a bent calibration may bend: at these shares of the guilty, most of them
// where they are few, which is where people are suspected.
var bend = [...]float64{0.02, 0.2, 0.4, 0.55, 0.65, 0.75, 0.82, 0.9, 0.97}

// What holds a bent calibration: a slope that differs by one from that of the scores, which
// is what they say of themselves, costs as much as a row of odds e; and slopes keep the
// order of scores. Beyond the last innocent row nothing else says what a score is worth.
const (
	trusted    = 2
	leastSlope = 0.1
	leastApart = 0.3 // of bends, in score
)

// bent is the table of a line with bends that makes the labels likeliest: what a score is
// worth need not be a straight line from those of whom nothing was seen, who are most, to
// those who are suspected. nil where there are too few bends.
func bent(rows []scored) []correlate.Point {
	var bad []scored
	for _, r := range rows {
		if r.guilty {
			bad = append(bad, r)
		}
	}
	slices.SortFunc(bad, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	var knots []float64
	total, sum, i := 0.0, 0.0, 0
	for _, r := range bad {
		total += r.times
	}
	for _, share := range bend {
		for i < len(bad)-1 && sum+bad[i].times < share*total {
			sum += bad[i].times
			i++
		}
		if n := len(knots); len(bad) > 0 && (n == 0 || bad[i].score >= knots[n-1]+leastApart) {
			knots = append(knots, bad[i].score)
		}
	}
	if len(knots) < 3 {
		return nil
	}
	l := line{knots: knots, values: slices.Clone(knots), near: make([][]placed, len(knots))}
	for _, r := range rows {
		l.place(r)
	}
	l.fit()
	points := make([]correlate.Point, len(knots))
	for j := range knots {
		points[j] = correlate.Point{Score: knots[j], Value: l.values[j]}
	}
	return points
}

// A line is straight between its knots, and goes on beyond them at the same distance.
type line struct {
	knots, values []float64
	near          [][]placed // by knot, the rows that its value counts for
}

// A placed row is so far from the knot before it to the one after, or beyond an end.
type placed struct {
	scored
	after int     // knot
	share float64 // of the knot after, the rest of the one before
	more  float64
}

func (l *line) place(r scored) {
	last := len(l.knots) - 1
	switch i, _ := slices.BinarySearch(l.knots, r.score); {
	case i == 0:
		l.near[0] = append(l.near[0], placed{r, 0, 1, r.score - l.knots[0]})
	case i > last:
		l.near[last] = append(l.near[last], placed{r, last, 1, r.score - l.knots[last]})
	default:
		p := placed{r, i, (r.score - l.knots[i-1]) / (l.knots[i] - l.knots[i-1]), 0}
		l.near[i-1], l.near[i] = append(l.near[i-1], p), append(l.near[i], p)
	}
}

func (l *line) slope(j int) float64 { // from knot j on
	return (l.values[j+1] - l.values[j]) / (l.knots[j+1] - l.knots[j])
}

// fit moves one value after the other by Newton's step, within what the slopes allow.
func (l *line) fit() {
	last := len(l.knots) - 1
	for range 400 {
		moved := 0.0
		for j := range l.knots {
			g, h := 0.0, 1e-9
			for i := range l.near[j] {
				p := &l.near[j][i]
				z, share := p.more+p.share*l.values[p.after], p.share
				if p.share < 1 {
					z += (1 - p.share) * l.values[p.after-1]
				}
				if p.after != j {
					share = 1 - p.share
				}
				q := 1 / (1 + math.Exp(-z))
				d := q
				if p.guilty {
					d--
				}
				g += p.times * share * d
				h += p.times * share * share * q * (1 - q)
			}
			for k := max(j-1, 0); k <= min(j, last-1); k++ {
				by := 1 / (l.knots[k+1] - l.knots[k])
				if k == j {
					by = -by
				}
				g += trusted * (l.slope(k) - 1) * by
				h += trusted * by * by
			}
			to := l.values[j] - min(max(g/h, -1), 1)
			if j > 0 {
				to = max(to, l.values[j-1]+leastSlope*(l.knots[j]-l.knots[j-1]))
			}
			if j < last {
				to = min(to, l.values[j+1]-leastSlope*(l.knots[j+1]-l.knots[j]))
			}
			moved = max(moved, math.Abs(to-l.values[j]))
			l.values[j] = to
		}
		if moved < 1e-6 {
			return
		}
	}
}
