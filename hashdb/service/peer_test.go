package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"mime/multipart"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/golden"
)

// form makes a form of files, given as field and content.
func form(t testing.TB, parts ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		p, err := w.CreateFormFile(parts[i], "file")
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
	return w.FormDataContentType(), b.Bytes()
}

// peerWorld has a picture and a file on the lists.
func peerWorld(t testing.TB) (m *memory, photo, video string) {
	img := pictureOf(1, 120, 90)
	photo, video = string(encode(t, img)), "some video's bytes"
	md5, err := hashdb.Digest(hashdb.KindMD5, strings.NewReader(video))
	if err != nil {
		t.Fatal(err)
	}
	h := pdqOf(t, img)
	return &memory{
		lists: []hashdb.ListInfo{
			list("BANK_A", hashdb.KindPDQ), list("BANK_B", hashdb.KindPDQ), list("BANK_B", hashdb.KindMD5), list("TRIAL", hashdb.KindPDQ, shadow),
		},
		entries: []hashdb.Entry{
			entry("BANK_A", h), entry("BANK_A", flip(h, 4)), entry("BANK_B", flip(h, 4)), entry("BANK_B", md5), entry("TRIAL", h),
		},
	}, photo, video
}

// TestPeerGolden compares answers with what the peer's published code says they look
// like: OpenMediaMatch/blueprints/matching.py, hashing.py and curation.py.
func TestPeerGolden(t *testing.T) {
	m, photo, video := peerWorld(t)
	b := newBench(t, m, nil, nil)
	pdq := "signal_type=pdq&signal=" + m.entries[0].Hash.String()
	md5 := "signal_type=video_md5&signal=" + strings.ToUpper(m.entries[3].Hash.String())
	for _, tt := range []struct{ name, target, field, file string }{
		{"lookup", "/m/lookup?" + pdq, "", ""},
		{"lookup-options", "/m/lookup?seed=1&bypass_coinflip=true&" + pdq, "", ""},
		{"lookup-none", "/m/lookup?signal_type=pdq&signal=" + hashOf(hashdb.KindPDQ, 77).String(), "", ""},
		{"lookup-banks", "/m/lookup?banks=BANK_B&" + pdq, "", ""},
		{"lookup-md5", "/m/lookup?" + md5, "", ""},
		{"lookup-photo", "/m/lookup", "photo", photo},
		{"lookup-photo-banks", "/m/lookup?types=pdq&banks=BANK_B", "photo", photo},
		{"lookup-video", "/m/lookup", "video", video},
		{"raw", "/m/raw_lookup?" + pdq, "", ""},
		{"raw-distance", "/m/raw_lookup?include_distance=True&banks=BANK_A,BANK_B&" + pdq, "", ""},
		{"raw-none", "/m/raw_lookup?signal_type=pdq&signal=" + hashOf(hashdb.KindPDQ, 77).String(), "", ""},
		{"index-status", "/m/index/status", "", ""},
		{"index-status-pdq", "/m/index/status?signal_type=pdq", "", ""},
		{"hash-photo", "/h/hash", "photo", photo},
		{"hash-flat", "/h/hash", "photo", string(encode(t, image.NewGray(image.Rect(0, 0, 64, 64))))},
		{"hash-video", "/h/hash?types=video_md5", "video", video},
		{"banks", "/c/banks", "", ""},
		{"url", "/m/lookup?url=https://example.com/a.jpg", "", ""},
		{"no-signal", "/m/lookup?signal_type=pdq", "", ""},
		{"bad-signal", "/m/lookup?signal_type=pdq&signal=abc", "", ""},
		{"bad-type", "/m/lookup?signal_type=tmk&signal=abc", "", ""},
	} {
		method, contentType, body := "GET", "", []byte(nil)
		if tt.field != "" {
			method = "POST"
			contentType, body = form(t, tt.field, tt.file)
		}
		w := b.Do(method, tt.target, contentType, body)
		var got bytes.Buffer
		_, _ = fmt.Fprintf(&got, "%d\n", w.Code)
		if err := json.Indent(&got, w.Body.Bytes(), "", "  "); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got.WriteByte('\n')
		golden.Check(t, filepath.Join("peer", tt.name+".txt"), got.Bytes())
	}
}

func TestPeerRefusals(t *testing.T) {
	m, photo, video := peerWorld(t)
	b := newBench(t, m, func(o *Options) { o.MaxImage = 100 << 10 }, nil)
	get := func(target string) *httptest.ResponseRecorder { return b.Do("GET", target, "", nil) }
	pdq := m.entries[0].Hash.String()
	apitest.WantStatus(t, get("/m/lookup?signal_type=video_sha256&signal="+pdq), 503, "index not yet ready")
	apitest.WantStatus(t, get("/m/lookup?signal_type=pdq&banks=BANK_C&signal="+pdq), 403, "name 1 is not that of a bank")
	apitest.WantStatus(t, get("/m/lookup?signal_type=pdq&banks=TRIAL&signal="+pdq), 403, "name 1 is not that of a bank")
	apitest.WantStatus(t, get("/m/raw_lookup?signal_type=pdq&include_distance=perhaps&signal="+pdq), 400, "include_distance")
	apitest.WantStatus(t, get("/m/lookup?%zz"), 400, "query")
	apitest.WantStatus(t, get("/m/index/status?signal_type=x"), 400, "No such SignalType")
	if w := get("/m/lookup?signal=" + pdq + "&signal_type=" + pdq); strings.Contains(w.Body.String(), pdq[:20]) {
		t.Errorf("the hash is repeated: %s", w.Body)
	}

	post := func(target string, parts ...string) *httptest.ResponseRecorder {
		contentType, body := form(t, parts...)
		return b.Do("POST", target, contentType, body)
	}
	// fields sends a file behind n fields that are none.
	fields := func(target string, n int, photo string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for range n {
			if err := form.WriteField("comment", "none"); err != nil {
				t.Fatal(err)
			}
		}
		p, err := form.CreateFormFile("photo", "file")
		if err == nil {
			_, err = p.Write([]byte(photo))
		}
		if err = errors.Join(err, form.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Do("POST", target, form.FormDataContentType(), body.Bytes())
	}
	for _, path := range []string{"/m/lookup", "/h/hash"} {
		apitest.WantStatus(t, post(path), 400, "Missing multipart/form-data file upload")
		apitest.WantStatus(t, b.Do("POST", path, "image/png", []byte(photo)), 400, "Missing multipart/form-data file upload")
		apitest.WantStatus(t, post(path, "photo", photo, "photo", photo), 400, "Only one file")
		apitest.WantStatus(t, post(path, "file", photo), 400, "no such content_type")
		apitest.WantStatus(t, post(path, "photo", video), 400, "the picture")
		apitest.WantStatus(t, post(path+"?types=video_md5", "photo", photo), 400, "no such signal type")
		apitest.WantStatus(t, post(path+"?types=", "photo", photo), 400, "empty signal type selection")
		apitest.WantStatus(t, post(path+"?types=,", "photo", photo), 400, "empty signal type selection")
		apitest.WantStatus(t, post(path+"?types=,%09pdq,,+pdq,", "photo", photo), 200, `"pdq"`)
		apitest.WantStatus(t, post(path, slices.Repeat([]string{"photo", "x"}, 101)...), 400, "Only one file")
		apitest.WantStatus(t, fields(path, 99, photo), 200, `"pdq"`)
		apitest.WantStatus(t, fields(path, 100, photo), 400, "more than 100 fields")
		apitest.WantStatus(t, post(path, "video", strings.Repeat("x", 100<<10+1)), 413, "102400")
		apitest.WantStatus(t, post(path, "video", strings.Repeat("x", 300<<10)), 413, "102400")
		apitest.WantStatus(t, post(path, "photo", strings.Repeat("x", 100), strings.Repeat("f", 200<<10), ""), 413, "102400")
		contentType, body := form(t, "photo", photo)
		apitest.WantStatus(t, b.Do("POST", path, contentType, body[:len(body)/2]), 400, "")
	}
	apitest.WantStatus(t, post("/m/lookup", "photo", string(encode(t, image.NewGray(image.Rect(0, 0, 64, 64))))), 400, "quality")
	apitest.WantStatus(t, post("/m/lookup?types=video_sha256", "video", video), 503, "index not yet ready")
	apitest.WantStatus(t, post("/m/lookup?banks=NO", "video", video), 403, "banks")
	m.lists = m.lists[:2]
	apitest.WantStatus(t, post("/m/lookup", "video", video), 503, "index not yet ready")
}

// TestPeerFileIsHashedAsSent has a header by which some would decode the file first, so
// that what is hashed would be other than what a filter on the way saw.
func TestPeerFileIsHashedAsSent(t *testing.T) {
	m, _, _ := peerWorld(t)
	b := newBench(t, m, nil, nil)
	const file = "a=3Db=\r\nc"
	body := "--x\r\nContent-Disposition: form-data; name=\"video\"; filename=\"f\"\r\n" +
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + file + "\r\n--x--\r\n"
	want, err := hashdb.Digest(hashdb.KindMD5, strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	w := b.Do("POST", "/h/hash?types=video_md5", "multipart/form-data; boundary=x", []byte(body))
	apitest.WantStatus(t, w, 200, want.String())
}

func TestPeerVeto(t *testing.T) {
	m, photo, _ := peerWorld(t)
	m.lists = append(m.lists, list("INNOCENT", hashdb.KindPDQ, allow))
	m.entries = append(m.entries, entry("INNOCENT", m.entries[0].Hash))
	b := newBench(t, m, nil, nil)
	contentType, body := form(t, "photo", photo)
	// Also where only another bank is asked for.
	if w := b.Do("POST", "/m/lookup?banks=BANK_A", contentType, body); w.Body.String() != `{"pdq":{}}` {
		t.Errorf("%s", w.Body)
	}
}

// TestPeerVetoByAnotherType has a video's MD5 on a list and its SHA-256 on an allow-list.
func TestPeerVetoByAnotherType(t *testing.T) {
	m, _, video := peerWorld(t)
	m.lists = append(m.lists, list("BANK_B", hashdb.KindSHA256), list("INNOCENT", hashdb.KindSHA256, allow))
	m.entries = append(m.entries, entry("INNOCENT", sha256Of([]byte(video))))
	contentType, body := form(t, "video", video)
	w := newBench(t, m, nil, nil).Do("POST", "/m/lookup", contentType, body)
	if w.Body.String() != `{"video_md5":{},"video_sha256":{}}` {
		t.Errorf("%s", w.Body)
	}
}

func TestContentID(t *testing.T) {
	if got := contentID("ffffffffffffffff"); got != 1<<52-1 {
		t.Errorf("%d", got)
	}
	if got := contentID("00000000000010ff"); got != 1 {
		t.Errorf("%d", got)
	}
}
