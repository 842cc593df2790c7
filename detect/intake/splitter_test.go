package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// part writes a part as ffmpeg's mpjpeg muxer does.
func part(picture string) string {
	return fmt.Sprintf("Content-type: image/jpeg\r\nContent-length: %d\r\n\r\n%s\r\n--vigil\r\n", len(picture), picture)
}

const (
	first  = "--vigil\r\n"
	small  = "\xff\xd8\xff\xd9"
	tricky = "\xff\xd8\r\n--vigil\r\nContent-length: 3\r\n\r\n\xff\xd9"
)

func TestSplitterGoesByTheLength(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
		err  error // nil: the stream ends cleanly
	}{
		"none":                      {"", nil, nil},
		"only the boundary":         {first, nil, nil},
		"two":                       {first + part(small) + part(small), []string{small, small}, nil},
		"a boundary in the picture": {first + part(tricky) + part(small), []string{tricky, small}, nil},
		"bare line ends":            {strings.ReplaceAll(first+part(small), "\r", ""), []string{small}, nil},
		"cut in the picture":        {first + part(small)[:len(part(small))-14], nil, io.ErrUnexpectedEOF},
		"cut in the header":         {first + part(small) + "Content-ty", []string{small}, io.ErrUnexpectedEOF},
		"cut after a header line":   {first + "Content-type: image/jpeg\r\n", nil, io.ErrUnexpectedEOF},
		"cut in the boundary":       {first[:4], nil, io.ErrUnexpectedEOF},
		"no boundary":               {part(small), nil, errStream},
		"no length":                 {first + "Content-type: image/jpeg\r\n\r\n" + small, nil, errStream},
		"length not a number":       {first + "Content-length: -4\r\n\r\n" + small, nil, errStream},
		"length beyond the limit":   {first + "Content-length: 101\r\n\r\n" + small, nil, errTooLong},
		"length beyond any number":  {first + "Content-length: 99999999999999999999\r\n\r\n" + small, nil, errStream},
		"not a JPEG":                {first + part("GIF89a"), nil, errStream},
		"shorter than any JPEG":     {first + part("\xff\xd8\xff"), nil, errStream},
		"a line without end":        {first + strings.Repeat("x", 1000), nil, errStream},
		"lines without end":         {first + strings.Repeat("x: y\r\n", 1000), nil, errStream},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSplitter(iotest.OneByteReader(strings.NewReader(c.in)), 100)
			var got []string
			var err error
			for {
				var picture []byte
				if picture, err = s.next(); err != nil {
					break
				}
				got = append(got, string(picture))
			}
			want := c.err
			if want == nil {
				want = io.EOF
			}
			if !errors.Is(err, want) {
				t.Errorf("ended with %v, want %v", err, want)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte(first + part(small) + part(tricky)))
	f.Add([]byte(first + "Content-length: 9\r\n\r\n" + small))
	f.Add([]byte("\r\n\r\n--vigil--\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 16
		s := newSplitter(bytes.NewReader(in), limit)
		total := 0
		for {
			picture, err := s.next()
			if err != nil {
				return
			}
			if len(picture) > limit || !bytes.HasPrefix(picture, []byte("\xff\xd8")) {
				t.Fatalf("a picture of %d bytes that is no JPEG within the limit", len(picture))
			}
			if total += len(picture); total > len(in) {
				t.Fatal("more came out than went in")
			}
		}
	})
}
