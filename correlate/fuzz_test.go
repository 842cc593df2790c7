package correlate

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// FuzzProcess takes in whatever signal.Decode lets through, into an empty state
// and into that of a subject with a case, twice.
func FuzzProcess(f *testing.F) {
	for _, s := range []signal.Signal{
		aSession("s", true, noon, time.Hour), aFlag("f", noon), aMatch("e", 6, 2, noon),
		aPayment("P05", 0.5, 4, 3, every(4, days, 0)...),
	} {
		data, err := signal.Encode(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := signal.Decode(data)
		if err != nil {
			return
		}
		busy := memory{}
		fill(t, busy, aMatch("e", 6, 2, noon), aSession("s", true, noon, time.Hour),
			aPayment("P01", 0.5, 4, 3, every(4, days, 0)...))
		for _, s := range []memory{{}, busy} {
			cases, err := correlator(t).Process(context.Background(), s, in)
			var r *signal.Rejection
			if err != nil && !errors.As(err, &r) {
				t.Fatalf("error %v is no Rejection", err)
			}
			for _, c := range cases {
				encoded(t, c)
			}
			again, err := correlator(t).Process(context.Background(), s, in)
			if err != nil && !errors.As(err, &r) || len(again) != 0 {
				t.Fatalf("a repeat gives %d cases and error %v", len(again), err)
			}
		}
	})
}

// BenchmarkProcess adds a flag to a subject of 100 signals, below the bar and,
// with a match, above it.
func BenchmarkProcess(b *testing.B) {
	for _, open := range []bool{false, true} {
		b.Run(fmt.Sprintf("open=%v", open), func(b *testing.B) {
			c, s := correlator(b), memory{}
			for i := range 90 {
				fill(b, s, aSession(fmt.Sprint("s", i), i%3 == 0, ago(float64(i)*7), time.Hour))
			}
			fill(b, s, allTypologies(5, 5, every(20, days, 1)...)...)
			if open {
				fill(b, s, aMatch("e", 6, 2, noon))
			}
			in := aFlag("f", noon)
			for b.Loop() {
				in.Revision++
				if _, err := c.Process(context.Background(), s, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
