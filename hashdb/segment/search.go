package segment

import (
	"math/bits"
	"sort"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// Within appends to hits the rows, dead or not, whose codes are within radius bits of q,
// each once, in no particular order. With tables it takes well under a millisecond among
// ten million rows, for radii up to index.MaxRadius; otherwise it compares with every row.
func (s *Segment) Within(q index.Code, radius int, hits []index.Hit) []index.Hit {
	s.mustBeOpen()
	switch {
	case s.index != nil && radius <= index.MaxRadius:
		return s.index.Within(q, radius, hits)
	case s.codes != nil:
		return index.Scan(s.codes, q, radius, hits)
	}
	return s.scan(q, radius, hits)
}

// scan is index.Scan for codes of fewer than four words.
func (s *Segment) scan(q index.Code, radius int, hits []index.Hit) []index.Hit {
	n := s.per
	beyond := 0 // Bits of q where all codes have zeros.
	for _, w := range q[n:] {
		beyond += bits.OnesCount64(w)
	}
	if n == 1 {
		for i, w := range s.words {
			if d := bits.OnesCount64(w^q[0]) + beyond; d <= radius {
				hits = append(hits, index.Hit{Entry: uint32(i), Distance: d})
			}
		}
		return hits
	}
	for i := 0; i+n <= len(s.words); i += n {
		d := beyond
		for j, w := range s.words[i : i+n] {
			d += bits.OnesCount64(w ^ q[j])
		}
		if d <= radius {
			hits = append(hits, index.Hit{Entry: uint32(i / n), Distance: d})
		}
	}
	return hits
}

// Find returns the rows lo up to but without hi, dead or not, whose code is c; where there
// is none, lo and hi are the place where it would be.
//
// Hashes are mostly uniform, so that it guesses by their first words; every second step
// halves what is left, which bounds the steps where they are not.
func (s *Segment) Find(c index.Code) (lo, hi int) {
	n := s.per
	lo, hi = 0, s.Len() // Rows before lo are before c, those from hi on are not.
	for guess := true; lo < hi; guess = !guess {
		at := int(uint(lo+hi) / 2)
		if guess {
			at = between(s.words[lo*n], s.words[(hi-1)*n], c[0], lo, hi)
		}
		if s.Code(at).Compare(c) < 0 {
			lo = at + 1
		} else {
			hi = at
		}
	}
	return lo, s.end(lo, c)
}

// end returns the first row after lo, or lo, whose code is not c. One hash may be there
// for many lists and references, so that it looks in steps that double.
func (s *Segment) end(lo int, c index.Code) int {
	step := 1
	for lo+step <= s.Len() && s.Code(lo+step-1) == c {
		lo += step
		step *= 2
	}
	n := min(step, s.Len()-lo)
	return lo + sort.Search(n, func(i int) bool { return s.Code(lo+i) != c })
}

// between guesses which of the rows lo to hi-1 has the first word key, when the first of
// these rows has the word least and the last of them most.
func between(least, most, key uint64, lo, hi int) int {
	switch {
	case key <= least:
		return lo
	case key >= most:
		return hi - 1
	}
	// key-least is less than most-least, so the quotient fits.
	high, low := bits.Mul64(key-least, uint64(hi-1-lo))
	at, _ := bits.Div64(high, low, most-least)
	return lo + int(at)
}
