package ncmec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// maxPages bounds the pages of one window; a page has up to 1,000 records.
const maxPages = 100_000

// few records in a window let the next one be twice as long; it is NCMEC's page.
const few = 1000

// checkpoint says up to when changes were received.
type checkpoint struct {
	// URL tells NCMEC's databases apart: their times and ids have nothing in common.
	URL    string        `json:"url"`
	To     time.Time     `json:"to"`
	Window time.Duration `json:"window"` // The next one's length in nanoseconds.
}

func (s *Source) begin(from []byte) (checkpoint, error) {
	c := checkpoint{URL: s.o.Client.URL, To: s.o.Since, Window: s.o.Window}
	if from == nil {
		return c, nil
	}
	var have checkpoint
	if err := json.Unmarshal(from, &have); err != nil || have.To.IsZero() {
		return c, errors.New("ncmec: the checkpoint cannot be read: to receive everything anew, remove it")
	}
	if have.URL != c.URL {
		return c, fmt.Errorf("ncmec: the lists are in step with %.200s, not with %.200s: give the other database another source", have.URL, c.URL)
	}
	c.To = have.To
	c.Window = min(max(have.Window, minWindow), maxWindow)
	return c, nil
}

// Sync hands over what changed, window by window. See exchange.Source.
func (s *Source) Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error {
	at, err := s.begin(from)
	if err != nil {
		return err
	}
	end := s.o.Client.Now().Add(-s.o.Margin).UTC().Truncate(time.Second)
	for at.To.Before(end) {
		to := at.To.Add(at.Window)
		if to.After(end) {
			to = end
		}
		w := &window{s: s, from: at.To, to: to, newest: map[string]time.Time{}, apply: apply}
		err := w.read(ctx)
		if errors.Is(err, errTooMany) {
			at.Window = max(to.Sub(at.To)/2, minWindow).Truncate(time.Second)
			continue
		}
		if err != nil {
			return err
		}
		// Not to the newest change that was seen: what NCMEC calls maxTimestamp is of
		// one page.
		at.To = to
		if w.count < few {
			at.Window = min(at.Window*2, maxWindow)
		}
		value, err := json.Marshal(at)
		if err != nil {
			return fmt.Errorf("ncmec: %w", err)
		}
		if err := w.flush(value); err != nil {
			return err
		}
	}
	return nil
}

// errTooMany says that a window holds more than should be read at once.
var errTooMany = errors.New("the window holds too much")

// window is one stretch of time being read.
type window struct {
	s        *Source
	from, to time.Time
	count    int
	// newest is when each entry was last changed, of those that this window listed:
	// pages come in no order, and an entry may come twice.
	newest map[string]time.Time
	// What was read and not applied yet: by id, in the order of arrival.
	order   []string
	pending map[string][]hashdb.Entry // Empty for an entry that is gone.
	apply   func(hashdb.Batch) error
}

// read reads all pages. It applies some of what it read, without a checkpoint, only
// when the window cannot be made shorter.
func (w *window) read(ctx context.Context) error {
	const layout = "2006-01-02T15:04:05Z"
	ref := "v2/entries?" + url.Values{"from": {w.from.Format(layout)}, "to": {w.to.Format(layout)}}.Encode()
	seen := map[string]bool{}
	for page := 1; ; page++ {
		where := fmt.Sprintf("ncmec: page %d of %s to %s", page, w.from.Format(layout), w.to.Format(layout))
		resp, err := w.s.client.Do(ctx, exchange.Request{Ref: ref})
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		next, err := w.page(where, resp.Body)
		if err != nil {
			return err
		}
		divisible := w.to.Sub(w.from) > minWindow
		if divisible && (w.count > w.s.o.MaxRecords || w.count+left(next) > w.s.o.MaxRecords) {
			return errTooMany
		}
		if next == "" {
			return nil
		}
		if ref, err = w.s.ref(next); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if seen[ref] || page >= maxPages {
			return fmt.Errorf("%s: its pages lead in a circle or do not end", where)
		}
		seen[ref] = true
		if len(w.order) >= w.s.o.MaxRecords {
			if err := w.flush(nil); err != nil {
				return err
			}
		}
	}
}

// page takes one page in and returns where the next one is.
func (w *window) page(where string, body []byte) (next string, err error) {
	r := formats.NewNCMEC(bytes.NewReader(body))
	for {
		record, err := r.Next()
		var bad *hashdb.RecordError
		switch {
		case err == nil:
			w.take(record)
		case errors.Is(err, io.EOF):
			next, _ := r.Page()
			return next, nil
		case errors.As(err, &bad):
			w.count++
			w.s.o.Report(fmt.Errorf("%s: %w", where, err))
		default:
			return "", fmt.Errorf("%s: %w", where, err)
		}
	}
}

func (w *window) take(r hashdb.Record) {
	w.count++
	ref := r.RetractRef
	if len(r.Entries) > 0 {
		ref = r.Entries[0].Ref
		changed := r.Entries[0].Time
		if last, ok := w.newest[ref]; ok && changed.Before(last) {
			return
		}
		w.newest[ref] = changed
	}
	if ref == "" {
		return // It has no fingerprint of a kind that we know.
	}
	if w.pending == nil {
		w.pending = map[string][]hashdb.Entry{}
	}
	if _, ok := w.pending[ref]; !ok {
		w.order = append(w.order, ref)
	}
	for i := range r.Entries {
		r.Entries[i].Provenance = "ncmec"
	}
	w.pending[ref] = r.Entries
}

// flush applies what was read. What NCMEC says of an entry replaces all that it said
// before, so each id is retracted and then listed with its present hashes.
func (w *window) flush(checkpoint []byte) error {
	b := hashdb.Batch{RetractRefs: w.order, Checkpoint: hashdb.Checkpoint{Value: checkpoint}}
	for _, ref := range w.order {
		b.Entries = append(b.Entries, w.pending[ref]...)
	}
	w.order, w.pending = nil, nil
	return w.apply(b)
}

// ref returns a next page's address relative to the client's URL. NCMEC gives it from
// the root of its interface and not of its host.
func (s *Source) ref(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil || !strings.HasSuffix(u.Path, "/v2/entries") {
		return "", errors.New("the next page's address is not one of entries")
	}
	if u.IsAbs() || u.Host != "" {
		return next, nil // The client refuses another host.
	}
	base, err := url.Parse(s.o.Client.URL)
	if err != nil {
		return "", err
	}
	if root := strings.TrimSuffix(base.Path, "/"); root != "" && strings.HasPrefix(u.Path, root+"/") {
		return next, nil
	}
	return strings.TrimLeft(next, "/"), nil
}

// left returns how many records are still to come after a page, as far as the next
// one's address tells: its start and max count them.
func left(next string) int {
	u, err := url.Parse(next)
	if err != nil {
		return 0
	}
	q := u.Query()
	start, err1 := strconv.Atoi(q.Get("start"))
	most, err2 := strconv.Atoi(q.Get("max"))
	if err1 != nil || err2 != nil || start < 0 || most < start {
		return 0
	}
	return most - start + 1
}
