package index

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// maxFillers bounds how many goroutines fill a table: each keeps 4 MiB of counts, and
// more than a few wait for memory only.
const maxFillers = 4

// minRun is how many codes a goroutine has at least.
const minRun = 1 << 14

// WriteTables encodes the tables of codes to w, TablesSize(len(codes)) bytes. It holds
// one table at a time: five bytes a code, and up to 16 MiB.
func WriteTables(w io.Writer, codes []Code) error {
	if len(codes) > MaxCodes {
		return fmt.Errorf("index tables of %d codes: at most %d can be", len(codes), MaxCodes)
	}
	table, f := make([]byte, layoutOf(len(codes)).stride), newFiller(codes)
	for t := range tableCount {
		f.fill(table, t)
		if _, err := w.Write(table); err != nil {
			return fmt.Errorf("write index table %d: %w", t, err)
		}
	}
	return nil
}

// filler sorts codes into tables by counting. Several goroutines each take a run of the
// codes; as each knows how many of a value the runs before its own have, they place
// entries side by side, and the outcome is the same for any number of them.
type filler struct {
	codes  []Code
	layout layout
	runs   []run
}

// run is a part of the codes: those from first on.
type run struct {
	first int
	codes []Code
	// counts has for each table how many codes of the run have each value, and once the
	// table's bounds are known where the next of them goes.
	counts *[tableCount][halfValues]uint32
}

func newFiller(codes []Code) *filler {
	f := &filler{codes: codes, layout: layoutOf(len(codes))}
	n := max(1, min(runtime.GOMAXPROCS(0), maxFillers, len(codes)/minRun))
	for i := range n {
		from, to := len(codes)*i/n, len(codes)*(i+1)/n
		f.runs = append(f.runs, run{from, codes[from:to], new([tableCount][halfValues]uint32)})
	}
	f.each(func(r run) {
		for i := range r.codes {
			for t := range tableCount {
				r.counts[t][r.codes[i].half(t)]++
			}
		}
	})
	return f
}

// each calls do for every run at the same time, and waits.
func (f *filler) each(do func(run)) {
	var wait sync.WaitGroup
	for _, r := range f.runs {
		wait.Go(func() { do(r) })
	}
	wait.Wait()
}

// fill encodes table t, once for each t, into stride bytes. Padding stays as it is.
func (f *filler) fill(table []byte, t int) {
	at := uint32(0)
	for v := range halfValues {
		binary.LittleEndian.PutUint32(table[4*v:], at)
		for _, r := range f.runs {
			count := r.counts[t][v]
			r.counts[t][v] = at
			at += count
		}
	}
	binary.LittleEndian.PutUint32(table[4*halfValues:], at)

	buckets := table[f.layout.buckets:]
	f.each(func(r run) {
		next, own, other := &r.counts[t], halfShift(t), halfShift(t^1)
		for i := range r.codes {
			word, id := r.codes[i][t/4], r.first+i
			v := uint16(word >> own)
			at := next[v]
			next[v]++
			lo, hi := boundsOf(table, v)
			siblings := buckets[(siblingSize+idSize)*lo:]
			binary.LittleEndian.PutUint16(siblings[siblingSize*(at-lo):], uint16(word>>other))
			b := siblings[siblingSize*(hi-lo)+idSize*(at-lo):][:idSize]
			b[0], b[1], b[2] = byte(id), byte(id>>8), byte(id>>16)
		}
	})
}
