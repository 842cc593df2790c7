package profile

import (
	"fmt"
	"math"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
	"github.com/axiomhq/hyperloglog"
)

const (
	// precision of HyperLogLog: 2^10 registers, a standard error of 3.3 % (1.04/√1024).
	// The dense form is a function of what was added, the sparse one of its order too.
	precision = 10
	registers = 1 << precision
	// accuracy of quantiles, relative. The bins of DDSketch grow with the logarithm of
	// the range, so that amounts up to 10^15 have fewer than 900.
	accuracy = 0.02
)

// An hll estimates how many different tokens were added.
type hll struct{ s *hyperloglog.Sketch }

func newHLL() hll {
	s, err := hyperloglog.NewSketch(precision, false)
	if err != nil {
		panic(fmt.Errorf("profile: %w", err)) // the precision is a constant
	}
	return hll{s}
}

func (h hll) add(t Token) { h.s.Insert(t[:]) }

func (h hll) merge(o hll) {
	if err := h.s.Merge(o.s); err != nil {
		panic(fmt.Errorf("profile: %w", err)) // all have one precision
	}
}

func (h hll) count() int { return int(h.s.Estimate()) }

// hllHeader is what comes before the registers in the library's own format.
var hllHeader = [8]byte{2, precision, 0, 0, 0, 0, registers >> 8, registers & 0xff}

// append writes the registers that are not 0, most of which are.
func (h hll) append(b []byte) []byte {
	var memory [len(hllHeader) + registers]byte
	data, err := h.s.AppendBinary(memory[:0])
	if err != nil {
		panic(fmt.Errorf("profile: %w", err)) // its precision is valid
	}
	regs := data[len(hllHeader):]
	n := 0
	for _, r := range regs {
		if r != 0 {
			n++
		}
	}
	b = appendUvarint(b, uint64(n))
	last := 0
	for i, r := range regs {
		if r != 0 {
			b = appendUvarint(b, uint64(i-last))
			b = append(b, r)
			last = i
		}
	}
	return b
}

func (d *decoder) hll() hll {
	h := newHLL()
	var data [len(hllHeader) + registers]byte
	copy(data[:], hllHeader[:])
	at := uint64(0)
	for range d.count(2) {
		at += d.uvarint()
		r := d.byte()
		if d.check(at < registers && r != 0); d.broken {
			return h
		}
		data[len(hllHeader)+int(at)] = r
	}
	d.check(h.s.UnmarshalBinary(data[:]) == nil)
	return h
}

// quantiles sketches a distribution of whole numbers from 0.
type quantiles struct{ s *ddsketch.DDSketch }

func indexMapping() mapping.IndexMapping {
	m, err := mapping.NewLogarithmicMapping(accuracy)
	if err != nil {
		panic(fmt.Errorf("profile: %w", err)) // the accuracy is a constant
	}
	return m
}

func newQuantiles() quantiles {
	return quantiles{ddsketch.NewDDSketchFromStoreProvider(indexMapping(), store.DenseStoreConstructor)}
}

func (q quantiles) add(n int64) {
	if err := q.s.Add(float64(n)); err != nil {
		panic(fmt.Errorf("profile: %w", err)) // amounts and gaps are within its range
	}
}

func (q quantiles) merge(o quantiles) {
	if err := q.s.MergeWith(o.s); err != nil {
		panic(fmt.Errorf("profile: %w", err)) // all have one mapping
	}
}

func (q quantiles) at(share float64) (int64, bool) {
	v, err := q.s.GetValueAtQuantile(share)
	return int64(math.Round(v)), err == nil // an error means that it is empty
}

func (q quantiles) append(b []byte) []byte {
	var data []byte
	q.s.Encode(&data, true)
	b = appendUvarint(b, uint64(len(data)))
	return append(b, data...)
}

func (d *decoder) quantiles() quantiles {
	data := d.take(d.count(1))
	s, err := ddsketch.DecodeDDSketch(data, store.DenseStoreConstructor, indexMapping())
	if d.check(err == nil); d.broken {
		return newQuantiles()
	}
	return quantiles{s}
}
