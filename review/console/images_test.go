package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// rendered is a landscape of coloured bars with a fine chequered pattern, in which it shows
// whether details and colours are there.
func rendered(t testing.TB, n int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 960, 540))
	for y := range 540 {
		for x := range 960 {
			c := color.RGBA{uint8(60 * (x / 240)), uint8(200 - 20*n), uint8(y / 3), 255}
			if (x/6+y/6)%2 == 0 && y > 270 {
				c = color.RGBA{250, 240, 40, 255}
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// preserved stands for what lies in the evidence store.
type preserved struct{ frames []Frame }

func (p *preserved) Of(context.Context, review.Case) ([]Frame, error) { return p.frames, nil }

func preservedOf(t testing.TB, n int) *preserved {
	p := &preserved{}
	for i := range n {
		data := rendered(t, i)
		sum := sha256.Sum256(data)
		p.frames = append(p.frames, Frame{SHA256: hex.EncodeToString(sum[:]), At: start.Add(time.Duration(i) * time.Second), Named: i == 0, JPEG: data})
	}
	return p
}

func serveFrames(f Frames) func(testing.TB, *review.Store, func() time.Time) *httptest.Server {
	return func(t testing.TB, s *review.Store, now func() time.Time) *httptest.Server {
		t.Helper()
		h, err := New(Options{Store: s, Now: now, Code: testCode, Frames: f, Fault: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server
	}
}

var pictureAt = regexp.MustCompile(`src="(/picture/[A-Z0-9]+)"`)

// drawn fetches a picture and says how wide it is, and whether it has colours.
func (b browser) drawn(address string) (wide int, coloured bool) {
	b.t.Helper()
	code, data := b.get(address)
	if code != http.StatusOK {
		b.t.Fatalf("%s: %d", address, code)
	}
	m, err := jpeg.Decode(strings.NewReader(data))
	if err != nil {
		b.t.Fatal(err)
	}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if r, g, _, _ := m.At(x, y).RGBA(); r != g {
				coloured = true
			}
		}
	}
	return m.Bounds().Dx(), coloured
}

// TestAnImageIsAskedFor goes the way to an image in the clear, and tries to go round it.
func TestAnImageIsAskedFor(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	frames := preservedOf(t, 3)
	frames.frames = append(frames.frames, Frame{SHA256: strings.Repeat("0", 64), At: start, JPEG: []byte("\xff\xd8\xff no picture")})
	server := serveFrames(frames)(t, s, clock.now)
	anna, ben, otto := signIn(t, server, "anna", "reviewer"), signIn(t, server, "ben", "reviewer"), signIn(t, server, "otto", "auditor")
	at := "/case/" + c.ID + "/images"
	ask := url.Values{"frame": {frames.frames[1].SHA256}, "reason": {"tell-age"}}

	for name, b := range map[string]browser{"before the claim": anna, "another": ben, "an auditor": otto} {
		if code, page := b.get(at); code == http.StatusOK || strings.Contains(page, "<img") {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code, _ := anna.post("/case/"+c.ID+"/claim", nil); code != http.StatusOK {
		t.Fatal(code)
	}
	if _, page := anna.get("/case/" + c.ID); strings.Contains(page, "<img") || !strings.Contains(page, at) {
		t.Error("the case shows images, or no way to them")
	}
	code, page := anna.get(at)
	small := pictureAt.FindAllStringSubmatch(page, -1)
	if code != http.StatusOK || len(small) != 3 || !strings.Contains(page, "1 more cannot be drawn") {
		t.Fatalf("%d with %d images\n%s", code, len(small), page)
	}
	if code, _ := ben.get(small[0][1]); code != http.StatusNotFound {
		t.Errorf("another's session fetches one: %d", code)
	}
	if wide, coloured := anna.drawn(small[0][1]); wide != blurSide || coloured {
		t.Errorf("%d wide, coloured %v", wide, coloured)
	}
	if code, _ := anna.get(small[0][1]); code != http.StatusNotFound {
		t.Errorf("the same address once more: %d", code)
	}
	clock.at = clock.at.Add(ticketTime)
	if code, _ := anna.get(small[1][1]); code != http.StatusNotFound {
		t.Errorf("a minute later: %d", code)
	}

	// Without a fresh authentication there is the page that asks for one, and no image.
	if _, page := anna.post(at, ask); !strings.Contains(page, "Show that it is you") || strings.Contains(page, "<img") {
		t.Errorf("without a step-up\n%s", page)
	}
	if code, _ := anna.post("/stepup", url.Values{"to": {at}, "code": {"wrong"}}); code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", code)
	}
	if code, page := anna.post("/stepup", url.Values{"to": {at}, "code": {testCode}}); code != http.StatusOK || !strings.Contains(page, "See one in the clear") {
		t.Fatalf("step-up: %d", code)
	}
	for name, bad := range map[string]url.Values{
		"no reason": {"frame": ask["frame"]}, "a reason of one's own": {"frame": ask["frame"], "reason": {"curious"}},
		"no image": {"reason": ask["reason"]}, "another case's image": {"frame": {strings.Repeat("ab", 32)}, "reason": ask["reason"]},
		"what is no picture": {"frame": {strings.Repeat("0", 64)}, "reason": ask["reason"]},
	} {
		if code, page := anna.post(at, bad); code != http.StatusUnprocessableEntity || strings.Contains(page, "<img") {
			t.Errorf("%s: %d", name, code)
		}
	}
	if e, err := s.Exposure(t.Context(), "anna"); err != nil || e.Images != 0 {
		t.Errorf("what was not shown counts: %+v, %v", e, err)
	}
	_, page = anna.post(at, ask)
	got := pictureAt.FindStringSubmatch(page)
	if got == nil {
		t.Fatalf("no image\n%s", page)
	}
	if wide, coloured := anna.drawn(got[1]); wide != clearSide || coloured {
		t.Errorf("in grey: %d wide, coloured %v", wide, coloured)
	}
	ask.Set("colour", "1")
	_, page = anna.post(at, ask)
	if wide, coloured := anna.drawn(pictureAt.FindStringSubmatch(page)[1]); wide != clearSide || !coloured {
		t.Errorf("in colour: %d wide, coloured %v", wide, coloured)
	}
	if _, page := otto.get("/case/" + c.ID); !strings.Contains(page, "Who saw which in the clear (2)") || strings.Contains(page, "<img") {
		t.Error("an auditor does not read who saw what, or sees it")
	}
	if _, page := ben.get("/case/" + c.ID); strings.Contains(page, "Who saw which") {
		t.Error("a reviewer reads who saw what")
	}

	// A number that anna sets herself holds, and a step-up ends.
	if code, _ := anna.post("/me/limits", url.Values{"images_day": {"2"}}); code != http.StatusOK {
		t.Errorf("limits: %d", code)
	}
	if code, page := anna.post(at, ask); code != http.StatusTooManyRequests || strings.Contains(page, "<img") {
		t.Errorf("one too many: %d", code)
	}
	clock.at = clock.at.Add(5 * time.Minute)
	if _, page := anna.post(at, ask); !strings.Contains(page, "Show that it is you") {
		t.Error("a step-up holds for longer than it should")
	}
}

// TestWhatIsBlurredHasNoDetail: of the fine pattern nothing is left, while the clear one
// has it.
func TestWhatIsBlurredHasNoDetail(t *testing.T) {
	data := rendered(t, 0)
	small, err := blurred(data)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := clearly(data, false)
	if err != nil {
		t.Fatal(err)
	}
	rough := func(data []byte) (most int) {
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		b := m.Bounds()
		for y := b.Dy() * 6 / 10; y < b.Dy()*9/10; y++ {
			for x := b.Dx() / 10; x < b.Dx()*9/10; x++ {
				p, _, _, _ := m.At(x, y).RGBA()
				q, _, _, _ := m.At(x+1, y).RGBA()
				most = max(most, int(p>>8)-int(q>>8), int(q>>8)-int(p>>8))
			}
		}
		return most
	}
	if got := rough(small); got > 12 {
		t.Errorf("blurred, two neighbours differ by %d", got)
	}
	if got := rough(whole); got < 60 {
		t.Errorf("in the clear, two neighbours differ by %d at most", got)
	}
	if len(small) > 4<<10 {
		t.Errorf("a blurred one takes %d bytes", len(small))
	}
}

func FuzzPictures(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe0"), true)
	f.Add(rendered(f, 1), false)
	f.Fuzz(func(t *testing.T, data []byte, inColour bool) {
		for _, draw := range []func() ([]byte, error){func() ([]byte, error) { return blurred(data) }, func() ([]byte, error) { return clearly(data, inColour) }} {
			out, err := draw()
			if err != nil {
				continue
			}
			if c, err := jpeg.DecodeConfig(bytes.NewReader(out)); err != nil || c.Width > clearSide || c.Height > clearSide {
				t.Errorf("%dx%d, %v", c.Width, c.Height, err)
			}
		}
	})
}
