package stopncii

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

const (
	// firstTimestamp asks for everything; it is what the published client begins with.
	firstTimestamp = 10
	// maxPages bounds one sync.
	maxPages = 1_000_000
	// defaultBatch is how many changes are worth a write to disk.
	defaultBatch = 10_000
)

// checkpoint says up to when changes were received.
type checkpoint struct {
	URL  string `json:"url"`
	From int64  `json:"from"` // StopNCII's nextSetTimestamp.
}

func (s *Source) begin(from []byte) (checkpoint, error) {
	c := checkpoint{URL: s.o.Client.URL, From: firstTimestamp}
	if from == nil {
		return c, nil
	}
	var have checkpoint
	if err := json.Unmarshal(from, &have); err != nil || have.From < 0 {
		return c, errors.New("stopncii: the checkpoint cannot be read: to receive everything anew, remove it")
	}
	if have.URL != c.URL {
		return c, fmt.Errorf("stopncii: the list is in step with %.200s, not with %.200s: give the other one another source", have.URL, c.URL)
	}
	return have, nil
}

// Sync hands over what changed. The checkpoint moves with the last page only: nothing
// says that pages are in the order of time, and a page's token is not good for long.
// See exchange.Source.
func (s *Source) Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error {
	at, err := s.begin(from)
	if err != nil {
		return err
	}
	header := s.headers(s.o.Fetch)
	// Of each hash what was said last: all of a batch takes effect at once.
	pending := map[hashdb.Hash]int{}
	var entries []hashdb.Entry
	token, seen := "", map[string]bool{}
	for n := 1; ; n++ {
		where := fmt.Sprintf("stopncii: page %d since %d", n, at.From)
		query := url.Values{"startTimestamp": {strconv.FormatInt(at.From, 10)}, "pageSize": {strconv.Itoa(s.o.PageSize)}}
		if token != "" {
			query.Set("nextPageToken", token)
		}
		resp, err := s.client.Do(ctx, exchange.Request{Ref: "FetchHashes?" + query.Encode(), Header: header})
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		p, err := decodePage(resp.Body)
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		for i, text := range p.Records {
			e, ok, err := decodeRecord(text)
			if err != nil {
				s.o.Report(fmt.Errorf("%s: %w", where, &hashdb.RecordError{Number: i + 1, Err: err}))
			}
			if err != nil || !ok {
				continue
			}
			if j, twice := pending[e.Hash]; twice {
				if !e.Time.Before(entries[j].Time) {
					entries[j] = e
				}
				continue
			}
			pending[e.Hash] = len(entries)
			entries = append(entries, e)
		}
		if !p.More {
			return s.end(at, p.Checkpoint, entries, apply)
		}
		if seen[p.Next] || n >= maxPages {
			return fmt.Errorf("%s: its pages lead in a circle or do not end", where)
		}
		seen[p.Next], token = true, p.Next
		if len(entries) >= s.batch {
			if err := apply(hashdb.Batch{Entries: entries}); err != nil {
				return err
			}
			entries = nil
			clear(pending)
		}
	}
}

// end applies what is left, with the checkpoint.
func (s *Source) end(at checkpoint, next int64, entries []hashdb.Entry, apply func(hashdb.Batch) error) error {
	if len(entries) == 0 && next <= at.From {
		return nil
	}
	// It never goes back, nor stays away from what was seen for good.
	at.From = max(at.From, next)
	value, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("stopncii: %w", err)
	}
	return apply(hashdb.Batch{Entries: entries, Checkpoint: hashdb.Checkpoint{Value: value}})
}
