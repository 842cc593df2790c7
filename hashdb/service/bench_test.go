package service

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/index"
)

// indexed is a Searcher over one list of uniform PDQ hashes.
type indexed struct {
	list  hashdb.ListInfo
	index *index.Index
	codes []index.Code
}

func code(h hashdb.Hash) (c index.Code) {
	for i := range c {
		c[i] = binary.BigEndian.Uint64(h.Bits[8*i:])
	}
	return c
}

func newIndexed(n int) *indexed {
	r := rand.New(rand.NewPCG(1, 2))
	x := &indexed{list: list("uniform", hashdb.KindPDQ), codes: make([]index.Code, n)}
	for i := range x.codes {
		x.codes[i] = index.Code{r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()}
	}
	x.index = index.Build(x.codes)
	return x
}

func (x *indexed) Lists() []hashdb.ListInfo { return []hashdb.ListInfo{x.list} }

func (x *indexed) Search(_ hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	answers := make([]hashdb.Answer, len(hashes))
	var hits []index.Hit
	for i, h := range hashes {
		hits = x.index.Within(code(h), 31, hits[:0])
		for _, hit := range hits {
			listed := hashdb.Hash{Kind: hashdb.KindPDQ}
			for j, w := range x.codes[hit.Entry] {
				binary.BigEndian.PutUint64(listed.Bits[8*j:], w)
			}
			answers[i].Matches = append(answers[i].Matches, hashdb.Match{
				List: x.list.Source, Version: x.list.Version, Entry: listed.Entry(), Kind: listed.Kind, Hash: listed, State: hashdb.StateLive,
				Distance: hit.Distance, Radius: 31, Owner: x.list.Owner, Category: x.list.Category, Tags: []string{"made-up"}, Time: epoch,
			})
		}
	}
	return answers, nil
}

// BenchmarkServeLookup asks over loopback, eight clients at once, each connection kept,
// one hash in fifty listed. It shares the processors with its clients. in-process is
// the same look-up without HTTP, by one goroutine, to compare with.
func BenchmarkServeLookup(b *testing.B) {
	const entries, clients = 100_000, 8
	x := newIndexed(entries)
	r := rand.New(rand.NewPCG(3, 4))
	batch := func(n int) []hashdb.Hash {
		hashes := make([]hashdb.Hash, n)
		for i := range hashes {
			hashes[i] = hashOf(hashdb.KindPDQ, r.Uint64())
			if r.IntN(50) == 0 {
				for j, w := range x.codes[r.IntN(entries)] {
					binary.BigEndian.PutUint64(hashes[i].Bits[8*j:], w)
				}
				hashes[i] = flip(hashes[i], 9)
			}
		}
		return hashes
	}
	for _, n := range []int{1, 100} {
		batches := make([][]hashdb.Hash, 64)
		bodies := make([][]byte, len(batches))
		for i := range batches {
			batches[i] = batch(n)
			bodies[i] = []byte(ask(batches[i]...))
		}
		b.Run(fmt.Sprintf("in-process/batch=%d", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := x.Search(hashdb.Query{Radius: hashdb.OwnRadius}, batches[i%len(batches)]...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "hashes/s")
		})
		b.Run(fmt.Sprintf("http/batch=%d", n), func(b *testing.B) {
			key, digest := api.NewKey()
			keys, err := NewKeys(keyOf("bench", digest, 1e9, 1e12))
			if err != nil {
				b.Fatal(err)
			}
			handler, err := New(x, keys, Options{Decode: func([]byte) (image.Image, error) { return nil, io.EOF }})
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
						if err := post(client, server.URL+"/v1/lookup", key, bodies[i%len(bodies)]); err != nil {
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
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "hashes/s")
			b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
		})
	}
}

func post(client *http.Client, url, key string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
