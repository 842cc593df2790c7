package detect

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// testFile reads a rendered picture from testdata. They all show scene(1, …).
func testFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// progressiveOf returns a progressive JPEG with its last scan repeated until it
// has so many.
func progressiveOf(t testing.TB, scans int) []byte {
	t.Helper()
	data := testFile(t, "progressive.jpg")
	const own = 10
	if n := bytes.Count(data, []byte("\xff\xda")); n != own {
		t.Fatalf("the picture has %d scans, not %d", n, own)
	}
	// The first scan of luminance: a later one would refine bits twice.
	second := bytes.Index(data, []byte("\xff\xda\x00\x08\x01\x01\x00\x01\x05\x02"))
	if second < 0 {
		t.Fatal("no scan of low luminance frequencies")
	}
	size := 10 + bytes.Index(data[second+10:], []byte("\xff\xc4"))
	scan := data[second : second+size]
	rest := bytes.Clone(data[second+size:])
	out := bytes.Clone(data[:second+size])
	for range scans - own {
		out = append(out, scan...)
	}
	return append(out, rest...)
}

// chunk is a PNG chunk.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, kind...)
	b = append(b, data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngSized is the header of a PNG that claims to be so large.
func pngSized(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte(pngSignature), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
}

// riff wraps WebP chunks.
func riff(chunks ...string) []byte {
	body := "WEBP" + strings.Join(chunks, "")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(kind, data string) string {
	b := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(data)))
	return string(b) + data + strings.Repeat("\x00", len(data)%2)
}

// patched returns data with old replaced by new where it first occurs.
func patched(t testing.TB, data []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%q is not there to replace", old)
	}
	return bytes.Replace(data, []byte(old), []byte(new), 1)
}

func TestEveryFormatMatchesTheSamePicture(t *testing.T) {
	img := scene(1, 192, 128)
	index := &lists{entries: []entry{{"demo-list", hashOf(t, hashdb.KindPDQ, img), 31}}}
	jpg, png := jpegOf(t, img, 75), pngOf(t, img)
	for name, f := range map[string]Frame{
		"jpeg":                   frame(0, JPEG, jpg),
		"jpeg of low quality":    frame(0, JPEG, jpegOf(t, img, 50)),
		"jpeg with a second one": frame(0, JPEG, append(bytes.Clone(jpg), jpegOf(t, scene(2, 64, 64), 75)...)),
		"progressive jpeg":       frame(0, JPEG, testFile(t, "progressive.jpg")),
		"jpeg of many scans":     frame(0, JPEG, progressiveOf(t, maxScans)),
		"cmyk jpeg":              frame(0, JPEG, testFile(t, "cmyk.jpg")),
		"half-size jpeg":         frame(0, JPEG, jpegOf(t, scene(1, 96, 64), 75)),
		"png":                    frame(0, PNG, png),
		"png with more behind":   frame(0, PNG, append(bytes.Clone(png), png...)),
		"lossy webp":             frame(0, WebP, testFile(t, "lossy.webp")),
		"lossless webp":          frame(0, WebP, testFile(t, "lossless.webp")),
		"webp with alpha":        frame(0, WebP, testFile(t, "alpha.webp")),
		"type in capitals":       frame(0, "IMAGE/JPEG; q=1", jpg),
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := run(t, index, []Frame{f})
			if len(got) != 1 {
				t.Fatalf("%d signals", len(got))
			}
			if sum := got[0].Evidence[0].SHA256; len(sum) != 64 {
				t.Errorf("digest %q", sum)
			}
		})
	}
	got, _ := run(t, index, []Frame{frame(0, JPEG, jpegOf(t, scene(2, 192, 128), 75))})
	if len(got) != 0 {
		t.Errorf("another picture matched: %+v", got)
	}
}

func TestPicturesAreBoundedBeforeTheyAreDecoded(t *testing.T) {
	img := scene(1, 192, 128)
	jpg, png := jpegOf(t, img, 75), pngOf(t, img)
	lossy, lossless := testFile(t, "lossy.webp"), testFile(t, "lossless.webp")
	limits := Limits{Bytes: 128 << 10, Pixels: 192 * 128}
	sof := func(h, w string) string { return "\xff\xc0\x00\x11\x08" + h + w }
	vp8x := func(flags, w, h string) string { return riffChunk("VP8X", flags+"\x00\x00\x00"+w+"\x00"+h+"\x00") }
	for name, c := range map[string]struct {
		contentType string
		data        []byte
		reason      string
	}{
		"within":                          {JPEG, jpg, ""},
		"nothing":                         {JPEG, nil, "image-format"},
		"text":                            {JPEG, []byte("GIF89a"), "image-format"},
		"png said to be jpeg":             {JPEG, png, "image-format"},
		"jpeg said to be png":             {PNG, jpg, "image-format"},
		"jpeg said to be webp":            {WebP, jpg, "image-format"},
		"gif":                             {"image/gif", []byte("GIF89a"), "content-type"},
		"too many bytes":                  {JPEG, append(bytes.Clone(jpg), make([]byte, limits.Bytes)...), "image-too-large"},
		"too many pixels":                 {JPEG, jpegOf(t, scene(1, 193, 128), 5), "image-pixels"},
		"too many pixels in png":          {PNG, pngOf(t, image.NewGray(image.Rect(0, 0, 193, 128))), "image-pixels"},
		"a jpeg of 65535 square":          {JPEG, patched(t, jpg, sof("\x00\x80", "\x00\xc0"), sof("\xff\xff", "\xff\xff")), "image-pixels"},
		"a jpeg of no height":             {JPEG, patched(t, jpg, sof("\x00\x80", "\x00\xc0"), sof("\x00\x00", "\x00\xc0")), "image-pixels"},
		"a png flood":                     {PNG, pngSized(1<<31-1, 1<<31-1), "image-broken"},
		"a png of a gigapixel":            {PNG, pngSized(1<<15, 1<<15), "image-pixels"},
		"a png that is wide":              {PNG, pngSized(1<<31-1, 1), "image-pixels"},
		"a png of no width":               {PNG, pngSized(0, 1), "image-broken"},
		"an animated png":                 {PNG, testFile(t, "animated.png"), "image-animated"},
		"an animated webp":                {WebP, testFile(t, "animated.webp"), "image-animated"},
		"a webp with an animation":        {WebP, riff(vp8x("\x00", "\x3f\x00", "\x2f\x00"), riffChunk("ANMF", "....")), "image-animated"},
		"one pixel too many":              {PNG, pngOf(t, image.NewGray(image.Rect(0, 0, limits.Pixels+1, 1))), "image-pixels"},
		"a webp flagged as animated":      {WebP, riff(vp8x("\x02", "\x3f\x00", "\x2f\x00")), "image-animated"},
		"an animation behind odd data":    {WebP, riff(riffChunk("EXIF", "x"), vp8x("\x00", "\x3f\x00", "\x2f\x00"), riffChunk("ANMF", "....")), "image-animated"},
		"a webp flood":                    {WebP, riff(vp8x("\x00", "\xff\xff", "\xff\x3f")), "image-pixels"},
		"a webp larger than its canvas":   {WebP, riff(vp8x("\x00", "\x07\x00", "\x07\x00"), string(lossy[12:])), "image-broken"},
		"lossless larger than the canvas": {WebP, riff(vp8x("\x00", "\x07\x00", "\x07\x00"), string(lossless[12:])), "image-broken"},
		"a webp of no picture":            {WebP, riff(vp8x("\x00", "\x07\x00", "\x07\x00")), "image-broken"},
		"a large lossless webp":           {WebP, riff(riffChunk("VP8L", string(lossless[20:])+strings.Repeat("x", 32<<10))), "image-too-large"},
		"large lossless alpha":            {WebP, riff(vp8x("\x10", "\x07\x00", "\x07\x00"), riffChunk("ALPH", strings.Repeat("x", 20<<10)), riffChunk("ALPH", strings.Repeat("x", 20<<10))), "image-too-large"},
		"an empty riff":                   {WebP, riff(), "image-broken"},
		"a jpeg of too many scans":        {JPEG, progressiveOf(t, maxScans+1), "image-scans"},
		"a jpeg cut short":                {JPEG, jpg[:len(jpg)/2], "image-broken"},
		"a jpeg without its end":          {JPEG, jpg[:len(jpg)-2], "image-broken"},
		"a jpeg of three bytes":           {JPEG, jpg[:3], "image-broken"},
		"a png cut short":                 {PNG, png[:len(png)/2], "image-broken"},
		"a png with a bad checksum":       {PNG, patched(t, png, "IDAT", "IDAU"), "image-broken"},
		"a webp cut short":                {WebP, lossy[:len(lossy)/2], "image-broken"},
		"too small":                       {PNG, pngOf(t, scene(1, 4, 40)), "image-too-small"},
	} {
		t.Run(name, func(t *testing.T) {
			s := memory{}
			_, err := New(&lists{}, Options{Limits: limits}).Frame(t.Context(), s, frame(0, c.contentType, c.data))
			wantReason(t, err, c.reason)
			if err != nil && len(s) != 0 {
				t.Error("a frame that was refused counts as seen")
			}
		})
	}
}

// A small file may hold many pixels, and all of them are within the limit.
func TestABombWithinTheLimitsIsDecoded(t *testing.T) {
	bomb := pngOf(t, image.NewGray(image.Rect(0, 0, 5000, 5000)))
	if len(bomb) > 100<<10 {
		t.Fatalf("%d bytes", len(bomb))
	}
	_, err := New(&lists{}, Options{}).Frame(t.Context(), memory{}, frame(0, PNG, bomb))
	wantReason(t, err, "")
	_, err = New(&lists{}, Options{}).Frame(t.Context(), memory{}, frame(0, PNG, pngOf(t, image.NewGray(image.Rect(0, 0, 5001, 5000)))))
	wantReason(t, err, "image-pixels")
}

// A metadata segment may hold anything, a whole JPEG with its scans too.
func TestScansInMetadataDoNotCount(t *testing.T) {
	jpg := jpegOf(t, scene(1, 192, 128), 75)
	thumbnails := bytes.Repeat([]byte("\xff\xda"), 2*maxScans)
	segment := append([]byte("\xff\xe1"), binary.BigEndian.AppendUint16(nil, uint16(2+len(thumbnails)))...)
	data := append(append(append([]byte("\xff\xd8"), segment...), thumbnails...), jpg[2:]...)
	_, err := New(&lists{}, Options{}).Frame(t.Context(), memory{}, frame(0, JPEG, data))
	wantReason(t, err, "")
}
