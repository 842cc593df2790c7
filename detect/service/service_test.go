package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

func TestOpenAPI(t *testing.T) {
	var served []apitest.Operation
	for _, r := range (&service{}).table() {
		served = append(served, apitest.Operation{Method: r.Method, Path: r.Path, Open: r.Open})
	}
	readDoc(t).Routes(t, served...)
	if n := readDoc(t).Refs(t); n < 20 {
		t.Errorf("only %d components were looked at", n)
	}
}

// TestEveryStatus makes every status that the document declares come about, and so
// finds those that it declares and nothing gives. That the others are declared is seen
// in every test, by apitest.Document.Check.
func TestEveryStatus(t *testing.T) {
	seen := map[string]bool{}
	try := func(method, path, contentType, body string, options func(*Options), key func(*Key), prepare func(*bench)) {
		t.Helper()
		b := newBench(t, func(o *Options) {
			o.Rate = func(string, string) Rate { return Rate{FPS: 1, Level: "base"} }
			if options != nil {
				options(o)
			}
		}, key)
		if prepare != nil {
			prepare(b)
		}
		w := b.Do(method, strings.Replace(path, "{stream}", "s", 1), contentType, []byte(body))
		seen[fmt.Sprintf("%s %s %d", method, path, w.Code)] = true
	}
	panics := func(o *Options) {
		o.Send = func(context.Context, []Record) error { panic("send") }
		o.Rate = func(string, string) Rate { panic("rate") }
		o.Ready = func() error { panic("ready") }
	}
	unready := func(o *Options) { o.Ready = func() error { return errors.New("away") } }
	full := func(b *bench) {
		body, sender := io.Pipe()
		r := httptest.NewRequest("POST", "/v1/flags", body)
		r.Header.Set("Authorization", "Bearer "+b.Key)
		r.Header.Set("Content-Type", "application/json")
		served := make(chan struct{})
		go func() { defer close(served); b.Handler.ServeHTTP(httptest.NewRecorder(), r) }()
		_, _ = sender.Write([]byte(" ")) // It was read.
		b.T.Cleanup(func() { _ = sender.Close(); <-served })
	}
	one := func(o *Options) { o.MaxInFlight = 1 }
	posts := map[string]string{"/v1/frames": aHash, "/v1/sessions": aStart, "/v1/flags": aFlag, "/v1/scores": aScore}
	for path, good := range posts {
		try("POST", path, "application/json", good, nil, nil, nil)
		try("POST", path, "application/json", "{", nil, nil, nil)
		try("POST", path, "application/json", made(good, "platform", `"there"`), nil, nil, nil)
		try("POST", path, "application/json", "["+good+","+good+"]", func(o *Options) { o.MaxRecords = 1 }, nil, nil)
		try("POST", path, "text/plain", good, nil, nil, nil)
		try("POST", path, "application/json", good, nil, func(k *Key) { k.PerMinute = 1 }, func(b *bench) { b.post("/v1/flags", aFlag) })
	}
	try("POST", "/v1/frames?stream=s&time=2026-01-02T03:04:05Z&subject=sub_0123456789abcdef0123456789abcdef", "image/png", "x", nil, nil, nil)
	seen["POST /v1/frames 422"] = seen["POST /v1/frames?stream=s&time=2026-01-02T03:04:05Z&subject=sub_0123456789abcdef0123456789abcdef 422"]
	posts["/v1/streams/{stream}/rate"] = ""
	for path, good := range posts {
		method := map[bool]string{true: "GET", false: "POST"}[good == ""]
		try(method, path, "application/json", good, nil, nil, func(b *bench) { b.Key = "" })
		try(method, path, "application/json", good, panics, nil, nil)
		try(method, path, "application/json", good, one, nil, full)
	}
	rate := "/v1/streams/{stream}/rate"
	try("GET", rate, "", "", nil, nil, nil)
	try("GET", rate+"?x=y", "", "", nil, nil, nil)
	seen["GET "+rate+" 400"] = seen["GET "+rate+"?x=y 400"]
	try("GET", rate, "", "", func(o *Options) { o.Rate = nil }, nil, nil)
	try("GET", "/status", "", "", nil, nil, nil)
	try("GET", "/status", "", "", unready, nil, nil)
	try("GET", "/status", "", "", panics, nil, nil)
	try("GET", "/v1/openapi.yaml", "", "", nil, nil, nil)
	if unseen, declared := readDoc(t).Unseen(seen); declared < 30 || len(unseen) > 0 {
		t.Errorf("of %d declared, nothing gives\n%s", declared, strings.Join(unseen, "\n"))
	}
}

// TestQuota counts frames, and what was not kept costs nothing.
func TestQuota(t *testing.T) {
	b := newBench(t, nil, func(k *Key) { k.PerMinute, k.PerDay = 4, 100 })
	batch := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(aHash+",", n), ",") + "]" }
	apitest.WantStatus(t, b.post("/v1/frames", batch(5)), 413, "never allows more than 4")
	b.fail = errors.New("away")
	for range 3 {
		apitest.WantStatus(t, b.post("/v1/frames", batch(4)), 503, "send all of them again")
	}
	b.fail = nil
	apitest.WantStatus(t, b.post("/v1/frames", batch(3)), 202, "")
	w := b.post("/v1/frames", batch(2))
	apitest.WantStatus(t, w, 429, "quota of frames")
	if s := w.Header().Get("Retry-After"); s != "15" {
		t.Errorf("Retry-After %q", s)
	}
	apitest.WantStatus(t, b.post("/v1/flags", aFlag), 202, "")
	apitest.WantStatus(t, b.post("/v1/sessions", aStart), 429, "4 a minute and 100 a day")
	b.now = b.now.Add(15 * time.Second)
	apitest.WantStatus(t, b.post("/v1/sessions", aStart), 202, "")
}

// TestSendFails says 503 where sending again may help, and 500 where not.
func TestSendFails(t *testing.T) {
	b := newBench(t, nil, nil)
	b.fail = errors.New("brokers away")
	w := b.post("/v1/flags", aFlag)
	apitest.WantStatus(t, w, 503, "could not be kept in time")
	if w.Header().Get("Retry-After") != "5" || strings.Contains(w.Body.String(), "brokers") || len(b.reports) != 1 || !strings.Contains(b.reports[0].Error(), "send 1 records: brokers away") {
		t.Errorf("%v %s %v", w.Header(), w.Body, b.reports)
	}
	b.fail = fmt.Errorf("produce: %w", signal.Reject("schema", "no good"))
	apitest.WantStatus(t, b.post("/v1/flags", aFlag), 500, "the service failed")
	if len(b.reports) != 2 {
		t.Errorf("%v", b.reports)
	}
}

// TestSlowSend gives up in time, and does not report that a client went away.
func TestSlowSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(o *Options) {
			o.Send = func(ctx context.Context, _ []Record) error { <-ctx.Done(); return ctx.Err() }
			o.Timeout = 3 * time.Second
		}, nil)
		began := time.Now()
		apitest.WantStatus(t, b.post("/v1/flags", aFlag), 503, "send all of them again")
		if took := time.Since(began); took != 3*time.Second || len(b.reports) != 1 {
			t.Errorf("after %v, reported %v", took, b.reports)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ctx, leave := context.WithCancel(ctx)
		time.AfterFunc(time.Second/2, leave)
		b.Send(b.Request("POST", "/v1/flags", "application/json", []byte(aFlag)).WithContext(ctx))
		if len(b.reports) != 1 {
			t.Errorf("reported %v", b.reports)
		}
	})
}

// TestMemory refuses what would be more at once than may be, of one key and of all, and
// gives all of it back.
func TestMemory(t *testing.T) {
	b := newBench(t, func(o *Options) { o.MaxBody, o.MaxUpload, o.MaxMemory = 1000, 1000, 2*8<<20 }, nil)
	memory := &b.Handler.(*service).memory
	memory.most = 3000
	stuck := func(length int64) (end func()) {
		body, sender := io.Pipe()
		r := b.Request("POST", "/v1/frames", "application/json", nil)
		r.Body, r.ContentLength = body, length
		served := make(chan struct{})
		go func() { defer close(served); b.Handler.ServeHTTP(httptest.NewRecorder(), r) }()
		_, _ = sender.Write([]byte(" "))
		return func() { _ = sender.Close(); <-served }
	}
	end := stuck(-1) // It may become as long as the limit.
	if memory.used["tester"] != 1000 || memory.used[""] != 1000 {
		t.Errorf("%v bytes are held", memory.used)
	}
	apitest.WantStatus(t, b.post("/v1/flags", aFlag), 202, "") // Of some 100 bytes.
	other := stuck(450)
	w := b.post("/v1/flags", aFlag) // The key would have more than half.
	apitest.WantStatus(t, w, 503, "bodies of 3000 bytes")
	if w.Header().Get("Retry-After") != "1" {
		t.Errorf("%v", w.Header())
	}
	other()
	memory.used[""] += 1900 // Of others.
	apitest.WantStatus(t, b.post("/v1/flags", aFlag), 503, "bodies of 3000 bytes")
	memory.used[""] -= 1900
	end()
	apitest.WantStatus(t, b.post("/v1/frames", "{"), 400, "")
	apitest.WantStatus(t, b.post("/v1/flags", aFlag), 202, "")
	apitest.WantStatus(t, b.post("/v1/frames", aHash), 202, "")
	contentType, body := parts(t, "mixed", "application/json", "{")
	apitest.WantStatus(t, b.Do("POST", "/v1/frames", contentType, body), 400, "")
	took(t, onePicture(b, url.Values{"stream": {"s"}, "time": {"2026-01-02T03:04:00Z"}}, "image/png", pngOf(t, scene(16, 16))))
	if memory.used[""] != 0 || len(memory.used) != 1 {
		t.Errorf("%v bytes are held for nothing", memory.used)
	}
}

func TestRate(t *testing.T) {
	var asked []string
	advice := Rate{FPS: 5, Level: "raised", Why: []string{"payment"}, Until: epoch}
	b := newBench(t, func(o *Options) {
		o.Rate = func(platform, stream string) Rate { asked = append(asked, platform+" "+stream); return advice }
	}, nil)
	apitest.WantStatus(t, b.Do("GET", "/v1/streams/live%2F7%20x/rate", "", nil), 200, `{"fps":5,"level":"raised","why":["payment"],"until":"2026-01-02T03:04:05Z"}`)
	advice = Rate{FPS: 1, Level: "base"}
	apitest.WantStatus(t, b.Do("GET", "/v1/streams/s/rate", "", nil), 200, `{"fps":1,"level":"base","why":[]}`)
	if len(asked) != 2 || asked[0] != "here live/7 x" || asked[1] != "here s" {
		t.Errorf("%q", asked)
	}
	apitest.WantStatus(t, b.Do("GET", "/v1/streams/%FF/rate", "", nil), 400, "stream")
	apitest.WantStatus(t, b.Do("GET", "/v1/streams/"+strings.Repeat("x", 257)+"/rate", "", nil), 400, "stream")
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	_, digest := api.NewKey()
	for _, try := range []struct{ grant, says string }{
		{", platform: here", ""}, {"", "keys[0]: platform: want"}, {", platform: ' '", "keys[0]: platform: want"}, {", platforms: [here]", "not what a list of keys has"},
	} {
		text := "keys:\n  - {name: a, sha256: " + digest + ", per_minute: 1, per_day: 1" + try.grant + "}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKeys(path); (err == nil) != (try.says == "") || err != nil && !strings.Contains(err.Error(), try.says) {
			t.Errorf("%q: %v", try.grant, err)
		}
	}
}

func TestOptions(t *testing.T) {
	_, digest := api.NewKey()
	keys, err := NewKeys(Key{Key: api.Key{Name: "a", SHA256: digest, PerMinute: 1, PerDay: 1}, Platform: "here"})
	if err != nil {
		t.Fatal(err)
	}
	good := Options{Send: func(context.Context, []Record) error { return nil }, Subject: tokens(t).Subject}
	if _, err := New(keys, good); err != nil {
		t.Error(err)
	}
	if _, err := New(nil, good); err == nil {
		t.Error("no keys are taken")
	}
	for name, change := range map[string]func(*Options){
		"no send": func(o *Options) { o.Send = nil }, "no subject": func(o *Options) { o.Subject = nil },
		"negative": func(o *Options) { o.MaxRecords = -1 }, "memory": func(o *Options) { o.MaxMemory = 1 << 20 },
		"picture": func(o *Options) { o.Limits = detect.Limits{Bytes: 1 << 30, Pixels: 1} }, "pixels": func(o *Options) { o.Limits.Bytes = 1 },
	} {
		o := good
		change(&o)
		if _, err := New(keys, o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
