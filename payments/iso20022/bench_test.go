package iso20022

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

// BenchmarkParse reads a message of 100 transactions, and reports the time of one.
func BenchmarkParse(b *testing.B) {
	var txs []payments.Transaction
	for i := range 100 {
		tx := fullTransaction()
		tx.Ref = fmt.Sprint(i)
		txs = append(txs, tx)
	}
	data := writePacs008(b, txs...)
	began := time.Now()
	for b.Loop() {
		if good, err := Parse(data); err != nil || len(good) != len(txs) {
			b.Fatal(len(good), err)
		}
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())/float64(b.N*len(txs)), "ns/transaction")
}

// BenchmarkFrames cuts a file of 100 transactions.
func BenchmarkFrames(b *testing.B) {
	var txs []payments.Transaction
	for i := range 100 {
		tx := fullTransaction()
		tx.Ref = fmt.Sprint(i)
		txs = append(txs, tx)
	}
	data := writePacs008(b, txs...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r := NewReader(bufio.NewReader(bytes.NewReader(data)))
		for {
			item, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err = errors.Join(err, item.Err); err != nil {
				b.Fatal(err)
			}
		}
	}
}
