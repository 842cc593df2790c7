package pdq

import "math"

// kept is the number of frequencies an axis that PDQ keeps, from the first above
// the constant one.
const kept = 16

// dctTable holds the type-II DCT's rows 1 to 16 over 64 samples, and the same
// transposed.
type dctTable struct {
	rows [kept][side]float32
	cols [side][kept]float32
}

// newDCTTable computes the table as the reference does, rounding to 32 bits at
// the same places.
func newDCTTable() *dctTable {
	t := new(dctTable)
	scale := float64(float32(math.Sqrt(2.0 / side)))
	for i := range kept {
		for j := range side {
			v := float32(scale * math.Cos(math.Pi/2/side*float64(i+1)*float64(2*j+1)))
			t.rows[i][j] = v
			t.cols[j][i] = v
		}
	}
	return t
}

// apply computes D A Dᵀ, with D the table's rows. Each coefficient is summed in
// the reference's order and precision, so that pictures whose coefficients tie at
// the median come out as there when their 64x64 samples do; the loops are turned
// around so that neighbouring sums do not wait for each other.
func (t *dctTable) apply(a *samples, out *coefficients) {
	for i := range kept {
		var left [side]float32 // Row i of D A.
		sumRows(&left, a, &t.rows[i])
		var sums [kept]float32
		for k, v := range left {
			d := &t.cols[k]
			for j := range sums {
				sums[j] += float32(v * d[j])
			}
		}
		out[i] = sums
	}
}
