package intake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// smjpeg writes a header as ffmpeg's muxer does.
func smjpeg(chunks ...string) string {
	return "\x00\nSMJPEG" + strings.Repeat("\x00", 8) + strings.Join(chunks, "") + "HEND"
}

func chunk(name, data string) string {
	return name + string(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) + data
}

// timed writes a picture as ffmpeg's muxer does.
func timed(ms uint32, picture string) string {
	head := binary.BigEndian.AppendUint32([]byte("vidD"), ms)
	return string(binary.BigEndian.AppendUint32(head, uint32(len(picture)))) + picture
}

const (
	small  = "\xff\xd8\xff\xd9"
	tricky = "\xff\xd8vidD\x00\x00\x00\x00\x00\x00\x00\x02DONE\xff\xd9"
)

var video = chunk("_VID", "\x00\x00\x00\x00\x00\x02\x00\x02JFIF")

func TestReaderGoesByTheLength(t *testing.T) {
	full := smjpeg(video) + timed(40, small) + timed(80, tricky) + "DONE"
	for name, c := range map[string]struct {
		in   string
		want string // times and pictures
		err  error  // nil: the stream ends cleanly
	}{
		"nothing":                     {"", "", nil},
		"no picture":                  {smjpeg(video) + "DONE", "", nil},
		"two":                         {full, fmt.Sprintf("40ms %q 80ms %q ", small, tricky), nil},
		"no end":                      {strings.TrimSuffix(full, "DONE"), fmt.Sprintf("40ms %q 80ms %q ", small, tricky), nil},
		"words before":                {smjpeg(chunk("_TXT", "a = b"), video) + timed(1, small), fmt.Sprintf("1ms %q ", small), nil},
		"what follows the end":        {full + "rubbish", fmt.Sprintf("40ms %q 80ms %q ", small, tricky), nil},
		"times that wrap":             {smjpeg() + timed(1<<32-10, small) + timed(30, small), fmt.Sprintf("1193h2m47.286s %q 1193h2m47.326s %q ", small, small), nil},
		"times that go back":          {smjpeg() + timed(50, small) + timed(20, small), fmt.Sprintf("50ms %q 20ms %q ", small, small), nil},
		"cut in the magic":            {full[:5], "", io.ErrUnexpectedEOF},
		"cut in the header":           {full[:22], "", io.ErrUnexpectedEOF},
		"cut in a length":             {smjpeg() + timed(1, small)[:9], "", io.ErrUnexpectedEOF},
		"cut in a mark":               {smjpeg() + "vid", "", io.ErrUnexpectedEOF},
		"cut in a picture":            {smjpeg() + timed(1, small)[:14], "", io.ErrUnexpectedEOF},
		"cut before a picture":        {smjpeg() + timed(1, small)[:12], "", io.ErrUnexpectedEOF},
		"another stream":              {"RIFF" + strings.Repeat("x", 100), "", errStream},
		"another version":             {strings.Replace(full, "SMJPEG\x00\x00\x00\x00", "SMJPEG\x00\x00\x00\x01", 1), "", errStream},
		"sound":                       {smjpeg() + "sndD" + strings.Repeat("\x00", 8), "", errStream},
		"sound in the header":         {smjpeg(chunk("_SND", "12345678")), "", errStream},
		"a chunk without end":         {smjpeg("_TXT\xff\xff\xff\xff"), "", errStream},
		"chunks without end":          {smjpeg(strings.Repeat(chunk("_TXT", ""), 1000)), "", errStream},
		"a picture beyond the limit":  {smjpeg() + timed(1, "\xff\xd8"+strings.Repeat("x", 99)), "", errTooLong},
		"a picture beyond the memory": {smjpeg() + "vidD\x00\x00\x00\x00\xff\xff\xff\xff", "", errTooLong},
		"not a JPEG":                  {smjpeg() + timed(1, "GIF89a"), "", errStream},
		"shorter than any JPEG":       {smjpeg() + timed(1, "\xff\xd8\xff"), "", errStream},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(iotest.OneByteReader(strings.NewReader(c.in)), 100)
			var got strings.Builder
			var err error
			for {
				var at time.Duration
				var picture []byte
				if at, picture, err = r.next(); err != nil {
					break
				}
				fmt.Fprintf(&got, "%s %q ", at, picture)
			}
			want := c.err
			if want == nil {
				want = io.EOF
			}
			if !errors.Is(err, want) {
				t.Errorf("ended with %v, want %v", err, want)
			}
			if got.String() != c.want {
				t.Errorf("got %s, want %s", got.String(), c.want)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(smjpeg(video) + timed(40, small) + timed(80, tricky) + "DONE"))
	f.Add([]byte(smjpeg(chunk("_TXT", "a = b"), video) + timed(1<<32-1, small) + timed(3, small)))
	f.Add([]byte(smjpeg() + "vidD\x00\x00\x00\x00\x00\x00\xff\xff\xff\xd8"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 16
		r := newReader(bytes.NewReader(in), limit)
		for total := 0; ; {
			_, picture, err := r.next()
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
