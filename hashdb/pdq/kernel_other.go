//go:build !amd64 || purego

package pdq

func addValues(sums, src []float32, weight float32)       { addValuesGo(sums, src, weight) }
func addBytes(sums []float32, src []byte, weight float32) { addBytesGo(sums, src, weight) }
func limits(lo, hi, cb, cr []byte)                        { limitsGo(lo, hi, cb, cr) }
func outside(found []uint32, luma, lo, hi []byte)         { outsideGo(found, luma, lo, hi) }
