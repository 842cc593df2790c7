package main

import (
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
)

// window is how long the profiles reach back.
const window = 90 * 24 * time.Hour

// Traffic makes payments in the order in which they arrive.
type traffic interface {
	// draw returns what makes the next payment's two transfers, which another goroutine
	// may call.
	draw() func() [2]payments.Transfer
	// accounts is how many profiles it makes, and warm how many payments fill 90 days.
	accounts() int
	warm() int
}

// render makes the records of the next n payments, by partition.
func render(from traffic, n int) (records [partitions][]stream.Ready, err error) {
	drawn := make([]func() [2]payments.Transfer, n)
	for i := range drawn {
		drawn[i] = from.draw()
	}
	type end struct {
		record    stream.Ready
		partition int
	}
	ends := make([]end, 2*n)
	var g errgroup.Group
	workers := runtime.NumCPU()
	for w := range workers {
		g.Go(func() error {
			for i := w; i < n; i += workers {
				for j, t := range drawn[i]() {
					data, err := payments.EncodeTransfer(t)
					if err != nil {
						return err
					}
					e := &ends[2*i+j]
					if e.record, err = stream.Prepare(stream.Event{
						ID: t.ID, Source: "vigil/payments", Type: "vigil.transfer.v1", Subject: string(t.Subject), Time: t.At,
						Key: string(t.Subject), ContentType: "application/json", Data: data,
					}); err != nil {
						return err
					}
					e.partition = int(t.Subject[5]) % partitions // as good as Kafka's hash: tokens are random
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return records, err
	}
	for i := range ends {
		records[ends[i].partition] = append(records[ends[i].partition], ends[i].record)
	}
	return records, nil
}
