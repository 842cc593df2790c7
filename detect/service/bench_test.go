package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
)

// BenchmarkServeFrames posts over loopback, eight clients at once, each connection kept.
// Send does nothing, and clients and service share the processors. Beside it stands what
// the JSON of a batch takes by itself, by one goroutine: encoding/json into plain structs.
func BenchmarkServeFrames(b *testing.B) {
	views := make([]string, 0, 15)
	for _, v := range []string{"rot90", "rot180", "rot270", "flipx", "flipy", "flipplus1", "flipminus1"} {
		views = append(views, fmt.Sprintf(`{"view":%q,"hash":%q}`, v, hash64))
	}
	hash := made(aHash, "sha256", `"`+hash64+`"`)
	batch := func(record string, n int) []byte {
		return []byte("[" + strings.Join(slices.Repeat([]string{record}, n), ",") + "]")
	}
	wide := made(hash, "views", "["+strings.Join(views, ",")+"]")
	picture := jpegOf(b, scene(1280, 720))
	query := "?" + url.Values{"stream": {"s"}, "time": {"2026-01-02T03:04:00Z"}, "subject": {"sub_0123456789abcdef0123456789abcdef"}}.Encode()
	for _, run := range []struct {
		name, query, contentType string
		frames                   int
		body                     []byte
	}{
		{"hashes=1", "", typeJSON, 1, []byte(hash)},
		{"hashes=100", "", typeJSON, 100, batch(hash, 100)},
		{"hashes=1000", "", typeJSON, 1000, batch(hash, 1000)},
		{"hashes=100,views=7", "", typeJSON, 100, batch(wide, 100)},
		{"jpeg-720p=1", query, detect.JPEG, 1, picture},
	} {
		b.Run(run.name, func(b *testing.B) { benchFrames(b, run.query, run.contentType, run.frames, run.body) })
	}
	b.Run("json-alone=100", func(b *testing.B) {
		body := batch(hash, 100)
		for b.Loop() {
			var plain []struct{ Stream, Account, Time, ID, Kind, Hash, SHA256 string }
			if err := json.Unmarshal(body, &plain); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "frames/s")
	})
}

func benchFrames(b *testing.B, query, contentType string, frames int, body []byte) {
	const clients = 8
	key, digest := api.NewKey()
	keys, err := NewKeys(Key{Key: api.Key{Name: "bench", SHA256: digest, PerMinute: 1e9, PerDay: 1e12}, Platform: "here"})
	if err != nil {
		b.Fatal(err)
	}
	handler, err := New(keys, Options{Send: func(context.Context, []Record) error { return nil }, Subject: tokens(b).Subject})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()

	took := make([][]time.Duration, clients)
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range clients {
		wg.Go(func() {
			for i := c; i < b.N; i += clients {
				began := time.Now()
				if err := post(client, server.URL+"/v1/frames"+query, key, contentType, body); err != nil {
					b.Error(err)
					return
				}
				took[c] = append(took[c], time.Since(began))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	if len(all) != b.N {
		b.Fatalf("%d of %d answered", len(all), b.N)
	}
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(b.N*frames)/b.Elapsed().Seconds(), "frames/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

func post(client *http.Client, url, key, contentType string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", contentType)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("status %s", answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
