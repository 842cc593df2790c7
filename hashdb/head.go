package hashdb

import (
	"cmp"
	"iter"
	"slices"

	"github.com/vigil-stream/vigil/hashdb/index"
	"github.com/vigil-stream/vigil/hashdb/segment"
)

// head is the rows of one kind that are newer than every segment, in the order in which
// they came: of equal rows the last counts. Snapshots share its slices: rows are only
// ever appended, and a snapshot does not see beyond the length that it knows.
type head struct {
	codes  []index.Code
	rows   []segment.Row
	latest map[rowKey]int
}

// rowKey is what equal rows have in common.
type rowKey struct {
	code index.Code
	list uint16
	ref  string
}

func keyOf(r *segment.Row) rowKey { return rowKey{r.Code, r.List, r.Ref} }

func (h *head) add(r segment.Row) {
	if h.latest == nil {
		h.latest = map[rowKey]int{}
	}
	h.latest[keyOf(&r)] = len(h.rows)
	h.codes = append(h.codes, r.Code)
	h.rows = append(h.rows, r)
}

// headOf returns a head of rows in the order in which they came.
func headOf(rows []segment.Row) *head {
	h := new(head)
	for i := range rows {
		h.add(rows[i])
	}
	return h
}

// get returns the last row equal to r.
func (h *head) get(r *segment.Row) (segment.Row, bool) {
	if h == nil {
		return segment.Row{}, false
	}
	i, ok := h.latest[keyOf(r)]
	if !ok {
		return segment.Row{}, false
	}
	return h.rows[i], true
}

// newest returns, of rows in the order in which they came, the last of equal ones,
// ascending. It leaves rows as it is.
func newest(rows []segment.Row) []segment.Row {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(segment.Compare(&rows[a], &rows[b]), cmp.Compare(b, a))
	})
	out := make([]segment.Row, 0, len(rows))
	for _, i := range order {
		if n := len(out); n == 0 || segment.Compare(&out[n-1], &rows[i]) != 0 {
			out = append(out, rows[i])
		}
	}
	return out
}

// each returns rows as a source for writing and merging.
func each(rows []segment.Row) iter.Seq2[segment.Row, error] {
	return func(yield func(segment.Row, error) bool) {
		for i := range rows {
			if !yield(rows[i], nil) {
				return
			}
		}
	}
}

// merged returns the rows of a view, of equal ones the newest, ascending. The caller
// holds the snapshot until it is done with them. With dropDead, no tombstones.
func (v *kindView) merged(dropDead bool) iter.Seq2[segment.Row, error] {
	sources := []iter.Seq2[segment.Row, error]{each(newest(v.rows))}
	sources = append(sources, levels(v.segments)...)
	return segment.Merge(dropDead, sources...)
}

// levels returns segments as sources for merging, the newest first.
func levels(oldestFirst []*sealed) []iter.Seq2[segment.Row, error] {
	var sources []iter.Seq2[segment.Row, error]
	for _, s := range slices.Backward(oldestFirst) {
		sources = append(sources, s.Rows())
	}
	return sources
}
