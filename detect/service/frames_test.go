package service

import (
	"bytes"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

func TestHashRecords(t *testing.T) {
	b := newBench(t, nil, nil)
	views := `[{"view":"rot90","hash":"` + hash64 + `"},{"view":"trimmed-flipx","hash":"` + strings.ToUpper(hash64) + `"}]`
	sum := strings.Repeat("0a", 32)
	ids := took(t, b.post("/v1/frames", " \n["+strings.Join([]string{
		aHash,
		made(aHash, "id", `"8"`, "views", views, "sha256", `"`+sum+`"`, "platform", `"here"`, "quality", "3.1e1"),
		made(aHash, "id", "", "kind", `"dhash"`, "hash", `"0123456789abcdef"`, "account", "", "subject", `"sub_0123456789abcdef0123456789abcdef"`, "time", `"2026-01-02T04:04:00.25+01:00"`),
	}, ",")+"]"))
	if len(ids) != 3 || len(b.sent) != 3 {
		t.Fatalf("%d ids, %d records", len(ids), len(b.sent))
	}
	subject := tokens(t).Subject("here", account)
	want := []detect.Frame{
		{ID: signal.ID("frame", "here", "s", "7"), Subject: subject, At: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)},
		{ID: signal.ID("frame", "here", "s", "8"), Subject: subject, At: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)},
		{ID: ids[2], Subject: "sub_0123456789abcdef0123456789abcdef", At: time.Date(2026, 1, 2, 3, 4, 0, 25e7, time.UTC)},
	}
	for i, record := range []detect.HashRecord{
		{Kind: "pdq", Hash: hash64, Quality: 90},
		{Kind: "pdq", Hash: hash64, Quality: 31, SHA256: sum, Views: []detect.View{{View: "rot90", Hash: hash64}, {View: "trimmed-flipx", Hash: strings.ToUpper(hash64)}}},
		{Kind: "dhash", Hash: "0123456789abcdef", Quality: 90},
	} {
		data, err := record.Encode()
		if err != nil {
			t.Fatal(err)
		}
		want[i].Stream, want[i].Platform, want[i].ContentType, want[i].Data = "s", "here", detect.HashType, data
		if got := b.sent[i]; got.Frame == nil || got.Session != nil || got.Flag != nil || !reflect.DeepEqual(*got.Frame, want[i]) || ids[i] != want[i].ID {
			t.Errorf("frame %d: %+v, want %+v", i, got.Frame, want[i])
		}
	}
}

// TestAccountsOfABatch keeps the accounts of a batch apart.
func TestAccountsOfABatch(t *testing.T) {
	b := newBench(t, nil, nil)
	accounts := []string{"a", "a", "b", "a", "A"}
	batch := make([]string, len(accounts))
	for i, a := range accounts {
		batch[i] = made(aHash, "account", `"`+a+`"`)
	}
	took(t, b.post("/v1/frames", "["+strings.Join(batch, ",")+"]"))
	if len(b.sent) != len(accounts) {
		t.Fatalf("%d were sent", len(b.sent))
	}
	for i, a := range accounts {
		if got := b.sent[i].Frame.Subject; got != tokens(t).Subject("here", a) {
			t.Errorf("frame %d of account %s has another's subject", i, a)
		}
	}
}

// TestSameAgain gives the same id to the same frame, and others to others.
func TestSameAgain(t *testing.T) {
	b := newBench(t, nil, nil)
	seen := map[string]string{}
	for name, text := range map[string]string{
		"own": aHash, "other id": made(aHash, "id", `"8"`), "other stream": made(aHash, "stream", `"t"`),
		"none": made(aHash, "id", ""), "none, other time": made(aHash, "id", "", "time", `"2026-01-02T03:04:00.000000001Z"`),
		"none, other quality": made(aHash, "id", "", "quality", "91"), "none, other stream": made(aHash, "id", "", "stream", `"t"`),
	} {
		first, again := took(t, b.post("/v1/frames", text))[0], took(t, b.post("/v1/frames", text))[0]
		if first != again {
			t.Errorf("%s: %s and then %s", name, first, again)
		}
		if other, twice := seen[first]; twice {
			t.Errorf("%s has the id of %s", name, other)
		}
		seen[first] = name
	}
	// An id of the platform's own is what counts, and the zone makes no difference.
	if a, c := took(t, b.post("/v1/frames", aHash)), took(t, b.post("/v1/frames", made(aHash, "quality", "1"))); a[0] != c[0] {
		t.Error("another frame of the same id has another")
	}
	if a, c := took(t, b.post("/v1/frames", made(aHash, "id", ""))), took(t, b.post("/v1/frames", made(aHash, "id", "", "time", `"2026-01-02T04:04:00+01:00"`))); a[0] != c[0] {
		t.Error("the same moment in another zone is another frame")
	}
	if len(seen) != 7 {
		t.Errorf("%d frames", len(seen))
	}
}

func onePicture(b *bench, query url.Values, contentType string, data []byte) *httptest.ResponseRecorder {
	b.T.Helper()
	r := b.Request("POST", "/v1/frames?"+query.Encode(), contentType, data)
	r.Header.Set(accountHeader, url.PathEscape(account))
	return b.Send(r)
}

func TestOnePicture(t *testing.T) {
	b := newBench(t, nil, nil)
	data := jpegOf(t, scene(64, 48))
	query := url.Values{"stream": {"live/7 ü"}, "time": {"2026-01-02T03:04:00.5Z"}}
	id := took(t, onePicture(b, query, "image/jpeg; q=1", data))[0]
	want := detect.Frame{
		ID: id, Stream: "live/7 ü", Platform: "here", Subject: tokens(t).Subject("here", account),
		At: time.Date(2026, 1, 2, 3, 4, 0, 5e8, time.UTC), ContentType: "image/jpeg", Data: data,
	}
	if len(b.sent) != 1 || !reflect.DeepEqual(*b.sent[0].Frame, want) {
		t.Errorf("%+v", b.sent)
	}
	query.Set("id", "x")
	if got := took(t, onePicture(b, query, "image/jpeg", data))[0]; got != signal.ID("frame", "here", "live/7 ü", "x") {
		t.Errorf("id %s", got)
	}
	apitest.WantStatus(t, onePicture(b, query, "image/png", data), 422, "the content type says png, and the bytes are jpeg")
	apitest.WantStatus(t, onePicture(b, query, "image/jpeg", data[:30]), 422, "the picture: ")
	apitest.WantStatus(t, onePicture(b, query, "image/gif", data), 415, "image/webp")
	query.Set("time", "today")
	query.Set("platform", "there")
	apitest.WantStatus(t, onePicture(b, query, "image/jpeg", data), 400, `"parameter":"platform"`)
	query.Set("x", "y")
	apitest.WantStatus(t, onePicture(b, query, "image/jpeg", data), 400, "a parameter that is not taken")
	apitest.WantStatus(t, b.Do("POST", "/v1/frames?stream=s&time=2026-01-02T03:04:00Z", "image/jpeg", data), 400, "want either Vigil-Account or subject")
	r := b.Request("POST", "/v1/frames?stream=s&time=2026-01-02T03:04:00Z", "image/jpeg", data)
	r.Header.Set(accountHeader, "100%")
	apitest.WantStatus(t, b.Send(r), 400, "percent-encoded")
	if len(b.sent) != 2 {
		t.Errorf("%d were sent", len(b.sent))
	}
}

func TestPictures(t *testing.T) {
	b := newBench(t, func(o *Options) { o.MaxParts = 3; o.Limits = detect.Limits{Bytes: 8 << 10, Pixels: 1 << 20} }, nil)
	j, p := string(jpegOf(t, scene(64, 48))), string(pngOf(t, scene(32, 32)))
	one := `{"stream":"s","account":"` + account + `","time":"2026-01-02T03:04:00Z"}`
	two := "[" + one + "," + made(one, "stream", `"t"`, "id", `"9"`) + "]"
	for _, kind := range []string{"mixed", "form-data"} {
		for name, body := range map[string][]string{
			"first": {"application/json", two, "image/jpeg", j, "image/png", p}, "last": {"image/jpeg", j, "image/png", p, "application/json", two}, "field": {"", two, "image/jpeg", j, "image/png", p},
		} {
			b.sent = nil
			contentType, data := parts(t, kind, body...)
			ids := took(t, b.Do("POST", "/v1/frames", contentType, data))
			if len(ids) != 2 || len(b.sent) != 2 {
				t.Fatalf("%s %s: %d ids and %d records", kind, name, len(ids), len(b.sent))
			}
			first, second := b.sent[0].Frame, b.sent[1].Frame
			if first.Stream != "s" || string(first.Data) != j || first.ContentType != "image/jpeg" ||
				second.Stream != "t" || string(second.Data) != p || second.ContentType != "image/png" || ids[1] != signal.ID("frame", "here", "t", "9") {
				t.Errorf("%s %s: %+v %+v", kind, name, first, second)
			}
		}
	}
	b.sent = nil
	for _, try := range []struct {
		status int
		says   string
		body   []string
	}{
		{202, `"accepted":1`, []string{"application/json", one, "image/jpeg", j}},
		{400, "1 pictures, and the part of JSON is about 2", []string{"application/json", two, "image/jpeg", j}},
		{400, "2 pictures, and the part of JSON is about 1", []string{"application/json", one, "image/jpeg", j, "image/jpeg", j}},
		{400, "want a part of JSON", []string{"image/jpeg", j}},
		{400, "more than one part that is no picture", []string{"application/json", two, "text/plain", "x"}},
		{400, "#/1/time", []string{"application/json", "[" + one + "," + made(one, "time", "1") + "]", "image/jpeg", j, "image/jpeg", j}},
		{400, "the JSON ends too soon", []string{"application/json", "", "image/jpeg", j}},
		{400, "a member that it does not take", []string{"application/json", "[" + aHash + "]", "image/jpeg", j}},
		{422, `"pointer":"#/1"`, []string{"application/json", two, "image/jpeg", j, "image/jpeg", p}},
		{422, "content-type", []string{"application/json", two, "image/jpeg", j, "image/gif", p}},
		{413, "more than 8192 bytes", []string{"application/json", one, "image/jpeg", strings.Repeat("x", 9<<10)}},
		{413, "more than 3 pictures", []string{"image/jpeg", j, "image/jpeg", j, "image/jpeg", j, "image/jpeg", j}},
	} {
		contentType, data := parts(t, "mixed", try.body...)
		apitest.WantStatus(t, b.Do("POST", "/v1/frames", contentType, data), try.status, try.says)
	}
	contentType, data := parts(t, "mixed", "application/json", one, "image/jpeg", j)
	apitest.WantStatus(t, b.Do("POST", "/v1/frames", contentType, data[:len(data)-9]), 400, "ends too soon")
	apitest.WantStatus(t, b.Do("POST", "/v1/frames", "multipart/mixed", data), 400, "no boundary")
	if len(b.sent) != 1 {
		t.Errorf("%d were sent", len(b.sent))
	}
}

// TestHashedHere sends no pixels on.
func TestHashedHere(t *testing.T) {
	b := newBench(t, func(o *Options) { o.HashHere = true }, func(k *Key) { k.PerMinute = 2 })
	plain := newBench(t, nil, nil)
	query := url.Values{"stream": {"s"}, "time": {"2026-01-02T03:04:00Z"}}
	p := pngOf(t, scene(64, 64))
	broken := append(slices.Clone(p[:len(p)-40]), make([]byte, 40)...)
	for range 3 { // It costs nothing.
		apitest.WantStatus(t, onePicture(b, query, "image/png", broken), 422, "image-broken")
	}
	one := `{"stream":"s","account":"` + account + `","time":"2026-01-02T03:04:00Z"}`
	contentType, body := parts(t, "mixed", "application/json", "["+one+","+one+"]", "image/png", string(p), "image/png", string(broken))
	apitest.WantStatus(t, b.Do("POST", "/v1/frames", contentType, body), 422, `"pointer":"#/1"`)
	took(t, plain.Do("POST", "/v1/frames", contentType, body)) // Which is found out later.

	id := took(t, onePicture(b, query, "image/png", p))[0]
	want, err := detect.NewHasher(detect.Limits{}).Fingerprint("image/png", p)
	if err != nil {
		t.Fatal(err)
	}
	data, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(b.sent) != 1 || b.sent[0].Frame.ContentType != detect.HashType || !bytes.Equal(b.sent[0].Frame.Data, data) {
		t.Errorf("%+v, want %s", b.sent, data)
	}
	if got := took(t, onePicture(plain, query, "image/png", p))[0]; got != id {
		t.Error("a frame that is hashed here has another id")
	}
}

// TestWorkersAreBusy gives up waiting for a worker in time.
func TestWorkersAreBusy(t *testing.T) {
	b := newBench(t, func(o *Options) { o.HashHere, o.Workers, o.Timeout = true, 1, 20*time.Millisecond }, nil)
	query := url.Values{"stream": {"s"}, "time": {"2026-01-02T03:04:00Z"}}
	p := pngOf(t, scene(64, 64))
	worker := <-b.Handler.(*service).workers
	w := onePicture(b, query, "image/png", p)
	apitest.WantStatus(t, w, 503, "too many pictures")
	if w.Header().Get("Retry-After") != "1" {
		t.Errorf("%v", w.Header())
	}
	b.Handler.(*service).workers <- worker
	for range 3 {
		took(t, onePicture(b, query, "image/png", p))
	}
}

// TestFaults tells every fault by its place, and nothing of what was sent.
func TestFaults(t *testing.T) {
	b := newBench(t, nil, nil)
	secret := strings.Repeat("5ec1e7", 11)[:64]
	for _, try := range []struct{ member, value, says string }{
		{"stream", "", "#/stream: is missing"}, {"stream", "7", "#/stream: want a string"}, {"stream", `""`, "#/stream: want 1 to 256"},
		{"stream", `"` + strings.Repeat("ü", 257) + `"`, "#/stream: want 1 to 256"}, {"stream", "null", "#/stream: want a string"},
		{"account", "", "#: want either account or subject"}, {"subject", `"sub_0123456789abcdef0123456789abcdef"`, "#: want either account or subject"},
		{"account", "7", "#/account: want a string"}, {"account", `" \t "`, "#/account: is blank"}, {"account", "null", "#/account: want a string"},
		{"time", "", "#/time: is missing"}, {"time", `"2026-01-02"`, "#/time: want a time"}, {"time", `"2026-01-02T03:04:05"`, "#/time: want a time"},
		{"time", `"1999-12-31T23:59:59Z"`, "#/time: is before the year 2000"}, {"time", `"2026-01-03T03:04:06Z"`, "#/time: is more than 24 hours ahead"},
		{"id", "null", "#/id: want a string"}, {"id", `""`, "#/id: want 1 to 256"},
		{"kind", `"md5"`, "#/kind: want pdq"}, {"kind", `"` + secret + `"`, "#/kind: want pdq"}, {"kind", "", "#/kind"},
		{"hash", `"` + secret[:63] + `"`, "#/hash: pdq hash has 63 characters"}, {"hash", `"` + secret[:63] + `x"`, "character 64 of 64"}, {"hash", "0", "#/hash: want a string"},
		{"quality", "101", "#/quality"}, {"quality", "-1", "#/quality"}, {"quality", `"50"`, "#/quality"}, {"quality", "1.5", "#/quality"}, {"quality", "", "#/quality"},
		{"sha256", `"` + strings.ToUpper(secret) + `"`, "#/sha256"}, {"sha256", "null", "#/sha256"}, {"views", "null", "#/views"}, {"views", "{}", "#/views"},
		{"views", `[{"view":"rot45","hash":"` + hash64 + `"}]`, "#/views/0/view"}, {"views", `[{"view":"original","hash":"` + hash64 + `"}]`, "#/views/0/view"},
		{"views", `[{"view":"rot90","hash":"` + hash64 + `"},{"view":"trimmed-","hash":"x"}]`, "#/views/1/view"}, {"views", `[{"view":"rot90","hash":"0"}]`, "#/views/0/hash"},
		{"views", `[{"view":"rot90","hash":"` + hash64 + `","x":1}]`, "#/views: want an array"}, {"views", "[" + strings.Repeat(`{},`, 15) + "{}]", "#/views: 16 views"},
		{"other", "1", "a member that it does not take"},
	} {
		w := b.post("/v1/frames", made(aHash, try.member, try.value))
		apitest.WantStatus(t, w, 400, try.says)
		if strings.Contains(w.Body.String(), secret[:16]) || strings.Contains(w.Body.String(), account) {
			t.Errorf("%s %s: the answer repeats what was sent: %s", try.member, try.value, w.Body)
		}
	}
	apitest.WantStatus(t, b.post("/v1/frames", made(aHash, "platform", `"there"`)), 403, "#/platform: is not the key's platform")
	apitest.WantStatus(t, b.post("/v1/frames", "["+aHash+","+made(aHash, "platform", "null")+"]"), 403, "#/1/platform")
	batch := slices.Repeat([]string{aHash}, 20)
	for i := 3; i < 17; i++ {
		batch[i] = made(aHash, "quality", "1000")
	}
	w := b.post("/v1/frames", "["+strings.Join(batch, ",")+"]")
	apitest.WantStatus(t, w, 400, `"pointer":"#/12/quality"`)
	if n := strings.Count(w.Body.String(), "pointer"); n != 10 {
		t.Errorf("%d faults are told, want the first 10", n)
	}
	apitest.WantStatus(t, b.post("/v1/frames", `[{"stream":[1]},1,`+made(aHash, "x", "1")+`]`), 400, `"pointer":"#/1"},{"detail":"an object has a member that it does not take`)
	for body, says := range map[string]string{
		"": "ends too soon", "[]": "at least one", "[" + aHash: "ends too soon", "[" + aHash + ",": "not JSON", "[" + aHash + "]]": "something follows", "7": "want an object", "[\xff]": "not UTF-8",
	} {
		apitest.WantStatus(t, b.post("/v1/frames", body), 400, says)
	}
	apitest.WantStatus(t, b.post("/v1/frames", "["+strings.Repeat("{},", 1000)+"{}]"), 413, "more than 1000 records")
	apitest.WantStatus(t, b.post("/v1/frames", strings.Repeat(" ", 5<<20)), 413, "more than 4194304 bytes")
	apitest.WantStatus(t, b.post("/v1/frames?stream=s", aHash), 400, "want none")
	if len(b.sent) > 0 || len(b.reports) > 0 {
		t.Errorf("%d were sent, and %v reported", len(b.sent), b.reports)
	}
}
