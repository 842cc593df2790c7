package edge

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"
)

const (
	segmentMagic = "vigil edge segment 1\n"
	markFrame    = 1
	markEnd      = 0
)

// A Session is one live stream from start to end.
type Session struct {
	Platform string    `json:"platform"`
	Stream   string    `json:"stream"`
	Started  time.Time `json:"started_at"` // UTC
}

// A Header says of which session a segment is.
type Header struct {
	Session
	Number int // of the segment, from 0; one that was dropped leaves a hole
}

// A Frame is one kept picture.
type Frame struct {
	At     time.Time // event time, UTC
	Index  int       // in its stream
	ID     string
	SHA256 [32]byte // of JPEG
	JPEG   []byte
}

func (s Session) check() error {
	if err := checkText("platform", s.Platform); err != nil {
		return err
	}
	if err := checkText("stream", s.Stream); err != nil {
		return err
	}
	return checkTime("session start", s.Started)
}

func (f Frame) check() error {
	if err := checkText("frame id", f.ID); err != nil {
		return err
	}
	if f.Index < 0 {
		return fmt.Errorf("frame index %d is negative", f.Index)
	}
	if len(f.JPEG) == 0 || len(f.JPEG) > MaxFrame {
		return fmt.Errorf("frame %d has %d bytes, and the limits are 1 and %d", f.Index, len(f.JPEG), MaxFrame)
	}
	return checkTime("frame time", f.At)
}

func checkText(what, text string) error {
	switch {
	case text == "":
		return fmt.Errorf("%s is empty", what)
	case len(text) > maxText:
		return fmt.Errorf("%s has %d bytes, and the limit is %d", what, len(text), maxText)
	case !utf8.ValidString(text):
		return fmt.Errorf("%s is not UTF-8", what)
	}
	return nil
}

// checkTime holds times to those that nanoseconds since the epoch can tell.
func checkTime(what string, t time.Time) error {
	if year := t.UTC().Year(); year < 1970 || year > 2261 {
		return fmt.Errorf("%s is of the year %d, and must be of 1970 to 2261", what, year)
	}
	return nil
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(text))), text...)
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixNano()))
}

func appendHeader(b []byte, h Header) []byte {
	b = append(b, segmentMagic...)
	b = appendText(b, h.Platform)
	b = appendText(b, h.Stream)
	b = appendTime(b, h.Started)
	return binary.BigEndian.AppendUint32(b, uint32(h.Number))
}

// appendFrame appends all of a frame but its picture.
func appendFrame(b []byte, f Frame) []byte {
	b = append(b, markFrame)
	b = appendTime(b, f.At)
	b = binary.BigEndian.AppendUint64(b, uint64(f.Index))
	b = appendText(b, f.ID)
	b = append(b, f.SHA256[:]...)
	return binary.BigEndian.AppendUint32(b, uint32(len(f.JPEG)))
}

func appendEnd(b []byte, frames int) []byte {
	return binary.BigEndian.AppendUint32(append(b, markEnd), uint32(frames))
}
