package simulate

import (
	"math"
	"math/rand/v2"
)

// A die draws what the world is made of. Equal seeds draw equal worlds.
type die struct{ *rand.Rand }

func newDie(seed, stream uint64) die { return die{rand.New(rand.NewPCG(seed, stream))} }

func (d die) chance(p float64) bool { return d.Float64() < p }

func (d die) uniform(lo, hi float64) float64 { return lo + d.Float64()*(hi-lo) }

// logNormal is the log-normal distribution by its median.
func (d die) logNormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

func (d die) exponential(mean float64) float64 { return mean * d.ExpFloat64() }

// poisson is exact below a mean of 30 (Knuth) and the rounded normal above.
func (d die) poisson(mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.NormFloat64())))
	}
	n, p, limit := 0, d.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= d.Float64()
	}
	return n
}

// atLeastOne is 1 and a Poisson number more, of the mean given.
func (d die) atLeastOne(mean float64) int { return 1 + d.poisson(mean-1) }

// gamma draws by Marsaglia and Tsang (2000), scale 1.
func (d die) gamma(shape float64) float64 {
	if shape < 1 {
		return d.gamma(shape+1) * math.Pow(d.Float64(), 1/shape)
	}
	a := shape - 1.0/3
	c := 1 / math.Sqrt(9*a)
	for {
		x := d.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-d.Float64()) < 0.5*x*x+a-a*v+a*math.Log(v) {
			return a * v
		}
	}
}

func (d die) beta(a, b float64) float64 {
	x := d.gamma(a)
	return x / (x + d.gamma(b))
}

// weighted draws an index by weights; with no weight at all it draws evenly.
func (d die) weighted(w []float64) int {
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	if sum <= 0 {
		return d.IntN(len(w))
	}
	at := d.Float64() * sum
	for i, v := range w {
		if at -= v; at < 0 {
			return i
		}
	}
	return len(w) - 1
}

func pick[T any](d die, of []T) T { return of[d.IntN(len(of))] }

// sizes cuts a mean number into a whole one: 2.3 is 2, and 3 in three of ten draws.
func (d die) whole(mean float64) int {
	n := math.Floor(mean)
	if d.chance(mean - n) {
		n++
	}
	return int(n)
}
