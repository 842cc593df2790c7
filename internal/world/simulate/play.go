package simulate

import (
	"container/heap"
	"context"
)

// Play gives the records of all parts together, in the order in which they arrive. It
// holds the people and events of all parts, some 0.7 KB a person, and renders each record
// when its turn comes.
func (w *World) Play(ctx context.Context, each func(Record) error) error {
	var q queue
	for i := range w.Parts() {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := w.Part(i)
		if items := p.items(); len(items) > 0 {
			q = append(q, &playing{p, items})
		}
	}
	heap.Init(&q)
	for len(q) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := q[0]
		r, err := next.part.render(next.items[0])
		if err != nil {
			return err
		}
		if err := each(r); err != nil {
			return err
		}
		if next.items = next.items[1:]; len(next.items) == 0 {
			heap.Pop(&q)
		} else {
			heap.Fix(&q, 0)
		}
	}
	return nil
}

type playing struct {
	part  *Part
	items []item
}

// A queue has the part first whose next record arrives first.
type queue []*playing

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if a, b := q[i].items[0].arrives, q[j].items[0].arrives; a != b {
		return a < b
	}
	return q[i].part.Number < q[j].part.Number
}
func (q *queue) Push(x any) { *q = append(*q, x.(*playing)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
