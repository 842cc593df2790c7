package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/vigil-stream/vigil/signal"
)

// Meta says what one delivered file is, and why it leaves. It holds no picture.
type Meta struct {
	Session
	File
	// Windows are those that the file lies in, as they stood when it was handed over.
	Windows []Window `json:"windows"`
	// Recipients are the fingerprints of the keys that can open the file (Fingerprint).
	Recipients []string `json:"recipients"`
}

// Delivered is a file that left.
type Delivered struct {
	Name string
	Meta Meta
}

// Waiting is a window of which something has not left yet.
type Waiting struct {
	Session
	Window
	Files int   // that await delivery
	Bytes int64 // of these
	Open  bool  // more may come
}

// Pending tells which windows await delivery or have not ended, by session and time. A
// file in two windows counts in both.
func (rs *Rings) Pending() []Waiting {
	var all []Waiting
	for _, r := range rs.snapshot() {
		all = append(all, r.pending()...)
	}
	return all
}

func (r *Ring) pending() (all []Waiting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.windowsOf(span{}, true) {
		waiting := Waiting{Session: r.session, Window: w, Open: !r.closed && !w.To.Before(r.newest)}
		for _, s := range r.held {
			if s.wanted && !s.gone && s.span().meets(w.span()) {
				waiting.Files++
				waiting.Bytes += s.size
			}
		}
		if waiting.Open || waiting.Files > 0 {
			all = append(all, waiting)
		}
	}
	return all
}

// windowsOf returns the windows that meet a span, or all, each with its gaps.
func (r *Ring) windowsOf(s span, all bool) (out []Window) {
	for _, w := range r.windows {
		if !all && !w.span().meets(s) {
			continue
		}
		for _, g := range r.gaps {
			if g.span().meets(w.span()) {
				w.Gaps = append(w.Gaps, g)
			}
		}
		out = append(out, w)
	}
	return out
}

// Deliver hands every preserved file that has ended to put, one at a time, and removes it
// when put has returned nil. Put must read body to its end and make it durable; a name is
// always of the same bytes, so putting twice is harmless. An error of put leaves the file
// for the next time and does not stop the others. What was delivered is returned also
// beside an error; after an error or a crash a file may be delivered, and returned, again.
func (rs *Rings) Deliver(ctx context.Context, put func(ctx context.Context, name string, meta Meta, body io.Reader) error) ([]Delivered, error) {
	rs.delivering.Lock()
	defer rs.delivering.Unlock()
	var done []Delivered
	var first error
	tried, failed := 0, 0
	for _, r := range rs.snapshot() {
		ready, err := r.ready()
		if err != nil && first == nil {
			first = err
		}
		for _, s := range ready {
			if err := ctx.Err(); err != nil {
				return done, fmt.Errorf("edge: deliver: %w", err)
			}
			tried++
			d, left, err := r.deliver(ctx, s, put)
			if left {
				done = append(done, d)
			}
			if err != nil {
				if failed++; first == nil {
					first = err
				}
			}
		}
		rs.settle(r)
	}
	if first != nil {
		return done, fmt.Errorf("edge: deliver: %d of %d files stay: %w", failed, tried, first)
	}
	return done, nil
}

// ready returns what awaits delivery. It need not be safe from a crash, to be delivered
// is better; but of a ring that gets no more frames nobody else would try again.
func (r *Ring) ready() (all []*segment, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed && r.dirty {
		err = r.save()
	}
	for _, s := range r.held {
		if s.wanted && !s.gone {
			all = append(all, s)
		}
	}
	return all, err
}

func (r *Ring) deliver(ctx context.Context, s *segment, put func(context.Context, string, Meta, io.Reader) error) (d Delivered, left bool, err error) {
	r.mu.Lock()
	d.Meta = Meta{Session: r.session, File: s.meta(), Windows: r.windowsOf(s.span(), false), Recipients: r.prints}
	r.mu.Unlock()
	d.Name = objectName(r.session, s)
	name := r.file(s.number)
	file, err := os.Open(r.rings.disk.Path(name))
	if err != nil {
		return d, false, err
	}
	body := &checkedReader{r: file, sum: sha256.New(), want: s}
	err = put(ctx, d.Name, d.Meta, body)
	if err == nil && !body.ended {
		err = errors.New("put returned before it had read the file to its end")
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return d, false, fmt.Errorf("%s: %w", d.Name, err)
	}
	r.rings.counts.Delivered.Add(int64(s.frames))

	// The record goes first: a file without one is removed at the next Open, a record
	// without its file would be taken for a loss.
	r.mu.Lock()
	defer r.mu.Unlock()
	s.gone = true
	if err := r.save(); err != nil {
		s.gone = false
		return d, true, fmt.Errorf("%s: delivered, and will be again: %w", d.Name, err)
	}
	return d, true, r.rings.disk.Remove(name)
}

// objectName names a segment for the evidence store: the same file always alike, and the
// files of one session together, in order. The digest keeps apart what two processes
// wrote for one session.
func objectName(s Session, seg *segment) string {
	id := signal.ID("edge", s.Platform, s.Stream, s.Started.UTC().Format("2006-01-02T15:04:05.000000000Z"))
	return fmt.Sprintf("%s-%06d-%s.age", id, seg.number, seg.sum[:16])
}

// checkedReader reads a file to its end only if it is still the one that was written.
type checkedReader struct {
	r     io.Reader
	sum   hash.Hash
	want  *segment
	ended bool
}

func (c *checkedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.sum.Write(b[:n])
	if errors.Is(err, io.EOF) {
		if hex.EncodeToString(c.sum.Sum(nil)) != c.want.sum {
			return n, fmt.Errorf("segment %d on disk is not what was written", c.want.number)
		}
		c.ended = true
	}
	return n, err
}
