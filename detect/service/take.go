package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

// accepted is the answer to what was taken.
type accepted struct {
	Accepted int      `json:"accepted"`
	Frames   []string `json:"frames,omitempty"` // Their ids on the topic, in order.
}

// takeFrames charges, hashes where that is wanted, and sends.
func (v *service) takeFrames(c *call, r *reading, frames []detect.Frame, at place) error {
	records, ids := make([]Record, len(frames)), make([]string, len(frames))
	for i := range frames {
		records[i].Frame, ids[i] = &frames[i], frames[i].ID
	}
	return v.take(c, records, ids, func(ctx context.Context) error { return v.hashPictures(ctx, r, frames, at) })
}

// take charges for records, prepares them, and sends them. What is not sent costs nothing.
func (v *service) take(c *call, records []Record, frames []string, prepare func(context.Context) error) error {
	if err := c.Charge(len(records)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), v.Timeout)
	defer cancel()
	err := prepare(ctx)
	if err == nil {
		err = v.send(ctx, records)
	}
	if err != nil {
		c.Refund(len(records))
		return err
	}
	return c.JSON(http.StatusAccepted, accepted{len(records), frames})
}

func (v *service) send(ctx context.Context, records []Record) error {
	err := v.Send(ctx, records)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("send %d records: %w", len(records), err)
	var rejected *signal.Rejection
	if errors.As(err, &rejected) {
		return err // The same again would be no better: status 500.
	}
	if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		v.Report(err) // And not that the client went away.
	}
	return api.Problemf(http.StatusServiceUnavailable, "the records could not be kept in time; send all of them again").After(5 * time.Second)
}

// hashPictures puts hash records in the place of pictures, if they are to be hashed here.
// The ids stay those of the pictures.
func (v *service) hashPictures(ctx context.Context, r *reading, frames []detect.Frame, at place) error {
	for i := range frames {
		f := &frames[i]
		if !v.HashHere || !strings.HasPrefix(f.ContentType, "image/") {
			continue
		}
		hash, err := v.hashPicture(ctx, f)
		var rejected *signal.Rejection
		if errors.As(err, &rejected) {
			r.fault(http.StatusUnprocessableEntity, at+place(i), "", "the picture: %v", rejected)
			continue
		}
		if err != nil {
			return err
		}
		data, err := hash.Encode()
		if err != nil {
			return err
		}
		f.ContentType, f.Data = detect.HashType, data
	}
	return r.err()
}

// hashPicture hashes a picture when a worker is free in time.
func (v *service) hashPicture(ctx context.Context, f *detect.Frame) (detect.HashRecord, error) {
	select {
	case h := <-v.workers:
		defer func() { v.workers <- h }()
		return h.Fingerprint(f.ContentType, f.Data)
	case <-ctx.Done():
		return detect.HashRecord{}, api.Problemf(http.StatusServiceUnavailable, "too many pictures are being hashed").After(time.Second)
	}
}

// budget bounds the bytes that are held at once. One key has half of them at most, so
// that one holder's slow requests do not lock the others out.
type budget struct {
	most int64
	mu   sync.Mutex
	used map[string]int64 // By key; "" is all.
}

// take sets n bytes aside, unless they are too many.
func (b *budget) take(key string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used[""]+n > b.most || b.used[key]+n > b.most/2 {
		return false
	}
	b.used[""] += n
	b.used[key] += n
	return true
}

func (b *budget) give(key string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used[""] -= n
	if b.used[key] -= n; b.used[key] == 0 {
		delete(b.used, key) // The key may be gone for good.
	}
}

// hold sets as many bytes aside as a request's body may have: it says how many, or the
// limit. The caller has to call free.
func (v *service) hold(c *call, limit int) (free func(), err error) {
	n := int64(limit)
	if c.R.ContentLength >= 0 {
		n = min(n, c.R.ContentLength)
	}
	key := c.Key.Name
	if !v.memory.take(key, n) {
		return nil, api.Problemf(http.StatusServiceUnavailable, "bodies of %d bytes are being served, or of half as many of the key, which is the most", v.memory.most).After(time.Second)
	}
	return func() { v.memory.give(key, n) }, nil
}
