package fit

import (
	"math"
	"slices"
)

// A model is the parameters in one slice: of each explanation its intercept and then its
// weights, laid out row by row.
type model struct {
	explanations, features int
	theta                  []float64
}

func (m *model) row(e int) []float64 {
	width := m.features + 1
	return m.theta[e*width : (e+1)*width]
}

// sparse is a row of evidence without its zeros.
type sparse struct {
	at    []int32
	value []float64
	label int // of an explanation; guilty or innocent
	times float64
}

const (
	guilty   = -1
	innocent = -2 // by an explanation that is not known
)

// compress puts together rows that are the same: of most people nothing was seen, and
// of many much the same.
func compress(rows []Row, label func(string) int) []sparse {
	byKey := map[string]int{}
	var out []sparse
	var key []byte
	for _, r := range rows {
		s := sparse{label: label(r.Label), times: r.Times}
		key = append(key[:0], byte(s.label+3))
		for k, x := range r.Values {
			if x != 0 {
				s.at = append(s.at, int32(k))
				s.value = append(s.value, x)
				bits := math.Float64bits(x)
				key = append(key, byte(k), byte(k>>8))
				for range 8 {
					key = append(key, byte(bits))
					bits >>= 8
				}
			}
		}
		if i, there := byKey[string(key)]; there {
			out[i].times += s.times
			continue
		}
		byKey[string(key)] = len(out)
		out = append(out, s)
	}
	return out
}

// odds fills z with the log odds against each explanation, and returns
// ln(1 + Σ exp(−z)).
func (m *model) odds(s *sparse, z []float64) float64 {
	low := 0.0
	for e := range z {
		row := m.row(e)
		sum := row[0]
		for i, k := range s.at {
			sum += row[k+1] * s.value[i]
		}
		z[e] = sum
		low = min(low, sum)
	}
	total := math.Exp(low) // the 1
	for _, x := range z {
		total += math.Exp(low - x)
	}
	return math.Log(total) - low
}

// loss is the negative log-likelihood of rows, with its gradient added to grad where that
// is not nil.
func (m *model) loss(rows []sparse, grad []float64) float64 {
	z := make([]float64, m.explanations)
	p := make([]float64, m.explanations)
	width := m.features + 1
	sum := 0.0
	for i := range rows {
		s := &rows[i]
		all := m.odds(s, z)
		for e, x := range z {
			p[e] = math.Exp(-x - all)
		}
		switch s.label {
		case guilty:
			sum += s.times * all
		case innocent:
			none := math.Exp(-all) // of abuse
			sum -= s.times * math.Log1p(-none)
		default:
			sum += s.times * (all + z[s.label])
		}
		if grad == nil {
			continue
		}
		none := math.Exp(-all)
		for e := range z {
			// The derivative by z(e).
			d := -p[e]
			switch s.label {
			case guilty:
			case innocent:
				d = p[e] * none / max(1-none, 1e-300)
			case e:
				d++
			}
			d *= s.times
			g := grad[e*width : (e+1)*width]
			g[0] += d
			for j, k := range s.at {
				g[k+1] += d * s.value[j]
			}
		}
	}
	return sum
}

// A pull draws parameters towards where they were: strength × (now − then)² / 2.
type pull struct {
	to, strength []float64
}

func (p *pull) loss(theta, grad []float64) float64 {
	sum := 0.0
	for i, x := range theta {
		d := x - p.to[i]
		sum += p.strength[i] * d * d / 2
		if grad != nil {
			grad[i] += p.strength[i] * d
		}
	}
	return sum
}

// minimise finds the parameters of the least loss that allowed leaves as they are. It is Beck and Teboulle's accelerated projected gradient
// (FISTA, 2009) with steps by parameter, each as long as its curvature allows at first, and
// halved together while they overshoot. The loss is convex but for innocents whose explanation is
// not known. It returns how many rounds it took, and whether that was enough.
func (m *model) minimise(rows []sparse, p pull, allowed func(i int, x float64) float64, rounds int) (took int, done bool) {
	scale := m.curvature(rows)
	for i := range scale {
		scale[i] = 1 / (scale[i] + p.strength[i])
	}
	full := func(grad []float64) float64 {
		clear(grad)
		return m.loss(rows, grad) + p.loss(m.theta, grad)
	}
	grad := make([]float64, len(m.theta))
	now := slices.Clone(m.theta)
	step, momentum := 1.0, 1.0
	ahead := slices.Clone(now)
	last, mark := math.Inf(1), math.Inf(1)
	for took = 1; took <= rounds; took++ {
		copy(m.theta, ahead)
		at := full(grad)
		next := make([]float64, len(now))
		for {
			bound := at
			for i := range next {
				next[i] = allowed(i, ahead[i]-step*scale[i]*grad[i])
				d := next[i] - ahead[i]
				bound += grad[i]*d + d*d/(2*step*scale[i])
			}
			copy(m.theta, next)
			if m.loss(rows, nil)+p.loss(next, nil) <= bound+1e-9*math.Abs(bound) || step < 1e-9 {
				break
			}
			step /= 2
		}
		value := m.loss(rows, nil) + p.loss(next, nil)
		if value > last { // it swings: begin again from here
			momentum = 1
			copy(ahead, now)
			copy(m.theta, now)
			last = math.Inf(1)
			continue
		}
		far := 0.0
		grown := (1 + math.Sqrt(1+4*momentum*momentum)) / 2
		for i := range next {
			far = max(far, math.Abs(next[i]-now[i]))
			ahead[i] = next[i] + (momentum-1)/grown*(next[i]-now[i])
		}
		momentum = grown
		copy(now, next)
		// Weights are written to a thousandth. What drifts on without end is what no row tells
		// of, and it does not show in the loss.
		if far < 0.0005 {
			return took, true
		}
		if took%20 == 0 {
			if mark-value < 3e-5*(1+math.Abs(value)) {
				return took, true
			}
			mark = value
		}
		last = value
		step = min(step*1.1, 1)
	}
	copy(m.theta, now)
	return rounds, false
}

// within keeps a sign: 1 is at least 0, −1 at most 0, 0 is free.
func within(x float64, sign int8) float64 {
	if float64(sign)*x < 0 {
		return 0
	}
	return x
}

// curvature bounds the second derivative of the loss by each parameter: a probability's is
// at most a quarter, and the parameters of a row move together.
func (m *model) curvature(rows []sparse) []float64 {
	out := make([]float64, len(m.theta))
	width := m.features + 1
	for i := range rows {
		s := &rows[i]
		size := 1.0
		for _, x := range s.value {
			size += math.Abs(x)
		}
		for e := range m.explanations {
			g := out[e*width : (e+1)*width]
			g[0] += s.times * size / 4
			for j, k := range s.at {
				g[k+1] += s.times * size * math.Abs(s.value[j]) / 4
			}
		}
	}
	return out
}
