package iso20022

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/vigil-stream/vigil/payments"
)

// statement is a message of 100 transactions as a bank would write it, indented.
func statement(b *testing.B) (data []byte, n int) {
	var txs []payments.Transaction
	for i := range 100 {
		tx := fullTransaction()
		tx.Ref = fmt.Sprint(i)
		txs = append(txs, tx)
	}
	return writePacs008(b, txs...), len(txs)
}

// BenchmarkParse reads a message of 100 transactions, and the same with encoding/xml.
func BenchmarkParse(b *testing.B) {
	data, n := statement(b)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if good, err := Parse(data); err != nil || len(good) != n {
				b.Fatal(len(good), err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/transaction")
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if good, err := reference(data); err != nil || len(good) != n {
				b.Fatal(len(good), err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/transaction")
	})
}

// BenchmarkReader cuts a file into records and reads each.
func BenchmarkReader(b *testing.B) {
	data, n := statement(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r := NewReader(bytes.NewReader(data))
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
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/transaction")
}
