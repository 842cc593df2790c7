package correlate

import (
	"context"
	"errors"
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
