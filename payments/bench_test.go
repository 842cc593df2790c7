package payments

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"
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

// BenchmarkParse reads a message of 100 transactions, and reports the time of one.
func BenchmarkParse(b *testing.B) {
	var txs []Transaction
	for i := range 100 {
		tx := fullTransaction()
		tx.Ref = fmt.Sprint(i)
		txs = append(txs, tx)
	}
	data := writePacs008(b, txs...)
	began := time.Now()
	for b.Loop() {
		if good, err := Parse(ContentXML, data); err != nil || len(good) != len(txs) {
			b.Fatal(len(good), err)
		}
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())/float64(b.N*len(txs)), "ns/transaction")
}

// BenchmarkFrames cuts a file of 100 transactions.
func BenchmarkFrames(b *testing.B) {
	var txs []Transaction
	for i := range 100 {
		tx := fullTransaction()
		tx.Ref = fmt.Sprint(i)
		txs = append(txs, tx)
	}
	data := writePacs008(b, txs...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := Frames(bytes.NewReader(data), XML, func(item Item) error { return item.Err }); err != nil {
			b.Fatal(err)
		}
	}
}
