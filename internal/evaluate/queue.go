package evaluate

import (
	"cmp"
	"slices"
)

// A Yield is what reviewers find who look at so many cases a day.
type Yield struct {
	PerDay    float64 `json:"per_day"` // per million people
	Reviewed  float64 `json:"reviewed"`
	Found     float64 `json:"found"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// Queue plays reviewers through the days: at the end of each they take the cases with the
// highest scores as they are then, at or above a threshold, until the day's budget is
// spent; what is left of it stays for the next day. A person is looked at once. Weights
// are those of the people, so a guilty person who counts a tenth costs a tenth.
func Queue(people []Person, days int, perDay, threshold float64) Yield {
	y := Yield{PerDay: perDay}
	guilty, total := 0.0, 0.0
	byDay := make([][]int32, days+1)
	for i := range people {
		total += people[i].Weight
		if people[i].Guilty {
			guilty += people[i].Weight
		}
		for _, m := range people[i].Days {
			if m.Day >= 0 && m.Day < days {
				byDay[m.Day] = append(byDay[m.Day], int32(i))
			}
		}
	}
	score, done, next := make(map[int32]float64), make(map[int32]bool), make([]int, len(people))
	credit := 0.0
	for day := range days {
		for _, i := range byDay[day] {
			p := &people[i]
			m := p.Days[next[i]]
			next[i]++
			if m.Score >= threshold && !done[i] {
				score[i] = m.Score
			} else {
				delete(score, i)
			}
		}
		credit += perDay * total / 1e6
		open := make([]int32, 0, len(score))
		for i := range score {
			open = append(open, i)
		}
		slices.SortFunc(open, func(a, b int32) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
		for _, i := range open {
			w := people[i].Weight
			if credit < w {
				break
			}
			credit -= w
			y.Reviewed += w
			if people[i].Guilty {
				y.Found += w
			}
			done[i] = true
			delete(score, i)
		}
	}
	y.Precision, y.Recall = y.Found/y.Reviewed, y.Found/guilty
	return y
}

// Delays are the days from a first event to the end of the day on which guilty people
// reach a threshold, sorted: of those who do, and had such an event before.
func Delays(people []Person, threshold float64, first func(*Person) float64) []float64 {
	var all []float64
	for i := range people {
		p := &people[i]
		if !p.Guilty {
			continue
		}
		if day, ok := p.Reached(threshold); ok {
			if from := first(p); from <= float64(day+1) {
				all = append(all, float64(day+1)-from)
			}
		}
	}
	slices.Sort(all)
	return all
}

// Quartiles are the 25th, 50th and 75th percentile of sorted values, NaN of none.
func Quartiles(sorted []float64) [3]float64 {
	return [3]float64{quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)}
}
