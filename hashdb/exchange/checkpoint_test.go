package exchange

import (
	"bytes"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, p := range []progress{
		{since: at},
		{since: at, success: at.Add(time.Hour)},
		{since: at, success: at.Add(time.Hour), from: []byte("from\n\x00{}")},
		{since: at, from: bytes.Repeat([]byte("\n"), MaxCheckpoint)},
	} {
		b := p.encode()
		if len(b) > 64<<10 {
			t.Errorf("%d bytes are more than a checkpoint may have", len(b))
		}
		q, err := decodeProgress(b)
		if err != nil || !q.since.Equal(p.since) || !q.success.Equal(p.success) || !bytes.Equal(q.from, p.from) {
			t.Errorf("got %+v, %v, want %+v", q, err, p)
		}
	}
	for _, text := range []string{"", "\n", "vigil-exchange 2 since 1 success 1\n", "vigil-exchange 1 since 1\n",
		"vigil-exchange 1 since -1 success 1\n", "vigil-exchange 1 since 1 success 99999999999999\n", "{}"} {
		if _, err := decodeProgress([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzProgress(f *testing.F) {
	f.Add([]byte("vigil-exchange 1 since 1 success 2\nfrom"))
	f.Add([]byte("vigil-exchange 1 since 1 success 0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodeProgress(b)
		if err != nil {
			return
		}
		q, err := decodeProgress(p.encode())
		if err != nil || !q.since.Equal(p.since) || !q.success.Equal(p.success) || !bytes.Equal(q.from, p.from) {
			t.Fatalf("%+v became %+v, %v", p, q, err)
		}
	})
}
