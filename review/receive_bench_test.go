package review

import (
	"context"
	"testing"
)

// BenchmarkReceive takes cases that are new, and newer records of one.
func BenchmarkReceive(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		s := newStore(b)
		i := 0
		for b.Loop() {
			data := raw(b, matched(caseNo(i), "one", true))
			if _, err := s.Receive(context.Background(), data); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	b.Run("newer", func(b *testing.B) {
		s := newStore(b)
		c := matched(caseNo(0), "one", true)
		for b.Loop() {
			if _, err := s.Receive(context.Background(), raw(b, c)); err != nil {
				b.Fatal(err)
			}
			c.Revision++
		}
	})
}
