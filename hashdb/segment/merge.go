package segment

import (
	"errors"
	"fmt"
	"iter"
)

var errOrder = errors.New("rows do not ascend")

// Merge reads several sources of ascending rows as one. Where sources hold rows that
// compare equal, the first source's is kept, so the newest comes first. With dropDead
// the tombstones that are kept are left out as well, which is right only where no older
// source is left for them to hide rows of.
//
// It reads on while it is ranged over, holds one row of each source, and allocates
// nothing for a row. Rows are valid until the next is asked for; their Refs must
// outlast that, as strings do. An error of a source, or rows of one that do not ascend,
// ends the merge with that error.
func Merge(dropDead bool, newestFirst ...iter.Seq2[Row, error]) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var m merger
		defer m.stop()
		for age, rows := range newestFirst {
			next, stop := iter.Pull2(rows)
			s := &source{next: next, stop: stop, age: age}
			m.all = append(m.all, s)
			if more, err := s.advance(); err != nil {
				yield(Row{}, err)
				return
			} else if more {
				m.push(s)
			}
		}
		for len(m.heap) > 0 {
			s := m.heap[0]
			if !s.row.Dead || !dropDead {
				if !yield(s.row, nil) {
					return
				}
			}
			if err := m.pass(); err != nil {
				yield(Row{}, err)
				return
			}
		}
	}
}

// source is one input of a merge and the row that it stands at.
type source struct {
	row  Row
	next func() (Row, error, bool)
	stop func()
	age  int // 0 is the newest.
	any  bool
}

// advance goes to the next row and reports whether there is one.
func (s *source) advance() (bool, error) {
	row, err, ok := s.next()
	if err != nil || !ok {
		return false, err
	}
	if s.any && Compare(&s.row, &row) >= 0 {
		return false, fmt.Errorf("source %d of a merge: %w", s.age+1, errOrder)
	}
	s.row, s.any = row, true
	return true, nil
}

func (s *source) before(o *source) bool {
	if c := Compare(&s.row, &o.row); c != 0 {
		return c < 0
	}
	return s.age < o.age
}

// merger is a binary heap of sources, the one to read from first.
type merger struct {
	heap, all []*source
}

func (m *merger) stop() {
	for _, s := range m.all {
		s.stop()
	}
}

// pass goes on to the next row that differs from the first source's.
func (m *merger) pass() error {
	first := m.heap[0]
	passed := first.row
	for {
		more, err := m.heap[0].advance()
		if err != nil {
			return err
		}
		if !more {
			last := len(m.heap) - 1
			m.heap[0] = m.heap[last]
			m.heap = m.heap[:last]
		}
		m.sink(0)
		if len(m.heap) == 0 || Compare(&m.heap[0].row, &passed) != 0 {
			return nil
		}
	}
}

func (m *merger) push(s *source) {
	m.heap = append(m.heap, s)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.heap[i].before(m.heap[up]) {
			return
		}
		m.heap[i], m.heap[up] = m.heap[up], m.heap[i]
		i = up
	}
}

// sink moves the source at i down to where the heap is in order.
func (m *merger) sink(i int) {
	for {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(m.heap) && m.heap[c].before(m.heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}
