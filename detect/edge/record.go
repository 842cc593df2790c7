package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"
)

const (
	tempSuffix   = ".tmp"
	recordSuffix = ".json"
	maxRecord    = 64 << 20
)

// ours matches the names of all files that rings make, and no other.
var ours = regexp.MustCompile(`^[0-9a-f]{32}(-[0-9]{6,10}\.age|\.json|\.json\.tmp)$`)

func segmentName(local string, number int) string { return fmt.Sprintf("%s-%06d.age", local, number) }

// A record tells on disk what of a ring awaits delivery.
type record struct {
	Version    int      `json:"version"`
	Session    Session  `json:"session"`
	Recipients []string `json:"recipients"` // fingerprints
	Windows    []Window `json:"windows"`
	Gaps       []Gap    `json:"gaps,omitempty"`
	Files      []File   `json:"files"`
}

// A File is what is known of a segment without its key.
type File struct {
	Number int       `json:"number"`
	From   time.Time `json:"from"` // event time of the first and the last frame, UTC
	To     time.Time `json:"to"`
	Frames int       `json:"frames"`
	SHA256 string    `json:"sha256"` // of the encrypted file, lower-case hex
	Size   int64     `json:"size"`   // of the encrypted file, bytes
}

func (s *segment) meta() File {
	return File{Number: s.number, From: s.from, To: s.to, Frames: s.frames, SHA256: s.sum, Size: s.size}
}

// save makes what the windows want durable and then the record that names it. What it
// could not do it does the next time.
func (r *Ring) save() error {
	r.dirty = true
	rec := record{Version: 1, Session: r.session, Recipients: r.prints, Windows: r.windows, Gaps: r.gaps}
	for _, s := range r.held {
		if !s.wanted || s.gone {
			continue
		}
		if !s.durable {
			if err := r.rings.disk.Settle(r.file(s.number)); err != nil {
				return fmt.Errorf("segment %d is not safe yet: %w", s.number, err)
			}
			s.durable = true
		}
		rec.Files = append(rec.Files, s.meta())
	}
	name := r.local + recordSuffix
	switch {
	case len(rec.Files) > 0:
		data, err := json.Marshal(rec)
		if err == nil {
			err = r.rings.disk.Replace(name, data)
		}
		if err != nil {
			return fmt.Errorf("what is preserved is not safe yet: %w", err)
		}
		r.recorded = true
	case r.recorded:
		if err := errors.Join(r.rings.disk.Remove(name), r.rings.disk.SyncDir()); err != nil {
			return err
		}
		r.recorded = false
	}
	r.dirty = false
	return nil
}

// loadRing reads a record that an earlier process left, as a ring whose session ended.
func (rs *Rings) loadRing(local string) (_ *Ring, err error) {
	name := local + recordSuffix
	file, err := os.Open(rs.disk.Path(name))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxRecord+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	rec, err := parseRecord(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &Ring{rings: rs, session: rec.Session, prints: rec.Recipients, local: local, windows: rec.Windows, gaps: rec.Gaps, closed: true, recorded: true}
	for _, s := range rec.Files {
		r.held = append(r.held, &segment{
			number: s.Number, from: s.From, to: s.To, frames: s.Frames, size: s.Size, sum: s.SHA256,
			wanted: true, durable: true,
		})
	}
	return r, nil
}

var isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

func parseRecord(data []byte) (rec record, err error) {
	if len(data) > maxRecord {
		return rec, fmt.Errorf("more than %d bytes", maxRecord)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return rec, err
	}
	if dec.More() {
		return rec, errors.New("there is more behind the record")
	}
	if rec.Version != 1 {
		return rec, fmt.Errorf("/version: is %d, and must be 1", rec.Version)
	}
	if err := rec.Session.check(); err != nil {
		return rec, fmt.Errorf("/session: %w", err)
	}
	for i, s := range rec.Files {
		if s.Number < 0 || s.Frames < 1 || s.Size < 1 || s.To.Before(s.From) || !isSHA256.MatchString(s.SHA256) {
			return rec, fmt.Errorf("/files/%d: is not what a segment can be", i)
		}
	}
	return rec, nil
}

// keepFrom returns those windows or gaps that do not end before a time.
func keepFrom[T interface{ span() span }](all []T, oldest time.Time) []T {
	var kept []T
	for _, w := range all {
		if !w.span().to.Before(oldest) {
			kept = append(kept, w)
		}
	}
	return kept
}
