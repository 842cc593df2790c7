package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/signal"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var readDoc = apitest.Once(document)

// bench is a service under test.
type bench struct {
	apitest.Caller
	mu      sync.Mutex
	now     time.Time
	sent    []Record
	fail    error // What Send gives.
	reports []error
}

// tokens makes tokens as a deployment does.
func tokens(t testing.TB) *signal.Tokenizer {
	t.Helper()
	tok, err := signal.NewTokenizer(bytes.Repeat([]byte("k"), signal.MinKey))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// newBench makes a service whose one key is that of the platform "here".
func newBench(t testing.TB, options func(*Options), key func(*Key)) *bench {
	t.Helper()
	b := &bench{Caller: apitest.Caller{T: t, Doc: readDoc(t)}, now: epoch}
	text, digest := api.NewKey()
	b.Key = text
	k := Key{Key: api.Key{Name: "tester", SHA256: digest, PerMinute: 1e9, PerDay: 1e12}, Platform: "here"}
	if key != nil {
		key(&k)
	}
	keys, err := NewKeys(k)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Send: func(_ context.Context, records []Record) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.fail == nil {
				b.sent = append(b.sent, records...)
			}
			return b.fail
		},
		Subject: tokens(t).Subject,
		Now:     func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
		Report:  func(err error) { b.mu.Lock(); defer b.mu.Unlock(); b.reports = append(b.reports, err) },
	}
	if options != nil {
		options(&o)
	}
	if b.Handler, err = New(keys, o); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) post(target, body string) *httptest.ResponseRecorder {
	b.T.Helper()
	return b.Do("POST", target, "application/json", []byte(body))
}

// took reads the ids of the frames that were accepted.
func took(t testing.TB, w *httptest.ResponseRecorder) []string {
	t.Helper()
	var answer accepted
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return answer.Frames
}

// made returns the JSON of a record with members changed; null leaves one out.
func made(record string, changes ...string) string {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(record), &members); err != nil {
		panic(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if members[changes[i]] = json.RawMessage(changes[i+1]); changes[i+1] == "" {
			delete(members, changes[i])
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const (
	hash64  = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
	account = "user-1207@made-up"
	aHash   = `{"stream":"s","account":"` + account + `","time":"2026-01-02T03:04:00Z","id":"7","kind":"pdq","hash":"` + hash64 + `","quality":90}`
	aStart  = `{"stream":"s","account":"` + account + `","state":"started","private":true,"started_at":"2026-01-02T03:00:00Z","time":"2026-01-02T03:00:00Z"}`
	aFlag   = `{"stream":"s","account":"` + account + `","id":"f1","reason":"made up","time":"2026-01-02T03:04:00+01:00"}`
	aScore  = `{"stream":"s","account":"` + account + `","classifier":"c-1","value":0.25,"time":"2026-01-02T03:04:00+01:00"}`
)

// scene draws a benign picture.
func scene(width, height int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetGray(x, y, color.Gray{Y: uint8(x*x/3 + 7*y)})
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// parts makes a multipart body of parts, each a content type and its bytes.
func parts(t testing.TB, kind string, parts ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		h := textproto.MIMEHeader{}
		if kind == "form-data" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="part%d"`, i))
		}
		if parts[i] != "" {
			h.Set("Content-Type", parts[i])
		}
		p, err := w.CreatePart(h)
		if err == nil {
			_, err = p.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "multipart/" + kind + "; boundary=" + w.Boundary(), b.Bytes()
}
