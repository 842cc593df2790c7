package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/internal/golden"
)

// plain is a segment as it is before age encrypts it.
func plain(h Header, frames ...Frame) []byte {
	b := appendHeader(nil, h)
	for _, f := range frames {
		b = append(appendFrame(b, f), f.JPEG...)
	}
	return appendEnd(b, len(frames))
}

func frame(n int, jpeg []byte) Frame {
	return Frame{At: sec(float64(n)), Index: n, ID: "frame-" + itoa(n), SHA256: sha256.Sum256(jpeg), JPEG: jpeg}
}

var testHeader = Header{Session: Session{Platform: "examplecast", Stream: "strøm", Started: start}, Number: 7}

// readAll reads a segment to its end or its first error.
func readAll(r io.Reader) (Header, []Frame, error) {
	h, seq, err := ReadSegment(r)
	if err != nil {
		return h, nil, err
	}
	var all []Frame
	for f, err := range seq {
		if err != nil {
			return h, all, err
		}
		f.JPEG = bytes.Clone(f.JPEG)
		all = append(all, f)
	}
	return h, all, nil
}

// TestSegmentFormat holds version 1 to the bytes that it always had.
func TestSegmentFormat(t *testing.T) {
	data := plain(testHeader, frame(1, []byte("one")), Frame{
		At: start.Add(1500 * time.Millisecond), Index: 1 << 40, ID: "x", SHA256: sha256.Sum256([]byte("two")), JPEG: []byte("two"),
	})
	golden.Check(t, "segment.hex", hex.Dump(data))
	h, frames, err := readAll(bytes.NewReader(data))
	if err != nil || h != testHeader || len(frames) != 2 {
		t.Fatalf("%+v, %d frames, %v", h, len(frames), err)
	}
	if got := plain(h, frames...); !bytes.Equal(got, data) {
		t.Errorf("read and written again it is %x", got)
	}
	if h, frames, err := readAll(bytes.NewReader(plain(testHeader))); err != nil || h != testHeader || len(frames) != 0 {
		t.Errorf("without frames: %+v, %d frames, %v", h, len(frames), err)
	}
}

func TestReadSegmentTellsTheFirstThatDoesNotFit(t *testing.T) {
	good := plain(testHeader, frame(1, []byte("one")), frame(2, []byte("two")), frame(3, []byte("three")))
	changed := func(old, new string) []byte {
		if bytes.Count(good, []byte(old)) != 1 {
			t.Fatalf("%q is not in there once", old)
		}
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	many := make([]Frame, maxSegmentFrames+1)
	for n := range many {
		many[n] = frame(n, []byte("j"))
	}
	big := Frame{At: start, ID: "f", JPEG: make([]byte, MaxFrame+1)}
	for _, c := range []struct {
		name   string
		data   []byte
		frames int // before it
		says   string
	}{
		{"empty", nil, 0, "header: the segment is cut off"},
		{"another format", []byte("vigil edge segment 2\nmore of it here"), 0, "no segment of version 1"},
		{"still encrypted", []byte("age-encryption.org/v1\n-> X25519 abcdefgh"), 0, "no segment of version 1"},
		{"no platform", plain(Header{Session: Session{Stream: "s", Started: start}}), 0, "header: platform is empty"},
		{"a time that cannot be", plain(Header{Session: Session{Platform: "p", Stream: "s", Started: time.Unix(-1, 0)}}), 0, "header: session start is of the year 1969"},
		{"a changed picture", changed("two", "twO"), 1, "frame 2: the picture of index 2 is not the one"},
		{"a changed first picture", changed("one", "onE"), 0, "frame 1: the picture of index 1 is not the one"},
		{"cut in a picture", good[:len(good)-8], 2, "frame 3: the segment is cut off"},
		{"cut before the end", good[:len(good)-5], 3, "frame 4: the segment is cut off"},
		{"cut in the end", good[:len(good)-1], 3, "frame 4: the segment is cut off"},
		{"a wrong count", append(bytes.Clone(good[:len(good)-1]), 4), 3, "tells of 4 frames and holds 3"},
		{"bytes after the end", append(bytes.Clone(good), 0), 3, "bytes after the end"},
		{"a wrong mark", append(bytes.Clone(good[:len(good)-5]), 2), 3, "frame 4: it begins with 2"},
		{"too many frames", plain(testHeader, many...), maxSegmentFrames, "frame 4097: more than 4096 frames"},
		{"too large a picture", plain(testHeader, big), 0, "frame 1: picture has 8388609 bytes"},
		{"no picture", plain(testHeader, Frame{At: start, ID: "f", SHA256: sha256.Sum256(nil)}), 0, "frame 1: frame 0 has 0 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, frames, err := readAll(bytes.NewReader(c.data))
			if err == nil || !strings.Contains(err.Error(), c.says) || len(frames) != c.frames {
				t.Errorf("%d frames, then %v; want %d, then one that says %q", len(frames), err, c.frames, c.says)
			}
		})
	}
}

// TestEveryChangedOrMissingByteIsSeen: of a segment decrypted to a file nobody
// authenticates the bytes any more, but of the pictures each is covered, and no cut passes.
func TestEveryChangedOrMissingByteIsSeen(t *testing.T) {
	one := frame(1, picture(1, 200))
	good := plain(testHeader, one)
	at := bytes.Index(good, one.JPEG)
	for n := range good {
		if _, _, err := readAll(bytes.NewReader(good[:n])); err == nil {
			t.Fatalf("cut after %d of %d bytes it passed", n, len(good))
		}
		bad := bytes.Clone(good)
		bad[n] ^= 0x10
		_, frames, err := readAll(bytes.NewReader(bad))
		if covered := n >= at-len(one.SHA256)-4; covered && err == nil {
			t.Fatalf("with byte %d changed it passed, %d frames", n, len(frames))
		}
	}
}

// TestACutFileIsToldByAge: of an encrypted segment that a crash or a thief cut, what is
// whole can be read, and that something is missing is seen.
func TestACutFileIsToldByAge(t *testing.T) {
	id := newIdentity(t)
	var file bytes.Buffer
	w, err := age.Encrypt(&file, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	var frames []Frame
	for n := range 10 {
		frames = append(frames, frame(n, picture(n, 30_000)))
	}
	if _, err := w.Write(plain(testHeader, frames...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	opened := func(data []byte) io.Reader {
		r, err := age.Decrypt(bytes.NewReader(data), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if _, got, err := readAll(opened(file.Bytes())); err != nil || len(got) != 10 {
		t.Fatalf("%d frames, %v", len(got), err)
	}
	_, got, err := readAll(opened(file.Bytes()[:file.Len()-100]))
	if err == nil || len(got) < 6 || len(got) == 10 {
		t.Errorf("cut: %d frames, %v", len(got), err)
	}
	h, seq, err := ReadSegment(opened(file.Bytes()))
	if err != nil || h != testHeader {
		t.Fatal(err)
	}
	for _, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	for _, err := range seq {
		if err == nil || !strings.Contains(err.Error(), "once only") {
			t.Errorf("read twice: %v", err)
		}
	}
	failing := errors.New("the disk fails")
	if _, _, err := readAll(io.MultiReader(bytes.NewReader(plain(testHeader)[:40]), errReader{failing})); !errors.Is(err, failing) {
		t.Errorf("error %v", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// FuzzReadSegment: what passes is what was written, and nothing else.
func FuzzReadSegment(f *testing.F) {
	f.Add([]byte{})
	f.Add(plain(testHeader))
	f.Add(plain(testHeader, frame(1, []byte("one")), frame(2, []byte("two"))))
	f.Add(plain(testHeader, Frame{At: start, ID: "f", JPEG: make([]byte, 100)})[:150])
	f.Fuzz(func(t *testing.T, data []byte) {
		h, frames, err := readAll(bytes.NewReader(data))
		for _, frame := range frames {
			if sha256.Sum256(frame.JPEG) != frame.SHA256 || frame.check() != nil {
				t.Fatalf("frame %+v passed", frame)
			}
		}
		if err == nil && !bytes.Equal(plain(h, frames...), data) {
			t.Error("read and written again it is another")
		}
	})
}

// FuzzParseRecord: the record is our own, but it lies on a disk.
func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`{"version":1,"session":{"platform":"p","stream":"s","started_at":"2026-05-01T12:00:00Z"},"recipients":["00"],` +
		`"windows":[{"from":"2026-05-01T12:00:00Z","to":"2026-05-01T12:00:04Z","why":["m"],"asked":"2026-05-01T13:00:00Z"}],"files":[]}`))
	f.Add([]byte(`{"version":1}{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if rec, err := parseRecord(data); err == nil {
			if err := rec.Session.check(); err != nil {
				t.Error(err)
			}
		}
	})
}
