package payments

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkProcess adds a transfer to a profile of n, all typologies looking.
func BenchmarkProcess(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("profile=%d", n), func(b *testing.B) {
			p := NewProfiler(DefaultRules())
			var filled []payment
			for i := range n {
				filled = append(filled, payment{from: fmt.Sprintf("Sender%c%c", 'a'+i%26, 'a'+i/26%26), to: "Maria Muster", daysAgo: 80 * float64(i) / float64(n), amount: "50", text: "rent"})
			}
			transfers := transfersOf(b, "recipient", append(filled, payment{from: "Last Sender", to: "Maria Muster", amount: "20"}))
			full := store{}
			process(b, full, transfers[:n])
			b.ReportAllocs()
			for b.Loop() {
				s := store{}
				for k, v := range full {
					s[k] = v
				}
				signals, err := p.Process(context.Background(), s, transfers[n])
				if err != nil || len(signals) == 0 {
					b.Fatal(len(signals), err)
				}
			}
		})
	}
}
