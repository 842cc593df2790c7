//go:build !amd64 || purego

package pdq

func addValues(sums, src []float32, weight float32)       { addValuesGo(sums, src, weight) }
func addBytes(sums []float32, src []byte, weight float32) { addBytesGo(sums, src, weight) }
func limits(lo, hi, cb, cr []byte)                        { limitsGo(lo, hi, cb, cr) }
func outside(found []uint32, luma, lo, hi []byte)         { outsideGo(found, luma, lo, hi) }

func addClipped(sums []float32, luma, cb, cr []byte, across int, weight float32, found uint32) {
	addClippedGo(sums, luma, cb, cr, across, weight, found)
}

func sumRows(out *[side]float32, rows *samples, weights *[side]float32) {
	sumRowsGo(out, rows, weights)
}
